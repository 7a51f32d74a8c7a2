//! What a server says, as text.

use super::object::Object;
use super::{
    Answer, Authentication, EncodedUpdate, Limits, QueryId, QueryResult, QueryUpdate,
    ServerMessage, Transition, encode_transition,
};
use crate::fields::{Fault, Fields, expected, required};
use crate::{RawJson, Version};

impl ServerMessage {
    /// Writes the message; results that are shared go in as they are.
    #[must_use]
    pub fn encode(&self) -> String {
        match self {
            Self::Connected {
                protocol,
                limits,
                identity,
            } => {
                let connected = Object::message("connected")
                    .number("protocol", (*protocol).into())
                    .json("limits", &limits.encode());
                match identity {
                    Some(identity) => connected.text("identity", identity),
                    None => connected,
                }
            }
            Self::Transition(transition) => {
                let updates = transition.queries.iter();
                let updates: Vec<_> = updates
                    .map(|update| (update.query_id, EncodedUpdate::new(&update.result)))
                    .collect();
                let answers = &transition.answers;
                return encode_transition(transition.version, transition.set, answers, &updates);
            }
            Self::Authentication(authentication) => authentication.encode(),
            Self::Resend => Object::message("resend"),
            Self::Error { error, request_id } => {
                let object = Object::message("error");
                let object = match request_id {
                    Some(id) => object.number("requestId", id.0),
                    None => object,
                };
                object.error(error)
            }
            Self::Other { kind } => Object::message(kind),
        }
        .end()
    }

    /// Reads a server's message. Fields that are not known are left out: a newer server may have them.
    ///
    /// # Errors
    ///
    /// Fails for what is not a message of this protocol; the text says where.
    pub fn parse(json: &str) -> Result<Self, String> {
        let message = Fields::parse(json).map_err(|fault| format!("message: {fault}"))?;
        Self::read(&message).map_err(|fault| format!("message.{fault}"))
    }

    fn read(message: &Fields<'_>) -> Result<Self, Fault> {
        let kind = required("type", message.text("type")?)?;
        Ok(match kind.as_str() {
            "connected" => {
                let protocol = required("protocol", message.number("protocol")?)?;
                let limits = required("limits", message.object("limits")?)?;
                Self::Connected {
                    protocol: u32::try_from(protocol)
                        .map_err(|_| expected("protocol", "a version"))?,
                    limits: Limits::read(&limits).map_err(|fault| format!("limits.{fault}"))?,
                    identity: message.text("identity")?,
                }
            }
            "transition" => Self::Transition(Transition {
                version: version(message)?,
                set: message.number("set")?,
                answers: message.each("answers", Answer::read)?,
                queries: message.each("queries", QueryUpdate::read)?,
            }),
            "authentication" => Self::Authentication(Authentication::read(message)?),
            "resend" => Self::Resend,
            "error" => Self::Error {
                request_id: message.request_id()?,
                error: message.error()?,
            },
            _ => Self::Other { kind },
        })
    }
}

fn version(message: &Fields<'_>) -> Result<Version, Fault> {
    let version = required("version", message.list("version")?)?;
    let number = |at: usize| version.get(at)?.parse().ok();
    match (number(0), number(1), version.len()) {
        (Some(epoch), Some(counter), 2) => Ok(Version { epoch, counter }),
        _ => Err(expected("version", "two integers")),
    }
}

impl Answer {
    fn read(answer: &Fields<'_>) -> Result<Self, Fault> {
        Ok(Self {
            request_id: required("requestId", answer.request_id()?)?,
            outcome: answer.outcome()?,
        })
    }
}

impl QueryUpdate {
    fn read(update: &Fields<'_>) -> Result<Self, Fault> {
        let query_id = QueryId(required("queryId", update.id("queryId")?)?);
        let tag = update.tag("tag")?;
        let result = match update.list("deltas")? {
            Some(deltas) => QueryResult::Deltas {
                base: required("base", update.tag("base")?)?,
                tag: required("tag", tag)?,
                deltas: deltas.into_iter().map(RawJson::from_encoded).collect(),
            },
            None => QueryResult::Whole {
                tag,
                outcome: update.outcome()?,
            },
        };
        Ok(Self { query_id, result })
    }
}

impl Authentication {
    fn encode(&self) -> Object {
        let object = Object::message("authentication");
        match self {
            Self::Accepted {
                expires_in_ms,
                identity,
            } => {
                let mut object = object.text("status", "accepted");
                if let Some(expires_in_ms) = expires_in_ms {
                    object = object.number("expiresInMs", *expires_in_ms);
                }
                match identity {
                    Some(identity) => object.text("identity", identity),
                    None => object,
                }
            }
            Self::Refused { error } => object.error(error).text("status", "refused"),
            Self::Expired => object.text("status", "expired"),
        }
    }

    fn read(message: &Fields<'_>) -> Result<Self, Fault> {
        match message.text("status")?.unwrap_or_default().as_str() {
            "accepted" => Ok(Self::Accepted {
                expires_in_ms: message.number("expiresInMs")?,
                identity: message.text("identity")?,
            }),
            "refused" => Ok(Self::Refused {
                error: message.error()?,
            }),
            "expired" => Ok(Self::Expired),
            _ => Err("status: is not known".to_owned()),
        }
    }
}

impl Limits {
    fn encode(&self) -> String {
        Object::new()
            .number("messageBytesMax", self.message_bytes_max)
            .number("queriesMax", self.queries_max)
            .number("unacknowledgedBytesMax", self.unacknowledged_bytes_max)
            .end()
    }

    /// An older server may leave some of them out.
    fn read(limits: &Fields<'_>) -> Result<Self, Fault> {
        let otherwise = Self::default();
        let number = |name, otherwise| limits.number(name).map(|told| told.unwrap_or(otherwise));
        Ok(Self {
            message_bytes_max: number("messageBytesMax", otherwise.message_bytes_max)?,
            queries_max: number("queriesMax", otherwise.queries_max)?,
            unacknowledged_bytes_max: number(
                "unacknowledgedBytesMax",
                otherwise.unacknowledged_bytes_max,
            )?,
        })
    }
}
