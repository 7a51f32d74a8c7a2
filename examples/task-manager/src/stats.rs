//! Numbers about a project's tasks.

use zeroback::prelude::*;

use crate::projects::Project;
use crate::tasks::Task;

/// How many tasks a project has.
#[derive(Debug, Value)]
pub struct Summary {
    /// Still to be done.
    pub open: u64,
    /// Done.
    pub done: u64,
}

/// Counts the tasks of a project.
#[query]
pub fn summary(ctx: &QueryCtx, project_id: Id<Project>) -> Result<Summary> {
    let count = |is_completed: bool| {
        ctx.db
            .query::<Task>()
            .with_index(|ix| ix.by_state.eq(&project_id).eq(&is_completed))
            .count()
    };
    Ok(Summary {
        open: count(false)?,
        done: count(true)?,
    })
}
