//! Jobs as an author sees them: their ids, and what has become of them.

use zeroback_protocol::{Id, TableName};

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
