use zeroback::prelude::*;

pub struct Failure;

#[query]
pub fn list(_ctx: &QueryCtx) -> Result<u32, Failure> {
    Err(Failure)
}

fn main() {}
