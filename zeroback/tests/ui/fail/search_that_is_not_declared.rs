use zeroback::prelude::*;

#[derive(Table)]
#[search(search_text(text), filter(is_done))]
pub struct Task {
    pub text: String,
    pub is_done: bool,
    pub colour: String,
}

#[query]
pub fn find(ctx: &QueryCtx) -> Result<Vec<Doc<Task>>> {
    let tasks = ctx.db.query::<Task>();
    tasks.search(|s| s.serach_text.matching("milk")).collect()
}

#[query]
pub fn narrowed(ctx: &QueryCtx) -> Result<Vec<Doc<Task>>> {
    let tasks = ctx.db.query::<Task>();
    tasks
        .search(|s| s.search_text.matching("milk").colour("red"))
        .collect()
}

#[query]
pub fn without_text(ctx: &QueryCtx) -> Result<Vec<Doc<Task>>> {
    let tasks = ctx.db.query::<Task>();
    tasks.search(|s| s.search_text).collect()
}

fn main() {}
