//! What a session is known by: a token that says nothing, of which the database has the hash.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// The cookie that has the token of a session.
pub(crate) const SESSION_COOKIE: &str = "zeroback_session";

/// What a session's token begins with, and no JSON Web Token does.
const TOKEN_BEGINS: &str = "zbs_";

/// Returns the hash under which a token's session is kept; nothing where it is the token of none.
///
/// The token has 256 random bits, so one quick hash is enough, and looking it up tells nothing of it by the
/// time that it takes.
pub(crate) fn hash_of(token: &str) -> Option<String> {
    token
        .starts_with(TOKEN_BEGINS)
        .then(|| sha_256(token.as_bytes()))
}

fn sha_256(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(bytes))
}
