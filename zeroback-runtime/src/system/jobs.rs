//! The jobs: calls that are to be made later, and what has become of them.

use zeroback_macros::{Table, Value};
use zeroback_protocol::{Timestamp, WireError};

use crate::job::{JobError, JobState, JobStatus, NewJob};

/// A call that is to be made later, or that was.
#[derive(Table)]
#[table(name = "_zeroback_jobs")]
#[index(by_lane(lane, due_at), by_state(state), by_end(ended_at))]
pub(crate) struct Job {
    /// The path of its function.
    pub(crate) path: String,
    /// The arguments, encoded.
    pub(crate) args: String,
    pub(crate) is_action: bool,
    pub(crate) state: State,
    /// Where it waits; nothing where it does not.
    pub(crate) lane: Option<Lane>,
    /// When it is to run, or to run again.
    pub(crate) due_at: Timestamp,
    /// How often it has begun.
    pub(crate) attempts: u32,
    pub(crate) error_code: Option<String>,
    pub(crate) error_message: Option<String>,
    pub(crate) ended_at: Option<Timestamp>,
}

/// What has become of a job; see [`JobState`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Value)]
pub(crate) enum State {
    Scheduled,
    Running,
    Done,
    Failed,
    Dead,
    Cancelled,
}

/// What a job waits in line with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Value)]
pub(crate) enum Lane {
    /// With mutations.
    Mutation,
    /// With actions.
    Action,
}

impl Job {
    /// Makes a job that waits.
    pub(crate) fn new(job: NewJob) -> Self {
        Self {
            path: job.path,
            args: job.args,
            is_action: job.is_action,
            state: State::Scheduled,
            lane: Some(Lane::of(job.is_action)),
            due_at: job.due_at,
            attempts: 0,
            error_code: None,
            error_message: None,
            ended_at: None,
        }
    }

    /// Returns what an author is told of it.
    pub(crate) fn status(&self) -> JobStatus {
        let error = self.error_code.clone().zip(self.error_message.clone());
        JobStatus {
            state: self.state.into(),
            function: self.path.clone(),
            due_at: self.due_at,
            attempts: self.attempts,
            error: error.map(|(code, message)| JobError { code, message }),
            ended_at: self.ended_at,
        }
    }
}

impl JobPatch {
    /// Ends a job.
    pub(crate) fn end(state: State, now: Timestamp) -> Self {
        Self {
            state: Some(state),
            lane: Some(None),
            ended_at: Some(Some(now)),
            ..Self::default()
        }
    }

    /// Has a job wait until a time, with as many attempts behind it.
    pub(crate) fn wait(is_action: bool, due_at: Timestamp) -> Self {
        Self {
            state: Some(State::Scheduled),
            lane: Some(Some(Lane::of(is_action))),
            due_at: Some(due_at),
            ended_at: Some(None),
            ..Self::default()
        }
    }

    /// Notes why the job has failed.
    pub(crate) fn because(self, error: &WireError) -> Self {
        Self {
            error_code: Some(Some(error.code.as_str().to_owned())),
            error_message: Some(Some(error.message.clone())),
            ..self
        }
    }
}

impl Lane {
    fn of(is_action: bool) -> Self {
        if is_action {
            Self::Action
        } else {
            Self::Mutation
        }
    }
}

impl From<State> for JobState {
    fn from(state: State) -> Self {
        match state {
            State::Scheduled => Self::Scheduled,
            State::Running => Self::Running,
            State::Done => Self::Done,
            State::Failed => Self::Failed,
            State::Dead => Self::Dead,
            State::Cancelled => Self::Cancelled,
        }
    }
}

impl From<JobState> for State {
    fn from(state: JobState) -> Self {
        match state {
            JobState::Scheduled => Self::Scheduled,
            JobState::Running => Self::Running,
            JobState::Done => Self::Done,
            JobState::Failed => Self::Failed,
            JobState::Dead => Self::Dead,
            JobState::Cancelled => Self::Cancelled,
        }
    }
}
