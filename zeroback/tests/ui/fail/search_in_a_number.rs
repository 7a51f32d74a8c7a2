use zeroback::prelude::*;

#[derive(Table)]
#[search(search_rank(rank, text))]
pub struct Task {
    pub rank: u32,
    pub text: String,
}

#[query]
pub fn find(ctx: &QueryCtx, text: String) -> Result<Vec<Doc<Task>>> {
    let tasks = ctx.db.query::<Task>();
    tasks.search(|s| s.search_rank.matching(text)).collect()
}

fn main() {}
