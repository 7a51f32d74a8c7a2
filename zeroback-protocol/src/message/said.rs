//! What a client says, as text.

use super::object::Object;
use super::{Call, ClientMessage, SubscribedQuery};
use crate::{QueuePlace, RawJson};

impl ClientMessage {
    /// Writes the message.
    #[must_use]
    pub fn encode(&self) -> String {
        match self {
            Self::Connect { protocol } => {
                Object::message("connect").number("protocol", (*protocol).into())
            }
            Self::QuerySet { set, add, remove } => {
                let mut said = Object::message("querySet");
                if let Some(set) = set {
                    said = said.number("set", *set);
                }
                if !add.is_empty() {
                    let queries: Vec<_> = add.iter().map(SubscribedQuery::encode).collect();
                    said = said.list("add", &queries);
                }
                if !remove.is_empty() {
                    let ids = remove.iter().map(|id| id.0.to_string());
                    let ids: Vec<_> = ids.map(RawJson::from_encoded).collect();
                    said = said.list("remove", &ids);
                }
                said
            }
            Self::Query { request_id, call } => {
                let said = Object::message("query").number("requestId", request_id.0);
                said.call(call)
            }
            Self::Mutation {
                request_id,
                call,
                place,
            } => {
                let said = Object::message("mutation").number("requestId", request_id.0);
                match place {
                    Some(place) => said.call(call).place(place),
                    None => said.call(call),
                }
            }
            Self::Action {
                request_id,
                call,
                key,
            } => {
                let said = Object::message("action").number("requestId", request_id.0);
                match key {
                    Some(key) => said.call(call).text("callId", &key.to_text()),
                    None => said.call(call),
                }
            }
            Self::Authenticate { token: Some(token) } => {
                Object::message("authenticate").text("token", token)
            }
            Self::Authenticate { token: None } => {
                Object::message("authenticate").json("token", "null")
            }
            Self::Ack { transitions } => Object::message("ack").number("transitions", *transitions),
        }
        .end()
    }
}

impl SubscribedQuery {
    fn encode(&self) -> RawJson {
        let mut said = Object::new()
            .number("queryId", self.query_id.0)
            .call(&self.call);
        if let Some(tag) = self.tag {
            said = said.text("tag", &tag.to_text());
        }
        RawJson::from_encoded(said.end())
    }
}

impl Object {
    fn call(self, call: &Call) -> Self {
        self.text("path", &call.path)
            .json("args", call.args.as_str())
    }

    fn place(self, place: &QueuePlace) -> Self {
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
}
