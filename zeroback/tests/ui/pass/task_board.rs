//! A small backend with most of what the macros take.
#![deny(warnings, missing_docs, clippy::all, clippy::pedantic)]
#![forbid(unsafe_code)]

zeroback::app!();

/// Projects.
pub mod projects {
    use zeroback::prelude::*;

    /// What tasks belong to.
    #[derive(Debug, Clone, PartialEq, Table)]
    #[table(name = "projects")]
    pub struct Project {
        /// What people call it.
        pub name: String,
    }
}

/// Tasks.
pub mod tasks {
    use zeroback::prelude::*;

    use super::projects::Project;

    /// How far a task is.
    #[derive(Debug, Clone, Copy, PartialEq, Value)]
    pub enum Status {
        /// Nobody works on it.
        Open,
        /// Somebody does.
        InProgress,
    }

    /// A unit of work.
    #[derive(Debug, Clone, PartialEq, Table)]
    #[table(name = "tasks")]
    #[index(by_project(project_id, status))]
    #[index(by_text(text))]
    pub struct Task {
        /// The project.
        pub project_id: Id<Project>,
        /// What to do.
        pub text: String,
        /// How far it is.
        pub status: Status,
        /// Who does it.
        pub assignee: Option<String>,
    }

    /// The newest open tasks of a project.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    #[query]
    pub fn list(
        ctx: &QueryCtx,
        /// The project.
        project_id: Id<Project>,
        limit: Option<u32>,
    ) -> Result<Vec<Doc<Task>>> {
        ctx.db
            .query::<Task>()
            .with_index(|ix| ix.by_project.eq(&project_id).eq(&Status::Open))
            .order(Order::Desc)
            .take(usize::try_from(limit.unwrap_or(50))?)
    }

    /// Adds a task.
    ///
    /// # Errors
    ///
    /// Where the database fails.
    #[mutation]
    pub fn create(ctx: &MutationCtx, project_id: Id<Project>, text: String) -> Result<Id<Task>> {
        ctx.db.insert(Task {
            project_id,
            text,
            status: Status::Open,
            assignee: None,
        })
    }

    #[mutation(internal)]
    fn sweep(ctx: &MutationCtx) -> Result<()> {
        for task in ctx.db.query::<Task>().collect()? {
            ctx.db.patch(
                task.id(),
                TaskPatch {
                    assignee: Some(None),
                    ..TaskPatch::default()
                },
            )?;
        }
        Ok(())
    }
}

fn main() {
    let _ = tasks::list::Args {
        project_id: "projects_01kaqg5zvzfyq8y9v2m0r5t3w7"
            .parse()
            .expect("an id"),
        limit: None,
    };
    app().check().expect("a sound app");
    let paths: Vec<_> = app().function_paths().collect();
    assert_eq!(paths, ["tasks:create", "tasks:list", "tasks:sweep"]);
}
