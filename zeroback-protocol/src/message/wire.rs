//! The JSON forms of the messages.
//!
//! Each side is read through one flat form with every field optional: an internally tagged enum
//! would buffer the whole message, and lose the text of arguments and results on the way.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{
    Answer, Call, ClientMessage, Limits, QueryId, QueryUpdate, RequestId, ServerMessage,
    SubscribedQuery, Transition,
};
use crate::encode::INTEGER_MAX;
use crate::{ErrorCode, RawJson, Version, WireError, decode, encode};

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

    /// Writes the message.
    #[must_use]
    pub fn encode(&self) -> String {
        let form = match self {
            Self::Connect { protocol } => ClientForm {
                protocol: Some(*protocol),
                ..ClientForm::new("connect")
            },
            Self::QuerySet { add, remove } => ClientForm {
                add: Some(add.clone()).filter(|add| !add.is_empty()),
                remove: Some(remove.clone()).filter(|remove| !remove.is_empty()),
                ..ClientForm::new("querySet")
            },
            Self::Query { request_id, call } => ClientForm::call("query", *request_id, call),
            Self::Mutation { request_id, call } => ClientForm::call("mutation", *request_id, call),
        };
        encode(&form).expect("messages hold nothing that cannot be encoded")
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

impl ServerMessage {
    /// Writes the message; results that are shared go in as they are.
    #[must_use]
    pub fn encode(&self) -> String {
        match self {
            Self::Connected { protocol, limits } => encode(&ServerForm {
                protocol: Some(*protocol),
                limits: Some(*limits),
                ..ServerForm::new("connected")
            }),
            Self::Transition(transition) => encode(&TransitionForm {
                kind: "transition",
                version: transition.version,
                answers: &transition.answers,
                queries: &transition.queries,
            }),
            Self::Error { error, request_id } => encode(&ServerForm {
                request_id: *request_id,
                error_code: Some(error.code.clone()),
                error_message: Some(error.message.clone()),
                error_data: error.data.clone(),
                ..ServerForm::new("error")
            }),
        }
        .expect("messages hold nothing that cannot be encoded")
    }

    /// Reads a server's message.
    ///
    /// # Errors
    ///
    /// Fails for what is not a message of this protocol; the text says where.
    pub fn parse(json: &str) -> Result<Self, String> {
        let form: ServerForm =
            decode(json.as_bytes()).map_err(|error| error.at("message").to_string())?;
        match form.kind.as_str() {
            "connected" => Ok(Self::Connected {
                protocol: form.protocol.ok_or("message.protocol: is missing")?,
                limits: form.limits.ok_or("message.limits: is missing")?,
            }),
            "transition" => Ok(Self::Transition(Transition {
                version: form.version.ok_or("message.version: is missing")?,
                answers: form.answers,
                queries: form.queries,
            })),
            "error" => Ok(Self::Error {
                error: WireError {
                    code: form.error_code.ok_or("message.errorCode: is missing")?,
                    message: form.error_message.unwrap_or_default(),
                    data: form.error_data,
                },
                request_id: form.request_id,
            }),
            other => Err(format!("message.type: \"{other}\" is not known")),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(
    rename_all = "camelCase",
    deny_unknown_fields,
    expecting = "an object with a type"
)]
struct ClientForm {
    #[serde(rename = "type")]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    protocol: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<RequestId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    args: Option<RawJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    add: Option<Vec<SubscribedQuery>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remove: Option<Vec<QueryId>>,
}

impl ClientForm {
    fn new(kind: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            protocol: None,
            request_id: None,
            path: None,
            args: None,
            add: None,
            remove: None,
        }
    }

    fn call(kind: &str, request_id: RequestId, call: &Call) -> Self {
        Self {
            request_id: Some(request_id),
            path: Some(call.path.clone()),
            args: Some(call.args.clone()),
            ..Self::new(kind)
        }
    }

    fn into_message(self) -> Result<ClientMessage, String> {
        let kind = self.kind.as_str();
        let allowed: &[&str] = match kind {
            "connect" => &["protocol"],
            "querySet" => &["add", "remove"],
            "query" | "mutation" => &["requestId", "path", "args"],
            other => {
                return Err(format!(
                    "message.type: \"{other}\" is not one of connect, querySet, query, mutation"
                ));
            }
        };
        let present = [
            ("protocol", self.protocol.is_some()),
            ("requestId", self.request_id.is_some()),
            ("path", self.path.is_some()),
            ("args", self.args.is_some()),
            ("add", self.add.is_some()),
            ("remove", self.remove.is_some()),
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
            "querySet" => Ok(ClientMessage::QuerySet {
                add: self.add.unwrap_or_default(),
                remove: self.remove.unwrap_or_default(),
            }),
            _ => {
                let request_id = self.request_id.ok_or_else(|| missing("requestId"))?;
                let call = Call {
                    path: self.path.ok_or_else(|| missing("path"))?,
                    args: self.args.unwrap_or_else(no_args),
                };
                Ok(if kind == "query" {
                    ClientMessage::Query { request_id, call }
                } else {
                    ClientMessage::Mutation { request_id, call }
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

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ServerForm {
    #[serde(rename = "type")]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    protocol: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limits: Option<Limits>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<RequestId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<ErrorCode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_data: Option<RawJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<Version>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    answers: Vec<Answer>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    queries: Vec<QueryUpdate>,
}

impl ServerForm {
    fn new(kind: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            protocol: None,
            limits: None,
            request_id: None,
            error_code: None,
            error_message: None,
            error_data: None,
            version: None,
            answers: Vec::new(),
            queries: Vec::new(),
        }
    }
}

#[derive(Serialize)]
struct TransitionForm<'t> {
    #[serde(rename = "type")]
    kind: &'static str,
    version: Version,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    answers: &'t [Answer],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    queries: &'t [QueryUpdate],
}

impl Serialize for SubscribedQuery {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        SubscribedQueryForm {
            query_id: self.query_id,
            path: self.call.path.clone(),
            args: self.call.args.clone(),
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

impl Serialize for Limits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        LimitsForm {
            message_bytes_max: self.message_bytes_max,
            queries_max: self.queries_max,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Limits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = LimitsForm::deserialize(deserializer)?;
        Ok(Self {
            message_bytes_max: form.message_bytes_max,
            queries_max: form.queries_max,
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LimitsForm {
    message_bytes_max: u64,
    queries_max: u64,
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
