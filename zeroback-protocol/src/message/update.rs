//! Updates of live queries on the wire, encoded once for all who get them.

use std::fmt::Write as _;
use std::sync::Arc;

use super::object::Object;
use super::{Answer, QueryId, QueryResult};
use crate::Version;

/// What an update says beside its `queryId`: the same for every subscriber, and cheap to share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedUpdate(Arc<str>);

impl EncodedUpdate {
    /// Encodes a result.
    #[must_use]
    pub fn new(result: &QueryResult) -> Self {
        let object = match result {
            QueryResult::Whole { tag, outcome } => {
                let object = Object::new();
                match tag {
                    Some(tag) => object.text("tag", &tag.to_text()),
                    None => object,
                }
                .outcome(outcome)
            }
            QueryResult::Deltas { base, tag, deltas } => Object::new()
                .text("base", &base.to_text())
                .text("tag", &tag.to_text())
                .list("deltas", deltas),
        };
        // Without the opening brace, in whose place the id comes.
        Self(object.end()[1..].into())
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
    for (at, answer) in answers.iter().enumerate() {
        json.push_str(if at == 0 { r#","answers":["# } else { "," });
        let object = Object::new().number("requestId", answer.request_id.0);
        json.push_str(&object.outcome(&answer.outcome).end());
    }
    json.push_str(if answers.is_empty() { "" } else { "]" });
    for (at, (query_id, update)) in updates.iter().enumerate() {
        json.push_str(if at == 0 { r#","queries":["# } else { "," });
        let _ = write!(json, r#"{{"queryId":{},{}"#, query_id.0, update.0);
    }
    json.push_str(if updates.is_empty() { "}" } else { "]}" });
    json
}
