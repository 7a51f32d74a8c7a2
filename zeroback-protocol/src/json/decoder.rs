//! Typed values of a text, as serde asks for them.

use std::borrow::Cow;

use serde::de::{Deserializer, Error as _, Expected, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use super::float::float;
use super::nested::{Items, Variant};
use super::{JsonError, Scanner};
use crate::raw_json::RAW_JSON;

/// A text that typed values are read from, one after another.
pub(super) struct Decoder<'de> {
    pub(super) scanner: Scanner<'de>,
}

impl<'de> Decoder<'de> {
    pub(super) fn new(text: &'de str) -> Self {
        Self {
            scanner: Scanner::new(text),
        }
    }

    pub(super) fn end(&mut self) -> Result<(), JsonError> {
        self.scanner.end()
    }

    /// Tells what another value than the expected one is.
    fn wrong(&mut self, expected: &dyn Expected) -> JsonError {
        match self.scanner.skip() {
            Ok(()) => JsonError::invalid_type(Unexpected::Other("another"), expected),
            Err(error) => error,
        }
    }

    fn number(&mut self) -> Result<Number, JsonError> {
        let text = self.scanner.number()?;
        if let Ok(number) = text.parse() {
            return Ok(Number::Unsigned(number));
        }
        // There is no integer that is -0.
        if let Some(number) = text.parse().ok().filter(|number| *number != 0) {
            return Ok(Number::Signed(number));
        }
        let number = float(text);
        match number.is_finite() {
            true => Ok(Number::Float(number)),
            false => Err(JsonError::new("number out of range")),
        }
    }
}

enum Number {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
}

/// Calls a visitor with what the text is read by.
macro_rules! read {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
            self.deserialize_number(visitor)
        }
    )*};
}

impl<'de> Decoder<'de> {
    fn deserialize_number<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, JsonError> {
        match self.scanner.peek() {
            b'-' | b'0'..=b'9' => match self.number()? {
                Number::Unsigned(number) => visitor.visit_u64(number),
                Number::Signed(number) => visitor.visit_i64(number),
                Number::Float(number) => visitor.visit_f64(number),
            },
            _ => Err(self.wrong(&visitor)),
        }
    }
}

impl<'de> Deserializer<'de> for &mut Decoder<'de> {
    type Error = JsonError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self.scanner.peek() {
            b'"' => self.deserialize_str(visitor),
            b'[' => self.deserialize_seq(visitor),
            b'{' => self.deserialize_map(visitor),
            b't' | b'f' => self.deserialize_bool(visitor),
            b'n' => self.deserialize_unit(visitor),
            _ => self.deserialize_number(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        if self.scanner.word("true") {
            visitor.visit_bool(true)
        } else if self.scanner.word("false") {
            visitor.visit_bool(false)
        } else {
            Err(self.wrong(&visitor))
        }
    }

    read! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        if self.scanner.peek() != b'"' {
            return Err(self.wrong(&visitor));
        }
        match self.scanner.string()? {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self.scanner.word("null") {
            true => visitor.visit_none(),
            false => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self.scanner.word("null") {
            true => visitor.visit_unit(),
            false => Err(self.wrong(&visitor)),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        if name == RAW_JSON {
            return visitor.visit_borrowed_str(self.scanner.value()?);
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        if self.scanner.peek() != b'[' {
            return Err(self.wrong(&visitor));
        }
        self.scanner.open(b'[', "")?;
        let mut elements = Items::new(self);
        let value = visitor.visit_seq(&mut elements)?;
        elements.finish(b']')?;
        Ok(value)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        if self.scanner.peek() != b'{' {
            return Err(self.wrong(&visitor));
        }
        self.scanner.open(b'{', "")?;
        let mut members = Items::new(self);
        let value = visitor.visit_map(&mut members)?;
        members.finish(b'}')?;
        Ok(value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        match self.scanner.peek() {
            b'"' => visitor.visit_enum(Variant {
                decoder: self,
                has_content: false,
            }),
            b'{' => {
                self.scanner.open(b'{', "")?;
                let value = visitor.visit_enum(Variant {
                    decoder: &mut *self,
                    has_content: true,
                })?;
                match self.scanner.next(true, b'}')? {
                    true => Err(JsonError::new("expected one variant")),
                    false => Ok(value),
                }
            }
            _ => Err(self.wrong(&visitor)),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.scanner.skip()?;
        visitor.visit_unit()
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.deserialize_str(visitor)
    }

    forward_to_deserialize_any! {
        bytes byte_buf
    }
}
