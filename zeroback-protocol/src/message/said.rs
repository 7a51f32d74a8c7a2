//! What a client says, as text.
//!
//! Written by hand: serde's way through a form with every field of every message would be a tenth of the client in a
//! browser's module. The golden messages hold it to the form that is read.

use std::fmt::Write as _;

use super::{Call, ClientMessage, QueryId, RequestId, SubscribedQuery};
use crate::{QueuePlace, encode};

impl ClientMessage {
    /// Writes the message.
    #[must_use]
    pub fn encode(&self) -> String {
        match self {
            Self::Connect { protocol } => Said::new("connect").number("protocol", *protocol),
            Self::QuerySet { set, add, remove } => {
                let said = Said::new("querySet");
                let said = match set {
                    Some(set) => said.number("set", *set),
                    None => said,
                };
                said.queries(add).ids(remove)
            }
            Self::Query { request_id, call } => Said::call("query", *request_id, call),
            Self::Mutation {
                request_id,
                call,
                place,
            } => Said::call("mutation", *request_id, call).place(place.as_ref()),
            Self::Action {
                request_id,
                call,
                key,
            } => {
                let said = Said::call("action", *request_id, call);
                match key {
                    Some(key) => said.text("callId", &key.to_text()),
                    None => said,
                }
            }
            Self::Authenticate { token: Some(token) } => {
                Said::new("authenticate").text("token", token)
            }
            Self::Authenticate { token: None } => Said::new("authenticate").json("token", "null"),
            Self::Ack { transitions } => Said::new("ack").number("transitions", *transitions),
        }
        .end()
    }
}

/// An object in the making, without its closing brace.
struct Said(String);

impl Said {
    fn new(kind: &str) -> Self {
        Self(format!(r#"{{"type":"{kind}""#))
    }

    fn call(kind: &str, request_id: RequestId, call: &Call) -> Self {
        Self::new(kind)
            .number("requestId", request_id.0)
            .text("path", &call.path)
            .json("args", call.args.as_str())
    }

    fn place(self, place: Option<&QueuePlace>) -> Self {
        let Some(place) = place else {
            return self;
        };
        let mut said = self
            .text("queue", &place.queue.to_text())
            .number("sequence", place.sequence);
        if place.acked_through > 0 {
            said = said.number("ackedThrough", place.acked_through);
        }
        if place.attempted {
            said = said.json("attempted", "true");
        }
        said
    }

    fn queries(mut self, add: &[SubscribedQuery]) -> Self {
        for (at, query) in add.iter().enumerate() {
            self.0.push_str(if at == 0 { r#","add":["# } else { "," });
            let mut one = Self(format!(r#"{{"queryId":{}"#, query.query_id.0))
                .text("path", &query.call.path)
                .json("args", query.call.args.as_str());
            if let Some(tag) = query.tag {
                one = one.text("tag", &tag.to_text());
            }
            self.0.push_str(&one.end());
        }
        self.0.push_str(if add.is_empty() { "" } else { "]" });
        self
    }

    fn ids(mut self, remove: &[QueryId]) -> Self {
        for (at, id) in remove.iter().enumerate() {
            self.0
                .push_str(if at == 0 { r#","remove":["# } else { "," });
            let _ = write!(self.0, "{}", id.0);
        }
        self.0.push_str(if remove.is_empty() { "" } else { "]" });
        self
    }

    fn number(self, name: &str, number: impl Into<u64>) -> Self {
        let number: u64 = number.into();
        self.json(name, &number.to_string())
    }

    fn text(self, name: &str, text: &str) -> Self {
        self.json(name, &encode(text).expect("every text can be encoded"))
    }

    fn json(mut self, name: &str, json: &str) -> Self {
        let _ = write!(self.0, r#","{name}":{json}"#);
        self
    }

    fn end(mut self) -> String {
        self.0.push('}');
        self.0
    }
}
