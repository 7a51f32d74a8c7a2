//! Jobs as an author sees them: `ctx.scheduler`, and what has become of a call.

use std::rc::Rc;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use zeroback_protocol::{ErrorCode, FunctionKind, Id, ScheduledCall, TableName, Timestamp, encode};

use crate::db::Database;
use crate::{Error, Result};

/// Names a job; see [`JobId`].
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Job;

#[diagnostic::do_not_recommend]
impl TableName for Job {
    const TABLE_NAME: &'static str = "_zeroback_jobs";
}

/// The id of a call that was scheduled. It is a value: it can be stored, returned and passed on.
pub type JobId = Id<Job>;

/// What has become of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[ts(rename_all = "camelCase")]
pub enum JobState {
    /// It waits for its time, the first or another one.
    Scheduled,
    /// Its action runs.
    Running,
    /// It has succeeded.
    Done,
    /// Its mutation has failed; it is not run again.
    Failed,
    /// Its action has failed as often as it may, or its function is gone from the code.
    Dead,
    /// It was cancelled.
    Cancelled,
}

/// A job, and what has become of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[ts(rename_all = "camelCase")]
pub struct JobStatus {
    /// What has become of it.
    pub state: JobState,
    /// The path of the function that it calls.
    pub function: String,
    /// When it is to run, or to run again.
    pub due_at: Timestamp,
    /// How often it has begun.
    pub attempts: u32,
    /// Why it has failed, the last time.
    pub error: Option<JobError>,
    /// When it has ended.
    pub ended_at: Option<Timestamp>,
}

/// Why a job has failed: what a client would have been told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[ts(rename_all = "camelCase")]
pub struct JobError {
    /// For programs.
    pub code: String,
    /// For people.
    pub message: String,
}

/// A call that is to be made later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(rename_all = "camelCase")]
pub struct NewJob {
    pub(crate) path: String,
    /// The arguments, encoded.
    pub(crate) args: String,
    pub(crate) is_action: bool,
    pub(crate) due_at: Timestamp,
}

/// `ctx.scheduler` of a query: what has become of jobs.
#[derive(Debug)]
pub struct JobReader {
    database: Rc<dyn Database>,
}

/// `ctx.scheduler` of a mutation: calls that are made later.
///
/// What is scheduled is part of the mutation: where it fails, nothing is.
#[derive(Debug)]
pub struct Scheduler {
    reader: JobReader,
    now: Timestamp,
}

mod action;
pub(crate) mod calls;

pub use action::ActionScheduler;

impl NewJob {
    /// Makes a job of a call.
    pub(crate) fn new<C: ScheduledCall>(due_at: Timestamp, call: &C) -> Result<Self> {
        let args = encode(call)
            .map_err(|error| Error::new(ErrorCode::BAD_ARGS, error.at("args").to_string()))?;
        Ok(Self {
            path: C::PATH.to_owned(),
            args,
            is_action: C::KIND == FunctionKind::Action,
            due_at,
        })
    }
}

impl JobReader {
    pub(crate) fn new(database: Rc<dyn Database>) -> Self {
        Self { database }
    }

    /// Returns what has become of a job, or nothing where it is forgotten: ended jobs are kept for a
    /// while. A query that asks is live: it runs again when the job's state changes.
    ///
    /// # Errors
    ///
    /// Fails where the store does.
    pub fn status(&self, id: &JobId) -> Result<Option<JobStatus>> {
        self.database.job_status(id.raw())
    }
}

impl Scheduler {
    pub(crate) fn new(database: Rc<dyn Database>, now: Timestamp) -> Self {
        Self {
            reader: JobReader::new(database),
            now,
        }
    }

    /// Has a mutation or an action called when some time has passed; with none, behind the commit.
    ///
    /// ```ignore
    /// ctx.scheduler.run_after(Duration::from_secs(60), remind::Args { task_id })?;
    /// ```
    ///
    /// # Errors
    ///
    /// Fails with `bad_args` where the arguments cannot be encoded, with `limit_exceeded` where they
    /// are too large or the mutation schedules too much, and with `too_many_jobs` where too many wait.
    pub fn run_after<C: ScheduledCall>(&self, delay: Duration, call: C) -> Result<JobId> {
        self.run_at(self.now + delay, call)
    }

    /// Has a mutation or an action called at a time; one that has passed is now.
    ///
    /// # Errors
    ///
    /// As [`Scheduler::run_after`].
    #[expect(
        clippy::needless_pass_by_value,
        reason = "calls are handed over everywhere"
    )]
    pub fn run_at<C: ScheduledCall>(&self, at: Timestamp, call: C) -> Result<JobId> {
        let job = NewJob::new(at.max(self.now), &call)?;
        self.reader.database.schedule(job).map(JobId::from_raw)
    }

    /// Cancels a job that waits. Returns false where it does not: it has begun, has ended, or is
    /// forgotten.
    ///
    /// # Errors
    ///
    /// Fails where the store does.
    pub fn cancel(&self, id: &JobId) -> Result<bool> {
        self.reader.database.cancel_job(id.raw())
    }

    /// As [`JobReader::status`].
    ///
    /// # Errors
    ///
    /// Fails where the store does.
    pub fn status(&self, id: &JobId) -> Result<Option<JobStatus>> {
        self.reader.status(id)
    }
}
