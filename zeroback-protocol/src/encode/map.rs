//! Objects: structs in the order of their fields, maps sorted by their keys.

use std::fmt::Write as _;

use serde::Serialize;
use serde::ser;

use super::EncodeError;
use super::room::Room;
use super::serializer::{Encoder, PlainText, write_string};

/// Which object is being written: decides on closing text, order and reserved names.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ObjectForm {
    Plain,
    /// The inner object of an externally tagged struct variant.
    Variant,
    /// A document with its system fields, in the order given.
    Document,
    /// A document's own fields, whose names must not look like system fields.
    DocumentFields,
    /// The fields of a patch, with the same names.
    PatchFields,
    /// The object of a `BigInt` or of `Bytes`, with this one key.
    Wrapped(&'static str),
}

pub(super) struct ObjectEncoder<'o> {
    out: &'o mut String,
    room: Room,
    form: ObjectForm,
    first: bool,
    /// Of a struct: serde puts an enum's tag there, and behind it what may have a field of that name.
    first_field: Option<&'static str>,
    key: String,
    /// For maps: the entries seen so far as encoded key and value, sorted at the end.
    entries: Option<Vec<(String, String)>>,
}

impl<'o> ObjectEncoder<'o> {
    pub(super) fn open(out: &'o mut String, room: Room, form: ObjectForm, sorted: bool) -> Self {
        // A document's fields go on in the object that its system fields have begun.
        let goes_on = form == ObjectForm::DocumentFields;
        if !goes_on {
            out.push('{');
        }
        Self {
            out,
            room,
            form,
            first: !goes_on,
            first_field: None,
            key: String::new(),
            entries: sorted.then(Vec::new),
        }
    }

    fn check_key(&self, key: &str) -> Result<(), EncodeError> {
        if let ObjectForm::Wrapped(reserved) = self.form {
            if key == reserved {
                return Ok(());
            }
            // serde puts the tag of an internally tagged variant into the object of its content.
            return Err(EncodeError::new(format!(
                "the tag \"{key}\" cannot stand in the object of \"{reserved}\"; give the variant a field, or the enum `content`"
            )));
        }
        if key.starts_with('$') {
            return Err(EncodeError::new(format!(
                "the key \"{key}\" begins with `$`, which is reserved"
            )));
        }
        let are_fields = matches!(
            self.form,
            ObjectForm::DocumentFields | ObjectForm::PatchFields
        );
        if are_fields && key.starts_with('_') {
            return Err(EncodeError::new(format!(
                "the field \"{key}\" begins with `_`, which is reserved for system fields"
            )));
        }
        Ok(())
    }

    fn entry<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), EncodeError> {
        self.check_key(key)?;
        if let Some(entries) = &mut self.entries {
            let mut encoded = String::new();
            value
                .serialize(Encoder::within(self.room, &mut encoded))
                .map_err(|error| error.below(&format!(".{key}")))?;
            entries.push((key.to_owned(), encoded));
            return Ok(());
        }
        if !self.first {
            self.out.push(',');
        }
        self.first = false;
        write_string(self.out, key);
        self.out.push(':');
        value
            .serialize(Encoder::within(self.room, self.out))
            .map_err(|error| error.below(&format!(".{key}")))
    }

    fn close(self) -> Result<(), EncodeError> {
        if let Some(mut entries) = self.entries {
            entries.sort();
            for (at, (key, value)) in entries.iter().enumerate() {
                if at > 0 && entries[at - 1].0 == *key {
                    return Err(twice(key));
                }
                if at > 0 || !self.first {
                    self.out.push(',');
                }
                write_string(self.out, key);
                self.out.push(':');
                self.out.push_str(value);
            }
        }
        self.out.push('}');
        if self.form == ObjectForm::Variant {
            self.out.push('}');
        }
        Ok(())
    }
}

impl ser::SerializeStruct for ObjectEncoder<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        match self.first_field {
            None => self.first_field = Some(key),
            Some(first) if first == key => return Err(twice(key)),
            Some(_) => {}
        }
        self.entry(key, value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.close()
    }
}

impl ser::SerializeStructVariant for ObjectEncoder<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        self.entry(key, value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.close()
    }
}

impl ser::SerializeMap for ObjectEncoder<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        self.key.clear();
        // Nearly every key is a text, which needs no way by JSON.
        if key.serialize(PlainText(&mut self.key)).is_err() {
            self.key = encode_key(key)?;
        }
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        let key = std::mem::take(&mut self.key);
        let written = self.entry(&key, value);
        self.key = key;
        written
    }

    fn end(self) -> Result<(), EncodeError> {
        self.close()
    }
}

fn twice(key: &str) -> EncodeError {
    EncodeError::new(format!("the key \"{key}\" occurs twice"))
}

/// Turns a map's key into text: strings as they are, integers, booleans and unit variants by their
/// JSON form.
fn encode_key<T: Serialize + ?Sized>(key: &T) -> Result<String, EncodeError> {
    let mut json = String::new();
    key.serialize(Encoder::new(&mut json))?;
    if json.starts_with('"') {
        return serde_json::from_str(&json)
            .map_err(|error| EncodeError::new(format!("a map's key: {error}")));
    }
    let is_scalar = !json.starts_with(['{', '[', 'n']);
    if !is_scalar {
        let mut message = String::from("a map's keys must be strings, found ");
        let _ = write!(message, "{json}");
        return Err(EncodeError::new(message));
    }
    Ok(json)
}
