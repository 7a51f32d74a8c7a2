//! One call, from when it is made until its answer.

use zeroback_protocol::{
    ActionKey, Call, ClientMessage, FunctionKind, Outcome, QueuePlace, RawJson, RequestId,
    WireError,
};

use crate::engine::env::TimerId;

/// Settles a promise.
pub(crate) type Settle = Box<dyn FnOnce(Outcome) + Send>;

/// A promise, and what settles it.
pub(crate) struct Settlement {
    pub(crate) settle: Settle,
    pub(crate) outcome: Outcome,
}

pub(super) struct Request {
    pub(super) kind: FunctionKind,
    call: Call,
    /// Nothing once it has settled.
    settle: Option<Settle>,
    /// When it is sent, among all others.
    pub(super) place: u64,
    /// The place in the queue, once it has one. Only mutations get one, when they are sent for the first time.
    pub(super) sequence: Option<u64>,
    /// Whether that is the queue of what is kept elsewhere.
    pub(super) is_kept: bool,
    /// Whether it is not to be sent for now, and whether it ever was so.
    pub(super) is_held: bool,
    #[cfg(feature = "offline")]
    pub(super) was_held: bool,
    /// That of an action, a secret.
    key: Option<ActionKey>,
    /// Set while it waits to be sent again by itself.
    pub(super) retry: Option<TimerId>,
    pub(super) retries: u32,
    /// Whether it was sent on this connection, and has no answer.
    pub(super) in_flight: bool,
    /// Whether it may have been made, for all that is known.
    pub(super) attempted: bool,
    /// The same, before it was sent the last time.
    pub(super) attempted_before: bool,
    /// Why the call cannot be sent. Then a call of nothing is, so that its place is taken.
    pub(super) failure: Option<WireError>,
    /// Whether its effects are guessed.
    pub(super) is_guessed: bool,
}

impl Request {
    pub(super) fn new(
        kind: FunctionKind,
        call: Call,
        key: Option<ActionKey>,
        is_guessed: bool,
        place: u64,
        settle: Settle,
    ) -> Self {
        Self {
            kind,
            call,
            settle: Some(settle),
            place,
            sequence: None,
            is_kept: false,
            is_held: false,
            #[cfg(feature = "offline")]
            was_held: false,
            key,
            retry: None,
            retries: 0,
            in_flight: false,
            attempted: false,
            attempted_before: false,
            failure: None,
            is_guessed,
        }
    }

    /// Returns the message of a query or an action.
    pub(super) fn message(&self, request_id: RequestId) -> ClientMessage {
        let call = self.call.clone();
        match self.kind {
            FunctionKind::Action => ClientMessage::Action {
                request_id,
                call,
                key: self.key,
            },
            FunctionKind::Query => ClientMessage::Query { request_id, call },
            FunctionKind::Mutation => unreachable!("a mutation is sent with its place"),
        }
    }

    /// Returns the message of a mutation.
    pub(super) fn placed(&self, request_id: RequestId, place: QueuePlace) -> ClientMessage {
        ClientMessage::Mutation {
            request_id,
            call: self.call.clone(),
            place: Some(place),
        }
    }

    /// Tells whether it is to be sent as soon as it can be.
    pub(super) fn is_unsent(&self) -> bool {
        !self.in_flight && !self.is_held && self.retry.is_none()
    }

    /// Becomes a call of nothing.
    pub(super) fn become_filler(&mut self, failure: WireError) {
        self.call = Call {
            path: String::new(),
            args: RawJson::from_encoded("{}"),
        };
        self.failure = Some(failure);
    }

    /// Returns what settles its promise, if it is not settled yet.
    pub(super) fn settle(&mut self, outcome: Outcome) -> Option<Settlement> {
        let settle = self.settle.take()?;
        Some(Settlement { settle, outcome })
    }

    /// Says that it is sent again, and why.
    pub(super) fn warning(&self, error: &WireError) -> String {
        format!(
            "the server could not run {}; trying again: {error}",
            self.call.path
        )
    }
}
