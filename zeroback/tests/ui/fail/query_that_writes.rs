use zeroback::prelude::*;

#[derive(Table)]
pub struct Project {
    pub name: String,
}

#[derive(Table)]
#[index(by_project(project_id, is_completed))]
pub struct Task {
    pub project_id: Id<Project>,
    pub is_completed: bool,
}

#[query]
pub fn add(ctx: &QueryCtx, project_id: Id<Project>) -> Result<Id<Task>> {
    ctx.db.insert(Task {
        project_id,
        is_completed: false,
    })
}

fn main() {}
