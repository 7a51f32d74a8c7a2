//! What a session is known by: a token that says nothing, of which the database has the hash.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// The cookie that has the token of a session.
pub(crate) const SESSION_COOKIE: &str = "zeroback_session";

/// What a session's token begins with, and no JSON Web Token does.
const TOKEN_BEGINS: &str = "zbs_";

/// The token of a session. It is not to be seen in logs.
pub(crate) struct Token(String);

impl Token {
    /// Makes one of random bits.
    pub(crate) fn new(entropy: [u8; 32]) -> Self {
        Self(format!("{TOKEN_BEGINS}{}", base64url(&entropy)))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn hash(&self) -> String {
        sha_256(&self.0)
    }
}

/// Returns the hash under which a token's session is kept; nothing where it is the token of none.
///
/// The token has 256 random bits, so one quick hash is enough, and looking it up tells nothing of it by the
/// time that it takes.
pub(crate) fn hash_of(token: &str) -> Option<String> {
    token.starts_with(TOKEN_BEGINS).then(|| sha_256(token))
}

/// Returns the SHA-256 of a text, as base64url.
pub(crate) fn sha_256(text: &str) -> String {
    base64url(&Sha256::digest(text))
}

/// Returns bytes as text that can stand in a URL (RFC 4648, section 5).
pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
