//! The functions that are called by the clock: when each is next.

use zeroback_macros::Table;
use zeroback_protocol::{Id, Timestamp};

use super::jobs::Job;

/// One schedule of one function.
#[derive(Table)]
#[table(name = "_zeroback_crons")]
#[unique(by_key(key))]
#[index(by_next(next_at))]
pub(crate) struct Cron {
    /// The function's path and its schedule: where one of them changes it is another cron.
    pub(crate) key: String,
    /// When it is next.
    pub(crate) next_at: Timestamp,
    /// Its last run.
    pub(crate) job: Option<Id<Job>>,
}
