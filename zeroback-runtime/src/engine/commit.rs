//! Commits: the waiting mutations run one after another, in one transaction.

use std::rc::Rc;

use zeroback_protocol::{ErrorCode, Outcome, QueuePlace, RawJson, Timestamp, WireError};

use super::Engine;
use super::outbox::Output;
use super::read_set::WriteSet;
use super::run::{Run, exceeded, guarded, unless_store_failed};
use super::session::Caller;
use super::store::{Store, StoreError, Verdict};
use crate::db::Database;
use crate::registry::MutationHandler;
use crate::{Error, MutationCtx, Result};

/// A mutation that has arrived and not run yet.
#[derive(Debug)]
pub(super) struct WaitingMutation {
    pub(super) caller: Caller,
    pub(super) path: &'static str,
    pub(super) handler: MutationHandler,
    pub(super) args: RawJson,
    /// What lets it be made once, however often it is sent.
    #[expect(dead_code, reason = "no answers are recorded yet")]
    pub(super) place: Option<QueuePlace>,
}

impl<S: Store> Engine<S> {
    /// Runs the mutations that wait, in the order of their arrival, in one transaction.
    ///
    /// Each runs behind its own savepoint: one that fails leaves nothing behind, and the others go
    /// on. Where the transaction itself fails, nothing is written, and all get `unavailable`.
    pub fn commit(&mut self, now: Timestamp) {
        self.now_ms = now.unix_ms();
        let batch = std::mem::take(&mut self.waiting_mutations);
        if batch.is_empty() {
            return;
        }
        let mut ran = Vec::with_capacity(batch.len());
        let mut written = WriteSet::default();
        let mut sleepers = Vec::new();
        let committed = Rc::clone(&self.store).transaction(&mut || {
            ran.clear();
            written = WriteSet::default();
            match self.run_batch(batch.iter(), now, &mut written) {
                Ok(results) => {
                    sleepers = self.sleepers_of(&written);
                    if !sleepers.is_empty() {
                        return Verdict::Rollback;
                    }
                    ran = results;
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
        if committed.is_err() || ran.len() < batch.len() {
            self.note_overtaken();
            for mutation in batch {
                let text = "the server could not commit; nothing was written";
                let error = WireError::new(ErrorCode::UNAVAILABLE, text);
                self.answer(mutation.caller, Outcome::Error(error));
            }
            return;
        }
        if !written.is_empty() {
            self.version = self.version.next();
            self.live.invalidate(&written, &self.catalog);
        }
        for (mutation, result) in batch.into_iter().zip(ran) {
            let outcome = self.outcome_of(mutation.path, result);
            self.answer(mutation.caller, outcome);
        }
    }

    fn run_batch<'b>(
        &self,
        batch: impl Iterator<Item = &'b WaitingMutation>,
        now: Timestamp,
        written: &mut WriteSet,
    ) -> Result<Vec<Result<String>>, StoreError> {
        let mut ran = Vec::new();
        for mutation in batch {
            let (result, write_set) = self.run_mutation(mutation, now)?;
            ran.push(result);
            written.absorb(write_set);
        }
        if !written.is_empty() {
            self.write_state(self.version.next())?;
        }
        Ok(ran)
    }

    /// Runs one mutation behind a savepoint.
    fn run_mutation(
        &self,
        mutation: &WaitingMutation,
        now: Timestamp,
    ) -> Result<(Result<String>, WriteSet), StoreError> {
        let run = Run::new(self, mutation.path, now);
        let mut result = Err(Error::internal("the mutation did not run"));
        self.store.transaction(&mut || {
            let database: Rc<dyn Database> = run.clone();
            let ctx = MutationCtx::new(&database, now);
            let returned = guarded(|| (mutation.handler)(&ctx, mutation.args.as_str()))
                .and_then(|value| self.check_mutation_result(value));
            result = unless_store_failed(&run, returned);
            match result {
                Ok(_) => Verdict::Commit,
                Err(_) => Verdict::Rollback,
            }
        })?;
        if run.store_failed() {
            self.check_overtaken()?;
        }
        let write_set = match result {
            Ok(_) => run.take_done().write_set,
            Err(_) => WriteSet::default(),
        };
        Ok((result, write_set))
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
