//! The native host: one process on tokio, with SQLite compiled in.
//!
//! One thread owns the engine and its database. Sockets are read and written on tokio's threads;
//! they and the engine's thread know of each other only by channels. Whatever waits when the
//! engine's thread comes round is one batch: one transaction, one fsync, one pass of invalidation.

mod cli;
mod clock;
mod engine_thread;
mod http;
mod outbox;
mod server;
mod socket;
mod store;
mod transfer;

pub use cli::main;
pub use server::{ServeError, ServeOptions, Server, serve};
pub use store::{Durability, NativeStore};
