//! Tokens: who has issued them, and what they say. Synchronous, with no I/O, no clock and no secret of
//! its own.
//!
//! 1. `settings`: which issuers are trusted, and where their keys are;
//! 2. `keys`: key sets (JWK), each key with the one algorithm that it is for;
//! 3. `token`: a token, checked against the keys of its issuer.
//!
//! Fetching keys, and remembering them, is the engine's and its hosts' business. The sessions of an app
//! that keeps accounts are in `accounts`: their tokens say nothing, and are looked up.

mod keys;
mod settings;
mod token;

pub(crate) use keys::{KeySet, Secrets};
pub use settings::{AuthSettings, AuthSettingsError};
pub(crate) use settings::{KeySource, Provider, may_be_fetched};
pub(crate) use token::{Refused, Token};

/// The cookie that may have a token, where the settings say so.
pub(crate) const TOKEN_COOKIE: &str = "zeroback_token";

/// The longest token that is looked at.
pub(crate) const TOKEN_BYTES_MAX: usize = 16 << 10;
