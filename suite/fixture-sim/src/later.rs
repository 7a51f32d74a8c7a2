//! Changes that are made later, by jobs.

use std::time::Duration;

use zeroback::prelude::*;

use crate::pieces::Change;
use crate::runs::{Run, note};

/// Something that is to be done with a piece later.
#[derive(Debug, Table)]
#[table(name = "later")]
#[index(by_key(key))]
pub struct Later {
    /// The piece.
    pub key: i64,
    /// What does it.
    pub job: JobId,
}

/// Moves a piece within its list, and fails behind that where it is told to.
#[mutation(internal)]
pub fn shift_later(ctx: &MutationCtx, job: u64, key: i64, by: i64, fails: bool) -> Result<()> {
    note(Run::Came(job));
    Change::Shift(key, by).make(ctx)?;
    if fails {
        panic!("planted: a job fails");
    }
    Ok(())
}

/// Schedules the move of a piece.
pub(crate) fn put_off(ctx: &MutationCtx, change: &Change) -> Result<()> {
    let Change::Later(key, job, after_ms, by, fails) = *change else {
        unreachable!("another change is made at once");
    };
    let call = shift_later::Args {
        job,
        key,
        by,
        fails,
    };
    let job = ctx
        .scheduler
        .run_after(Duration::from_millis(after_ms), call)?;
    ctx.db.insert(Later { key, job })?;
    Ok(())
}

/// Cancels all that was to be done with a piece; returns how much of it had not come.
pub(crate) fn give_up(ctx: &MutationCtx, key: i64) -> Result<i64> {
    let mut cancelled = 0;
    let later = ctx.db.query::<Later>();
    for later in later.with_index(|ix| ix.by_key.eq(&key)).collect()? {
        cancelled += i64::from(ctx.scheduler.cancel(&later.job)?);
        ctx.db.delete(later.id())?;
    }
    Ok(cancelled)
}
