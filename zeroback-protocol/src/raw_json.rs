//! JSON that is already encoded, and cheap to share.

use std::fmt;
use std::sync::Arc;

use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// The name by which the encoder recognises text to be written as it is.
pub(crate) const RAW_JSON: &str = "$zeroback::RawJson";

/// One encoded JSON value.
///
/// One result goes to many subscribers: it is encoded once, and each frame takes the same text in
/// without parsing it again. Only [`encode`](crate::encode) writes it so; with another serializer
/// it becomes a string.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RawJson(Arc<str>);

impl RawJson {
    /// Wraps text that the encoder wrote.
    ///
    /// The text must be one JSON value; that is not checked again.
    #[must_use]
    pub fn from_encoded(json: impl Into<Arc<str>>) -> Self {
        Self(json.into())
    }

    /// Returns the `null` value.
    #[must_use]
    pub fn null() -> Self {
        Self("null".into())
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for RawJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(RAW_JSON, &*self.0)
    }
}

impl<'de> Deserialize<'de> for RawJson {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(RAW_JSON, RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = RawJson;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    /// [`read_json`](crate::read_json) knows the name, and has the text.
    fn visit_borrowed_str<E: serde::de::Error>(self, text: &'de str) -> Result<RawJson, E> {
        Ok(RawJson::from_encoded(text))
    }

    /// Others do not, and may be serde_json.
    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<RawJson, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)
            .map_err(|_| D::Error::custom("expected a JSON value"))?;
        Ok(RawJson::from_encoded(raw.get()))
    }
}
