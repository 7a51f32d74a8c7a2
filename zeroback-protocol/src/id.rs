//! Ids: a UUIDv7 behind the name of its table, written as a TypeID (`tasks_01kaq…`).

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ts_rs::TS;

use crate::Timestamp;

/// The digits of Crockford's base 32 in lower case, as TypeID uses them.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// How many digits 128 bits take.
const SUFFIX_LEN: usize = 26;

/// A type whose documents have ids: a table.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a table",
    label = "expected a struct with `#[derive(Table)]`"
)]
pub trait TableName: 'static {
    /// The table's name, which is the prefix of its ids.
    const TABLE_NAME: &'static str;
}

/// The id of a document of table `T`.
///
/// Ids are UUIDv7: they begin with the time of their creation and sort by it. Outside they are
/// TypeIDs, checked on the way in: an id of another table is a bad argument.
///
/// ```
/// use zeroback_protocol::{Id, TableName};
///
/// #[derive(Debug)]
/// struct Task;
/// impl TableName for Task {
///     const TABLE_NAME: &'static str = "tasks";
/// }
///
/// let id: Id<Task> = "tasks_01kaqg5zvzfyq8y9v2m0r5t3w7".parse().unwrap();
/// assert_eq!(id.to_string(), "tasks_01kaqg5zvzfyq8y9v2m0r5t3w7");
/// let error = "users_01kaqg5zvzfyq8y9v2m0r5t3w7".parse::<Id<Task>>().unwrap_err();
/// assert_eq!(error.to_string(), "expected an id of table \"tasks\"");
/// ```
pub struct Id<T> {
    raw: RawId,
    table: PhantomData<fn() -> T>,
}

/// The 128 bits of an id, without its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RawId([u8; 16]);

/// A text that is not an id of the table it should be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdError {
    table: &'static str,
}

impl<T> Id<T> {
    /// Makes the id of `T`'s table with these bits.
    #[must_use]
    pub const fn from_raw(raw: RawId) -> Self {
        Self {
            raw,
            table: PhantomData,
        }
    }

    /// Returns the id's bits.
    #[must_use]
    pub const fn raw(&self) -> RawId {
        self.raw
    }
}

/// The value of each byte as a digit.
const VALUES: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let mut value = 0;
    while value < DIGITS.len() {
        values[DIGITS[value] as usize] = value as u8;
        value += 1;
    }
    values
};

const NO_DIGIT: u8 = 0xff;

impl RawId {
    /// Makes an id from its bits, most significant first.
    #[must_use]
    pub const fn from_u128(bits: u128) -> Self {
        Self(bits.to_be_bytes())
    }

    /// Returns the bits, most significant first.
    #[must_use]
    pub const fn to_u128(self) -> u128 {
        u128::from_be_bytes(self.0)
    }

    /// Returns the bytes, in the order in which ids sort.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Returns the time that the id begins with: that of its document's creation.
    #[must_use]
    pub const fn creation_time(self) -> Timestamp {
        Timestamp::from_unix_ms((self.to_u128() >> 80) as i64)
    }

    /// Returns the text of this id in a table.
    #[must_use]
    pub fn to_text(self, table: &str) -> String {
        let mut text = String::with_capacity(table.len() + 1 + SUFFIX_LEN);
        text.push_str(table);
        text.push('_');
        let bits = self.to_u128();
        for digit in (0..SUFFIX_LEN).rev() {
            let value = (bits >> (5 * digit)) & 31;
            text.push(char::from(
                DIGITS[usize::try_from(value).expect("five bits")],
            ));
        }
        text
    }

    /// Reads the text of an id of a table.
    ///
    /// Returns nothing where the text is not one, or not the one canonical form of it.
    #[must_use]
    pub fn from_text(text: &str, table: &str) -> Option<Self> {
        let suffix = text.strip_prefix(table)?.strip_prefix('_')?.as_bytes();
        if suffix.len() != SUFFIX_LEN || suffix[0] > b'7' {
            return None;
        }
        let mut bits = 0_u128;
        for byte in suffix {
            let value = VALUES[usize::from(*byte)];
            if value == NO_DIGIT {
                return None;
            }
            bits = (bits << 5) | u128::from(value);
        }
        Some(Self::from_u128(bits))
    }
}

impl<T: TableName> FromStr for Id<T> {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        RawId::from_text(text, T::TABLE_NAME)
            .map(Self::from_raw)
            .ok_or(IdError {
                table: T::TABLE_NAME,
            })
    }
}

impl<T: TableName> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.raw.to_text(T::TABLE_NAME))
    }
}

impl<T: TableName> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.raw.to_text(T::TABLE_NAME))
    }
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected an id of table \"{}\"", self.table)
    }
}

impl std::error::Error for IdError {}

impl<T: TableName> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.raw.to_text(T::TABLE_NAME))
    }
}

impl<'de, T: TableName> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor<T>(PhantomData<fn() -> T>);

        impl<T: TableName> serde::de::Visitor<'_> for Visitor<T> {
            type Value = Id<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "an id of table \"{}\"", T::TABLE_NAME)
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Id<T>, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer
            .deserialize_str(Visitor(PhantomData))
            .map_err(D::Error::custom)
    }
}

impl<T: TableName> TS for Id<T> {
    type WithoutGenerics = Self;
    type OptionInnerType = Self;

    fn name(_: &ts_rs::Config) -> String {
        format!("Id<\"{}\">", T::TABLE_NAME)
    }

    fn inline(config: &ts_rs::Config) -> String {
        Self::name(config)
    }
}

impl<T: TableName> JsonSchema for Id<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Id_{}", T::TABLE_NAME).into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": format!("^{}_[0-7][0-9a-hjkmnp-tv-z]{{25}}$", T::TABLE_NAME),
        })
    }
}

// Written by hand, because a derive would ask the same of `T`, which is only a name here.
impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.raw == other.raw
    }
}

impl<T> Eq for Id<T> {}

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.raw.cmp(&other.raw)
    }
}

impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.raw.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::RawId;

    proptest! {
        #[test]
        fn ids_read_back_and_sort_as_their_text(a: u128, b: u128) {
            let (a, b) = (RawId::from_u128(a), RawId::from_u128(b));
            prop_assert_eq!(RawId::from_text(&a.to_text("t"), "t"), Some(a));
            prop_assert_eq!(a.cmp(&b), a.to_text("t").cmp(&b.to_text("t")));
        }
    }

    #[test]
    fn only_the_canonical_text_is_an_id() {
        let id = RawId::from_u128(u128::MAX);
        assert_eq!(id.to_text("tasks"), "tasks_7zzzzzzzzzzzzzzzzzzzzzzzzz");
        for text in [
            "",
            "tasks_",
            "tasks_8zzzzzzzzzzzzzzzzzzzzzzzzz",
            "tasks_7ZZZZZZZZZZZZZZZZZZZZZZZZZ",
            "tasks_7zzzzzzzzzzzzzzzzzzzzzzzz",
            "tasks_7zzzzzzzzzzzzzzzzzzzzzzzzzz",
            "tasks_7zzzzzzzzzzzzzzzzzzzzzzzzl",
            "task_7zzzzzzzzzzzzzzzzzzzzzzzzzz",
            "xtasks_7zzzzzzzzzzzzzzzzzzzzzzzz",
            "7zzzzzzzzzzzzzzzzzzzzzzzzz",
        ] {
            assert_eq!(RawId::from_text(text, "tasks"), None, "{text}");
        }
    }
}
