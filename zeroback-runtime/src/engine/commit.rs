//! Commits: the waiting mutations run one after another, in one transaction.

pub(super) mod mutation;

use std::collections::VecDeque;
use std::rc::Rc;

use zeroback_protocol::{ErrorCode, Outcome, RawJson, ServerRequestId, Timestamp, WireError};

use super::Engine;
use super::jobs::JobStep;
use super::news::{answer_bytes, too_much};
use super::outbox::Output;
use super::queues::{Admission, Admitted, Fingerprint, Place, Settled};
use super::read_set::WriteSet;
use super::run::exceeded;
use super::session::Caller;
use super::store::{Store, StoreError, Verdict};
use super::viewer::Viewer;
use super::watches::Watcher;
use crate::planted::{self, Bug};
use crate::registry::MutationHandler;
use crate::{Error, Result, request_scope};
use mutation::{Again, Alone, Ran};

/// A mutation that has arrived and not run yet.
#[derive(Debug)]
pub(super) struct WaitingMutation {
    pub(super) request_id: ServerRequestId,
    pub(super) caller: Caller,
    pub(super) viewer: Viewer,
    pub(super) work: Work,
    /// What lets it be made once, however often it is sent.
    pub(super) place: Option<(Place, Fingerprint)>,
    /// The action that makes it.
    pub(super) writer: Option<Watcher>,
    /// Whether it is only to be made if what this one has read still stands.
    pub(super) if_unchanged: bool,
}

/// What a mutation does.
#[derive(Debug)]
pub(super) enum Work {
    /// It runs a function.
    Run {
        path: &'static str,
        handler: MutationHandler,
        args: RawJson,
    },
    /// It is refused, and takes up its place.
    Refuse(WireError),
    /// It records that an action begins.
    BeginAction,
    /// It records what an action has come to.
    EndAction(Outcome),
    /// It does something with a job.
    Job(JobStep),
}

/// How far a batch has come.
#[derive(Debug)]
enum Batch {
    Done(Done),
    /// The transaction is to be rolled back, and the batch to be made in another.
    Again(Again),
}

/// What a batch has done.
#[derive(Debug)]
struct Done {
    ran: Vec<Ran>,
    written: WriteSet,
    /// The same by who has written it, where actions watch.
    writers: Vec<(Option<Watcher>, WriteSet)>,
    settled: Settled,
}

impl<S: Store> Engine<S> {
    /// Runs the mutations that wait, in the order of their arrival, in one transaction.
    ///
    /// Each runs behind its own savepoint: one that fails leaves nothing behind, and the others go
    /// on. Where the transaction itself fails, nothing is written, and all get `unavailable`. A
    /// mutation without company needs no savepoint: if it fails, there is a transaction for its
    /// record alone.
    pub fn commit(&mut self, now: Timestamp) {
        self.handle_time(now);
        let alone = match self.waiting_mutations.len() {
            1 => Alone::Runs,
            _ => Alone::No,
        };
        self.commit_batch(alone, now);
    }

    fn commit_batch(&mut self, mut alone: Alone, now: Timestamp) {
        self.now_ms = now.unix_ms();
        let batch = std::mem::take(&mut self.waiting_mutations);
        if batch.is_empty() {
            return;
        }
        let mut done = None;
        let mut again = None;
        let mut sleepers = Vec::new();
        self.jobs.room().settle();
        let committed = Rc::clone(&self.store).transaction(&mut || {
            done = None;
            match self.run_batch(&batch, std::mem::take(&mut alone), now) {
                Ok(Batch::Again(other)) => {
                    again = Some(other);
                    Verdict::Rollback
                }
                Ok(Batch::Done(batch)) => {
                    sleepers = self.sleepers_of(&batch.written);
                    if !sleepers.is_empty() {
                        return Verdict::Rollback;
                    }
                    done = Some(batch);
                    Verdict::Commit
                }
                Err(error) => {
                    self.log_store_failure(&error);
                    Verdict::Rollback
                }
            }
        });
        if let Err(error) = &committed {
            self.log_store_failure(error);
        }
        if committed.is_ok() && !sleepers.is_empty() {
            // What clients hold must be known before it changes.
            self.wake_up(&sleepers, now);
            self.waiting_mutations = batch;
            return self.commit(now);
        }
        if let (Ok(()), Some(Again { alone, failure })) = (&committed, again) {
            if let (Some((path, error)), Some(alone)) = (failure, batch.front()) {
                self.told_of(alone.request_id, path, &error);
            }
            self.waiting_mutations = batch;
            return self.commit_batch(alone, now);
        }
        let counts = committed.is_ok() || planted::has(Bug::AnswersUncommitted);
        let Some(done) = done.filter(|_| counts) else {
            self.note_overtaken();
            for mutation in batch {
                let text = "the server could not commit; nothing was written";
                let error = WireError::new(ErrorCode::UNAVAILABLE, text).to_be_resent();
                self.answer(mutation.caller, Outcome::Error(error));
            }
            return;
        };
        self.queues.absorb(done.settled);
        if committed.is_ok() && !done.written.is_empty() {
            self.version = self.version.next();
            for (writer, written) in &done.writers {
                self.watches.absorb(*writer, written, &self.catalog);
            }
            self.note_jobs(&done.written);
            self.note_accounts(&done.written);
            self.live.invalidate(&done.written, &self.catalog);
            if planted::has(Bug::RunsAll) {
                self.live.invalidate_all();
            }
        }
        for (mutation, ran) in batch.into_iter().zip(done.ran) {
            if let Some((path, error)) = ran.failure {
                self.told_of(mutation.request_id, path, &error);
            }
            if let Some(line) = ran.line {
                self.calls.note(line);
            }
            match mutation.caller {
                Caller::Begins(action) if ran.begins => self.begin_action(action),
                caller => self.answer(caller, ran.outcome),
            }
        }
    }

    fn run_batch(
        &self,
        batch: &VecDeque<WaitingMutation>,
        mut alone: Alone,
        now: Timestamp,
    ) -> Result<Batch, StoreError> {
        let store = &*self.store;
        let mut admission = Admission::new(&self.queues, &self.config, now);
        let (mut ran, mut written) = (Vec::new(), WriteSet::default());
        let mut writers = Vec::new();
        let mut answers_bytes = 0;
        for mutation in batch {
            answers_bytes += ran.last().map_or(0, |ran: &Ran| answer_bytes(&ran.outcome));
            if self.is_told_enough(mutation.caller, answers_bytes, batch, &ran) {
                let error = too_much(self.config.transition_bytes_max).to_be_resent();
                ran.push(Ran::told(Outcome::Error(error)));
                continue;
            }
            if let Some((place, fingerprint)) = &mutation.place
                && !matches!(mutation.work, Work::EndAction(_))
                && let Admitted::Answered(outcome) = admission.admit(store, place, fingerprint)?
            {
                ran.push(Ran::told(outcome));
                continue;
            }
            if let Some(recorded) = record_action(mutation, &mut admission, store)? {
                ran.push(recorded);
                continue;
            }
            if let Some(watcher) = mutation.writer.filter(|_| mutation.if_unchanged)
                && !self.watches.stands(watcher, &writers, &self.catalog)
            {
                ran.push(Ran::refused(mutation, changed()));
                continue;
            }
            let alone = std::mem::take(&mut alone);
            let run = || self.run_mutation(mutation, alone, now);
            let (done, write_set) = match request_scope::within(mutation.request_id, run)? {
                Ok(ran) => ran,
                Err(again) => return Ok(Batch::Again(again)),
            };
            if let Some((place, fingerprint)) = &mutation.place {
                admission.record(place, fingerprint, &done.outcome);
            }
            ran.push(done);
            if !self.watches.is_empty() {
                writers.push((mutation.writer, write_set.clone()));
            }
            written.absorb(write_set);
        }
        let to = match written.is_empty() {
            true => self.version,
            false => self.version.next(),
        };
        if admission.has_changes() {
            let records = admission.settle(store)?;
            self.write_state(to, Some(records))?;
            admission.write(store)?;
        } else if !written.is_empty() {
            self.write_state(to, None)?;
        }
        Ok(Batch::Done(Done {
            ran,
            written,
            writers,
            settled: admission.into_settled(),
        }))
    }

    /// Tells whether a connection has as much to be told of its calls as one transition may hold:
    /// a mutation of it is not made, since what it comes to could not be told. `answers_bytes` are
    /// those of all connections that were made so far in the batch.
    fn is_told_enough(
        &self,
        caller: Caller,
        answers_bytes: usize,
        batch: &VecDeque<WaitingMutation>,
        ran: &[Ran],
    ) -> bool {
        let Caller::Request(connection, _) = caller else {
            return false;
        };
        let waiting_bytes = match self.sessions.get(&connection) {
            Some(session) => session.news.answer_bytes(),
            None => 0,
        };
        let bytes_max = self.config.transition_bytes_max;
        // Only where all of them are too much need those of this connection be told apart.
        waiting_bytes + answers_bytes >= bytes_max
            && {
                let is_its = |mutation: &WaitingMutation| matches!(mutation.caller, Caller::Request(of, _) if of == connection);
                let its = batch.iter().zip(ran).filter(|(one, _)| is_its(one));
                let its_bytes: usize = its.map(|(_, ran)| answer_bytes(&ran.outcome)).sum();
                waiting_bytes + its_bytes >= bytes_max
            }
    }

    /// Checks the size of what a query returns.
    pub(super) fn check_result(&self, value: String) -> Result<String> {
        let limit = self.config.work.result_bytes_max;
        if value.len() > limit {
            return Err(exceeded("bytes of result", limit));
        }
        Ok(value)
    }

    /// Turns what a function returned into what its caller is told.
    pub(super) fn outcome_of(
        &mut self,
        request_id: ServerRequestId,
        path: &str,
        result: Result<String>,
    ) -> Outcome {
        match result {
            Ok(value) => Outcome::Success(RawJson::from_encoded(value)),
            Err(error) => Outcome::Error(self.told_of(request_id, path, &error)),
        }
    }

    /// Returns the part of an error that its caller is told; the rest goes to the log.
    pub(super) fn told_of(
        &mut self,
        request_id: ServerRequestId,
        path: &str,
        error: &Error,
    ) -> WireError {
        let told = error.to_wire().of_request(request_id);
        if let Some(cause) = error.cause() {
            self.outputs.push_back(Output::Log {
                path: path.to_owned(),
                told: told.clone(),
                cause: cause.to_string(),
            });
        }
        told
    }

    pub(super) fn log_store_failure(&mut self, error: &StoreError) {
        self.outputs.push_back(Output::Log {
            path: "commit".to_owned(),
            told: WireError::new(ErrorCode::UNAVAILABLE, "the server could not commit"),
            cause: error.to_string(),
        });
    }
}

/// Records that an action begins, or what it has come to, where that is what a mutation is for.
fn record_action<S: Store>(
    mutation: &WaitingMutation,
    admission: &mut Admission<'_>,
    store: &S,
) -> Result<Option<Ran>, StoreError> {
    let Some((place, fingerprint)) = &mutation.place else {
        return Ok(None);
    };
    match &mutation.work {
        Work::BeginAction => {
            admission.record_begun(place, fingerprint);
            Ok(Some(Ran::begins()))
        }
        Work::EndAction(outcome) => {
            admission.record_ended(store, place, outcome)?;
            Ok(Some(Ran::told(outcome.clone())))
        }
        Work::Run { .. } | Work::Refuse(_) | Work::Job(_) => Ok(None),
    }
}

fn changed() -> WireError {
    let text = "what the action has read was changed meanwhile; nothing was written";
    WireError::new(ErrorCode::CONFLICT, text).to_be_resent()
}
