//! The encoder as a serde serializer: scalars here, compound forms in `map` and `sequence`.

use std::fmt::Write as _;

use serde::Serialize;
use serde::ser::{self, Impossible};

use super::map::{ObjectEncoder, ObjectForm};
use super::room::Room;
use super::sequence::SequenceEncoder;
use super::{DOCUMENT, EncodeError, INTEGER_MAX};
use crate::raw_json::RAW_JSON;
use crate::wrapped;

/// Writes one value to the end of `out`.
pub(super) struct Encoder<'o> {
    pub(super) out: &'o mut String,
    pub(super) room: Room,
    pub(super) form: ObjectForm,
}

impl<'o> Encoder<'o> {
    pub(super) fn new(out: &'o mut String) -> Self {
        Self::within(Room::for_message(), out)
    }

    pub(super) fn within(room: Room, out: &'o mut String) -> Self {
        Self {
            out,
            room,
            form: ObjectForm::Plain,
        }
    }

    fn open_object(self, sorted: bool) -> Result<ObjectEncoder<'o>, EncodeError> {
        let room = self.room.deeper()?;
        Ok(ObjectEncoder::open(self.out, room, self.form, sorted))
    }

    fn open_sequence(self) -> Result<SequenceEncoder<'o>, EncodeError> {
        let room = self.room.deeper()?;
        Ok(SequenceEncoder::open(self.out, room, "]"))
    }

    fn serialize_not_finite(self, value: f64) -> Result<(), EncodeError> {
        if !self.room.is_operand() || value.is_nan() {
            return Err(not_finite(value));
        }
        // Read as a double it is an infinity again.
        self.out
            .push_str(if value > 0.0 { "1e999" } else { "-1e999" });
        Ok(())
    }

    /// Opens `{"variant":` for an externally tagged enum.
    fn open_variant(&mut self, variant: &str) -> Result<Room, EncodeError> {
        let room = self.room.deeper()?;
        self.out.push('{');
        write_string(self.out, variant);
        self.out.push(':');
        Ok(room)
    }
}

impl<'o> ser::Serializer for Encoder<'o> {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = SequenceEncoder<'o>;
    type SerializeTuple = SequenceEncoder<'o>;
    type SerializeTupleStruct = SequenceEncoder<'o>;
    type SerializeTupleVariant = SequenceEncoder<'o>;
    type SerializeMap = ObjectEncoder<'o>;
    type SerializeStruct = ObjectEncoder<'o>;
    type SerializeStructVariant = ObjectEncoder<'o>;

    fn serialize_bool(self, value: bool) -> Result<(), EncodeError> {
        self.out.push_str(if value { "true" } else { "false" });
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Result<(), EncodeError> {
        self.serialize_i64(value.into())
    }

    fn serialize_i16(self, value: i16) -> Result<(), EncodeError> {
        self.serialize_i64(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result<(), EncodeError> {
        self.serialize_i64(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result<(), EncodeError> {
        if value.unsigned_abs() > INTEGER_MAX && !self.room.is_operand() {
            return Err(too_large(value));
        }
        self.out.push_str(itoa::Buffer::new().format(value));
        Ok(())
    }

    fn serialize_i128(self, value: i128) -> Result<(), EncodeError> {
        match i64::try_from(value) {
            Ok(value) => self.serialize_i64(value),
            Err(_) if self.room.is_operand() && value < 0 => self.serialize_i64(i64::MIN),
            Err(_) if self.room.is_operand() => self.serialize_i64(i64::MAX),
            Err(_) => Err(too_large(value)),
        }
    }

    fn serialize_u8(self, value: u8) -> Result<(), EncodeError> {
        self.serialize_u64(value.into())
    }

    fn serialize_u16(self, value: u16) -> Result<(), EncodeError> {
        self.serialize_u64(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result<(), EncodeError> {
        self.serialize_u64(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result<(), EncodeError> {
        self.serialize_u128(value.into())
    }

    fn serialize_u128(self, value: u128) -> Result<(), EncodeError> {
        match i64::try_from(value) {
            Ok(value) => self.serialize_i64(value),
            // Nothing that is stored is above it.
            Err(_) if self.room.is_operand() => self.serialize_i64(i64::MAX),
            Err(_) => Err(too_large(value)),
        }
    }

    fn serialize_f32(self, value: f32) -> Result<(), EncodeError> {
        if !value.is_finite() {
            return self.serialize_not_finite(value.into());
        }
        let value = if value == 0.0 { 0.0 } else { value };
        self.out
            .push_str(ryu_js::Buffer::new().format_finite(value));
        Ok(())
    }

    fn serialize_f64(self, value: f64) -> Result<(), EncodeError> {
        if !value.is_finite() {
            return self.serialize_not_finite(value);
        }
        let value = if value == 0.0 { 0.0 } else { value };
        self.out
            .push_str(ryu_js::Buffer::new().format_finite(value));
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), EncodeError> {
        self.serialize_str(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), EncodeError> {
        write_string(self.out, value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), EncodeError> {
        value.serialize(self)
    }

    fn serialize_none(self) -> Result<(), EncodeError> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), EncodeError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), EncodeError> {
        self.out.push_str("null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), EncodeError> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), EncodeError> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        match name {
            RAW_JSON => value.serialize(PlainText(self.out)),
            DOCUMENT => value.serialize(Self {
                form: ObjectForm::Document,
                ..self
            }),
            _ => value.serialize(self),
        }
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        let room = self.open_variant(variant)?;
        value.serialize(Encoder::within(room, self.out))?;
        self.out.push('}');
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<SequenceEncoder<'o>, EncodeError> {
        self.open_sequence()
    }

    fn serialize_tuple(self, _: usize) -> Result<SequenceEncoder<'o>, EncodeError> {
        self.open_sequence()
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<SequenceEncoder<'o>, EncodeError> {
        self.open_sequence()
    }

    fn serialize_tuple_variant(
        mut self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<SequenceEncoder<'o>, EncodeError> {
        let room = self.open_variant(variant)?.deeper()?;
        Ok(SequenceEncoder::open(self.out, room, "]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<ObjectEncoder<'o>, EncodeError> {
        let sorted = self.form == ObjectForm::Plain;
        self.open_object(sorted)
    }

    fn serialize_struct(
        self,
        name: &'static str,
        _: usize,
    ) -> Result<ObjectEncoder<'o>, EncodeError> {
        if let Some(key) = wrapped::key_of(name) {
            // It is a scalar to its author: it opens no level.
            let form = ObjectForm::Wrapped(key);
            return Ok(ObjectEncoder::open(self.out, self.room, form, false));
        }
        self.open_object(false)
    }

    fn serialize_struct_variant(
        mut self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<ObjectEncoder<'o>, EncodeError> {
        let room = self.open_variant(variant)?.deeper()?;
        Ok(ObjectEncoder::open(
            self.out,
            room,
            ObjectForm::Variant,
            false,
        ))
    }
}

/// Writes a text as it is, and takes nothing else: that of a `RawJson`, or a key.
pub(super) struct PlainText<'o>(pub(super) &'o mut String);

impl PlainText<'_> {
    fn refuse<T>() -> Result<T, EncodeError> {
        Err(EncodeError::new("only text is written as it is"))
    }
}

macro_rules! refuse {
    ($($method:ident: $type:ty),*) => {
        $(fn $method(self, _: $type) -> Result<(), EncodeError> { Self::refuse() })*
    };
}

impl ser::Serializer for PlainText<'_> {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = Impossible<(), EncodeError>;
    type SerializeTuple = Impossible<(), EncodeError>;
    type SerializeTupleStruct = Impossible<(), EncodeError>;
    type SerializeTupleVariant = Impossible<(), EncodeError>;
    type SerializeMap = Impossible<(), EncodeError>;
    type SerializeStruct = Impossible<(), EncodeError>;
    type SerializeStructVariant = Impossible<(), EncodeError>;

    fn serialize_str(self, value: &str) -> Result<(), EncodeError> {
        self.0.push_str(value);
        Ok(())
    }

    refuse!(
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32,
        serialize_i64: i64, serialize_u8: u8, serialize_u16: u16, serialize_u32: u32,
        serialize_u64: u64, serialize_f32: f32, serialize_f64: f64, serialize_char: char,
        serialize_bytes: &[u8], serialize_unit_struct: &'static str
    );

    fn serialize_none(self) -> Result<(), EncodeError> {
        Self::refuse()
    }
    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<(), EncodeError> {
        Self::refuse()
    }
    fn serialize_unit(self) -> Result<(), EncodeError> {
        Self::refuse()
    }
    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
    ) -> Result<(), EncodeError> {
        Self::refuse()
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: &T,
    ) -> Result<(), EncodeError> {
        Self::refuse()
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), EncodeError> {
        Self::refuse()
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, EncodeError> {
        Self::refuse()
    }
    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, EncodeError> {
        Self::refuse()
    }
    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, EncodeError> {
        Self::refuse()
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, EncodeError> {
        Self::refuse()
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, EncodeError> {
        Self::refuse()
    }
    fn serialize_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStruct, EncodeError> {
        Self::refuse()
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, EncodeError> {
        Self::refuse()
    }
}

/// Writes a JSON string: the escapes that JSON demands, and no others.
pub(crate) fn write_string(out: &mut String, value: &str) {
    out.push('"');
    if is_plain(value.as_bytes()) {
        out.push_str(value);
        out.push('"');
        return;
    }
    let mut start = 0;
    for (at, byte) in value.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0x08 => "\\b",
            0x0c => "\\f",
            0..=0x1f => "",
            _ => continue,
        };
        out.push_str(&value[start..at]);
        if escape.is_empty() {
            let _ = write!(out, "\\u{byte:04x}");
        } else {
            out.push_str(escape);
        }
        start = at + 1;
    }
    out.push_str(&value[start..]);
    out.push('"');
}

/// Tells whether nothing in a string must be escaped. Whole blocks at a time, which compilers turn
/// into vector instructions: most strings are plain, and most bytes are in strings.
fn is_plain(bytes: &[u8]) -> bool {
    let is_special = |byte: u8| (byte < 0x20) | (byte == b'"') | (byte == b'\\');
    let any_special = |block: &[u8]| {
        block
            .iter()
            .fold(false, |any, byte| any | is_special(*byte))
    };
    let (blocks, rest) = bytes.as_chunks::<32>();
    !blocks.iter().any(|block| any_special(block)) && !any_special(rest)
}

fn too_large(value: impl std::fmt::Display) -> EncodeError {
    EncodeError::new(format!(
        "the integer {value} is beyond ±(2^53 − 1) and would be rounded in JavaScript"
    ))
}

fn not_finite(value: f64) -> EncodeError {
    EncodeError::new(format!(
        "the number {value} is not finite, and JSON has no form for it"
    ))
}
