//! What the next transition of a connection says, and how much of it there may be.

use std::collections::BTreeMap;

use zeroback_protocol::{
    Answer, ErrorCode, Outcome, QueryId, QueryResult, QueryUpdate, RequestId, WireError,
};

/// Answers and new results that a connection has not been told yet.
#[derive(Debug, Default)]
pub(super) struct News {
    answers: Vec<Answer>,
    updates: BTreeMap<QueryId, Outcome>,
    value_bytes: usize,
}

impl News {
    /// Notes the outcome of a request.
    pub(super) fn answer(&mut self, request_id: RequestId, outcome: Outcome) {
        self.value_bytes += value_bytes(&outcome);
        self.answers.push(Answer {
            request_id,
            outcome,
        });
    }

    /// Notes the newest result of a live query.
    pub(super) fn update(&mut self, query_id: QueryId, outcome: Outcome) {
        self.forget(query_id);
        self.value_bytes += value_bytes(&outcome);
        self.updates.insert(query_id, outcome);
    }

    /// Drops the result of a live query that is not wanted any more.
    pub(super) fn forget(&mut self, query_id: QueryId) {
        if let Some(outcome) = self.updates.remove(&query_id) {
            self.value_bytes -= value_bytes(&outcome);
        }
    }

    /// Returns the outcome of a query, or an error in its place where the transition would have
    /// more than so many bytes of values: what one client asks for at once must fit in memory.
    pub(super) fn fit(&self, outcome: Outcome, transition_bytes_max: usize) -> Outcome {
        if self.value_bytes + value_bytes(&outcome) <= transition_bytes_max {
            return outcome;
        }
        let text = format!(
            "the results that this client is told at once have over {transition_bytes_max} bytes"
        );
        Outcome::Error(WireError::new(ErrorCode::LIMIT_EXCEEDED, text))
    }

    /// Returns the requests that are answered.
    pub(super) fn answered(&self) -> impl Iterator<Item = RequestId> {
        self.answers.iter().map(|answer| answer.request_id)
    }

    /// Takes it all, for the transition.
    pub(super) fn take(&mut self) -> (Vec<Answer>, Vec<QueryUpdate>) {
        let Self {
            answers, updates, ..
        } = std::mem::take(self);
        let updates = updates
            .into_iter()
            .map(|(query_id, outcome)| QueryUpdate {
                query_id,
                result: QueryResult::Whole { tag: None, outcome },
            })
            .collect();
        (answers, updates)
    }
}

fn value_bytes(outcome: &Outcome) -> usize {
    match outcome {
        Outcome::Success(value) => value.as_str().len(),
        Outcome::Error(_) => 0,
    }
}
