//! Bytes.

use std::ops::{Deref, DerefMut};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ts_rs::TS;

use crate::wrapped::{self, Wrapped};

/// Bytes, which arrive in TypeScript as a `Uint8Array`.
///
/// In JSON they are `{"$bytes":"…"}` in base64, so they count by four thirds towards a document's
/// size. A `Vec<u8>` is a list of numbers instead. They cannot be a map's key.
///
/// ```
/// use zeroback_protocol::{Bytes, decode, encode};
///
/// let bytes = Bytes::from(*b"\0\xffz");
/// let json = encode(&bytes).unwrap();
/// assert_eq!(json, r#"{"$bytes":"AP96"}"#);
/// assert_eq!(decode::<Bytes>(json.as_bytes()).unwrap(), bytes);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub Vec<u8>);

impl Wrapped for Bytes {
    const NAME: &'static str = "$zeroback::Bytes";
    const KEY: &'static str = "$bytes";
    const EXPECTED: &'static str = "bytes as {\"$bytes\":\"<base64 with padding>\"}";

    fn parse(text: &str) -> Option<Self> {
        // The engine takes nothing but the one canonical text.
        STANDARD.decode(text).ok().map(Self)
    }
}

impl Deref for Bytes {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Bytes {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<&[u8]> for Bytes {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl<const N: usize> From<[u8; N]> for Bytes {
    fn from(bytes: [u8; N]) -> Self {
        Self(bytes.to_vec())
    }
}

impl From<Bytes> for Vec<u8> {
    fn from(bytes: Bytes) -> Self {
        bytes.0
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        wrapped::serialize::<Self, S>(&STANDARD.encode(&self.0), serializer)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        wrapped::deserialize(deserializer)
    }
}

impl TS for Bytes {
    type WithoutGenerics = Self;
    type OptionInnerType = Self;

    fn name(_: &ts_rs::Config) -> String {
        "Uint8Array".to_owned()
    }

    fn inline(config: &ts_rs::Config) -> String {
        Self::name(config)
    }
}

impl JsonSchema for Bytes {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Bytes".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "object",
            "description": "bytes",
            "properties": {
                "$bytes": { "type": "string", "contentEncoding": "base64" },
            },
            "required": ["$bytes"],
            "additionalProperties": false,
        })
    }
}
