//! The members of one JSON object, each as the text that it was sent as.
//!
//! What a server says is read from here, member by member: what serde derives for each form would be a ninth of what
//! hooks add to a browser's module. Members that nobody asks for are of any form: a newer server may have them.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::RawJson;

/// Why a member is not what it should be: its name, and what is wrong.
pub(crate) type Fault = String;

/// The members of one object, in the order in which they were sent.
pub(crate) struct Fields<'j>(Vec<(String, &'j RawValue)>);

impl<'j> Fields<'j> {
    /// Returns the text of a member, where it is there and not `null`.
    fn get(&self, name: &str) -> Result<Option<&'j str>, Fault> {
        Ok(self.present(name)?.filter(|json| *json != "null"))
    }

    /// Returns each member with its name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &'j str)> {
        self.0
            .iter()
            .map(|(name, json)| (name.as_str(), json.get()))
    }

    /// Returns the text of a member that is there, `null` included.
    pub(crate) fn present(&self, name: &str) -> Result<Option<&'j str>, Fault> {
        let mut found = self.0.iter().filter(|(own, _)| own == name);
        let first = found.next().map(|(_, json)| json.get());
        match found.next() {
            None => Ok(first),
            Some(_) => Err(format!("{name}: is there twice")),
        }
    }

    pub(crate) fn number(&self, name: &str) -> Result<Option<u64>, Fault> {
        // Of all that is JSON, only an integer that is not negative is one to `parse`.
        let parse = |json: &str| json.parse().map_err(|_| expected(name, "an integer"));
        self.get(name)?.map(parse).transpose()
    }

    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, Fault> {
        let parse = |json| serde_json::from_str(json).map_err(|_| expected(name, "a string"));
        self.get(name)?.map(parse).transpose()
    }

    pub(crate) fn is_set(&self, name: &str) -> Result<bool, Fault> {
        match self.present(name)? {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(expected(name, "true or false")),
        }
    }

    /// Returns a value of any form, `null` included.
    pub(crate) fn json(&self, name: &str) -> Result<Option<RawJson>, Fault> {
        Ok(self.present(name)?.map(RawJson::from_encoded))
    }

    pub(crate) fn list(&self, name: &str) -> Result<Option<Vec<&'j str>>, Fault> {
        let parse = |json| elements(json).ok_or_else(|| expected(name, "a list"));
        self.get(name)?.map(parse).transpose()
    }

    /// Returns a member that is an object.
    pub(crate) fn object(&self, name: &str) -> Result<Option<Self>, Fault> {
        let parse = |json| Self::parse(json).map_err(|fault| format!("{name}: {fault}"));
        self.get(name)?.map(parse).transpose()
    }

    /// Reads each object of a list; nothing where there is no list.
    pub(crate) fn each<T>(
        &self,
        name: &str,
        read: impl Fn(&Self) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        let Some(json) = self.present(name)? else {
            return Ok(Vec::new());
        };
        let objects: Vec<Self> =
            serde_json::from_str(json).map_err(|_| expected(name, "a list of objects"))?;
        let read = |object| read(object).map_err(|fault| format!("{name}.{fault}"));
        objects.iter().map(read).collect()
    }

    /// Reads an object.
    pub(crate) fn parse(json: &'j str) -> Result<Self, Fault> {
        serde_json::from_str(json).map_err(|fault| fault.to_string())
    }
}

/// Returns a member that has to be there.
pub(crate) fn required<T>(name: &str, member: Option<T>) -> Result<T, Fault> {
    member.ok_or_else(|| format!("{name}: is missing"))
}

/// Returns the elements of a list, each as the text that it was sent as; nothing of any other value.
pub(crate) fn elements(json: &str) -> Option<Vec<&str>> {
    let elements: Vec<&RawValue> = serde_json::from_str(json).ok()?;
    Some(elements.into_iter().map(RawValue::get).collect())
}

/// Says what a member should be.
pub(crate) fn expected(name: &str, what: &str) -> Fault {
    format!("{name}: expected {what}")
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Fields(fields))
    }
}
