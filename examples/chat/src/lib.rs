//! The backend of the chat: channels, what is written in them, and who is there.
//!
//! A page depends on this crate without the feature `server` and calls `messages::send::Args { … }`: it has the
//! types, and none of the bodies.

pub mod channels;
pub mod members;
pub mod messages;
pub mod presence;

#[cfg(feature = "server")]
zeroback::app!(accounts);
