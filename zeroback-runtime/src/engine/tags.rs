//! Tags: names of results that a client gives back to say what it holds.
//!
//! A tag is SipHash-1-3 (Aumasson and Bernstein, 2012) of the result's text under a key of the
//! database's own: the same after a restart, and not to be forged into a collision by whoever
//! writes documents.

use siphasher::sip::SipHasher13;
use std::hash::Hasher as _;
use zeroback_protocol::{Outcome, Tag};

/// Makes the tags of a database.
#[derive(Clone)]
pub(super) struct TagKey(SipHasher13);

impl TagKey {
    pub(super) fn new(key: &[u8; 16]) -> Self {
        Self(SipHasher13::new_with_key(key))
    }

    /// Returns the tag of a result.
    pub(super) fn tag(&self, outcome: &Outcome) -> Tag {
        match outcome {
            Outcome::Success(value) => self.of("value", value.as_str()),
            // The same error of another run is the same result.
            Outcome::Error(error) => {
                let error = error.clone().of_any_request();
                self.of("error", &Outcome::Error(error).encode())
            }
        }
    }

    fn of(&self, kind: &str, text: &str) -> Tag {
        let mut hasher = self.0;
        hasher.write(kind.as_bytes());
        hasher.write(text.as_bytes());
        Tag(hasher.finish())
    }
}

impl std::fmt::Debug for TagKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TagKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use zeroback_protocol::{ErrorCode, RawJson, ServerRequestId, WireError};

    use super::*;

    #[test]
    fn tags_stay_what_they_are() {
        let key = TagKey::new(&[7; 16]);
        let value = Outcome::Success(RawJson::from_encoded("[1,2]"));
        let error = Outcome::Error(WireError::new(ErrorCode::FORBIDDEN, "no"));
        // Clients hold tags across restarts and versions of the server.
        assert_eq!(key.tag(&value).to_text(), "KxCIlFSi1J4");
        assert_eq!(key.tag(&error).to_text(), "nUbE0wvuxIo");
        let named = WireError::new(ErrorCode::FORBIDDEN, "no").of_request(ServerRequestId(1));
        assert_eq!(key.tag(&Outcome::Error(named)), key.tag(&error));
        assert_ne!(TagKey::new(&[8; 16]).tag(&value), key.tag(&value));
    }
}
