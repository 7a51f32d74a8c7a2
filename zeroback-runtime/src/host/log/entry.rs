//! One line of the log, and how it reads.

#[cfg(not(target_family = "wasm"))]
mod text;

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::Value;
use tracing::Level;
use tracing::field::{Field, Visit};
use zeroback_protocol::{ServerRequestId, Timestamp};

use crate::engine::{CallKind, CallLine};
use crate::request_scope;

/// One line.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    at: Timestamp,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    Call(CallLine),
    Event(Event),
}

/// What somebody has said by `tracing`.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    level: Level,
    target: String,
    message: String,
    fields: Vec<(&'static str, Value)>,
    request_id: Option<ServerRequestId>,
}

/// A line as JSON. A field of an author's event does not stand in the place of one of these.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Form<'e> {
    #[serde(skip_serializing_if = "Option::is_none")]
    seq: Option<u64>,
    time: String,
    level: &'static str,
    target: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<ServerRequestId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'e str>,
    #[serde(flatten)]
    call: Option<CallForm<'e>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<serde_json::Map<String, Value>>,
}

#[derive(Serialize)]
struct CallForm<'e> {
    kind: &'static str,
    path: &'e str,
    outcome: &'e str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ms: Option<f64>,
    reads: usize,
    writes: usize,
}

impl Entry {
    /// What the line of a call is about.
    pub(crate) const CALL_TARGET: &str = "zeroback::call";

    /// Says what there is to say of a call.
    pub(crate) fn of_call(at: Timestamp, line: CallLine) -> Self {
        Self {
            at,
            what: What::Call(line),
        }
    }

    /// Says what somebody has said.
    pub(crate) fn of_event(at: Timestamp, event: Event) -> Self {
        Self {
            at,
            what: What::Event(event),
        }
    }

    /// Returns how much it matters. What happens by itself matters to who looks for a fault.
    pub(crate) fn level(&self) -> Level {
        match &self.what {
            What::Call(line) => match line.kind {
                CallKind::Live => Level::DEBUG,
                _ => Level::INFO,
            },
            What::Event(event) => event.level,
        }
    }

    /// Returns what it is about.
    pub(crate) fn target(&self) -> &str {
        match &self.what {
            What::Call(_) => Self::CALL_TARGET,
            What::Event(event) => &event.target,
        }
    }

    /// Returns it as JSON, on one line.
    pub(crate) fn to_json(&self, seq: Option<u64>) -> String {
        let mut form = Form {
            seq,
            time: self.time(),
            level: word(self.level()),
            target: self.target(),
            request_id: None,
            message: None,
            call: None,
            fields: None,
        };
        match &self.what {
            What::Call(line) => {
                form.request_id = Some(line.request_id);
                form.call = Some(CallForm {
                    kind: line.kind.as_str(),
                    path: &line.path,
                    outcome: outcome(line),
                    ms: line.took.map(|took| took.as_secs_f64() * 1_000.0),
                    reads: line.documents_read,
                    writes: line.documents_written,
                });
            }
            What::Event(event) => {
                form.request_id = event.request_id;
                form.message = Some(&event.message);
                let fields = event.fields.iter();
                let fields: serde_json::Map<_, _> = fields
                    .map(|(name, value)| ((*name).to_owned(), value.clone()))
                    .collect();
                form.fields = Some(fields).filter(|fields| !fields.is_empty());
            }
        }
        serde_json::to_string(&form).expect("there are only texts and numbers")
    }

    fn time(&self) -> String {
        let time = DateTime::<Utc>::from_timestamp_millis(self.at.unix_ms());
        time.unwrap_or_default()
            .to_rfc3339_opts(SecondsFormat::Millis, true)
    }
}

impl Event {
    /// Reads an event; one inside of a function belongs to its request.
    pub(crate) fn of(event: &tracing::Event<'_>) -> Self {
        let mut own = Self {
            level: *event.metadata().level(),
            target: event.metadata().target().to_owned(),
            message: String::new(),
            fields: Vec::new(),
            request_id: request_scope::current(),
        };
        event.record(&mut own);
        own
    }
}

impl Visit for Event {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.message),
            name => self.fields.push((name, value.into())),
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.fields.push((field.name(), value.into()));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.fields.push((field.name(), value.into()));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.fields.push((field.name(), value.into()));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.fields.push((field.name(), value.into()));
    }
}

fn outcome(line: &CallLine) -> &str {
    line.error_code.as_ref().map_or("ok", |code| code.as_str())
}

fn word(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use zeroback_protocol::ErrorCode;

    use super::*;

    const AT: Timestamp = Timestamp::from_unix_ms(1_790_000_000_123);

    fn line() -> CallLine {
        CallLine {
            request_id: ServerRequestId(0xabc),
            path: "tasks:add".into(),
            kind: CallKind::Mutation,
            took: Some(Duration::from_micros(1_500)),
            documents_read: 2,
            documents_written: 1,
            error_code: None,
        }
    }

    #[test]
    fn a_call_is_one_line() {
        let entry = Entry::of_call(AT, line());
        assert_eq!(
            entry.to_text(),
            "2026-09-21T14:13:20.123Z  INFO mutation tasks:add ok ms=1.500 reads=2 writes=1 \
             request=0000000000000abc"
        );
        assert_eq!(
            entry.to_json(Some(7)),
            r#"{"seq":7,"time":"2026-09-21T14:13:20.123Z","level":"info","target":"zeroback::call","requestId":"0000000000000abc","kind":"mutation","path":"tasks:add","outcome":"ok","ms":1.5,"reads":2,"writes":1}"#
        );
        let refused = CallLine {
            kind: CallKind::Refused,
            path: "".into(),
            took: None,
            error_code: Some(ErrorCode::BAD_MESSAGE),
            ..line()
        };
        let refused = Entry::of_call(AT, refused);
        assert!(
            refused
                .to_text()
                .contains(" INFO refused bad_message reads=")
        );
        let live = Entry::of_call(
            AT,
            CallLine {
                kind: CallKind::Live,
                ..line()
            },
        );
        assert_eq!(live.level(), Level::DEBUG);
    }

    #[test]
    fn what_came_from_outside_makes_no_line_of_its_own() {
        let event = Event {
            level: Level::WARN,
            target: "app".to_owned(),
            message: "name\r\n2026-09-21T14:13:20Z  INFO".to_owned(),
            fields: vec![("who", "a\u{85}\u{1b}[31m".into())],
            request_id: Some(ServerRequestId(1)),
        };
        let entry = Entry::of_event(AT, event);
        let text = entry.to_text();
        assert!(!text.contains(char::is_control), "{text}");
        assert!(
            text.ends_with(r"who=a\u{85}\u{1b}[31m request=0000000000000001"),
            "{text}"
        );
        assert_eq!(entry.to_json(None).lines().count(), 1);
    }
}
