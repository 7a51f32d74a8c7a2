//! Stored documents as text: their columns, and the merging of patches.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;
use zeroback_protocol::encode;

use crate::{Error, Result};

/// The top-level fields of an encoded document, in order, each with its value's text.
#[derive(Debug)]
pub(super) struct Fields<'d> {
    entries: Vec<(Cow<'d, str>, &'d str)>,
}

impl<'d> Fields<'d> {
    pub(super) fn parse(json: &'d str) -> Result<Self> {
        serde_json::from_str(json).map_err(|error| {
            Error::internal(format!("a stored document is not an object: {error}"))
        })
    }

    /// Returns a field's text; a field that is not there is null.
    pub(super) fn get(&self, field: &str) -> &'d str {
        self.entries
            .iter()
            .find(|(name, _)| name == field)
            .map_or("null", |(_, value)| value)
    }

    /// Returns each field's name and text.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &'d str)> {
        self.entries.iter().map(|(name, value)| (&**name, *value))
    }

    /// Returns a field's text, where it is there.
    pub(super) fn find(&self, field: &str) -> Option<&'d str> {
        self.iter()
            .find_map(|(name, value)| (name == field).then_some(value))
    }

    /// Takes a field out, and returns its text.
    pub(super) fn take(&mut self, field: &str) -> Option<&'d str> {
        let at = self.entries.iter().position(|(name, _)| name == field)?;
        Some(self.entries.remove(at).1)
    }

    /// Returns the name of a field that is there twice.
    pub(super) fn repeated(&self) -> Option<&str> {
        let mut seen = BTreeSet::new();
        let mut names = self.iter().map(|(name, _)| name);
        names.find(|name| !seen.insert(*name))
    }

    /// Puts the fields of a patch over these.
    pub(super) fn patch(&mut self, patch: Self) {
        for (name, value) in patch.entries {
            match self.entries.iter_mut().find(|(old, _)| *old == name) {
                Some(entry) => entry.1 = value,
                None => self.entries.push((name, value)),
            }
        }
    }

    /// Writes the object again.
    pub(super) fn encode(&self) -> Result<String> {
        let mut json = String::from("{");
        for (at, (name, value)) in self.entries.iter().enumerate() {
            if at > 0 {
                json.push(',');
            }
            json.push_str(&encode(name)?);
            json.push(':');
            json.push_str(value);
        }
        json.push('}');
        Ok(json)
    }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;

        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut entries = Vec::new();
                while let Some((name, value)) = map.next_entry::<Name<'de>, &RawValue>()? {
                    entries.push((name.0, value.get()));
                }
                Ok(Fields { entries })
            }
        }

        deserializer.deserialize_map(FieldsVisitor)
    }
}

/// A field's name, borrowed where it holds no escape.
#[derive(Deserialize)]
struct Name<'d>(#[serde(borrow)] Cow<'d, str>);

#[cfg(test)]
mod tests {
    use super::Fields;

    #[test]
    fn a_patch_keeps_the_order_and_the_fields_it_does_not_name() {
        let mut fields = Fields::parse(r#"{"_id":"t_1","a":1,"gone":[{"x":1}],"b":"y"}"#).unwrap();
        fields.patch(Fields::parse(r#"{"b":null,"new":{"k":2}}"#).unwrap());
        assert_eq!(
            fields.encode().unwrap(),
            r#"{"_id":"t_1","a":1,"gone":[{"x":1}],"b":null,"new":{"k":2}}"#
        );
        assert_eq!(fields.get("a"), "1");
        assert_eq!(fields.get("absent"), "null");
    }
}
