//! Accounts of the app's own, for an app that says `app!(accounts)`: people sign up and in with it.
//!
//! 1. `token`: what a session is known by;
//!
//! What is kept of users and sessions is in tables of the runtime (`system/accounts.rs`), reached by
//! functions of the runtime (`system/account_functions.rs`). Whom a token makes a caller is the engine's
//! business (`engine/accounts.rs`). No secret is shared and nothing is signed: what proves who somebody is,
//! is random, and only hashes of it are kept.

mod token;

pub(crate) use token::{SESSION_COOKIE, hash_of};
