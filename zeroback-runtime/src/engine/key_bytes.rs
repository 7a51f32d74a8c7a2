//! Index keys as bytes: a range of an index is a range of byte strings.
//!
//! They sort as SQLite sorts: null first, then numbers, then text by its UTF-8 bytes, then blobs. The form is
//! that of FoundationDB's tuple layer, reduced to what a column can hold.

use crate::key::KeyPart;

/// A key as bytes that sort as the key does.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct KeyBytes(Vec<u8>);

const NULL: u8 = 0x01;
const NUMBER: u8 = 0x02;
const TEXT: u8 = 0x03;
const BLOB: u8 = 0x04;
/// Greater than the first byte of any part.
const AFTER_ALL: u8 = 0xff;

impl KeyBytes {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn push(&mut self, part: &KeyPart) {
        match part {
            KeyPart::Null => self.0.push(NULL),
            KeyPart::Integer(value) => {
                self.0.push(NUMBER);
                self.0
                    .extend((value.cast_unsigned() ^ (1 << 63)).to_be_bytes());
            }
            KeyPart::Real(value) => {
                self.0.push(NUMBER);
                self.0.extend(ordered_bits(*value).to_be_bytes());
            }
            KeyPart::Text(text) => self.push_text(text.as_bytes()),
            KeyPart::Blob(bytes) => {
                self.0.push(BLOB);
                self.push_bytes(bytes);
            }
        }
    }

    pub(crate) fn push_text(&mut self, text: &[u8]) {
        self.0.push(TEXT);
        self.push_bytes(text);
    }

    /// Bytes end in a zero; a zero in them is followed by 0xff, so that a prefix sorts first.
    fn push_bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0.push(*byte);
            if *byte == 0 {
                self.0.push(0xff);
            }
        }
        self.0.push(0);
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the key of a token in a search index.
    pub(crate) fn of_token(token: &str) -> Self {
        let mut key = Self::new();
        key.push_text(token.as_bytes());
        key
    }

    /// Returns the least key above all keys that begin with this one.
    pub(crate) fn after_prefix(&self) -> Self {
        let mut bytes = self.0.clone();
        bytes.push(AFTER_ALL);
        Self(bytes)
    }

    /// Returns the least key above this one alone.
    pub(crate) fn successor(&self) -> Self {
        let mut bytes = self.0.clone();
        bytes.push(0);
        Self(bytes)
    }
}

/// Maps doubles to integers of the same order (after IEEE 754's total order, without NaN).
fn ordered_bits(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 0 {
        bits ^ (1 << 63)
    } else {
        !bits
    }
}

/// A part of one index, from `start` up to but not including `end`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct KeyRange {
    pub(crate) start: KeyBytes,
    pub(crate) end: KeyBytes,
}

impl KeyRange {
    /// Returns the range that holds `key` and nothing else.
    pub(crate) fn point(key: KeyBytes) -> Self {
        Self {
            end: key.successor(),
            start: key,
        }
    }

    /// Returns the range that holds the keys of all tokens that begin with this one.
    pub(crate) fn tokens_from(prefix: &str) -> Self {
        let mut start = KeyBytes(vec![TEXT]);
        start.0.extend(prefix.as_bytes());
        Self {
            end: start.after_prefix(),
            start,
        }
    }

    /// Tells whether the range holds a key.
    pub(crate) fn contains(&self, key: &KeyBytes) -> bool {
        self.start <= *key && *key < self.end
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::KeyBytes;
    use crate::key::KeyPart;

    fn bytes(parts: &[KeyPart]) -> KeyBytes {
        let mut key = KeyBytes::new();
        for part in parts {
            key.push(part);
        }
        key
    }

    proptest! {
        #[test]
        fn integers_sort_by_value(a: i64, b: i64) {
            let key = |n| bytes(&[KeyPart::Integer(n)]);
            prop_assert_eq!(a.cmp(&b), key(a).cmp(&key(b)));
        }

        #[test]
        fn reals_sort_by_value(a: f64, b: f64) {
            prop_assume!(!a.is_nan() && !b.is_nan());
            let key = |n| bytes(&[KeyPart::Real(n)]);
            prop_assert_eq!(a.partial_cmp(&b).unwrap(), key(a).cmp(&key(b)));
        }

        #[test]
        fn texts_sort_by_their_bytes_and_before_what_follows(a: Vec<u8>, b: Vec<u8>, x: i64, y: i64) {
            let key = |t: &Vec<u8>, n| {
                let mut key = KeyBytes::new();
                key.push_text(t);
                key.push(&KeyPart::Integer(n));
                key
            };
            prop_assert_eq!((&a, x).cmp(&(&b, y)), key(&a, x).cmp(&key(&b, y)));
        }
    }

    #[test]
    fn null_sorts_before_numbers_and_numbers_before_text() {
        let keys = [
            bytes(&[KeyPart::Null]),
            bytes(&[KeyPart::Integer(i64::MIN)]),
            bytes(&[KeyPart::Text(String::new())]),
        ];
        assert!(keys.is_sorted());
        let prefix = bytes(&[KeyPart::Integer(1)]);
        let longer = bytes(&[KeyPart::Integer(1), KeyPart::Text("\u{10ffff}".into())]);
        assert!(prefix < longer && longer < prefix.after_prefix());
        assert!(prefix.after_prefix() < bytes(&[KeyPart::Integer(2)]));
    }
}
