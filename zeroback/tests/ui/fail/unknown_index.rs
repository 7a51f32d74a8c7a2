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
pub fn list(ctx: &QueryCtx, project_id: Id<Project>) -> Result<Vec<Doc<Task>>> {
    ctx.db
        .query::<Task>()
        .with_index(|ix| ix.by_projct.eq(&project_id))
        .collect()
}

fn main() {}
