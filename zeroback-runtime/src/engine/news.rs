//! What the next transition of a connection says, and how much of it there may be.

use std::collections::BTreeMap;

use zeroback_protocol::{
    Answer, EncodedUpdate, ErrorCode, Outcome, QueryId, QueryResult, RequestId, WireError,
};

/// What an answer has beside its value or its error's text.
const ANSWER_BYTES: usize = 64;

/// What a connection has not been told yet.
///
/// Of live queries it is only noted that there is something: what it is depends on what the client
/// holds when it is told.
#[derive(Debug, Default)]
pub(super) struct News {
    answers: Vec<Answer>,
    /// Refusals, which are no results of a function.
    failures: BTreeMap<QueryId, EncodedUpdate>,
    failure_bytes: usize,
    /// Of those answers that are errors.
    error_bytes: usize,
    /// Each with about how many bytes it takes to tell it.
    changed: BTreeMap<QueryId, usize>,
    changed_bytes: usize,
    set: Option<u64>,
    answer_bytes: usize,
}

/// What was noted, as the transition needs it.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) answers: Vec<Answer>,
    pub(super) failures: BTreeMap<QueryId, EncodedUpdate>,
    pub(super) changed: Vec<QueryId>,
    pub(super) set: Option<u64>,
}

impl News {
    /// Notes the outcome of a request.
    pub(super) fn answer(&mut self, request_id: RequestId, outcome: Outcome) {
        let bytes = answer_bytes(&outcome);
        self.answer_bytes += bytes;
        if matches!(outcome, Outcome::Error(_)) {
            self.error_bytes += bytes;
        }
        self.answers.push(Answer {
            request_id,
            outcome,
        });
    }

    /// Notes that there is something new about a live query, if there is room for it; returns
    /// whether there is.
    pub(super) fn change(
        &mut self,
        query_id: QueryId,
        bytes: usize,
        transition_bytes_max: usize,
    ) -> bool {
        self.forget(query_id);
        if self.answer_bytes + self.changed_bytes + bytes > transition_bytes_max {
            return false;
        }
        self.changed.insert(query_id, bytes);
        self.changed_bytes += bytes;
        true
    }

    /// Notes that a live query is refused.
    pub(super) fn fail(&mut self, query_id: QueryId, error: WireError) {
        self.forget(query_id);
        let refused = refusal(error);
        self.failure_bytes += ANSWER_BYTES + refused.bytes();
        self.failures.insert(query_id, refused);
    }

    /// Notes that a set of live queries has been taken in.
    pub(super) fn set(&mut self, set: u64) {
        self.set = Some(set);
    }

    /// Drops the result of a live query that is not wanted any more.
    pub(super) fn forget(&mut self, query_id: QueryId) {
        if let Some(refused) = self.failures.remove(&query_id) {
            self.failure_bytes -= ANSWER_BYTES + refused.bytes();
        }
        if let Some(bytes) = self.changed.remove(&query_id) {
            self.changed_bytes -= bytes;
        }
    }

    /// Returns the outcome of a one-shot query, or an error in its place where the transition
    /// would have more than so many bytes of values: what one client asks for at once must fit in
    /// memory.
    pub(super) fn fit(&self, outcome: Outcome, transition_bytes_max: usize) -> Outcome {
        let bytes = self.answer_bytes + self.changed_bytes + outcome_bytes(&outcome);
        if bytes <= transition_bytes_max {
            return outcome;
        }
        Outcome::Error(too_much(transition_bytes_max))
    }

    /// Returns how many bytes wait here that do not fold: an answer stays one, however many there are.
    pub(super) fn waiting_bytes(&self) -> usize {
        self.answer_bytes + self.failure_bytes
    }

    /// Returns how many bytes of answers wait here.
    pub(super) fn answer_bytes(&self) -> usize {
        self.answer_bytes
    }

    /// Returns how many bytes of errors wait here.
    pub(super) fn refusal_bytes(&self) -> usize {
        self.failure_bytes + self.error_bytes
    }

    /// Returns the live queries about which there is something new.
    pub(super) fn changed(&self) -> impl Iterator<Item = QueryId> {
        self.changed.keys().copied()
    }

    /// Returns the live queries that are refused.
    pub(super) fn refused(&self) -> impl Iterator<Item = QueryId> {
        self.failures.keys().copied()
    }

    /// Returns the requests that are answered.
    pub(super) fn answered(&self) -> impl Iterator<Item = RequestId> {
        self.answers.iter().map(|answer| answer.request_id)
    }

    /// Takes it all, for the transition.
    pub(super) fn take(&mut self) -> Told {
        let Self {
            answers,
            failures,
            changed,
            set,
            ..
        } = std::mem::take(self);
        Told {
            answers,
            failures,
            changed: changed.into_keys().collect(),
            set,
        }
    }
}

/// Encodes what is said in the place of a result.
fn refusal(error: WireError) -> EncodedUpdate {
    EncodedUpdate::new(&QueryResult::Whole {
        tag: None,
        outcome: Outcome::Error(error),
    })
}

/// Makes the error of what does not fit a transition.
pub(super) fn too_much(transition_bytes_max: usize) -> WireError {
    let text = format!(
        "the results that this client is told at once have over {transition_bytes_max} bytes"
    );
    WireError::new(ErrorCode::LIMIT_EXCEEDED, text)
}

/// Returns about how many bytes an answer takes.
pub(super) fn answer_bytes(outcome: &Outcome) -> usize {
    ANSWER_BYTES + outcome_bytes(outcome)
}

fn outcome_bytes(outcome: &Outcome) -> usize {
    match outcome {
        Outcome::Success(value) => value.as_str().len(),
        Outcome::Error(error) => {
            error.message.len() + error.data.as_ref().map_or(0, |data| data.as_str().len())
        }
    }
}
