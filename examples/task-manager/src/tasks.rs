//! Tasks: units of work on a project's board.

use zeroback::prelude::*;

use crate::projects::Project;

/// Texts longer than this are refused.
const TEXT_CHARS_MAX: usize = 500;

/// A unit of work on a project's board.
#[derive(Debug, Table)]
#[table(name = "tasks")]
#[index(by_project(project_id))]
#[index(by_state(project_id, is_completed))]
pub struct Task {
    /// The project that it belongs to.
    pub project_id: Id<Project>,
    /// What is to be done.
    pub text: String,
    /// Whether it is done.
    pub is_completed: bool,
}

/// The tasks of a project, the newest first; only the open or only the done ones, where asked for.
#[query]
pub fn list(
    ctx: &QueryCtx,
    project_id: Id<Project>,
    is_completed: Option<bool>,
    limit: Option<u32>,
) -> Result<Vec<Doc<Task>>> {
    let limit = limit.unwrap_or(200);
    let tasks = ctx.db.query::<Task>().order(Order::Desc);
    match is_completed {
        None => tasks.with_index(|ix| ix.by_project.eq(&project_id)),
        Some(state) => tasks.with_index(|ix| ix.by_state.eq(&project_id).eq(&state)),
    }
    .take(limit)
}

/// Puts a task on a project's board.
#[mutation]
pub fn create(ctx: &MutationCtx, project_id: Id<Project>, text: String) -> Result<Id<Task>> {
    if ctx.db.get(&project_id)?.is_none() {
        return Err(Error::not_found("the project does not exist any more"));
    }
    ctx.db.insert(Task {
        project_id,
        text: checked_text(&text)?,
        is_completed: false,
    })
}

/// Marks an open task as done, and a done one as open; returns whether it is done now.
#[mutation]
pub fn toggle(ctx: &MutationCtx, id: Id<Task>) -> Result<bool> {
    let task = ctx
        .db
        .get(&id)?
        .ok_or_else(|| Error::not_found("the task does not exist any more"))?;
    let is_completed = !task.is_completed;
    ctx.db.patch(
        &id,
        TaskPatch {
            is_completed: Some(is_completed),
            ..TaskPatch::default()
        },
    )?;
    Ok(is_completed)
}

/// Gives a task another text.
#[mutation]
pub fn rename(ctx: &MutationCtx, id: Id<Task>, text: String) -> Result<()> {
    ctx.db.patch(
        &id,
        TaskPatch {
            text: Some(checked_text(&text)?),
            ..TaskPatch::default()
        },
    )
}

/// Removes a task.
#[mutation]
pub fn remove(ctx: &MutationCtx, id: Id<Task>) -> Result<()> {
    ctx.db.delete(&id)
}

fn checked_text(text: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::invalid("a task needs a text"));
    }
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(Error::invalid(format!(
            "a task's text may have at most {TEXT_CHARS_MAX} characters"
        )));
    }
    Ok(text.to_owned())
}
