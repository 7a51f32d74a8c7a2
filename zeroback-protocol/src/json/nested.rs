//! What is in a list, in an object, or in a variant of an enum.

use serde::de::{
    DeserializeSeed, Deserializer as _, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::JsonError;
use super::decoder::Decoder;

/// The elements of a list, or the members of an object.
pub(super) struct Items<'d, 'de> {
    decoder: &'d mut Decoder<'de>,
    is_first: bool,
    is_over: bool,
}

impl<'d, 'de> Items<'d, 'de> {
    pub(super) fn new(decoder: &'d mut Decoder<'de>) -> Self {
        Self {
            decoder,
            is_first: true,
            is_over: false,
        }
    }

    fn advance(&mut self, end: u8) -> Result<bool, JsonError> {
        self.is_over = self.is_over || !self.decoder.scanner.next(self.is_first, end)?;
        self.is_first = false;
        Ok(!self.is_over)
    }

    /// Whoever reads has to have read all.
    pub(super) fn finish(mut self, end: u8) -> Result<(), JsonError> {
        match self.advance(end)? {
            true => Err(JsonError::new("there is more than is expected")),
            false => Ok(()),
        }
    }
}

impl<'de> SeqAccess<'de> for &mut Items<'_, 'de> {
    type Error = JsonError;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, JsonError> {
        match self.advance(b']')? {
            true => seed.deserialize(&mut *self.decoder).map(Some),
            false => Ok(None),
        }
    }
}

impl<'de> MapAccess<'de> for &mut Items<'_, 'de> {
    type Error = JsonError;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, JsonError> {
        if !self.advance(b'}')? {
            return Ok(None);
        }
        if self.decoder.scanner.peek() != b'"' {
            return Err(JsonError::new("expected a name"));
        }
        seed.deserialize(&mut *self.decoder).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, JsonError> {
        self.decoder.scanner.expect(b':', "expected a colon")?;
        seed.deserialize(&mut *self.decoder)
    }
}

/// A variant of an enum: its name, or an object of its name and its content.
pub(super) struct Variant<'d, 'de> {
    pub(super) decoder: &'d mut Decoder<'de>,
    pub(super) has_content: bool,
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = JsonError;
    type Variant = Self;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Self), JsonError> {
        let name = seed.deserialize(&mut *self.decoder)?;
        if self.has_content {
            self.decoder.scanner.expect(b':', "expected a colon")?;
        }
        Ok((name, self))
    }
}

impl<'de> Variant<'_, 'de> {
    fn content(&mut self) -> Result<&mut Decoder<'de>, JsonError> {
        match self.has_content {
            true => Ok(self.decoder),
            false => Err(JsonError::new("the variant has no content")),
        }
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = JsonError;

    fn unit_variant(self) -> Result<(), JsonError> {
        match self.has_content {
            true => serde::Deserialize::deserialize(self.decoder),
            false => Ok(()),
        }
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(
        mut self,
        seed: S,
    ) -> Result<S::Value, JsonError> {
        seed.deserialize(self.content()?)
    }

    fn tuple_variant<V: Visitor<'de>>(
        mut self,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        self.content()?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        mut self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        self.content()?.deserialize_map(visitor)
    }
}
