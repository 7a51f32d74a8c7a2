//! A client as `PROTOCOL.md` has it, in layers: what was asked, what the server has said, what is
//! in flight. It has no socket: frames go in and come out.

mod listen;
mod pages;
mod queue;

use std::collections::BTreeMap;

use serde_json::Value;
use suite_fixture_sim::Question;
use zeroback_protocol::{
    Call, ClientMessage, PROTOCOL_VERSION, QueryId, RequestId, SubscribedQuery, Tag, Version,
};

use super::calls;
use super::model::Mutation;
use super::server::LinkId;
pub(super) use queue::{Entry, Queue};

/// One program with one user.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) link: Option<LinkId>,
    /// Whether it says what it has read.
    pub(super) acknowledges: bool,
    /// The version that its user sees.
    pub(super) version: Version,
    pub(super) asked: BTreeMap<QueryId, Asked>,
    pub(super) queue: Queue,
    /// What its own clock shows.
    pub(super) now_ms: i64,
    /// One-shot queries without an answer, and the version at which each was asked.
    reads: BTreeMap<RequestId, (Question, u64)>,
    /// Mutations that were sent over this connection: their places in the queue.
    sent: BTreeMap<RequestId, u64>,
    transitions: u64,
    unacknowledged_bytes: usize,
    acknowledged_bytes: usize,
    /// Never used again, not even on another connection.
    last_id: u64,
    /// What is to be sent.
    outbox: Vec<String>,
}

/// A live query.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) question: Question,
    /// The set of live queries that it came with.
    set: u64,
    /// Whether this connection has said how it stands.
    pub(super) is_told: bool,
    pub(super) held: Option<Held>,
    /// Whether the last transition has changed it by deltas.
    pub(super) was_patched: bool,
}

/// The newest result of a live query.
#[derive(Debug)]
pub(super) struct Held {
    tag: Option<Tag>,
    /// The value, or the code of the error.
    pub(super) said: Result<Value, String>,
}

/// What a client has learned from a frame.
#[derive(Debug, Default)]
pub(super) struct Learned {
    /// Where it stands, if it was a transition.
    pub(super) version: Option<Version>,
    pub(super) reads: Vec<(Question, u64, Result<Value, String>)>,
    pub(super) mutations: Vec<(Entry, Result<Value, String>)>,
}

impl Client {
    pub(super) fn new(queue: Queue, now_ms: i64) -> Self {
        Self {
            link: None,
            acknowledges: true,
            version: Version::default(),
            asked: BTreeMap::new(),
            queue,
            now_ms,
            reads: BTreeMap::new(),
            sent: BTreeMap::new(),
            transitions: 0,
            unacknowledged_bytes: 0,
            acknowledged_bytes: 0,
            last_id: 0,
            outbox: Vec::new(),
        }
    }

    // --- What is asked. ---

    /// Begins on a new connection: asks again for all that it has, and for what is unanswered.
    pub(super) fn connect(&mut self, link: LinkId) {
        self.link = Some(link);
        self.transitions = 0;
        self.unacknowledged_bytes = 0;
        self.send(&ClientMessage::Connect {
            protocol: PROTOCOL_VERSION,
        });
        let asked = std::mem::take(&mut self.asked);
        if !asked.is_empty() {
            let set = self.fresh_id();
            let add = asked.into_values().map(|asked| {
                let held = asked.held;
                self.ask_as(asked.question, set, held)
            });
            let add = add.collect();
            self.send_set(set, add, Vec::new());
        }
        self.send_unanswered();
    }

    /// Notes that the connection is gone; what its user sees stays.
    pub(super) fn disconnect(&mut self) {
        self.link = None;
        self.sent.clear();
        self.outbox.clear();
        for asked in self.asked.values_mut() {
            asked.is_told = false;
        }
    }

    /// Changes the set of live queries by one message.
    pub(super) fn change_set(&mut self, add: Option<Question>, remove: Option<usize>) {
        let gone = remove.and_then(|at| {
            let at = at.checked_rem(self.asked.len())?;
            self.asked.keys().nth(at).copied()
        });
        if let Some(gone) = gone {
            self.asked.remove(&gone);
        }
        let add = add.map(|question| (question, None));
        self.exchange(gone, add.into_iter().collect());
    }

    /// Asks others in the place of a live query, some of which may have its result, by one message.
    fn exchange(&mut self, gone: Option<QueryId>, add: Vec<(Question, Option<Held>)>) {
        if add.is_empty() && gone.is_none() {
            return;
        }
        let set = self.fresh_id();
        let add = add.into_iter();
        let add = add.map(|(question, held)| self.ask_as(question, set, held));
        let add = add.collect();
        self.send_set(set, add, gone.into_iter().collect());
    }

    pub(super) fn ask_once(&mut self, question: Question) {
        let request_id = RequestId(self.fresh_id());
        let call = calls::question(&question);
        let counter = self.version.counter;
        self.reads.insert(request_id, (question, counter));
        self.send(&ClientMessage::Query { request_id, call });
    }

    pub(super) fn mutate(&mut self, token: u64, mutation: Mutation) {
        let sequence = self.queue.push(token, mutation);
        self.send_mutation(sequence);
    }

    /// Sends the oldest unanswered mutation once more.
    pub(super) fn send_again(&mut self) {
        let oldest = self.queue.sequences().next();
        if let Some(sequence) = oldest {
            self.send_mutation(sequence);
        }
    }

    /// Sends again what the server was not ready for.
    pub(super) fn send_refused(&mut self) {
        for sequence in self.queue.take_refused() {
            self.send_mutation(sequence);
        }
    }

    /// Takes what is to be sent.
    pub(super) fn take_outbox(&mut self) -> Vec<String> {
        std::mem::take(&mut self.outbox)
    }

    /// Tells whether everything has an answer.
    pub(super) fn is_quiet(&self) -> bool {
        self.reads.is_empty()
            && self.queue.sequences().next().is_none()
            && self.asked.values().all(|asked| asked.is_told)
    }

    // --- What is sent. ---

    fn ask_as(&mut self, question: Question, set: u64, held: Option<Held>) -> SubscribedQuery {
        let query_id = QueryId(self.fresh_id());
        let call = calls::question(&question);
        let tag = held.as_ref().and_then(|held| held.tag);
        let asked = Asked {
            question,
            set,
            is_told: false,
            held,
            was_patched: false,
        };
        self.asked.insert(query_id, asked);
        SubscribedQuery {
            query_id,
            call,
            tag,
        }
    }

    fn send_set(&mut self, set: u64, add: Vec<SubscribedQuery>, remove: Vec<QueryId>) {
        self.send(&ClientMessage::QuerySet {
            set: Some(set),
            add,
            remove,
        });
    }

    /// Sends all requests that have no answer, under new ids.
    fn send_unanswered(&mut self) {
        for (question, _) in std::mem::take(&mut self.reads).into_values() {
            self.ask_once(question);
        }
        for sequence in self.queue.sequences().collect::<Vec<_>>() {
            self.send_mutation(sequence);
        }
    }

    fn send_mutation(&mut self, sequence: u64) {
        let request_id = RequestId(self.fresh_id());
        if self.link.is_none() {
            return;
        }
        let (call, place): (Call, _) = self.queue.attempt(sequence, self.now_ms);
        self.sent.insert(request_id, sequence);
        self.send(&ClientMessage::Mutation {
            request_id,
            call,
            place: Some(place),
        });
    }

    fn send(&mut self, message: &ClientMessage) {
        if self.link.is_some() {
            self.outbox.push(message.encode());
        }
    }

    fn fresh_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}
