//! The native host: one process on tokio, with SQLite compiled in.
//!
//! One thread owns the engine and its database. Sockets are read on tokio's threads, and what they say
//! comes to the engine by a channel. Whatever waits when the engine's thread comes round is one batch:
//! one transaction, one fsync, one pass of invalidation. What it says goes into the outbox of each
//! socket, which is written on tokio's threads, or, where it is little, by the engine's own.

mod actions;
mod admission;
mod cli;
mod clock;
mod connections;
mod engine_thread;
mod fetch;
mod fetch_keys;
mod files;
mod http;
mod log;
mod outbox;
mod pages;
mod pieces;
mod routes;
mod server;
mod socket;
mod store;
mod transfer;
mod upgrade;
mod workers;

pub use cli::{main, main_with};
pub(crate) use clock::entropy;
pub(crate) use fetch::resolve;
pub(crate) use files::Files;
pub use files::{FilesPlace, FilesPlaceError};
pub use log::{LogError, LogFormat, init_log};
pub use pages::{Backend, Pages};
pub use server::{ServeError, ServeOptions, Server, serve};
pub use store::{Durability, NativeStore};
