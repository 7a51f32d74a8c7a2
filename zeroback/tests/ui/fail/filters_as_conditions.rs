use zeroback::prelude::*;

#[derive(Table)]
pub struct Task {
    pub text: String,
    pub is_done: bool,
}

#[query]
pub fn joined(ctx: &QueryCtx) -> Result<Vec<Doc<Task>>> {
    let tasks = ctx.db.query::<Task>();
    tasks.filter(|t| t.is_done.eq(true) && t.text.eq("x")).collect()
}

#[query]
pub fn compared(ctx: &QueryCtx) -> Result<Vec<Doc<Task>>> {
    let tasks = ctx.db.query::<Task>();
    tasks.filter(|t| t.text == "x").collect()
}

#[query]
pub fn bare(ctx: &QueryCtx) -> Result<Vec<Doc<Task>>> {
    let tasks = ctx.db.query::<Task>();
    tasks.filter(|t| t.is_done).collect()
}

fn main() {}
