//! One JSON object in the making.
//!
//! Messages are written by hand: serde's way through a form with every field of every message would be a tenth of the
//! client in a browser's module, and is no faster. The golden messages hold what is written to what is read.

use std::fmt::Write as _;

use super::Outcome;
use crate::encode::write_string;
use crate::{RawJson, WireError};

/// An object in the making, without its closing brace.
pub(super) struct Object(String);

impl Object {
    pub(super) fn new() -> Self {
        Self("{".to_owned())
    }

    /// Begins a message.
    pub(super) fn message(kind: &str) -> Self {
        Self::new().text("type", kind)
    }

    pub(super) fn number(mut self, name: &str, number: u64) -> Self {
        self.name(name);
        let _ = write!(self.0, "{number}");
        self
    }

    pub(super) fn text(mut self, name: &str, text: &str) -> Self {
        self.name(name);
        write_string(&mut self.0, text);
        self
    }

    pub(super) fn json(mut self, name: &str, json: &str) -> Self {
        self.name(name);
        self.0.push_str(json);
        self
    }

    /// Writes what is already JSON, each element of a list.
    pub(super) fn list<'j>(
        mut self,
        name: &str,
        elements: impl IntoIterator<Item = &'j RawJson>,
    ) -> Self {
        self.name(name);
        self.0.push('[');
        for (at, element) in elements.into_iter().enumerate() {
            self.0.push_str(if at == 0 { "" } else { "," });
            self.0.push_str(element.as_str());
        }
        self.0.push(']');
        self
    }

    pub(super) fn outcome(self, outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Success(value) => self.text("status", "success").json("value", value.as_str()),
            Outcome::Error(error) => self.text("status", "error").error(error),
        }
    }

    pub(super) fn error(mut self, error: &WireError) -> Self {
        self = self
            .text("errorCode", error.code.as_str())
            .text("errorMessage", &error.message);
        if let Some(data) = &error.data {
            self = self.json("errorData", data.as_str());
        }
        if error.resend {
            self = self.json("resend", "true");
        }
        match error.request_id {
            Some(id) => self.text("errorRequestId", &id.to_string()),
            None => self,
        }
    }

    pub(super) fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }

    fn name(&mut self, name: &str) {
        self.0
            .push_str(if self.0.len() == 1 { "\"" } else { ",\"" });
        self.0.push_str(name);
        self.0.push_str("\":");
    }
}
