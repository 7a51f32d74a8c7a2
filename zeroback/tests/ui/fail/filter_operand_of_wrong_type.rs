use zeroback::db::Fields;
use zeroback::prelude::*;

#[derive(Table)]
pub struct Project {
    pub name: String,
}

#[derive(Table)]
pub struct Task {
    pub project: Id<Project>,
    pub rank: u32,
    pub text: String,
}

#[query]
pub fn of_the_wrong_table(ctx: &QueryCtx, id: Id<Task>) -> Result<Vec<Doc<Task>>> {
    let tasks = ctx.db.query::<Task>();
    tasks.filter(|t| t.project.eq(id)).collect()
}

#[query]
pub fn number_as_text(ctx: &QueryCtx) -> Result<Vec<Doc<Task>>> {
    let tasks = ctx.db.query::<Task>();
    tasks.filter(|t| t.rank.lt("5")).collect()
}

#[query]
pub fn another_tables(ctx: &QueryCtx) -> Result<Vec<Doc<Task>>> {
    let projects = ctx.db.query::<Project>();
    let named = |p: &Fields<Project>| p.name.eq("x");
    projects.filter(named).collect()?;
    ctx.db.query::<Task>().filter(named).collect()
}

fn main() {}
