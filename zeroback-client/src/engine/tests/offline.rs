//! What outlives a page: a device with a storage, and pages that share it.

mod cache;
mod device;
mod failing;
mod guesses;
mod queue;
mod queue_random;
mod shared;
mod somebody;
