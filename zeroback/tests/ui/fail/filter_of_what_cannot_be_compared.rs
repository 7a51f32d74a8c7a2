use zeroback::prelude::*;

#[derive(Value)]
pub struct Address {
    pub city: String,
}

#[derive(Clone, Copy, Value)]
pub enum Shape {
    Point,
    Circle { radius: f64 },
}

#[derive(Table)]
pub struct Task {
    pub address: Option<Address>,
    pub shape: Shape,
    pub tags: Vec<String>,
    pub size: BigInt,
    pub hash: Option<Bytes>,
}

#[query]
pub fn of_a_struct(ctx: &QueryCtx, address: Address) -> Result<Vec<Doc<Task>>> {
    let tasks = ctx.db.query::<Task>();
    tasks.filter(|t| t.address.eq(Some(address))).collect()
}

#[query]
pub fn of_an_enum_with_data(ctx: &QueryCtx, shape: Shape) -> Result<Vec<Doc<Task>>> {
    let tasks = ctx.db.query::<Task>();
    tasks.filter(|t| t.shape.eq(shape)).collect()
}

#[query]
pub fn inside_of_an_enum_with_data(ctx: &QueryCtx) -> Result<Vec<Doc<Task>>> {
    let tasks = ctx.db.query::<Task>();
    tasks.filter(|t| t.shape.radius.gt(1.0)).collect()
}

#[query]
pub fn of_a_list(ctx: &QueryCtx) -> Result<Vec<Doc<Task>>> {
    let tasks = ctx.db.query::<Task>();
    tasks.filter(|t| t.tags.one_of([vec![String::new()]])).collect()
}

#[query]
pub fn of_a_big_int(ctx: &QueryCtx, size: BigInt) -> Result<Vec<Doc<Task>>> {
    let tasks = ctx.db.query::<Task>();
    tasks.filter(|t| t.size.gt(size)).collect()
}

#[query]
pub fn of_bytes(ctx: &QueryCtx) -> Result<Vec<Doc<Task>>> {
    let tasks = ctx.db.query::<Task>();
    tasks.filter(|t| !t.hash.is_null() & t.hash.eq(None)).collect()
}

fn main() {}
