//! The jobs: calls that are to be made later, and what has become of them.

use zeroback_macros::{Table, Value};
use zeroback_protocol::Timestamp;

/// A call that is to be made later, or that was.
#[derive(Table)]
#[table(name = "_zeroback_jobs")]
#[index(by_lane(lane, due_at), by_state(state), by_end(ended_at))]
pub(crate) struct Job {
    /// The path of its function.
    pub(crate) path: String,
    /// The arguments, encoded.
    pub(crate) args: String,
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

/// What has become of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Value)]
pub(crate) enum State {
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

/// What a job waits in line with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Value)]
pub(crate) enum Lane {
    /// With mutations.
    Mutation,
    /// With actions.
    Action,
}
