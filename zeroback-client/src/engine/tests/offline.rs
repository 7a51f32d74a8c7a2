//! What outlives a page: a device with a storage, and pages that share it.

mod cache;
mod device;
mod somebody;
