//! What is done with a job inside the transaction of a batch.

use std::rc::Rc;
use std::time::Duration;

use zeroback_protocol::{
    ErrorCode, Id, Outcome, RawId, RawJson, ServerRequestId, Timestamp, WireError,
};

use super::due::BEGINNING;
use super::{PATH, PAUSE_MS};
use crate::db::{Database, Doc, Writer};
use crate::engine::Engine;
use crate::engine::commit::mutation::{Again, Alone, Ran};
use crate::engine::read_set::WriteSet;
use crate::engine::run::Run;
use crate::engine::store::{Store, StoreError};
use crate::engine::viewer::Viewer;
use crate::planted::{self, Bug};
use crate::registry::MutationHandler;
use crate::system::jobs::{Job, JobPatch, State};

/// How many ended jobs are forgotten at a time, more than can have ended since the last time.
const FORGOTTEN_MAX: usize = 1_000;

/// Something that is done with a job.
#[derive(Debug)]
pub(in crate::engine) enum JobStep {
    /// Its mutation is run.
    Run {
        id: RawId,
        path: &'static str,
        handler: MutationHandler,
        args: RawJson,
    },
    /// An attempt of its action is counted, and begins then.
    Begin { id: RawId },
    /// It is written down what its action has come to.
    End { id: RawId, outcome: Outcome },
    /// Its action has begun in an engine that is gone.
    Lost { id: RawId },
    /// It cannot be run.
    Refuse {
        id: RawId,
        as_state: State,
        error: WireError,
    },
    /// The crons of the app become those of the database.
    SetCrons,
    /// The crons that are due become jobs.
    RunCrons,
    /// Those that have ended long ago, or are too many, are forgotten.
    Tidy,
}

/// What a step comes to: as a mutation does.
type Made = Result<Result<(Ran, WriteSet), Again>, StoreError>;

impl<S: Store> Engine<S> {
    /// Makes a step. A job is looked at again here: what came before in the batch may have cancelled it.
    pub(in crate::engine) fn make_job_step(
        &self,
        step: &JobStep,
        request_id: ServerRequestId,
        alone: Alone,
        now: Timestamp,
    ) -> Made {
        let written = match step {
            JobStep::Run {
                id,
                path,
                handler,
                args,
            } => return self.run_job(*id, (path, *handler, args), request_id, alone, now),
            JobStep::Begin { id } => self.write_jobs(now, |writer| {
                change(writer, *id, State::Scheduled, |job| JobPatch {
                    state: Some(State::Running),
                    lane: Some(None),
                    attempts: Some(job.attempts + 1),
                    ..JobPatch::default()
                })
            }),
            JobStep::End { id, outcome } => self.write_jobs(now, |writer| {
                change(writer, *id, State::Running, |job| match outcome {
                    Outcome::Success(_) => JobPatch::end(State::Done, now),
                    // It has not begun: the engine had no room for it.
                    Outcome::Error(error) if error.resend => put_off(job, now),
                    Outcome::Error(error) => self.retried(job, error, now),
                })
            }),
            JobStep::Lost { id } => self.write_jobs(now, |writer| {
                let text = "the server has stopped while the action ran";
                let error = WireError::new(ErrorCode::OUTCOME_UNKNOWN, text);
                change(writer, *id, State::Running, |job| {
                    self.retried(job, &error, now)
                })
            }),
            JobStep::Refuse {
                id,
                as_state,
                error,
            } => self.write_jobs(now, |writer| {
                change(writer, *id, State::Scheduled, |job| JobPatch {
                    // One that has failed has run.
                    attempts: (*as_state == State::Failed).then_some(job.attempts + 1),
                    ..JobPatch::end(*as_state, now).because(error)
                })
            }),
            JobStep::SetCrons => self.write_jobs(now, |writer| self.set_crons(writer, now)),
            JobStep::RunCrons => self.write_jobs(now, |writer| self.run_crons(writer, now)),
            JobStep::Tidy => self.write_jobs(now, |writer| self.tidy_jobs(writer, now)),
        };
        Ok(Ok(written?))
    }

    /// Runs a job's mutation, and writes down what it has come to beside what it has written.
    fn run_job(
        &self,
        id: RawId,
        (path, handler, args): (&'static str, MutationHandler, &RawJson),
        request_id: ServerRequestId,
        alone: Alone,
        now: Timestamp,
    ) -> Made {
        let mut job = None;
        let waits = |writer: &Writer| {
            let found = writer.get::<Job>(&Id::from_raw(id))?;
            job = found.filter(|job| job.state == State::Scheduled);
            Ok(job.is_some())
        };
        let (waits, nothing) = self.write_jobs(now, waits)?;
        let Some(job) = job else {
            return Ok(Ok((waits, nothing)));
        };
        let mut job = job.into_fields();
        job.attempts += 1;
        let made_by = (request_id, &Viewer::default());
        let (ran, mut written) =
            match self.run_function((path, handler, args.as_str()), made_by, alone, now)? {
                Ok(ran) => ran,
                Err(again) => return Ok(Err(again)),
            };
        let end = match &ran.outcome {
            _ if planted::has(Bug::RunsJobsAgain) => {
                JobPatch::wait(false, now + Duration::from_secs(1))
            }
            Outcome::Success(_) => JobPatch::end(State::Done, now),
            Outcome::Error(error) if ran.store_erred => self.retried(&job, error, now),
            Outcome::Error(error) => JobPatch::end(State::Failed, now).because(error),
        };
        let end = JobPatch {
            attempts: Some(job.attempts),
            ..end
        };
        let run = Run::of_engine(self, PATH, now);
        let writer = Writer::new(Rc::clone(&run) as Rc<dyn Database>);
        // A mutation whose end is not written down must not be there either. It may have deleted
        // nothing of its job, which no author can name.
        let end = writer.patch::<Job>(&Id::from_raw(id), end);
        end.map_err(|error| StoreError::new(format!("the end of a job: {error:?}")))?;
        written.absorb(run.take_done().write_set);
        Ok(Ok((ran, written)))
    }

    /// Writes to the table of jobs, and comes to whether there was something to be written.
    fn write_jobs(
        &self,
        now: Timestamp,
        write: impl FnOnce(&Writer) -> crate::Result<bool>,
    ) -> Result<(Ran, WriteSet), StoreError> {
        let run = Run::of_engine(self, PATH, now);
        let writer = Writer::new(Rc::clone(&run) as Rc<dyn Database>);
        match write(&writer) {
            Ok(is_written) => {
                let outcome = Outcome::Success(RawJson::from_encoded(is_written.to_string()));
                Ok((Ran::told(outcome), run.take_done().write_set))
            }
            Err(error) if run.needs_undoing() => Err(StoreError::new(format!("{error:?}"))),
            Err(error) => {
                let outcome = Outcome::Error(error.to_wire());
                let ran = Ran {
                    failure: Some((PATH, error)),
                    ..Ran::told(outcome)
                };
                Ok((ran, WriteSet::default()))
            }
        }
    }

    /// Says how a job goes on whose action has failed, or whose mutation the store has.
    fn retried(&self, job: &Job, error: &WireError, now: Timestamp) -> JobPatch {
        let limits = &self.config.jobs;
        let is_hopeless = error.code == ErrorCode::BAD_ARGS;
        let patch = if is_hopeless || job.attempts >= limits.job_attempts_max {
            JobPatch::end(State::Dead, now)
        } else {
            let doublings = job.attempts.saturating_sub(1).min(40);
            let pause_ms = limits.job_retry_ms.saturating_mul(1 << doublings);
            let pause_ms = pause_ms.min(limits.job_retry_ms_max).max(0);
            let due_at = now.unix_ms().saturating_add(pause_ms);
            JobPatch::wait(job.is_action, Timestamp::from_unix_ms(due_at))
        };
        patch.because(error)
    }

    fn tidy_jobs(&self, writer: &Writer, now: Timestamp) -> crate::Result<bool> {
        let limits = &self.config.jobs;
        let oldest = now.unix_ms().saturating_sub(limits.job_ended_ms);
        let until = Timestamp::from_unix_ms(oldest);
        let old = writer.query::<Job>();
        let old = old.with_index(|ix| ix.by_end.gt(&BEGINNING).lt(&until));
        let mut gone = old.take(FORGOTTEN_MAX)?;
        let excess = self.jobs.room.ended().saturating_sub(limits.jobs_ended_max);
        if excess > gone.len() {
            let first = writer.query::<Job>();
            let first = first.with_index(|ix| ix.by_end.gt(&BEGINNING));
            gone = first.take(excess.min(FORGOTTEN_MAX))?;
        }
        for job in &gone {
            writer.delete(job.id())?;
        }
        Ok(!gone.is_empty())
    }
}

/// Has a job wait whose attempt was none: else clients that keep the engine busy would use up its attempts.
fn put_off(job: &Job, now: Timestamp) -> JobPatch {
    let due_at = now.unix_ms().saturating_add(PAUSE_MS);
    JobPatch {
        attempts: Some(job.attempts.saturating_sub(1)),
        ..JobPatch::wait(true, Timestamp::from_unix_ms(due_at))
    }
}

/// Changes a job that is still in a state.
fn change(
    writer: &Writer,
    id: RawId,
    from: State,
    to: impl FnOnce(&Job) -> JobPatch,
) -> crate::Result<bool> {
    let id = Id::from_raw(id);
    let job: Option<Doc<Job>> = writer.get(&id)?;
    match job.filter(|job| job.state == from) {
        Some(job) => writer.patch::<Job>(&id, to(&job)).map(|()| true),
        None => Ok(false),
    }
}
