//! Lines as this process writes them: for people, and for who listens to `tracing`.

use std::fmt::Write as _;

use serde_json::Value;
use tracing::Level;

use super::{Entry, What, outcome};
use crate::engine::Noted;

impl Entry {
    /// Returns it for people, on one line.
    pub(crate) fn to_text(&self) -> String {
        let mut text = format!("{} {:>5} ", self.time(), self.level());
        let request_id = match &self.what {
            What::Call(line) => {
                let _ = write!(text, "{}", line.kind.as_str());
                if !line.path.is_empty() {
                    let _ = write!(text, " {}", line.path);
                }
                let _ = write!(text, " {}", outcome(line));
                if let Some(took) = line.took {
                    let _ = write!(text, " ms={:.3}", took.as_secs_f64() * 1_000.0);
                }
                let (reads, writes) = (line.documents_read, line.documents_written);
                let _ = write!(text, " reads={reads} writes={writes}");
                Some(line.request_id)
            }
            What::Event(event) => {
                let _ = write!(text, "{}: {}", event.target, event.message);
                for (name, value) in &event.fields {
                    let _ = match value {
                        Value::String(value) => write!(text, " {name}={value}"),
                        value => write!(text, " {name}={value}"),
                    };
                }
                event.request_id
            }
        };
        if let Some(request_id) = request_id {
            let _ = write!(text, " request={request_id}");
        }
        on_one_line(text)
    }

    /// Returns what has it noted, if it is of a call.
    pub(crate) fn is_noted_by(&self) -> Option<Noted> {
        match &self.what {
            What::Call(line) => Some(line.kind.is_noted_by()),
            What::Event(_) => None,
        }
    }

    /// Says it to whoever listens to `tracing`, if it is of a call: what is not, was said by it.
    pub(crate) fn emit(&self) {
        let What::Call(line) = &self.what else {
            return;
        };
        let request_id = tracing::field::display(line.request_id);
        let (kind, path, outcome) = (line.kind.as_str(), &*line.path, outcome(line));
        let ms = line.took.map(|took| took.as_secs_f64() * 1_000.0);
        let (reads, writes) = (line.documents_read, line.documents_written);
        if self.level() == Level::INFO {
            tracing::info!(target: "zeroback::call", request_id, kind, path, outcome, ms, reads, writes);
        } else {
            tracing::debug!(target: "zeroback::call", request_id, kind, path, outcome, ms, reads, writes);
        }
    }
}

/// Keeps what came from outside from making lines of its own.
fn on_one_line(text: String) -> String {
    if !text.contains(char::is_control) {
        return text;
    }
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        match character.is_control() {
            true => line.extend(character.escape_default()),
            false => line.push(character),
        }
    }
    line
}
