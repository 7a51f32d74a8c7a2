//! Accounts of the app's own, for an app that says `app!(accounts)`: people sign up and in with it.
//!
//! 1. `routes`: the paths of `/auth`, which `by_password`, `oauth` and `sessions` answer, from what `asked`
//!    reads;
//! 2. `email`, `password` and `token`: what people are known by, and what proves that it is them;
//! 3. `settings` and `limits`: what the operator decides, and `peer`: from where requests come.
//!
//! What is kept of users and sessions is in tables of the runtime (`system/accounts.rs`), reached by
//! functions of the runtime (`system/account_functions.rs`). Whom a token makes a caller is the engine's
//! business (`engine/accounts.rs`). No secret is shared and nothing is signed: what proves who somebody is,
//! is random, and only hashes of it are kept.

mod asked;
mod by_password;
mod email;
mod limits;
mod oauth;
mod password;
mod peer;
mod routes;
mod sessions;
mod settings;
mod token;

#[cfg(not(target_family = "wasm"))]
pub(crate) use limits::AccountLimits;
pub(crate) use password::wrong_credentials;
pub(crate) use peer::Peer;
pub(crate) use routes::{FOLDER, routes};
pub use settings::{AccountSettings, AccountSettingsError};
pub(crate) use token::{SESSION_COOKIE, hash_of};
