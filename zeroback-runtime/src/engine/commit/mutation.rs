//! One mutation: how it runs within its batch, and what it has come to.

use std::rc::Rc;

use zeroback_protocol::{
    ErrorCode, FunctionKind, Outcome, RawJson, ServerRequestId, Timestamp, WireError,
};

use super::{WaitingMutation, Work};
use crate::db::Database;
use crate::engine::Engine;
use crate::engine::calls::{CallKind, CallLine};
use crate::engine::read_set::WriteSet;
use crate::engine::run::{Run, guarded, unless_store_failed};
use crate::engine::store::{Running, Store, StoreError, Verdict};
use crate::engine::viewer::Viewer;
use crate::planted::{self, Bug};
use crate::registry::MutationHandler;
use crate::{Error, MutationCtx, Result};

/// What a mutation has come to.
#[derive(Debug)]
pub(in crate::engine) struct Ran {
    pub(in crate::engine) outcome: Outcome,
    /// Its part for the log, and of which function.
    pub(in crate::engine) failure: Option<(&'static str, Error)>,
    /// Whether it is an action that begins with it.
    pub(in crate::engine) begins: bool,
    /// What the log has of it, if a function has run.
    pub(in crate::engine) line: Option<CallLine>,
    /// Whether it was the store that failed: another run may come to something else.
    pub(in crate::engine) store_erred: bool,
}

/// How the one mutation of a batch runs.
#[derive(Debug, Default)]
pub(in crate::engine) enum Alone {
    /// It has company, and each runs behind a savepoint.
    #[default]
    No,
    /// Without a savepoint of its own: where it fails, the transaction is rolled back.
    Runs,
    /// It has run, failed, and left nothing behind.
    Failed(Box<Ran>),
}

/// How the one mutation of a batch goes on in another transaction.
#[derive(Debug)]
pub(in crate::engine) struct Again {
    pub(super) alone: Alone,
    /// The failure of the store because of which it runs once more, for the log.
    pub(super) failure: Option<(&'static str, Error)>,
}

impl<S: Store> Engine<S> {
    /// Runs one mutation. Where it cannot stand without a transaction of its own, returns how to go
    /// on in another.
    pub(super) fn run_mutation(
        &self,
        mutation: &WaitingMutation,
        alone: Alone,
        now: Timestamp,
    ) -> Result<Result<(Ran, WriteSet), Again>, StoreError> {
        match &mutation.work {
            Work::Run {
                path,
                handler,
                args,
            } => self.run_function(
                (path, *handler, args.as_str()),
                (mutation.request_id, &mutation.viewer),
                alone,
                now,
            ),
            Work::BeginAction | Work::EndAction(_) => {
                unreachable!("what becomes of an action is recorded, and nothing runs")
            }
            Work::Refuse(error) => {
                let refused = Ran::told(Outcome::Error(error.clone()));
                Ok(Ok((refused, WriteSet::default())))
            }
            Work::Job(step) => self.make_job_step(step, mutation.request_id, alone, now),
        }
    }

    /// Runs the function of a mutation, as [`Engine::run_mutation`] does.
    pub(in crate::engine) fn run_function(
        &self,
        (path, handler, args): (&'static str, MutationHandler, &str),
        (request_id, viewer): (ServerRequestId, &Viewer),
        alone: Alone,
        now: Timestamp,
    ) -> Result<Result<(Ran, WriteSet), Again>, StoreError> {
        let run = Run::new(self, path, now);
        match alone {
            Alone::Failed(ran) => Ok(Ok((*ran, WriteSet::default()))),
            Alone::No => {
                let result = self.run_behind_savepoint(&run, viewer, handler, args)?;
                if run.store_failed() {
                    self.check_overtaken()?;
                }
                Ok(Ok(self.ran(request_id, &run, result)))
            }
            Alone::Runs => {
                let result = self.run_handler(&run, viewer, handler, args);
                if result.is_ok() || !run.needs_undoing() || planted::has(Bug::KeepsFailures) {
                    return Ok(Ok(self.ran(request_id, &run, result)));
                }
                // After a failure of the store it decides what the mutation has come to, whether its
                // writes can be undone by themselves.
                let (alone, failure) = match (run.store_erred(), result) {
                    (true, Err(error)) => (Alone::No, Some((path, error))),
                    (_, result) => {
                        let (ran, _) = self.ran(request_id, &run, result);
                        (Alone::Failed(Box::new(ran)), None)
                    }
                };
                Ok(Err(Again { alone, failure }))
            }
        }
    }

    fn run_behind_savepoint(
        &self,
        run: &Rc<Run<S>>,
        viewer: &Viewer,
        handler: MutationHandler,
        args: &str,
    ) -> Result<Result<String>, StoreError> {
        let mut result = Err(Error::internal("the mutation did not run"));
        self.store.transaction(&mut || {
            result = self.run_handler(run, viewer, handler, args);
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
        viewer: &Viewer,
        handler: MutationHandler,
        args: &str,
    ) -> Result<String> {
        let database: Rc<dyn Database> = Rc::clone(run) as _;
        let ctx = MutationCtx::new(&database, viewer.auth(), run.now());
        let timed = run.timed(Running {
            kind: FunctionKind::Mutation,
            path: run.path(),
            args,
            viewer: viewer.as_text(),
        });
        let returned =
            guarded(|| handler(&ctx, args)).and_then(|value| self.check_mutation_result(value));
        drop(timed);
        unless_store_failed(run, returned)
    }

    /// Turns what a mutation returned into what it has come to, and what it has written.
    fn ran(
        &self,
        request_id: ServerRequestId,
        run: &Run<S>,
        result: Result<String>,
    ) -> (Ran, WriteSet) {
        let store_erred = run.store_erred();
        let done = run.take_done();
        let line = run.line(request_id, CallKind::Mutation, &done);
        match result {
            Ok(value) => {
                let outcome = Outcome::Success(RawJson::from_encoded(value));
                let ran = Ran {
                    line: Some(line),
                    ..Ran::told(outcome)
                };
                (ran, done.write_set)
            }
            Err(error) => {
                let error = self.check_mutation_error(error);
                let told = error.to_wire().of_request(request_id);
                let line = CallLine {
                    error_code: Some(told.code.clone()),
                    ..line
                };
                let ran = Ran {
                    failure: Some((run.path(), error)),
                    line: Some(line),
                    store_erred,
                    ..Ran::told(Outcome::Error(told))
                };
                (ran, WriteSet::default())
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
}

impl Ran {
    pub(in crate::engine) fn told(outcome: Outcome) -> Self {
        Self {
            outcome,
            failure: None,
            begins: false,
            line: None,
            store_erred: false,
        }
    }

    /// Returns that a mutation was refused where its function would have run: it has its line in the log,
    /// under the request of whoever calls it.
    pub(super) fn refused(mutation: &WaitingMutation, error: WireError) -> Self {
        let outcome = Outcome::Error(error.of_request(mutation.request_id));
        let line = match &mutation.work {
            Work::Run { path, .. } => {
                let line = CallLine::new(mutation.request_id, path, CallKind::Mutation);
                Some(line.of(&outcome))
            }
            _ => None,
        };
        Self {
            line,
            ..Self::told(outcome)
        }
    }

    /// Returns that an action begins; what is recorded of it is not told to anyone yet.
    pub(super) fn begins() -> Self {
        Self {
            begins: true,
            ..Self::told(Outcome::Success(RawJson::from_encoded("null")))
        }
    }
}
