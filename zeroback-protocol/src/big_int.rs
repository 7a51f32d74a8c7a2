//! Integers of 64 bits.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ts_rs::TS;

use crate::wrapped::{self, Wrapped};

/// An integer of all 64 bits, which arrives in TypeScript as a `bigint`.
///
/// Other integers are a JavaScript `number` outside, and refused beyond ±(2^53 − 1). In JSON it is
/// `{"$bigint":"5"}`. It cannot be a map's key.
///
/// ```
/// use zeroback_protocol::{BigInt, decode, encode};
///
/// let least = BigInt(i64::MIN);
/// let json = encode(&least).unwrap();
/// assert_eq!(json, r#"{"$bigint":"-9223372036854775808"}"#);
/// assert_eq!(decode::<BigInt>(json.as_bytes()).unwrap(), least);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BigInt(pub i64);

impl Wrapped for BigInt {
    const NAME: &'static str = "$zeroback::BigInt";
    const KEY: &'static str = "$bigint";
    const EXPECTED: &'static str = "a 64-bit integer as {\"$bigint\":\"<decimal digits>\"}";

    fn parse(text: &str) -> Option<Self> {
        let value = text.parse().ok()?;
        // One text for each value: no plus, no leading zeros, no `-0`.
        (itoa::Buffer::new().format(value) == text).then_some(Self(value))
    }
}

impl From<i64> for BigInt {
    fn from(value: i64) -> Self {
        Self(value)
    }
}

impl From<BigInt> for i64 {
    fn from(value: BigInt) -> Self {
        value.0
    }
}

impl fmt::Display for BigInt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for BigInt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        wrapped::serialize::<Self, S>(itoa::Buffer::new().format(self.0), serializer)
    }
}

impl<'de> Deserialize<'de> for BigInt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        wrapped::deserialize(deserializer)
    }
}

impl TS for BigInt {
    type WithoutGenerics = Self;
    type OptionInnerType = Self;

    fn name(_: &ts_rs::Config) -> String {
        "bigint".to_owned()
    }

    fn inline(config: &ts_rs::Config) -> String {
        Self::name(config)
    }
}

impl JsonSchema for BigInt {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "BigInt".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "object",
            "description": "a 64-bit integer",
            "properties": {
                "$bigint": { "type": "string", "pattern": "^(0|-?[1-9][0-9]{0,18})$" },
            },
            "required": ["$bigint"],
            "additionalProperties": false,
        })
    }
}
