//! Commits: the waiting mutations run one after another, in one transaction.

use std::collections::VecDeque;
use std::rc::Rc;

use zeroback_protocol::{ErrorCode, FunctionKind, Outcome, RawJson, Timestamp, WireError};

use super::Engine;
use super::news::{answer_bytes, too_much};
use super::outbox::Output;
use super::queues::{Admission, Admitted, Fingerprint, Place, Settled};
use super::read_set::WriteSet;
use super::run::{Run, exceeded, guarded, unless_store_failed};
use super::session::Caller;
use super::store::{Running, Store, StoreError, Verdict};
use crate::db::Database;
use crate::planted::{self, Bug};
use crate::registry::MutationHandler;
use crate::{Error, MutationCtx, Result};

/// A mutation that has arrived and not run yet.
#[derive(Debug)]
pub(super) struct WaitingMutation {
    pub(super) caller: Caller,
    pub(super) work: Work,
    /// What lets it be made once, however often it is sent.
    pub(super) place: Option<(Place, Fingerprint)>,
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
}

/// What a mutation has come to.
#[derive(Debug)]
struct Ran {
    outcome: Outcome,
    /// Its part for the log, and of which function.
    failure: Option<(&'static str, Error)>,
}

/// How the one mutation of a batch runs.
#[derive(Debug, Default)]
enum Alone {
    /// It has company, and each runs behind a savepoint.
    #[default]
    No,
    /// Without a savepoint of its own: where it fails, the transaction is rolled back.
    Runs,
    /// It has run, failed, and left nothing behind.
    Failed(Ran),
}

/// How far a batch has come.
#[derive(Debug)]
enum Batch {
    Done(Done),
    /// The transaction is to be rolled back, and the batch to be made in another.
    Again(Again),
}

/// How the one mutation of a batch goes on in another transaction.
#[derive(Debug)]
struct Again {
    alone: Alone,
    /// The failure of the store because of which it runs once more, for the log.
    failure: Option<(&'static str, Error)>,
}

/// What a batch has done.
#[derive(Debug)]
struct Done {
    ran: Vec<Ran>,
    written: WriteSet,
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
            if let Some((path, error)) = failure {
                self.told_of(path, &error);
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
            self.live.invalidate(&done.written, &self.catalog);
            if planted::has(Bug::RunsAll) {
                self.live.invalidate_all();
            }
        }
        for (mutation, ran) in batch.into_iter().zip(done.ran) {
            if let Some((path, error)) = ran.failure {
                self.told_of(path, &error);
            }
            self.answer(mutation.caller, ran.outcome);
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
        let mut answers_bytes = 0;
        for mutation in batch {
            answers_bytes += ran.last().map_or(0, |ran: &Ran| answer_bytes(&ran.outcome));
            if self.is_told_enough(mutation.caller, answers_bytes, batch, &ran) {
                let error = too_much(self.config.transition_bytes_max).to_be_resent();
                ran.push(Ran::told(Outcome::Error(error)));
                continue;
            }
            if let Some((place, fingerprint)) = &mutation.place
                && let Admitted::Answered(outcome) = admission.admit(store, place, fingerprint)?
            {
                ran.push(Ran::told(outcome));
                continue;
            }
            let alone = std::mem::take(&mut alone);
            let (done, write_set) = match self.run_mutation(mutation, alone, now)? {
                Ok(ran) => ran,
                Err(again) => return Ok(Batch::Again(again)),
            };
            if let Some((place, fingerprint)) = &mutation.place {
                admission.record(place, fingerprint, &done.outcome);
            }
            ran.push(done);
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
                let its = batch
                    .iter()
                    .zip(ran)
                    .filter(|(mutation, _)| is_its(mutation));
                let its_bytes: usize = its.map(|(_, ran)| answer_bytes(&ran.outcome)).sum();
                waiting_bytes + its_bytes >= bytes_max
            }
    }

    /// Runs one mutation. Where it cannot stand without a transaction of its own, returns how to go
    /// on in another.
    fn run_mutation(
        &self,
        mutation: &WaitingMutation,
        alone: Alone,
        now: Timestamp,
    ) -> Result<Result<(Ran, WriteSet), Again>, StoreError> {
        let (path, handler, args) = match &mutation.work {
            Work::Run {
                path,
                handler,
                args,
            } => (*path, *handler, args.as_str()),
            Work::Refuse(error) => {
                let refused = Ran::told(Outcome::Error(error.clone()));
                return Ok(Ok((refused, WriteSet::default())));
            }
        };
        let run = Run::new(self, path, now);
        match alone {
            Alone::Failed(ran) => Ok(Ok((ran, WriteSet::default()))),
            Alone::No => {
                let result = self.run_behind_savepoint(&run, handler, args)?;
                if run.store_failed() {
                    self.check_overtaken()?;
                }
                Ok(Ok(self.ran(&run, result)))
            }
            Alone::Runs => {
                let result = self.run_handler(&run, handler, args);
                if result.is_ok() || !run.needs_undoing() || planted::has(Bug::KeepsFailures) {
                    return Ok(Ok(self.ran(&run, result)));
                }
                // After a failure of the store it decides what the mutation has come to, whether its
                // writes can be undone by themselves.
                let (alone, failure) = match (run.store_erred(), result) {
                    (true, Err(error)) => (Alone::No, Some((path, error))),
                    (_, result) => (Alone::Failed(self.ran(&run, result).0), None),
                };
                Ok(Err(Again { alone, failure }))
            }
        }
    }

    fn run_behind_savepoint(
        &self,
        run: &Rc<Run<S>>,
        handler: MutationHandler,
        args: &str,
    ) -> Result<Result<String>, StoreError> {
        let mut result = Err(Error::internal("the mutation did not run"));
        self.store.transaction(&mut || {
            result = self.run_handler(run, handler, args);
            match result {
                Ok(_) => Verdict::Commit,
                Err(_) if planted::has(Bug::KeepsFailures) => Verdict::Commit,
                Err(_) => Verdict::Rollback,
            }
        })?;
        Ok(result)
    }

    /// Runs a mutation's function; what it has written is there whatever it returns.
    fn run_handler(
        &self,
        run: &Rc<Run<S>>,
        handler: MutationHandler,
        args: &str,
    ) -> Result<String> {
        let database: Rc<dyn Database> = Rc::clone(run) as _;
        let ctx = MutationCtx::new(&database, run.now());
        let timed = run.timed(Running {
            kind: FunctionKind::Mutation,
            path: run.path(),
            args,
        });
        let returned =
            guarded(|| handler(&ctx, args)).and_then(|value| self.check_mutation_result(value));
        drop(timed);
        unless_store_failed(run, returned)
    }

    /// Turns what a mutation returned into what it has come to, and what it has written.
    fn ran(&self, run: &Run<S>, result: Result<String>) -> (Ran, WriteSet) {
        match result {
            Ok(value) => {
                let outcome = Outcome::Success(RawJson::from_encoded(value));
                (Ran::told(outcome), run.take_done().write_set)
            }
            Err(error) => {
                let error = self.check_mutation_error(error);
                let outcome = Outcome::Error(error.to_wire());
                let failure = Some((run.path(), error));
                (Ran { outcome, failure }, WriteSet::default())
            }
        }
    }

    /// Checks the size of an error that a mutation returns: it is recorded as a value is.
    fn check_mutation_error(&self, error: Error) -> Error {
        let limit = self.config.work.mutation_result_bytes_max;
        let data = error.data().map_or(0, |data| data.as_str().len());
        let bytes = error.code().as_str().len() + error.message().len() + data;
        if bytes <= limit {
            return error;
        }
        let text = format!("the error of a mutation may have at most {limit} bytes, not {bytes}");
        Error::new(ErrorCode::RESULT_TOO_LARGE, text)
    }

    /// Checks the size of what a mutation returns: one whose caller cannot be told is undone.
    fn check_mutation_result(&self, value: String) -> Result<String> {
        let limit = self.config.work.mutation_result_bytes_max;
        if value.len() > limit {
            let text = format!(
                "a mutation may return at most {limit} bytes, not {}",
                value.len()
            );
            return Err(Error::new(ErrorCode::RESULT_TOO_LARGE, text));
        }
        Ok(value)
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
    pub(super) fn outcome_of(&mut self, path: &str, result: Result<String>) -> Outcome {
        match result {
            Ok(value) => Outcome::Success(RawJson::from_encoded(value)),
            Err(error) => Outcome::Error(self.told_of(path, &error)),
        }
    }

    /// Returns the part of an error that its caller is told; the rest goes to the log.
    pub(super) fn told_of(&mut self, path: &str, error: &Error) -> WireError {
        let told = error.to_wire();
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

impl Ran {
    fn told(outcome: Outcome) -> Self {
        Self {
            outcome,
            failure: None,
        }
    }
}
