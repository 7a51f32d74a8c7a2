//! Functions that have ended their module: on a Durable Object a stack that overflows, or memory
//! that runs out, cannot be caught as a panic is. The host replaces the module and says here what
//! ran, so that what its client sends again does not end the next one.

use std::collections::VecDeque;

use zeroback_protocol::{Call, ClientMessage, Timestamp};

use super::Engine;
use super::commit::{WaitingMutation, Work};
use super::queues::{FingerprintKey, Place};
use super::session::Caller;
use super::store::Store;
use super::viewer::Viewer;
use crate::Error;

/// How many queries that have trapped are remembered. One that is forgotten may trap again.
const QUERIES_MAX: usize = 64;

/// The queries that have trapped, each as a hash of its call.
#[derive(Debug, Default)]
pub(super) struct TrappedQueries(VecDeque<String>);

impl TrappedQueries {
    /// Returns what a query is answered with that has trapped, in the place of a run.
    pub(super) fn refusal(&self, key: &FingerprintKey, path: &str, args: &str) -> Option<Error> {
        if self.0.is_empty() {
            return None;
        }
        let call = key.of(path, args);
        let has_trapped = self.0.iter().any(|trapped| trapped == call.as_str());
        has_trapped.then(|| Error::internal("the query has ended its module, and is not run again"))
    }

    fn note(&mut self, call: String) {
        if self.0.len() >= QUERIES_MAX {
            self.0.pop_front();
        }
        self.0.push_back(call);
    }
}

impl<S: Store> Engine<S> {
    /// Takes in that a query has ended an earlier module. Until the host forgets it, its calls with
    /// these arguments are answered with `internal`. Returns all that have, for
    /// [`Engine::handle_trapped_before`] of the next engine.
    pub fn handle_trapped_query(&mut self, path: &str, args: &str) -> Vec<String> {
        let call = self.queues.key.of(path, args).as_str().to_owned();
        self.trapped.note(call);
        self.trapped.0.iter().cloned().collect()
    }

    /// Takes in what [`Engine::handle_trapped_query`] of the engine before has returned last.
    pub fn handle_trapped_before(&mut self, calls: Vec<String>) {
        for call in calls {
            self.trapped.note(call);
        }
    }

    /// Takes in a text frame whose mutation has ended an earlier module, and as whom it ran: `internal`
    /// is recorded in its place, for when its client sends it again.
    pub fn handle_trapped_message(&mut self, json: &str, viewer: &str, now: Timestamp) {
        if let Ok(ClientMessage::Mutation {
            call,
            place: Some(place),
            ..
        }) = ClientMessage::parse(json)
        {
            self.record_trap(Place::Queue(place), &call, viewer, now);
        }
    }

    /// Takes in the body of a request whose mutation has ended an earlier module, as
    /// [`Engine::handle_trapped_message`] does.
    pub fn handle_trapped_call(&mut self, key: &str, body: &str, viewer: &str, now: Timestamp) {
        if let Ok(call) = Call::parse(body) {
            let place = Place::Key(self.queues.key.of_idempotency_key(key));
            self.record_trap(place, &call, viewer, now);
        }
    }

    /// Takes in the mutation of a job that has ended an earlier module: the job has failed.
    pub fn handle_trapped_job(&mut self, path: &str, args: &str, now: Timestamp) {
        let trap = Error::internal("the mutation has ended its module, and was undone");
        let request_id = self.calls.begin();
        let error = self.told_of(request_id, path, &trap);
        self.fail_due_job(path, args, &error, now);
    }

    fn record_trap(&mut self, place: Place, call: &Call, viewer: &str, now: Timestamp) {
        if self.refusal().is_some() {
            return;
        }
        let trap = Error::internal("the mutation has ended its module, and was undone");
        let request_id = self.calls.begin();
        let error = self.told_of(request_id, &call.path, &trap);
        let key = &self.queues.key;
        let viewer = Viewer::from_text(viewer).unwrap_or_default();
        let place = place.of_person(key, viewer.person());
        let fingerprint = key.of_call(call);
        self.waiting_mutations.push_back(WaitingMutation {
            request_id,
            caller: Caller::Nobody,
            viewer,
            work: Work::Refuse(error),
            place: Some((place, fingerprint)),
            writer: None,
            if_unchanged: false,
        });
        self.commit(now);
    }
}
