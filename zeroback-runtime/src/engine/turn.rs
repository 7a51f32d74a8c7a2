//! A turn: after the commit, everything that is read is read at one version, and every connection
//! is told in one frame.

use std::rc::Rc;

use zeroback_protocol::{Outcome, RawJson, ServerMessage, Timestamp, Transition};

use super::Engine;
use super::live::ExecutionId;
use super::read_set::ReadSet;
use super::run::{Run, guarded, unless_store_failed};
use super::session::Caller;
use super::store::Store;
use crate::QueryCtx;
use crate::db::Database;
use crate::registry::{Handler, QueryHandler};

/// A one-shot query that has arrived and not run yet.
#[derive(Debug)]
pub(super) struct WaitingRead {
    pub(super) caller: Caller,
    pub(super) path: &'static str,
    pub(super) handler: QueryHandler,
    pub(super) args: RawJson,
}

impl<S: Store> Engine<S> {
    /// Commits what waits, runs what is stale or new, and tells every connection what changed.
    pub fn turn(&mut self, now: Timestamp) {
        self.commit(now);
        if let Some(error) = self.refusal() {
            // Live queries stay due.
            for read in std::mem::take(&mut self.waiting_reads) {
                self.answer(read.caller, Outcome::Error(error.clone()));
            }
            return self.send_transitions();
        }
        while let Some(id) = self.live.next_due() {
            self.refresh(id, now);
        }
        while let Some(read) = self.waiting_reads.pop_front() {
            let (outcome, _) = self.run_query(read.path, read.handler, read.args.as_str(), now);
            let outcome = self.fit(read.caller, outcome);
            self.answer(read.caller, outcome);
        }
        self.send_transitions();
    }

    /// Runs an execution, if its result is not that of this version, and notes who must be told.
    fn refresh(&mut self, id: ExecutionId, now: Timestamp) {
        let execution = self.live.get(id);
        let told = if execution.fresh_result().is_some() {
            self.live.take_newcomers(id)
        } else {
            let (path, args) = (execution.path, execution.args.clone());
            let function = self.app.function(path).expect("it was subscribed to");
            let Handler::Query(handler) = function.handler else {
                unreachable!("only queries are subscribed to");
            };
            let (outcome, read_set) = self.run_query(path, handler, &args, now);
            self.live.finish(id, outcome, read_set)
        };
        let Some(outcome) = self.live.get(id).result() else {
            return;
        };
        let outcome = outcome.clone();
        for (connection, query_id) in told {
            self.update(connection, query_id, outcome.clone());
        }
    }

    fn run_query(
        &mut self,
        path: &'static str,
        handler: QueryHandler,
        args: &str,
        now: Timestamp,
    ) -> (Outcome, ReadSet) {
        let run = Run::new(self, path, now);
        let database: Rc<dyn Database> = run.clone();
        let ctx = QueryCtx::new(database, now);
        let result = guarded(|| handler(&ctx, args)).and_then(|value| self.check_result(value));
        let result = unless_store_failed(&run, result);
        if run.store_failed() && self.check_overtaken().is_err() {
            self.note_overtaken();
        }
        // A failed run is live too: what it read before it failed decides when it runs again.
        let done = run.take_done();
        let read_set = if done.depends_on_all_it_saw() {
            done.read_set.without_predicates()
        } else {
            done.read_set
        };
        let outcome = match self.refusal() {
            Some(error) => Outcome::Error(error),
            None => self.outcome_of(path, result),
        };
        (outcome, read_set)
    }

    /// Returns an outcome, or an error in its place where its caller is told too much already.
    fn fit(&self, caller: Caller, outcome: Outcome) -> Outcome {
        match caller {
            Caller::Request(connection, _) => match self.sessions.get(&connection) {
                Some(session) => session.news.fit(outcome, self.config.transition_bytes_max),
                None => outcome,
            },
            Caller::Ticket(_) => outcome,
        }
    }

    fn send_transitions(&mut self) {
        let version = self.version;
        for connection in std::mem::take(&mut self.with_news) {
            let Some(session) = self.sessions.get_mut(&connection) else {
                continue;
            };
            let (answers, queries) = session.take_news();
            if answers.is_empty() && queries.is_empty() {
                continue;
            }
            let transition = Transition {
                version,
                set: None,
                answers,
                queries,
            };
            self.send(connection, &ServerMessage::Transition(transition));
        }
    }
}
