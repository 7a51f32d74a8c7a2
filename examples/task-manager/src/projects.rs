//! Projects: what tasks belong to.

use zeroback::prelude::*;

use crate::tasks::Task;

/// Names longer than this are refused.
const NAME_CHARS_MAX: usize = 100;

/// A project on the board.
#[derive(Debug, Table)]
#[table(name = "projects")]
pub struct Project {
    /// What people call it.
    pub name: String,
}

/// All projects, the oldest first.
#[query]
pub fn list(ctx: &QueryCtx) -> Result<Vec<Doc<Project>>> {
    ctx.db.query::<Project>().collect()
}

/// Starts a project.
#[mutation]
pub fn create(ctx: &MutationCtx, name: String) -> Result<Id<Project>> {
    ctx.db.insert(Project {
        name: checked_name(&name)?,
    })
}

/// Gives a project another name.
#[mutation]
pub fn rename(ctx: &MutationCtx, id: Id<Project>, name: String) -> Result<()> {
    let name = checked_name(&name)?;
    ctx.db.patch(&id, ProjectPatch { name: Some(name) })
}

/// Removes a project and its tasks.
#[mutation]
pub fn remove(ctx: &MutationCtx, id: Id<Project>) -> Result<()> {
    let tasks = ctx
        .db
        .query::<Task>()
        .with_index(|ix| ix.by_project.eq(&id))
        .collect()?;
    for task in tasks {
        ctx.db.delete(task.id())?;
    }
    ctx.db.delete(&id)
}

fn checked_name(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Error::invalid("a project needs a name"));
    }
    if name.chars().count() > NAME_CHARS_MAX {
        return Err(Error::invalid(format!(
            "a project's name may have at most {NAME_CHARS_MAX} characters"
        )));
    }
    Ok(name.to_owned())
}
