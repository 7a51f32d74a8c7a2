use zeroback::prelude::*;

#[derive(Value)]
pub struct Address {
    pub city: String,
}

#[derive(Table)]
pub struct Task {
    pub text: String,
    pub address: Address,
}

#[query]
pub fn unknown(ctx: &QueryCtx) -> Result<Vec<Doc<Task>>> {
    ctx.db.query::<Task>().filter(|t| t.txet.eq("x")).collect()
}

#[query]
pub fn unknown_below(ctx: &QueryCtx) -> Result<Vec<Doc<Task>>> {
    let tasks = ctx.db.query::<Task>();
    tasks.filter(|t| t.address.ctiy.eq("x")).collect()
}

#[query]
pub fn contains_in_a_number(ctx: &QueryCtx) -> Result<Vec<Doc<Task>>> {
    let tasks = ctx.db.query::<Task>();
    tasks.filter(|t| t._creation_time.contains("x")).collect()
}

fn main() {}
