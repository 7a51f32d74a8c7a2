//! `ctx.scheduler` of an action.

use std::rc::Rc;
use std::time::Duration;

use zeroback_protocol::{ScheduledCall, Timestamp};

use super::calls::{Cancel, Schedule, Status};
use super::{JobId, JobStatus, NewJob};
use crate::context::call_by;
use crate::{Result, World};

/// `ctx.scheduler` of an action: calls that are made later.
///
/// An action is no transaction: what it has scheduled stays, whatever becomes of it.
#[derive(Clone, Debug)]
pub struct ActionScheduler {
    world: Rc<dyn World>,
}

impl ActionScheduler {
    pub(crate) fn new(world: Rc<dyn World>) -> Self {
        Self { world }
    }

    /// Has a mutation or an action called when some time has passed.
    ///
    /// # Errors
    ///
    /// As [`Scheduler::run_after`](super::Scheduler::run_after), and where the commit fails.
    pub async fn run_after<C: ScheduledCall>(&self, delay: Duration, call: C) -> Result<JobId> {
        self.run_at(self.world.now() + delay, call).await
    }

    /// Has a mutation or an action called at a time; one that has passed is now.
    ///
    /// # Errors
    ///
    /// As [`ActionScheduler::run_after`].
    pub async fn run_at<C: ScheduledCall>(&self, at: Timestamp, call: C) -> Result<JobId> {
        let job = NewJob::new(at, &call)?;
        Ok(call_by(&*self.world, &Schedule { job }).await?)
    }

    /// Cancels a job that waits. Returns false where it does not: it has begun, has ended, or is
    /// forgotten.
    ///
    /// # Errors
    ///
    /// Fails where the commit does.
    pub async fn cancel(&self, id: &JobId) -> Result<bool> {
        Ok(call_by(&*self.world, &Cancel { id: *id }).await?)
    }

    /// Returns what has become of a job, or nothing where it is forgotten.
    ///
    /// # Errors
    ///
    /// Fails where the store does.
    pub async fn status(&self, id: &JobId) -> Result<Option<JobStatus>> {
        Ok(call_by(&*self.world, &Status { id: *id }).await?)
    }
}
