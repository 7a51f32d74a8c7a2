use zeroback::prelude::*;

#[query]
pub fn writes(_ctx: &MutationCtx) -> Result<u32> {
    Ok(1)
}

#[query]
pub fn exclusive(_ctx: &mut QueryCtx) -> Result<u32> {
    Ok(1)
}

#[mutation]
pub fn owned(_ctx: MutationCtx) -> Result<u32> {
    Ok(1)
}

#[query]
pub fn late(_ctx: &QueryCtx, limit: u32, _other: &QueryCtx) -> Result<u32> {
    Ok(limit)
}

fn main() {}
