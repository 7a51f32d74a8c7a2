//! `ctx.scheduler`: jobs are documents, written by the run that schedules them.

use zeroback_protocol::{ErrorCode, RawId, encode_document, encode_patch};

use super::Run;
use crate::db::{Database as _, Doc};
use crate::engine::store::Store;
use crate::job::NewJob;
use crate::system::jobs::{Job, JobPatch, State};
use crate::{Error, Result, Table as _};

impl<S: Store> Run<S> {
    pub(super) fn schedule_job(&self, job: NewJob) -> Result<RawId> {
        self.schedule_job_within(job, self.job_limits.jobs_waiting_max)
    }

    /// Schedules a job, if fewer than so many wait.
    pub(super) fn schedule_job_within(&self, job: NewJob, waiting_max: usize) -> Result<RawId> {
        let limits = &self.job_limits;
        let bytes = job.args.len();
        if bytes > limits.job_args_bytes_max {
            let text = format!(
                "the arguments of a job may have at most {} bytes, not {bytes}",
                limits.job_args_bytes_max
            );
            return Err(Error::new(ErrorCode::LIMIT_EXCEEDED, text));
        }
        let jobs = self.done.borrow().jobs + 1;
        if jobs > limits.jobs_per_mutation_max {
            let what = limits.jobs_per_mutation_max;
            let text = format!("one mutation may schedule at most {what} jobs");
            return Err(Error::new(ErrorCode::LIMIT_EXCEEDED, text));
        }
        if !self.job_room.take_one(waiting_max) {
            let (most, of) = (waiting_max, limits.jobs_waiting_max);
            let text = format!("{most} jobs wait already, and jobs_waiting_max is {of}");
            return Err(Error::new(ErrorCode::TOO_MANY_JOBS, text));
        }
        self.done.borrow_mut().jobs = jobs;
        let job = Job::new(job);
        self.insert(&Job::DEF, &|id, creation_time, limits| {
            Ok(encode_document(id, creation_time, &job, limits)?)
        })
    }

    pub(super) fn cancel_waiting_job(&self, id: RawId) -> Result<bool> {
        let job = self.job(id)?;
        if job.is_none_or(|job| job.state != State::Scheduled) {
            return Ok(false);
        }
        let end = JobPatch::end(State::Cancelled, self.now);
        self.patch(&Job::DEF, id, &|limits| Ok(encode_patch(&end, limits)?))?;
        Ok(true)
    }

    pub(super) fn job(&self, id: RawId) -> Result<Option<Doc<Job>>> {
        let stored = self.get(&Job::DEF, id)?;
        stored.map(|json| Doc::from_stored(&json)).transpose()
    }
}
