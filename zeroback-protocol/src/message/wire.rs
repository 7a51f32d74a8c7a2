//! What a client says, as a server reads it.
//!
//! It is read through one flat form with every field optional: an internally tagged enum would buffer the whole
//! message, and lose the text of arguments on the way.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Call, ClientMessage, QueryId, RequestId, SubscribedQuery};
use crate::encode::INTEGER_MAX;
use crate::{
    ActionKey, EncodeError, ErrorCode, FunctionCall, QueueId, QueuePlace, RawJson, Tag, WireError,
    decode, encode, shortened,
};

/// A message that could not be taken, and whose it was, where that could be read.
#[derive(Clone, Debug, PartialEq)]
pub struct BadMessage {
    /// Why, and where in the message.
    pub error: WireError,
    /// The request that gets the error.
    pub request_id: Option<RequestId>,
}

impl ClientMessage {
    /// Reads a client's message.
    ///
    /// # Errors
    ///
    /// Fails with code `bad_message` for text that is not JSON, not an object, not of a known
    /// type, or has fields that are missing, unknown or of the wrong type.
    pub fn parse(json: &str) -> Result<Self, Box<BadMessage>> {
        let form: ClientForm = decode(json.as_bytes()).map_err(|error| {
            Box::new(BadMessage {
                error: WireError::new(ErrorCode::BAD_MESSAGE, error.at("message").to_string()),
                request_id: request_id_of(json),
            })
        })?;
        let request_id = form.request_id;
        form.into_message().map_err(|message| {
            Box::new(BadMessage {
                error: WireError::new(ErrorCode::BAD_MESSAGE, message),
                request_id,
            })
        })
    }
}

/// Returns the request id of a message that is not understood, or not taken for its size.
#[must_use]
pub fn request_id_of(json: &str) -> Option<RequestId> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Form {
        request_id: RequestId,
    }
    serde_json::from_str::<Form>(json)
        .ok()
        .map(|form| form.request_id)
}

impl Call {
    /// Returns a call as it is sent.
    ///
    /// # Errors
    ///
    /// Fails for arguments that [`encode`] refuses; the error names the path to them.
    pub fn of<C: FunctionCall>(call: &C) -> Result<Self, EncodeError> {
        let args = encode(call).map_err(|error| error.at("args"))?;
        Ok(Self {
            path: C::PATH.to_owned(),
            args: RawJson::from_encoded(args),
        })
    }

    /// Reads the body of `POST /api/query` or `POST /api/mutation`.
    ///
    /// # Errors
    ///
    /// Fails with code `bad_message`.
    pub fn parse(json: &str) -> Result<Self, WireError> {
        decode(json.as_bytes())
            .map_err(|error| WireError::new(ErrorCode::BAD_MESSAGE, error.at("body").to_string()))
    }
}

#[derive(Deserialize)]
#[serde(
    rename_all = "camelCase",
    deny_unknown_fields,
    expecting = "an object with a type"
)]
struct ClientForm {
    #[serde(rename = "type")]
    kind: String,
    protocol: Option<u32>,
    request_id: Option<RequestId>,
    path: Option<String>,
    args: Option<RawJson>,
    call_id: Option<ActionKey>,
    queue: Option<QueueId>,
    #[serde(default, deserialize_with = "count")]
    sequence: Option<u64>,
    #[serde(default, deserialize_with = "count")]
    acked_through: Option<u64>,
    attempted: Option<bool>,
    #[serde(default, deserialize_with = "count")]
    set: Option<u64>,
    add: Option<Vec<SubscribedQuery>>,
    remove: Option<Vec<QueryId>>,
    #[serde(default, deserialize_with = "count")]
    transitions: Option<u64>,
    #[serde(default, deserialize_with = "there")]
    token: Option<Option<String>>,
}

/// Reads a field that is there, `null` included.
fn there<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// Reads an integer that every client can say.
fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let count = u64::deserialize(deserializer)?;
    if count > INTEGER_MAX {
        return Err(D::Error::custom("a count must be at most 2^53 − 1"));
    }
    Ok(Some(count))
}

impl ClientForm {
    /// Returns the place of a mutation in its queue.
    fn place(&self) -> Result<Option<QueuePlace>, String> {
        let fields = [
            ("sequence", self.sequence.is_some()),
            ("ackedThrough", self.acked_through.is_some()),
            ("attempted", self.attempted.is_some()),
        ];
        let Some(queue) = self.queue else {
            return match fields.iter().find(|(_, present)| *present) {
                Some((field, _)) => Err(format!("message.{field}: is of no use without a queue")),
                None => Ok(None),
            };
        };
        let sequence = self.sequence.ok_or("message.sequence: is missing")?;
        let acked_through = self.acked_through.unwrap_or(0);
        if sequence <= acked_through {
            return Err("message.sequence: must be greater than ackedThrough".to_owned());
        }
        Ok(Some(QueuePlace {
            queue,
            sequence,
            acked_through,
            attempted: self.attempted.unwrap_or(false),
        }))
    }

    fn into_message(self) -> Result<ClientMessage, String> {
        let kind = self.kind.as_str();
        let allowed: &[&str] = match kind {
            "connect" => &["protocol"],
            "querySet" => &["set", "add", "remove"],
            "query" => &["requestId", "path", "args"],
            "mutation" => &[
                "requestId",
                "path",
                "args",
                "queue",
                "sequence",
                "ackedThrough",
                "attempted",
            ],
            "action" => &["requestId", "path", "args", "callId"],
            "authenticate" => &["token"],
            "ack" => &["transitions"],
            other => {
                return Err(format!(
                    "message.type: \"{}\" is not one of connect, querySet, query, mutation, action, authenticate, ack",
                    shortened(other)
                ));
            }
        };
        let present = [
            ("protocol", self.protocol.is_some()),
            ("requestId", self.request_id.is_some()),
            ("path", self.path.is_some()),
            ("args", self.args.is_some()),
            ("callId", self.call_id.is_some()),
            ("queue", self.queue.is_some()),
            ("sequence", self.sequence.is_some()),
            ("ackedThrough", self.acked_through.is_some()),
            ("attempted", self.attempted.is_some()),
            ("set", self.set.is_some()),
            ("add", self.add.is_some()),
            ("remove", self.remove.is_some()),
            ("transitions", self.transitions.is_some()),
            ("token", self.token.is_some()),
        ];
        for (field, present) in present {
            if present && !allowed.contains(&field) {
                return Err(format!("message.{field}: is not known in \"{kind}\""));
            }
        }
        let missing = |field: &str| format!("message.{field}: is missing in \"{kind}\"");
        match kind {
            "connect" => Ok(ClientMessage::Connect {
                protocol: self.protocol.ok_or_else(|| missing("protocol"))?,
            }),
            "authenticate" => Ok(ClientMessage::Authenticate {
                token: self.token.ok_or_else(|| missing("token"))?,
            }),
            "ack" => Ok(ClientMessage::Ack {
                transitions: self.transitions.ok_or_else(|| missing("transitions"))?,
            }),
            "querySet" => Ok(ClientMessage::QuerySet {
                set: self.set,
                add: self.add.unwrap_or_default(),
                remove: self.remove.unwrap_or_default(),
            }),
            _ => {
                let request_id = self.request_id.ok_or_else(|| missing("requestId"))?;
                let place = self.place()?;
                let call = Call {
                    path: self.path.ok_or_else(|| missing("path"))?,
                    args: self.args.unwrap_or_else(no_args),
                };
                Ok(match kind {
                    "query" => ClientMessage::Query { request_id, call },
                    "action" => ClientMessage::Action {
                        request_id,
                        call,
                        key: self.call_id,
                    },
                    _ => ClientMessage::Mutation {
                        request_id,
                        call,
                        place,
                    },
                })
            }
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SubscribedQueryForm {
    query_id: QueryId,
    path: String,
    #[serde(default = "no_args")]
    args: RawJson,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tag: Option<Tag>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CallForm {
    path: String,
    #[serde(default = "no_args")]
    args: RawJson,
}

fn no_args() -> RawJson {
    RawJson::from_encoded("{}")
}

impl Serialize for SubscribedQuery {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        SubscribedQueryForm {
            query_id: self.query_id,
            path: self.call.path.clone(),
            args: self.call.args.clone(),
            tag: self.tag,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SubscribedQuery {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = SubscribedQueryForm::deserialize(deserializer)?;
        Ok(Self {
            query_id: form.query_id,
            call: Call {
                path: form.path,
                args: form.args,
            },
            tag: form.tag,
        })
    }
}

impl Serialize for Call {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        CallForm {
            path: self.path.clone(),
            args: self.args.clone(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Call {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = CallForm::deserialize(deserializer)?;
        Ok(Self {
            path: form.path,
            args: form.args,
        })
    }
}

macro_rules! wire_ids {
    ($($id:ident),*) => {$(
        impl Serialize for $id {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_u64(self.0)
            }
        }

        impl<'de> Deserialize<'de> for $id {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let id = u64::deserialize(deserializer)?;
                if id > INTEGER_MAX {
                    return Err(D::Error::custom("an id must be at most 2^53 − 1"));
                }
                Ok(Self(id))
            }
        }
    )*};
}

wire_ids!(QueryId, RequestId);
