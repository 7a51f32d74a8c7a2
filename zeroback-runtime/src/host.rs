//! The two hosts: the only places that touch sockets, clocks, entropy and SQLite itself.

mod admin;
mod admin_key;
#[cfg(target_family = "wasm")]
pub mod cloudflare;
mod limits;
pub(crate) mod log;
#[cfg(not(target_family = "wasm"))]
pub mod native;
mod origin;

pub(crate) use admin::{AdminRequest, AdminRoute};
pub(crate) use admin_key::Access;
pub use admin_key::{AdminKey, AdminKeyError};
pub use limits::{Limits, LimitsError};
pub(crate) use origin::is_loopback;
pub use origin::{Origins, OriginsError};
