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

    /// Returns where the parts end, one after another; a part that is not whole ends nowhere.
    pub(crate) fn part_ends(&self) -> impl Iterator<Item = usize> {
        let mut at = 0;
        std::iter::from_fn(move || {
            at = part_end(&self.0, at)?;
            Some(at)
        })
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

/// Returns where the part that begins here ends.
fn part_end(bytes: &[u8], from: usize) -> Option<usize> {
    match *bytes.get(from)? {
        NULL => Some(from + 1),
        NUMBER => Some(from + 9).filter(|end| *end <= bytes.len()),
        TEXT | BLOB => {
            let mut at = from + 1;
            loop {
                at += memchr::memchr(0, bytes.get(at..)?)? + 1;
                if bytes.get(at) != Some(&0xff) {
                    return Some(at);
                }
                at += 1;
            }
        }
        _ => None,
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
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
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

    /// Returns how many whole parts all keys of the range begin with alike, and their bytes.
    pub(crate) fn shared_prefix(&self) -> (usize, &[u8]) {
        let (start, end) = (self.start.as_bytes(), self.end.as_bytes());
        let alike = start.iter().zip(end).take_while(|(a, b)| a == b).count();
        // Where more follows a 0xff behind it, the part goes on there: that zero is one within it.
        let ends = |at: &usize| end.get(*at) != Some(&0xff) || end.len() == *at + 1;
        let whole = self.start.part_ends().take_while(|at| *at <= alike);
        let shared = whole.take_while(ends);
        let (parts, bytes) = shared.fold((0, 0), |(parts, _), at| (parts + 1, at));
        (parts, &start[..bytes])
    }

    /// Tells whether the range holds a key.
    pub(crate) fn contains(&self, key: &KeyBytes) -> bool {
        self.start <= *key && *key < self.end
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{KeyBytes, KeyRange};
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

    /// Few values, which begin alike.
    fn part() -> impl Strategy<Value = KeyPart> {
        prop_oneof![
            1 => Just(KeyPart::Null),
            1 => (0..2_i64).prop_map(KeyPart::Integer),
            4 => "[a\\x00]{0,2}".prop_map(KeyPart::Text),
            4 => prop::collection::vec(prop_oneof![3 => Just(0_u8), 1 => Just(0xff)], 0..3)
                .prop_map(KeyPart::Blob),
        ]
    }

    fn edge() -> impl Strategy<Value = KeyBytes> {
        let parts = prop::collection::vec(part(), 0..4);
        (parts, 0..3).prop_map(|(parts, kind)| match (bytes(&parts), kind) {
            (key, 0) => key,
            (key, 1) => key.after_prefix(),
            (key, _) => key.successor(),
        })
    }

    proptest! {
        #[test]
        fn all_keys_of_a_range_begin_with_its_shared_parts(
            start in edge(),
            end in edge(),
            keys in prop::collection::vec(prop::collection::vec(part(), 3), 64),
        ) {
            let range = KeyRange { start, end };
            let (parts, shared) = range.shared_prefix();
            for key in keys.iter().map(|parts| bytes(parts)) {
                prop_assert_eq!(key.part_ends().count(), 3);
                prop_assert_eq!(key.part_ends().last(), Some(key.as_bytes().len()));
                if range.contains(&key) {
                    let end = if parts == 0 { 0 } else { key.part_ends().nth(parts - 1).unwrap() };
                    prop_assert_eq!(&key.as_bytes()[..end], shared);
                }
            }
        }
    }

    #[test]
    fn what_lies_below_equal_values_shares_them() {
        let key = bytes(&[KeyPart::Text("a".into()), KeyPart::Integer(1)]);
        assert_eq!(
            KeyRange::point(key.clone()).shared_prefix(),
            (2, key.as_bytes())
        );
        let all = KeyRange {
            start: key.clone(),
            end: key.after_prefix(),
        };
        assert_eq!(all.shared_prefix(), (2, key.as_bytes()));
        let blob = |content: &[u8]| bytes(&[KeyPart::Blob(content.into())]);
        // The bytes of the one begin with all bytes of the other, zero and all.
        let both = KeyRange {
            start: blob(&[0]),
            end: blob(&[0, 0]).after_prefix(),
        };
        assert_eq!(both.shared_prefix(), (0, &[][..]));
        assert_eq!(KeyRange::tokens_from("ab").shared_prefix(), (0, &[][..]));
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
