//! The parts of an index's keys, and the types that can be one.
//!
//! A part is always derived from the encoded JSON, never from the Rust value, so that SQL, filters,
//! read sets and cursors agree on it.

use std::cmp::Ordering;

use serde::Serialize;
use zeroback_protocol::{BigInt, Bytes, Id, TableName, Timestamp, decode, encode_operand};

use crate::{Error, Result, Value};

/// How a column stores the values of its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColumnType {
    /// Booleans, as 0 and 1, and integers.
    Integer,
    /// Floating-point numbers.
    Real,
    /// Strings, ids and unit enums.
    Text,
    /// `BigInt`: all 64 bits. It never crosses to JavaScript as a number.
    BigInteger,
    /// `Bytes`.
    Blob,
}

/// A type whose values an index can sort.
#[diagnostic::on_unimplemented(
    message = "an index cannot sort `{Self}`",
    label = "not an index column",
    note = "index columns are strings, numbers, booleans, ids, timestamps, `BigInt`, `Bytes`, enums of unit variants, and options of those"
)]
pub trait IndexValue: Value {
    /// How the column stores it.
    const COLUMN_TYPE: ColumnType;
    /// Whether a value can be null.
    const NULLABLE: bool = false;
}

macro_rules! index_values {
    ($($column:ident: $($type:ty),*;)*) => {
        $($(impl IndexValue for $type { const COLUMN_TYPE: ColumnType = ColumnType::$column; })*)*
    };
}

index_values! {
    Integer: bool, i8, i16, i32, i64, u8, u16, u32, u64, isize, usize, Timestamp;
    Real: f32, f64;
    Text: String;
    BigInteger: BigInt;
    Blob: Bytes;
}

impl<T: TableName> IndexValue for Id<T> {
    const COLUMN_TYPE: ColumnType = ColumnType::Text;
}

impl<T: IndexValue> IndexValue for Option<T> {
    const COLUMN_TYPE: ColumnType = T::COLUMN_TYPE;
    const NULLABLE: bool = true;
}

/// One value of a key, as SQLite stores it.
#[derive(Clone, Debug, PartialEq)]
#[doc(hidden)]
pub enum KeyPart {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

impl KeyPart {
    /// Returns how many bytes a text or a blob has.
    #[cfg(feature = "server")]
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Blob(bytes) => bytes.len(),
            Self::Null | Self::Integer(_) | Self::Real(_) => 0,
        }
    }

    /// Compares as SQLite does: null first, then numbers, then text by its UTF-8 bytes, then blobs.
    /// Numbers are of one column, and so of one kind.
    pub(crate) fn compare(&self, other: &Self) -> Ordering {
        let rank = |part: &Self| match part {
            Self::Null => 0,
            Self::Integer(_) | Self::Real(_) => 1,
            Self::Text(_) => 2,
            Self::Blob(_) => 3,
        };
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => a.cmp(b),
            (Self::Real(a), Self::Real(b)) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
            (Self::Text(a), Self::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
            (Self::Blob(a), Self::Blob(b)) => a.cmp(b),
            _ => rank(self).cmp(&rank(other)),
        }
    }

    /// Derives the part from a value to compare with, by way of its encoding.
    ///
    /// Numbers that no column can hold are compared as what they are; NaN has no place among them.
    pub(crate) fn of<V: Serialize + ?Sized>(value: &V, column: ColumnType) -> Result<Self> {
        Self::from_json(&encode_operand(value)?, column)
    }

    /// Derives the part from encoded JSON.
    pub(crate) fn from_json(json: &str, column: ColumnType) -> Result<Self> {
        let parsed = match (json.as_bytes().first(), column) {
            (Some(b'n'), _) => Some(Self::Null),
            (Some(b't'), ColumnType::Integer) => Some(Self::Integer(1)),
            (Some(b'f'), ColumnType::Integer) => Some(Self::Integer(0)),
            (Some(b'"'), ColumnType::Text) => serde_json::from_str(json).ok().map(Self::Text),
            (Some(b'-' | b'0'..=b'9'), ColumnType::Integer) => json.parse().ok().map(Self::Integer),
            (Some(b'-' | b'0'..=b'9'), ColumnType::Real) => json.parse().ok().map(Self::Real),
            (Some(b'{'), ColumnType::BigInteger) => decode::<BigInt>(json.as_bytes())
                .ok()
                .map(|integer| Self::Integer(integer.0)),
            (Some(b'{'), ColumnType::Blob) => decode::<Bytes>(json.as_bytes())
                .ok()
                .map(|bytes| Self::Blob(bytes.0)),
            _ => None,
        };
        parsed.ok_or_else(|| {
            Error::internal(format!(
                "the indexed value {json} does not fit a {column:?} column"
            ))
        })
    }
}

#[cfg(test)]
mod tests;
