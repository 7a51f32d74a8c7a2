use zeroback::prelude::*;

#[query]
pub fn tuple(_ctx: &QueryCtx, (first, second): (u32, u32)) -> Result<u32> {
    Ok(first + second)
}

#[query]
pub fn nameless(_ctx: &QueryCtx, _: u32) -> Result<u32> {
    Ok(1)
}

fn main() {}
