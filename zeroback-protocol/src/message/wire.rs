//! The JSON forms of the messages.
//!
//! Each side is read through one flat form with every field optional: an internally tagged enum
//! would buffer the whole message, and lose the text of arguments and results on the way.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{
    Answer, Authentication, Call, ClientMessage, EncodedUpdate, Limits, QueryId, QueryUpdate,
    RequestId, ServerMessage, SubscribedQuery, Transition, encode_transition,
};
use crate::encode::INTEGER_MAX;
use crate::{
    ActionKey, EncodeError, ErrorCode, FunctionCall, QueueId, QueuePlace, RawJson, ServerRequestId,
    Tag, Version, WireError, decode, encode, shortened,
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

impl ServerMessage {
    /// Writes the message; results that are shared go in as they are.
    #[must_use]
    pub fn encode(&self) -> String {
        match self {
            Self::Connected {
                protocol,
                limits,
                identity,
            } => encode(&ServerForm {
                protocol: Some(*protocol),
                limits: Some(*limits),
                identity: identity.clone(),
                ..ServerForm::new("connected")
            }),
            Self::Transition(transition) => {
                let updates = transition.queries.iter();
                let updates: Vec<_> = updates
                    .map(|update| (update.query_id, EncodedUpdate::new(&update.result)))
                    .collect();
                let answers = &transition.answers;
                return encode_transition(transition.version, transition.set, answers, &updates);
            }
            Self::Authentication(authentication) => encode(&ServerForm::of(authentication)),
            Self::Resend => encode(&ServerForm::new("resend")),
            Self::Error { error, request_id } => encode(&ServerForm {
                request_id: *request_id,
                ..ServerForm::new("error").because(error)
            }),
            Self::Other { kind } => encode(&ServerForm::new(kind)),
        }
        .expect("messages hold nothing that cannot be encoded")
    }

    /// Reads a server's message. Fields that are not known are left out: a newer server may have them.
    ///
    /// # Errors
    ///
    /// Fails for what is not a message of this protocol; the text says where.
    pub fn parse(json: &str) -> Result<Self, String> {
        // Without the path to a fault: a client only notes it, and in a browser's module it would cost 10 KB.
        let form: ServerForm = match serde_json::from_str(json) {
            Ok(form) => form,
            Err(error) => return other_kind(json).ok_or_else(|| format!("message: {error}")),
        };
        match form.kind.as_str() {
            "connected" => Ok(Self::Connected {
                protocol: form.protocol.ok_or("message.protocol: is missing")?,
                limits: form.limits.ok_or("message.limits: is missing")?,
                identity: form.identity,
            }),
            "transition" => Ok(Self::Transition(Transition {
                version: form.version.ok_or("message.version: is missing")?,
                set: form.set,
                answers: form.answers,
                queries: form.queries,
            })),
            "authentication" => form.into_authentication().map(Self::Authentication),
            "resend" => Ok(Self::Resend),
            "error" => Ok(Self::Error {
                request_id: form.request_id,
                error: form.into_error()?,
            }),
            _ => Ok(Self::Other { kind: form.kind }),
        }
    }
}

/// The types of a server's messages.
const SERVER_KINDS: [&str; 5] = [
    "connected",
    "transition",
    "authentication",
    "resend",
    "error",
];

/// Reads a message of a type that is not known, whose fields may be of any form.
fn other_kind(json: &str) -> Option<ServerMessage> {
    let message: serde_json::Value = serde_json::from_str(json).ok()?;
    let kind = message.get("type")?.as_str()?.to_owned();
    let is_known = SERVER_KINDS.contains(&kind.as_str());
    (!is_known).then_some(ServerMessage::Other { kind })
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
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    resend: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_request_id: Option<ServerRequestId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<Version>,
    #[serde(skip_serializing_if = "Option::is_none")]
    set: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<String>,
    #[serde(default, skip_serializing)]
    answers: Vec<Answer>,
    #[serde(default, skip_serializing)]
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
            resend: false,
            error_request_id: None,
            version: None,
            set: None,
            status: None,
            expires_in_ms: None,
            identity: None,
            answers: Vec::new(),
            queries: Vec::new(),
        }
    }

    fn of(authentication: &Authentication) -> Self {
        let form = Self::new("authentication");
        let (status, form) = match authentication {
            Authentication::Accepted {
                expires_in_ms,
                identity,
            } => {
                let accepted = Self {
                    expires_in_ms: *expires_in_ms,
                    identity: identity.clone(),
                    ..form
                };
                ("accepted", accepted)
            }
            Authentication::Refused { error } => ("refused", form.because(error)),
            Authentication::Expired => ("expired", form),
        };
        Self {
            status: Some(status.to_owned()),
            ..form
        }
    }

    fn because(self, error: &WireError) -> Self {
        Self {
            error_code: Some(error.code.clone()),
            error_message: Some(error.message.clone()),
            error_data: error.data.clone(),
            resend: error.resend,
            error_request_id: error.request_id,
            ..self
        }
    }

    fn into_error(self) -> Result<WireError, String> {
        Ok(WireError {
            code: self.error_code.ok_or("message.errorCode: is missing")?,
            message: self.error_message.unwrap_or_default(),
            data: self.error_data,
            resend: self.resend,
            request_id: self.error_request_id,
        })
    }

    fn into_authentication(self) -> Result<Authentication, String> {
        match self.status.as_deref() {
            Some("accepted") => Ok(Authentication::Accepted {
                expires_in_ms: self.expires_in_ms,
                identity: self.identity,
            }),
            Some("refused") => Ok(Authentication::Refused {
                error: self.into_error()?,
            }),
            Some("expired") => Ok(Authentication::Expired),
            _ => Err("message.status: is not known".to_owned()),
        }
    }
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

impl Serialize for Limits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        LimitsForm {
            message_bytes_max: self.message_bytes_max,
            queries_max: self.queries_max,
            unacknowledged_bytes_max: self.unacknowledged_bytes_max,
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
            unacknowledged_bytes_max: form.unacknowledged_bytes_max,
        })
    }
}

/// An older server may leave some of them out.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct LimitsForm {
    message_bytes_max: u64,
    queries_max: u64,
    unacknowledged_bytes_max: u64,
}

impl Default for LimitsForm {
    fn default() -> Self {
        let Limits {
            message_bytes_max,
            queries_max,
            unacknowledged_bytes_max,
        } = Limits::default();
        Self {
            message_bytes_max,
            queries_max,
            unacknowledged_bytes_max,
        }
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
