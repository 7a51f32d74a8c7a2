//! Ids of requests, under which the server's log has them.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Names a request, as the server's log does: a call, with all that it calls in its turn, or a run of a
/// live query.
///
/// On the wire it is 16 hexadecimal digits. Only the server makes one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerRequestId(pub u64);

/// How many digits there are.
const DIGITS: usize = 16;

impl ServerRequestId {
    /// Reads the wire form; nothing where the text is none.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        let is_form = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let bits = u64::from_str_radix(text, 16).ok()?;
        is_form.then_some(Self(bits))
    }
}

impl fmt::Display for ServerRequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for ServerRequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerRequestId({self})")
    }
}

impl Serialize for ServerRequestId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ServerRequestId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_text(&text).ok_or_else(|| D::Error::custom("expected 16 hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_from_its_text() {
        for bits in [0, 1, u64::MAX, 0x0123_4567_89ab_cdef] {
            let text = serde_json::to_string(&ServerRequestId(bits)).unwrap();
            assert_eq!(text.len(), DIGITS + 2);
            assert_eq!(
                serde_json::from_str::<ServerRequestId>(&text).unwrap(),
                ServerRequestId(bits)
            );
        }
        for wrong in ["\"\"", "\"123\"", "\"+00000000000000a\"", "1"] {
            assert!(serde_json::from_str::<ServerRequestId>(wrong).is_err());
        }
    }
}
