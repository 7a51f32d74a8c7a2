//! A stored document: its id, its creation time and its fields.

use std::fmt;
use std::ops::Deref;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use ts_rs::TS;
use zeroback_protocol::{DOCUMENT, Id, TableName, Timestamp, decode};

use crate::{Error, Result, Table};

/// A document of table `T`, as it is stored.
///
/// Derefs to the fields; outside it is the fields plus `_id` and `_creationTime` (Unix ms).
#[derive(Clone, PartialEq)]
pub struct Doc<T> {
    id: Id<T>,
    creation_time: Timestamp,
    fields: T,
}

impl<T> Doc<T> {
    /// Makes a document that is stored nowhere: what an optimistic update of the Rust client shows until the stored
    /// one comes. It was created at the time that its id says.
    ///
    /// ```ignore
    /// let create = use_mutation().optimistic(|store, args: &messages::send::Args| {
    ///     let message = Message { channel: args.channel, text: args.text.clone() };
    ///     let message = Doc::guess(store.temp_id(), message);
    ///     store.insert_at_top(|list: &messages::page::Args| list.channel == args.channel, message);
    /// });
    /// ```
    #[must_use]
    pub fn guess(id: Id<T>, fields: T) -> Self {
        Self {
            id,
            creation_time: id.raw().creation_time(),
            fields,
        }
    }

    /// Returns the document's id.
    #[must_use]
    pub fn id(&self) -> &Id<T> {
        &self.id
    }

    /// Returns when the document was inserted; never changes.
    #[must_use]
    pub fn creation_time(&self) -> Timestamp {
        self.creation_time
    }

    /// Returns the fields alone.
    #[must_use]
    pub fn into_fields(self) -> T {
        self.fields
    }
}

impl<T> Deref for Doc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.fields
    }
}

/// A document as an object: its system fields, then its own.
#[derive(Serialize, Deserialize)]
struct Wire<I, T> {
    #[serde(rename = "_id")]
    id: I,
    #[serde(rename = "_creationTime")]
    creation_time: Timestamp,
    #[serde(flatten)]
    fields: T,
}

/// Names the object for the encoder.
struct InOrder<'d, T>(&'d Doc<T>);

impl<T: Table> Doc<T> {
    /// Reads a stored document: the system fields, then the author's, from the same text.
    pub(crate) fn from_stored(json: &str) -> Result<Self> {
        let contradiction = |error: &dyn std::fmt::Display| {
            Error::internal(format!(
                "a document of table \"{}\" does not fit its struct: {error}",
                T::TABLE_NAME
            ))
        };
        let (id, creation_time) = system_fields(json)
            .and_then(|(id, time)| Some((id.parse().ok()?, time)))
            .ok_or_else(|| contradiction(&"its system fields are damaged"))?;
        let fields = decode(json.as_bytes()).map_err(|error| contradiction(&error))?;
        Ok(Self {
            id,
            creation_time,
            fields,
        })
    }
}

/// Reads what every stored document begins with: `{"_id":"…","_creationTime":…`.
pub(crate) fn system_fields(json: &str) -> Option<(&str, Timestamp)> {
    let (id, rest) = json.strip_prefix("{\"_id\":\"")?.split_once('"')?;
    let rest = rest.strip_prefix(",\"_creationTime\":")?;
    let end = rest.find([',', '}'])?;
    let unix_ms = rest[..end].parse().ok()?;
    Some((id, Timestamp::from_unix_ms(unix_ms)))
}

impl<T: TableName + fmt::Debug> fmt::Debug for Doc<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Doc")
            .field("id", &self.id)
            .field("creation_time", &self.creation_time)
            .field("fields", &self.fields)
            .finish()
    }
}

impl<T: TableName + Serialize> Serialize for Doc<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(DOCUMENT, &InOrder(self))
    }
}

impl<T: TableName + Serialize> Serialize for InOrder<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wire {
            id: &self.0.id,
            creation_time: self.0.creation_time,
            fields: &self.0.fields,
        }
        .serialize(serializer)
    }
}

impl<'de, T: Table> Deserialize<'de> for Doc<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Wire {
            id,
            creation_time,
            fields,
        } = Wire::deserialize(deserializer)?;
        Ok(Self {
            id,
            creation_time,
            fields,
        })
    }
}

impl<T: Table> TS for Doc<T> {
    type WithoutGenerics = Self;
    type OptionInnerType = Self;

    fn name(_: &ts_rs::Config) -> String {
        format!("Doc<\"{}\">", T::TABLE_NAME)
    }

    fn inline(config: &ts_rs::Config) -> String {
        Self::name(config)
    }

    fn visit_generics(visitor: &mut impl ts_rs::TypeVisitor)
    where
        Self: 'static,
    {
        visitor.visit::<T>();
    }
}

impl<T: Table> JsonSchema for Doc<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("Doc_{}", T::TABLE_NAME).into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let fields = generator.subschema_for::<T>();
        let id = generator.subschema_for::<Id<T>>();
        schemars::json_schema!({
            "allOf": [fields, {
                "type": "object",
                "properties": { "_id": id, "_creationTime": { "type": "integer" } },
                "required": ["_id", "_creationTime"],
            }]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Doc, Id, TableName};

    struct Note(&'static str);

    impl TableName for Note {
        const TABLE_NAME: &'static str = "notes";
    }

    #[test]
    fn one_that_is_guessed_was_created_when_its_id_says() {
        let id: Id<Note> = "notes_01kaqg5zvzfyq8y9v2m0r5t3w7".parse().expect("an id");
        let note = Doc::guess(id, Note("milk"));
        assert_eq!((*note.id(), note.0), (id, "milk"));
        assert_eq!(note.creation_time().unix_ms(), 1_763_872_800_639);
    }
}
