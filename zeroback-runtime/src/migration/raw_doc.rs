//! A document as a migration sees it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use zeroback_protocol::{DocumentLimits, ErrorCode, Timestamp, decode, encode};

use crate::db::system_fields;
use crate::{Error, Result};

/// The limits are looked at when the document is written.
const UNLIMITED: DocumentLimits = DocumentLimits {
    depth_max: 100,
    array_elements_max: usize::MAX,
};

/// A document as plain JSON: its fields under their outside names.
///
/// `BigInt` and `Bytes` are `{"$bigint":"…"}` and `{"$bytes":"…"}`, as on the wire.
///
/// ```
/// use zeroback_runtime::{RawDoc, Result};
///
/// fn shout(doc: &mut RawDoc) -> Result<()> {
///     let text: String = doc.get("text")?;
///     doc.set("text", text.to_uppercase())?;
///     doc.rename("by", "author");
///     doc.remove("draft");
///     Ok(())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct RawDoc {
    id: String,
    creation_time: Timestamp,
    fields: Map<String, Value>,
    /// The text that it was read from.
    stored: Option<String>,
}

impl RawDoc {
    pub(crate) fn new(id: &str, creation_time: Timestamp, fields: Map<String, Value>) -> Self {
        Self {
            id: id.to_owned(),
            creation_time,
            fields,
            stored: None,
        }
    }

    pub(crate) fn from_stored(json: String) -> Result<Self> {
        let damaged = || Error::internal("a stored document has no system fields");
        let (id, creation_time) = system_fields(&json).ok_or_else(damaged)?;
        let mut fields: Map<String, Value> = serde_json::from_str(&json)?;
        fields.retain(|name, _| !name.starts_with('_'));
        Ok(Self {
            id: id.to_owned(),
            creation_time,
            fields,
            stored: Some(json),
        })
    }

    /// Returns the document's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns when the document was inserted.
    #[must_use]
    pub fn creation_time(&self) -> Timestamp {
        self.creation_time
    }

    /// Returns all fields.
    #[must_use]
    pub fn fields(&self) -> &Map<String, Value> {
        &self.fields
    }

    /// Returns all fields, to be changed.
    #[must_use]
    pub fn fields_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.fields
    }

    pub(crate) fn into_fields(self) -> Map<String, Value> {
        self.fields
    }

    /// Returns a field; one that is not there is null.
    ///
    /// # Errors
    ///
    /// `invalid` where the field is not of the type; the message names document and field.
    pub fn get<V: DeserializeOwned>(&self, field: &str) -> Result<V> {
        let json = self
            .fields
            .get(field)
            .map_or("null".to_owned(), Value::to_string);
        decode(json.as_bytes())
            .map_err(|error| Error::invalid(format!("{}: {}", self.id, error.at(field))))
    }

    /// Sets a field.
    ///
    /// # Errors
    ///
    /// `invalid` where the value cannot be stored, or the name begins with `_` or `$`.
    pub fn set(&mut self, field: &str, value: impl Serialize) -> Result<()> {
        check_name(field)?;
        let value = match encode(&value) {
            Ok(json) => serde_json::from_str(&json)?,
            // What was read from a document may have a wrapped value inside, as a plain object.
            Err(error) if error.to_string().contains("begins with `$`") => {
                let plain = serde_json::to_value(&value)?;
                write_value(&mut String::new(), &plain, UNLIMITED)?;
                plain
            }
            Err(error) => return Err(error.into()),
        };
        self.fields.insert(field.to_owned(), value);
        Ok(())
    }

    /// Removes a field and returns what it held.
    pub fn remove(&mut self, field: &str) -> Option<Value> {
        self.fields.remove(field)
    }

    /// Gives a field another name; tells whether there was one. What had that name is gone then.
    pub fn rename(&mut self, from: &str, to: &str) -> bool {
        let Some(value) = self.fields.remove(from) else {
            return false;
        };
        self.fields.insert(to.to_owned(), value);
        true
    }

    /// Returns the document's new text, where it differs from what was read.
    pub(crate) fn changed(&self, limits: &DocumentLimits) -> Result<Option<String>> {
        let new = self.encode(limits)?;
        Ok((self.stored.as_ref() != Some(&new)).then_some(new))
    }

    /// Writes the document. Fields that were there keep their order, and those that have not
    /// changed their text; new ones come last.
    pub(crate) fn encode(&self, limits: &DocumentLimits) -> Result<String> {
        let was: Vec<(String, &RawValue)> = match &self.stored {
            Some(stored) => serde_json::from_str::<Ordered<'_>>(stored)?.0,
            None => Vec::new(),
        };
        let mut left: BTreeMap<&str, &Value> = self
            .fields
            .iter()
            .map(|(name, value)| (&**name, value))
            .collect();
        let mut json = format!(
            "{{\"_id\":{},\"_creationTime\":{}",
            encode(&self.id)?,
            self.creation_time.unix_ms()
        );
        for (name, text) in &was {
            let Some(value) = left.remove(&**name) else {
                continue;
            };
            let is_same = serde_json::from_str::<Value>(text.get()).is_ok_and(|was| was == *value);
            write_name(&mut json, name)?;
            if is_same {
                json.push_str(text.get());
            } else {
                write_value(&mut json, value, below(limits)?)?;
            }
        }
        for (name, value) in left {
            check_name(name)?;
            write_name(&mut json, name)?;
            write_value(&mut json, value, below(limits)?)?;
        }
        json.push('}');
        Ok(json)
    }
}

/// An object's fields in their order.
struct Ordered<'d>(Vec<(String, &'d RawValue)>);

impl<'de> serde::Deserialize<'de> for Ordered<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Ordered<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(
                self,
                mut map: A,
            ) -> Result<Ordered<'de>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Ordered(entries))
            }
        }

        deserializer.deserialize_map(Visitor)
    }
}

fn check_name(field: &str) -> Result<()> {
    if field.starts_with(['_', '$']) {
        let text = format!("a field's name must not begin with `_` or `$`: \"{field}\"");
        return Err(Error::invalid(text));
    }
    Ok(())
}

fn write_name(json: &mut String, name: &str) -> Result<()> {
    json.push(',');
    json.push_str(&encode(name)?);
    json.push(':');
    Ok(())
}

/// Returns what is left of the limits one level below.
fn below(limits: &DocumentLimits) -> Result<DocumentLimits> {
    let depth_max = limits.depth_max.checked_sub(1).ok_or_else(|| {
        let text = "the document is nested deeper than it may";
        Error::new(ErrorCode::DOCUMENT_TOO_DEEP, text)
    })?;
    Ok(DocumentLimits {
        depth_max,
        ..*limits
    })
}

/// Writes a value as the encoder does, but for the two objects that stand for a `BigInt` and for
/// `Bytes`: as plain JSON they are objects like any other, and the encoder would refuse them.
fn write_value(json: &mut String, value: &Value, limits: DocumentLimits) -> Result<()> {
    match value {
        Value::Array(items) => {
            let elements_max = limits.array_elements_max;
            if items.len() > elements_max {
                let text = format!("an array has over {elements_max} elements");
                return Err(Error::new(ErrorCode::ARRAY_TOO_LONG, text));
            }
            let limits = below(&limits)?;
            json.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    json.push(',');
                }
                write_value(json, item, limits)?;
            }
            json.push(']');
        }
        Value::Object(map) => {
            let limits = below(&limits)?;
            let sorted: BTreeMap<_, _> = map.iter().collect();
            json.push('{');
            for (at, (name, value)) in sorted.into_iter().enumerate() {
                let is_wrapped = matches!(&**name, "$bigint" | "$bytes") && map.len() == 1;
                if name.starts_with('$') && !(is_wrapped && value.is_string()) {
                    let text = format!("keys that begin with `$` are reserved: \"{name}\"");
                    return Err(Error::invalid(text));
                }
                if at > 0 {
                    json.push(',');
                }
                json.push_str(&encode(name)?);
                json.push(':');
                write_value(json, value, limits)?;
            }
            json.push('}');
        }
        scalar => json.push_str(&encode(scalar)?),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use zeroback_protocol::BigInt;

    use super::*;

    const STORED: &str =
        r#"{"_id":"notes_1","_creationTime":5,"b":1.50,"a":{"$bigint":"7"},"c":[{"z":1,"y":2}]}"#;

    #[track_caller]
    fn check(change: impl FnOnce(&mut RawDoc) -> Result<()>, expected: &str) {
        let mut doc = RawDoc::from_stored(STORED.to_owned()).unwrap();
        change(&mut doc).unwrap();
        assert_eq!(
            doc.changed(&DocumentLimits::default())
                .unwrap()
                .as_deref()
                .unwrap_or("unchanged"),
            expected
        );
    }

    #[test]
    fn what_is_not_changed_keeps_its_text_and_its_place() {
        check(|_| Ok(()), "unchanged");
        check(|doc| doc.set("b", 1.5), "unchanged");
        check(
            |doc| doc.set("0", "new"),
            r#"{"_id":"notes_1","_creationTime":5,"b":1.50,"a":{"$bigint":"7"},"c":[{"z":1,"y":2}],"0":"new"}"#,
        );
        check(
            |doc| {
                doc.rename("a", "d");
                doc.remove("c");
                doc.set("b", false)
            },
            r#"{"_id":"notes_1","_creationTime":5,"b":false,"d":{"$bigint":"7"}}"#,
        );
    }

    #[test]
    fn wrapped_values_move_from_field_to_field() {
        check(
            |doc| {
                let a = doc.remove("a");
                doc.remove("c");
                doc.set("d", [a])?;
                doc.set("e", BigInt(i64::MIN))?;
                assert_eq!(doc.get::<BigInt>("e")?, BigInt(i64::MIN));
                doc.set("b", doc.get::<Vec<BigInt>>("d")?)
            },
            r#"{"_id":"notes_1","_creationTime":5,"b":[{"$bigint":"7"}],"d":[{"$bigint":"7"}],"e":{"$bigint":"-9223372036854775808"}}"#,
        );
    }

    #[test]
    fn what_cannot_be_stored_is_refused() {
        let mut doc = RawDoc::from_stored(STORED.to_owned()).unwrap();
        assert!(doc.set("_id", 1).is_err());
        assert!(doc.set("big", u64::MAX).is_err());
        assert!(doc.set("x", json!({ "$other": "7" })).is_err());
        doc.fields_mut()
            .insert("x".to_owned(), json!({ "$other": 1 }));
        let limits = DocumentLimits::default();
        assert_eq!(doc.encode(&limits).unwrap_err().code().as_str(), "invalid");
        doc.fields_mut()
            .insert("x".to_owned(), json!({ "$bytes": "AA==" }));
        assert!(doc.encode(&limits).is_ok());
        doc.fields_mut()
            .insert("x".to_owned(), json!(vec![0; 8_193]));
        assert_eq!(
            doc.encode(&limits).unwrap_err().code().as_str(),
            "array_too_long"
        );
        let deep = (0..16).fold(json!(0), |inner, _| json!([inner]));
        doc.fields_mut().insert("x".to_owned(), deep);
        assert_eq!(
            doc.encode(&limits).unwrap_err().code().as_str(),
            "document_too_deep"
        );
    }

    #[test]
    fn a_field_of_another_type_is_named() {
        let doc = RawDoc::from_stored(STORED.to_owned()).unwrap();
        assert_eq!(doc.get::<f64>("b").unwrap().to_string(), "1.5");
        assert_eq!(doc.get::<Option<bool>>("absent").unwrap(), None);
        let error = doc.get::<String>("b").unwrap_err();
        assert_eq!(
            error.message(),
            "notes_1: b: invalid type: floating point `1.5`, expected a string"
        );
    }
}
