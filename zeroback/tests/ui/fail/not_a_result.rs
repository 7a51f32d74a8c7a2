use zeroback::prelude::*;

pub struct Alias<T>(T);

#[query]
pub fn plain(_ctx: &QueryCtx) -> Vec<u32> {
    vec![]
}

#[query]
pub fn nothing(_ctx: &QueryCtx) {}

#[query]
pub fn unknown(_ctx: &QueryCtx) -> Alias<u32> {
    Alias(1)
}

fn main() {}
