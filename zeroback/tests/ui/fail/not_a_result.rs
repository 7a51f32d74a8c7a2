use zeroback::prelude::*;

pub struct Alias<T>(T);

#[query]
pub fn plain(ctx: &QueryCtx) -> Vec<u32> {
    vec![]
}

#[query]
pub fn nothing(ctx: &QueryCtx) {}

#[query]
pub fn unknown(_ctx: &QueryCtx) -> Alias<u32> {
    Alias(1)
}

fn main() {}
