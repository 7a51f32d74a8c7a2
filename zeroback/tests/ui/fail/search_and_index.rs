use zeroback::prelude::*;

#[derive(Table)]
#[index(by_done(is_done))]
#[search(search_text(text))]
pub struct Task {
    pub text: String,
    pub is_done: bool,
}

#[query]
pub fn find(ctx: &QueryCtx) -> Result<Vec<Doc<Task>>> {
    let tasks = ctx.db.query::<Task>();
    tasks
        .with_index(|ix| ix.by_done.eq(&false))
        .search(|s| s.search_text.matching("milk"))
        .collect()
}

fn main() {}
