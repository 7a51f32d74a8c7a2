//! Updates of live queries on the wire, encoded once for all who get them.

use std::fmt::Write as _;
use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::outcome::{OutcomeForm, present};
use super::{Answer, QueryId, QueryResult, QueryUpdate};
use crate::{ErrorCode, RawJson, ServerRequestId, Tag, Version, encode};

/// What an update says beside its `queryId`: the same for every subscriber, and cheap to share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedUpdate(Arc<str>);

impl EncodedUpdate {
    /// Encodes a result.
    #[must_use]
    pub fn new(result: &QueryResult) -> Self {
        // Without the opening brace, in whose place the id comes.
        let members = match result {
            QueryResult::Whole { tag, outcome } => {
                let mut members = tag.map_or_else(String::new, |tag| member("tag", tag));
                members.push_str(&outcome.encode()[1..]);
                members
            }
            QueryResult::Deltas { base, tag, deltas } => {
                let deltas = encode(deltas).expect("deltas are JSON already");
                let (base, tag) = (member("base", *base), member("tag", *tag));
                format!(r#"{base}{tag}"deltas":{deltas}}}"#)
            }
        };
        Self(members.into())
    }

    /// Returns how many bytes it has.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.len()
    }

    /// Tells whether both are the same text in memory.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Writes a transition.
#[must_use]
pub fn encode_transition(
    version: Version,
    set: Option<u64>,
    answers: &[Answer],
    updates: &[(QueryId, EncodedUpdate)],
) -> String {
    let bytes: usize = updates.iter().map(|(_, update)| update.bytes() + 32).sum();
    let mut json = String::with_capacity(bytes + 64);
    let (epoch, counter) = version.into();
    let _ = write!(
        json,
        r#"{{"type":"transition","version":[{epoch},{counter}]"#
    );
    if let Some(set) = set {
        let _ = write!(json, r#","set":{set}"#);
    }
    if !answers.is_empty() {
        json.push_str(r#","answers":"#);
        json.push_str(&encode(answers).expect("answers hold nothing that cannot be encoded"));
    }
    for (at, (query_id, update)) in updates.iter().enumerate() {
        json.push_str(if at == 0 { r#","queries":["# } else { "," });
        let _ = write!(json, r#"{{"queryId":{},{}"#, query_id.0, update.0);
    }
    json.push_str(if updates.is_empty() { "}" } else { "]}" });
    json
}

fn member(name: &str, tag: Tag) -> String {
    format!(r#""{name}":"{}","#, tag.to_text())
}

/// An update as it is read: whole or as deltas.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UpdateForm {
    query_id: QueryId,
    #[serde(default)]
    base: Option<Tag>,
    #[serde(default)]
    tag: Option<Tag>,
    #[serde(default)]
    deltas: Option<Vec<RawJson>>,
    #[serde(default)]
    status: Option<String>,
    #[serde(default, deserialize_with = "present")]
    value: Option<RawJson>,
    #[serde(default)]
    error_code: Option<ErrorCode>,
    #[serde(default)]
    error_message: Option<String>,
    #[serde(default, deserialize_with = "present")]
    error_data: Option<RawJson>,
    #[serde(default)]
    error_request_id: Option<ServerRequestId>,
}

impl<'de> Deserialize<'de> for QueryUpdate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let form = UpdateForm::deserialize(deserializer)?;
        let result = match form.deltas {
            Some(deltas) => QueryResult::Deltas {
                base: form.base.ok_or_else(|| D::Error::missing_field("base"))?,
                tag: form.tag.ok_or_else(|| D::Error::missing_field("tag"))?,
                deltas,
            },
            None => {
                let outcome = OutcomeForm {
                    request_id: None,
                    status: form.status.unwrap_or_default(),
                    value: form.value,
                    error_code: form.error_code,
                    error_message: form.error_message,
                    error_data: form.error_data,
                    resend: false,
                    error_request_id: form.error_request_id,
                };
                QueryResult::Whole {
                    tag: form.tag,
                    outcome: outcome.into_outcome().map_err(D::Error::custom)?,
                }
            }
        };
        Ok(Self {
            query_id: form.query_id,
            result,
        })
    }
}
