//! The members of one JSON object, each as the text that it was sent as.
//!
//! What a server says is read from here, member by member: what serde derives for each form would be a seventh of the
//! client in a browser's module. Members that nobody asks for are of any form: a newer server may have them.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{Outcome, RequestId};
use crate::encode::INTEGER_MAX;
use crate::{ErrorCode, RawJson, ServerRequestId, Tag, WireError};

/// Why a member is not what it should be: its name, and what is wrong.
pub(super) type Fault = String;

/// The members of one object, in the order in which they were sent.
pub(super) struct Fields<'j>(Vec<(String, &'j RawValue)>);

impl<'j> Fields<'j> {
    /// Returns the text of a member, where it is there and not `null`.
    fn get(&self, name: &str) -> Result<Option<&'j str>, Fault> {
        Ok(self.present(name)?.filter(|json| *json != "null"))
    }

    /// Returns the text of a member that is there, `null` included.
    fn present(&self, name: &str) -> Result<Option<&'j str>, Fault> {
        let mut found = self.0.iter().filter(|(own, _)| own == name);
        let first = found.next().map(|(_, json)| json.get());
        match found.next() {
            None => Ok(first),
            Some(_) => Err(format!("{name}: is there twice")),
        }
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Fault> {
        // Of all that is JSON, only an integer that is not negative is one to `parse`.
        let parse = |json: &str| json.parse().map_err(|_| expected(name, "an integer"));
        self.get(name)?.map(parse).transpose()
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Fault> {
        let parse = |json| serde_json::from_str(json).map_err(|_| expected(name, "a string"));
        self.get(name)?.map(parse).transpose()
    }

    pub(super) fn is_set(&self, name: &str) -> Result<bool, Fault> {
        match self.present(name)? {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(expected(name, "true or false")),
        }
    }

    /// Returns a value of any form, `null` included.
    pub(super) fn json(&self, name: &str) -> Result<Option<RawJson>, Fault> {
        Ok(self.present(name)?.map(RawJson::from_encoded))
    }

    pub(super) fn list(&self, name: &str) -> Result<Option<Vec<RawJson>>, Fault> {
        let parse = |json| serde_json::from_str(json).map_err(|_| expected(name, "a list"));
        self.get(name)?.map(parse).transpose()
    }

    /// Returns a member that is an object.
    pub(super) fn object(&self, name: &str) -> Result<Option<Self>, Fault> {
        let parse = |json| Self::parse(json).map_err(|fault| format!("{name}: {fault}"));
        self.get(name)?.map(parse).transpose()
    }

    /// Reads each object of a list; nothing where there is no list.
    pub(super) fn each<T>(
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

    pub(super) fn tag(&self, name: &str) -> Result<Option<Tag>, Fault> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let tag = Tag::from_text(&text);
        tag.map(Some).ok_or_else(|| expected(name, "a tag"))
    }

    pub(super) fn id(&self, name: &str) -> Result<Option<u64>, Fault> {
        let id = self.number(name)?;
        if id.is_some_and(|id| id > INTEGER_MAX) {
            return Err(format!("{name}: an id must be at most 2^53 − 1"));
        }
        Ok(id)
    }

    pub(super) fn request_id(&self) -> Result<Option<RequestId>, Fault> {
        Ok(self.id("requestId")?.map(RequestId))
    }

    pub(super) fn outcome(&self) -> Result<Outcome, Fault> {
        match self.text("status")?.unwrap_or_default().as_str() {
            "success" => Ok(Outcome::Success(required("value", self.json("value")?)?)),
            "error" => Ok(Outcome::Error(self.error()?)),
            _ => Err(expected("status", "\"success\" or \"error\"")),
        }
    }

    pub(super) fn error(&self) -> Result<WireError, Fault> {
        let code = required("errorCode", self.text("errorCode")?)?;
        let request_id = match self.text("errorRequestId")? {
            Some(text) => Some(
                ServerRequestId::from_text(&text)
                    .ok_or_else(|| expected("errorRequestId", "16 hexadecimal digits"))?,
            ),
            None => None,
        };
        Ok(WireError {
            code: ErrorCode::new(code),
            message: self.text("errorMessage")?.unwrap_or_default(),
            data: self.json("errorData")?,
            resend: self.is_set("resend")?,
            request_id,
        })
    }

    /// Reads an object.
    pub(super) fn parse(json: &'j str) -> Result<Self, Fault> {
        serde_json::from_str(json).map_err(|fault| fault.to_string())
    }
}

/// Returns a member that has to be there.
pub(super) fn required<T>(name: &str, member: Option<T>) -> Result<T, Fault> {
    member.ok_or_else(|| format!("{name}: is missing"))
}

/// Says what a member should be.
pub(super) fn expected(name: &str, what: &str) -> Fault {
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
