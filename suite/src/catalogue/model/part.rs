//! Values as they are compared: nothing first, then numbers, texts and bytes.

use suite_fixture::catalogue::{Product, Shape};
use zeroback::{BigInt, Bytes, Id, Timestamp};

/// A value of a field.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
#[expect(missing_docs, reason = "they say what they are")]
pub enum Part {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Bytes(Vec<u8>),
    Id(Id<Product>),
}

/// What can be compared.
pub trait AsPart {
    /// Returns the value as it is compared.
    fn part(&self) -> Part;
}

macro_rules! parts {
    ($($type:ty: $value:ident => $part:expr;)*) => {
        $(impl AsPart for $type {
            fn part(&self) -> Part {
                let $value = self;
                $part
            }
        })*
    };
}

parts! {
    bool: value => Part::Integer(i64::from(*value));
    i64: value => Part::Integer(*value);
    f64: value => Part::Real(*value);
    String: value => Part::Text(value.clone());
    Timestamp: value => Part::Integer(value.unix_ms());
    BigInt: value => Part::Integer(value.0);
    Bytes: value => Part::Bytes(value.0.clone());
    Id<Product>: value => Part::Id(*value);
    Shape: value => Part::Text(match value {
        Shape::Square => "square",
        Shape::Round => "round",
        Shape::LongAndThin => "longAndThin",
    }.to_owned());
}

impl<V: AsPart> AsPart for Option<V> {
    fn part(&self) -> Part {
        self.as_ref().map_or(Part::Null, AsPart::part)
    }
}
