//! Arrays and tuples.

use serde::Serialize;
use serde::ser;

use super::EncodeError;
use super::room::Room;
use super::serializer::Encoder;

pub(super) struct SequenceEncoder<'o> {
    out: &'o mut String,
    room: Room,
    close: &'static str,
    len: usize,
}

impl<'o> SequenceEncoder<'o> {
    pub(super) fn open(out: &'o mut String, room: Room, close: &'static str) -> Self {
        out.push('[');
        Self {
            out,
            room,
            close,
            len: 0,
        }
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.room.check_element(self.len)?;
        if self.len > 0 {
            self.out.push(',');
        }
        let at = self.len;
        self.len += 1;
        value
            .serialize(Encoder::within(self.room, self.out))
            .map_err(|error| error.below(&format!("[{at}]")))
    }

    fn close(self) {
        self.out.push_str(self.close);
    }
}

macro_rules! forward {
    ($($trait:ident::$method:ident),*) => {$(
        impl ser::$trait for SequenceEncoder<'_> {
            type Ok = ();
            type Error = EncodeError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
                self.element(value)
            }

            fn end(self) -> Result<(), EncodeError> {
                self.close();
                Ok(())
            }
        }
    )*};
}

forward!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);
