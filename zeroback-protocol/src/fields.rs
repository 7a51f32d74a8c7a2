//! The members of one JSON object, each as the text that it was sent as.
//!
//! What a server says is read from here, member by member: what serde derives for each form would be a ninth of what
//! hooks add to a browser's module. Members that nobody asks for are of any form: a newer server may have them.

use std::borrow::Cow;

use crate::RawJson;
use crate::json::{JsonError, Scanner};

/// Why a member is not what it should be: its name, and what is wrong.
pub(crate) type Fault = String;

/// The members of one object, in the order in which they were sent.
pub(crate) struct Fields<'j>(Vec<(Cow<'j, str>, &'j str)>);

impl<'j> Fields<'j> {
    /// Returns the text of a member, where it is there and not `null`.
    fn get(&self, name: &str) -> Result<Option<&'j str>, Fault> {
        Ok(self.present(name)?.filter(|json| *json != "null"))
    }

    /// Returns each member with its name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &'j str)> {
        self.0.iter().map(|(name, json)| (&**name, *json))
    }

    /// Returns the text of a member that is there, `null` included.
    pub(crate) fn present(&self, name: &str) -> Result<Option<&'j str>, Fault> {
        let mut found = self.0.iter().filter(|(own, _)| own == name);
        let first = found.next().map(|(_, json)| *json);
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
        let parse = |json| string(json).ok_or_else(|| expected(name, "a string"));
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
        let objects = elements(json).ok_or_else(|| expected(name, "a list"))?;
        let read = |json| read(&Self::parse(json)?);
        let read = |json| read(json).map_err(|fault| format!("{name}.{fault}"));
        objects.into_iter().map(read).collect()
    }

    /// Reads an object.
    pub(crate) fn parse(json: &'j str) -> Result<Self, Fault> {
        Self::read(Scanner::new(json)).map_err(|fault| fault.to_string())
    }

    fn read(mut scanner: Scanner<'j>) -> Result<Self, JsonError> {
        scanner.open(b'{', "expected an object")?;
        let mut members = Vec::new();
        while scanner.next(members.is_empty(), b'}')? {
            members.push((scanner.name()?, scanner.value()?));
        }
        scanner.end()?;
        Ok(Self(members))
    }
}

/// Returns a member that has to be there.
pub(crate) fn required<T>(name: &str, member: Option<T>) -> Result<T, Fault> {
    member.ok_or_else(|| format!("{name}: is missing"))
}

/// Returns the elements of a list, each as the text that it was sent as; nothing of any other value.
pub(crate) fn elements(json: &str) -> Option<Vec<&str>> {
    let mut scanner = Scanner::new(json);
    scanner.open(b'[', "").ok()?;
    let mut elements = Vec::new();
    while scanner.next(elements.is_empty(), b']').ok()? {
        elements.push(scanner.value().ok()?);
    }
    scanner.end().ok()?;
    Some(elements)
}

/// Returns the text of a string; nothing of any other value.
pub(crate) fn string(json: &str) -> Option<String> {
    let mut scanner = Scanner::new(json);
    let text = scanner.string().ok()?;
    scanner.end().ok()?;
    Some(text.into_owned())
}

/// Says what a member should be.
pub(crate) fn expected(name: &str, what: &str) -> Fault {
    format!("{name}: expected {what}")
}
