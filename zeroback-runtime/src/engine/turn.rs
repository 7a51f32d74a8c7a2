//! A turn: after the commit, everything that is read is read at one version.

use std::rc::Rc;

use zeroback_protocol::{FunctionKind, Outcome, RawJson, ServerRequestId, Timestamp};

use super::Engine;
use super::calls::CallKind;
use super::live::{ExecutionId, Moved, Subscriber};
use super::news::too_much;
use super::read_set::ReadSet;
use super::run::{Run, guarded, unless_store_failed};
use super::session::Caller;
use super::store::{Running, Store};
use super::viewer::Viewer;
use super::watches::Watcher;
use crate::db::Database;
use crate::registry::{Handler, QueryHandler};
use crate::{QueryCtx, request_scope};

/// A one-shot query that has arrived and not run yet.
#[derive(Debug)]
pub(super) struct WaitingRead {
    pub(super) request_id: ServerRequestId,
    pub(super) caller: Caller,
    pub(super) viewer: Viewer,
    pub(super) path: &'static str,
    pub(super) handler: QueryHandler,
    pub(super) args: RawJson,
    /// The action that asks.
    pub(super) watcher: Option<Watcher>,
}

/// What a run of a query has come to.
struct Ran {
    outcome: Outcome,
    read_set: ReadSet,
    /// Whether it has asked who the viewer is.
    asked_viewer: bool,
    /// Whether it was ended before it could do all that it does.
    was_cut_short: bool,
    store_failed: bool,
}

impl<S: Store> Engine<S> {
    /// Commits what waits, runs what is stale or new, and tells every connection what changed.
    pub fn turn(&mut self, now: Timestamp) {
        self.take_due_jobs(now);
        self.commit(now);
        if let Some(error) = self.refusal() {
            // Live queries stay due.
            for read in std::mem::take(&mut self.waiting_reads) {
                self.answer(read.caller, Outcome::Error(error.clone()));
            }
            self.send_transitions();
            return self.detach_touched();
        }
        for id in self.live.retry_failed() {
            self.touch_subscribers(id);
        }
        if self.live.due() + self.waiting_reads.len() > 1 {
            Rc::clone(&self.store).read_together(&mut || self.read(now));
        } else {
            self.read(now);
        }
        self.send_transitions();
        let (keep_ms, bytes_max) = (self.config.resume_ms, self.config.live_result_bytes_max);
        self.live.tidy(now.unix_ms(), keep_ms, bytes_max);
        self.save_live();
        self.look_ahead();
    }

    /// Runs what is stale or new, and the one-shot queries.
    fn read(&mut self, now: Timestamp) {
        while let Some(id) = self.live.next_due() {
            self.refresh(id, now);
        }
        while let Some(read) = self.waiting_reads.pop_front() {
            let args = read.args.as_str();
            let made_by = (read.request_id, &read.viewer);
            let call = (read.path, read.handler, args);
            let ran = self.run_query(call, made_by, CallKind::Query, now);
            if let Some(watcher) = read.watcher {
                self.watches.add(watcher, ran.read_set);
            }
            let outcome = self.fit(read.caller, ran.outcome);
            self.answer(read.caller, outcome);
        }
    }

    /// Runs an execution, if its result is not that of this version, and notes who must be told.
    pub(super) fn refresh(&mut self, id: ExecutionId, now: Timestamp) {
        let execution = self.live.get(id);
        let told = if execution.has_fresh_result() {
            self.live.take_newcomers(id)
        } else {
            let (path, args) = (execution.path, execution.args.clone());
            let function = self.app.function(path).expect("it was subscribed to");
            let Handler::Query(handler) = function.handler else {
                unreachable!("only queries are subscribed to");
            };
            let viewer = self.viewer_for(id);
            // Its first result is somebody's call.
            let kind = match execution.has_run() {
                false => CallKind::Query,
                true => CallKind::Live,
            };
            let made_by = (self.calls.begin(), &viewer);
            let ran = self.run_query((path, handler, &args), made_by, kind, now);
            self.note_sharing(id, &viewer, &ran);
            self.note_tables(id, &ran.read_set);
            let tag = self.tag_key.tag(&ran.outcome);
            let result = (tag, ran.outcome);
            let told = self
                .live
                .finish(id, result, ran.read_set, self.config.delta_bytes_max);
            if ran.store_failed {
                self.live.note_failed(id);
                self.touch_subscribers(id);
            }
            told
        };
        self.note_news(id, told);
    }

    /// Returns as whom an execution runs. Where it is for all, that is one of them: if it asks, it is
    /// for all no more.
    fn viewer_for(&self, id: ExecutionId) -> Viewer {
        let execution = self.live.get(id);
        if let Some(viewer) = &execution.viewer {
            return viewer.clone();
        }
        let mut sessions = execution
            .subscribers()
            .filter_map(|(connection, _)| self.sessions.get(connection));
        // Nobody, rather than somebody of whom it is not known whether they are still there.
        sessions
            .find(|session| !session.standing.is_lapsed())
            .map(|session| session.viewer.clone())
            .unwrap_or_default()
    }

    /// Has an execution shared by those for whom what it has come to is true.
    fn note_sharing(&mut self, id: ExecutionId, viewer: &Viewer, ran: &Ran) {
        let is_for_all = self.live.get(id).viewer.is_none();
        let moved = if ran.asked_viewer && is_for_all {
            let sessions = &self.sessions;
            let viewer_of = |(connection, _): Subscriber| {
                let session = sessions.get(&connection);
                session.map(|one| one.viewer.clone()).unwrap_or_default()
            };
            self.live.split(id, viewer, viewer_of)
        } else if !ran.asked_viewer && !is_for_all && !ran.was_cut_short {
            self.live.join(id)
        } else {
            return;
        };
        self.note_row_changed(id);
        self.note_moved(moved);
        let stays: Vec<_> = self.live.get(id).subscribers().copied().collect();
        for (connection, query_id) in stays {
            self.suspend_query(connection, query_id, id);
        }
    }

    /// Notes that queries of connections have come to other executions.
    pub(super) fn note_moved(&mut self, moved: Vec<Moved>) {
        for ((connection, query_id), execution) in moved {
            if let Some(session) = self.sessions.get_mut(&connection) {
                session.queries.insert(query_id, Some(execution));
            }
            self.note_subscribed(execution);
            self.touch(connection);
            self.suspend_query(connection, query_id, execution);
        }
    }

    /// Notes who must be told of a result. What does not fit a transition is refused right here, so
    /// that what one client asks for at once is not kept until it is told.
    fn note_news(&mut self, id: ExecutionId, told: Vec<Subscriber>) {
        let bytes_max = self.config.transition_bytes_max;
        let mut fits_any = told.is_empty();
        for subscriber in told {
            let (connection, query_id) = subscriber;
            let Some(session) = self.sessions.get_mut(&connection) else {
                continue;
            };
            let bytes = self.live.get(id).bytes_to_tell(subscriber);
            if session.news.change(query_id, bytes, bytes_max) {
                fits_any = true;
            } else {
                let refused = self.calls.named(too_much(bytes_max));
                session.news.fail(query_id, refused);
                self.live.note_refused(id, subscriber);
            }
            self.with_news.insert(connection);
        }
        if !fits_any {
            self.live.forget_outcome(id);
        }
    }

    fn run_query(
        &mut self,
        (path, handler, args): (&'static str, QueryHandler, &str),
        (request_id, viewer): (ServerRequestId, &Viewer),
        kind: CallKind,
        now: Timestamp,
    ) -> Ran {
        let run = Run::new(self, path, now);
        let database: Rc<dyn Database> = run.clone();
        let auth = viewer.auth();
        let asked_viewer = auth.is_read();
        let ctx = QueryCtx::new(database, auth, now);
        let timed = run.timed(Running {
            kind: FunctionKind::Query,
            path,
            args,
            viewer: viewer.as_text(),
        });
        let result = match self.trapped.refusal(&self.queues.key, path, args) {
            Some(refusal) => Err(refusal),
            None => guarded(|| request_scope::within(request_id, || handler(&ctx, args)))
                .and_then(|value| self.check_result(value)),
        };
        drop(timed);
        let result = unless_store_failed(&run, result);
        let store_failed = run.store_failed();
        if store_failed && self.check_overtaken().is_err() {
            self.note_overtaken();
        }
        // A failed run is live too: what it read before it failed decides when it runs again.
        let done = run.take_done();
        let line = run.line(request_id, kind, &done);
        let was_cut_short = done.depends_on_all_it_saw();
        let read_set = if was_cut_short {
            done.read_set.without_predicates()
        } else {
            done.read_set
        };
        let outcome = match self.refusal() {
            Some(error) => Outcome::Error(error),
            None => self.outcome_of(request_id, path, result),
        };
        self.calls.note(line.of(&outcome));
        Ran {
            outcome,
            read_set,
            asked_viewer: asked_viewer.get(),
            was_cut_short,
            store_failed,
        }
    }

    /// Returns an outcome, or an error in its place where its caller is told too much already.
    pub(super) fn fit(&self, caller: Caller, outcome: Outcome) -> Outcome {
        match caller {
            Caller::Request(connection, _) => match self.sessions.get(&connection) {
                Some(session) => session.news.fit(outcome, self.config.transition_bytes_max),
                None => outcome,
            },
            _ => outcome,
        }
    }
}
