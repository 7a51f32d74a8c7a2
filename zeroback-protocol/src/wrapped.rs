//! The form of what JSON has no form for: an object with one reserved key, such as
//! `{"$bigint":"5"}`.
//!
//! It is written and read as a struct, so that it goes through whatever buffers values on their
//! way: enums with internal tags, untagged ones, flattened fields.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Error as _, MapAccess, Visitor};
use serde::ser::SerializeStruct as _;
use serde::{Deserializer, Serializer};

/// A value that stands in text behind a reserved key.
pub(crate) trait Wrapped: Sized {
    /// The struct's name, by which the encoder recognises it.
    const NAME: &'static str;
    /// The key.
    const KEY: &'static str;
    /// What is expected, as error messages say it.
    const EXPECTED: &'static str;

    /// Reads the text, of which each value has but one.
    fn parse(text: &str) -> Option<Self>;
}

/// Returns the key of the wrapped type whose struct has this name.
pub(crate) fn key_of(name: &str) -> Option<&'static str> {
    match name {
        crate::BigInt::NAME => Some(crate::BigInt::KEY),
        crate::Bytes::NAME => Some(crate::Bytes::KEY),
        _ => None,
    }
}

pub(crate) fn serialize<W: Wrapped, S: Serializer>(
    text: &str,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut object = serializer.serialize_struct(W::NAME, 1)?;
    object.serialize_field(W::KEY, text)?;
    object.end()
}

pub(crate) fn deserialize<'de, W: Wrapped, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<W, D::Error> {
    deserializer.deserialize_map(ObjectVisitor(PhantomData))
}

struct ObjectVisitor<W>(PhantomData<fn() -> W>);

impl<'de, W: Wrapped> Visitor<'de> for ObjectVisitor<W> {
    type Value = W;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(W::EXPECTED)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<W, A::Error> {
        let expected = || A::Error::custom(format!("expected {}", W::EXPECTED));
        if map.next_key_seed(Key(W::KEY))? != Some(true) {
            return Err(expected());
        }
        // The text's fault is told with the object's path, which is that of the value.
        let value = map.next_value_seed(Text(PhantomData))?;
        if map.next_key_seed(Key(W::KEY))?.is_some() {
            return Err(expected());
        }
        value.ok_or_else(expected)
    }
}

/// Reads a key, and tells whether it is the one that is expected.
struct Key(&'static str);

impl<'de> DeserializeSeed<'de> for Key {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the key \"{}\"", self.0)
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
    }
}

/// Reads the text in place: bytes may be many.
struct Text<W>(PhantomData<fn() -> W>);

impl<'de, W: Wrapped> DeserializeSeed<'de> for Text<W> {
    type Value = Option<W>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<W>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<W: Wrapped> Visitor<'_> for Text<W> {
    type Value = Option<W>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Option<W>, E> {
        Ok(W::parse(text))
    }
}

#[cfg(test)]
mod tests;
