use zeroback::prelude::*;

#[derive(Table)]
#[search(search_text(text), filter(is_done))]
pub struct Task {
    pub text: String,
    pub is_done: bool,
}

#[query]
pub fn find(ctx: &QueryCtx) -> Result<Vec<Doc<Task>>> {
    let tasks = ctx.db.query::<Task>();
    tasks
        .search(|s| s.search_text.matching("milk").is_done("no"))
        .collect()
}

fn main() {}
