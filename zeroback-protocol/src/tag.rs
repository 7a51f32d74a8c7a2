//! Tags: what a client gives back to say which result of a live query it holds.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::base64url;

/// Names a result of a live query: equal results of one database have equal tags.
///
/// On the wire it is 11 characters of base64url. Only the server makes one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(pub u64);

impl Tag {
    /// Returns the wire form.
    #[must_use]
    pub fn to_text(self) -> String {
        base64url::encode(&self.0.to_be_bytes())
    }

    /// Reads the wire form; nothing where the text is none.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        let mut bytes = [0; 8];
        base64url::decode(text, &mut bytes).then(|| Self(u64::from_be_bytes(bytes)))
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({})", self.to_text())
    }
}

impl Serialize for Tag {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_text())
    }
}

impl<'de> Deserialize<'de> for Tag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_text(&text).ok_or_else(|| D::Error::custom("expected a tag"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_reads_back_from_its_text() {
        for bits in [0, 1, u64::MAX, 0x0123_4567_89ab_cdef] {
            let text = Tag(bits).to_text();
            assert_eq!(text.len(), 11);
            assert_eq!(Tag::from_text(&text), Some(Tag(bits)));
        }
        assert_eq!(Tag::from_text("AAAAAAAAAAB"), None, "bits that say nothing");
        assert_eq!(Tag::from_text("AAAAAAAAAA"), None);
        assert_eq!(Tag::from_text("AAAAAAAAA+A"), None);
    }
}
