//! Tokens of sessions, as behaviours make them up and look for them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// Returns the token of a session that has a name: random ones come from hosts alone.
#[must_use]
pub fn token_named(name: &str) -> String {
    format!("zbs_{}", URL_SAFE_NO_PAD.encode(Sha256::digest(name)))
}

/// Returns the hash under which a token's session is kept.
#[must_use]
pub fn hash_of(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(token))
}
