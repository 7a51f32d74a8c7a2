use zeroback::prelude::*;

#[query]
pub fn writes(ctx: &MutationCtx) -> Result<u32> {
    Ok(1)
}

#[query]
pub fn exclusive(ctx: &mut QueryCtx) -> Result<u32> {
    Ok(1)
}

#[mutation]
pub fn owned(ctx: MutationCtx) -> Result<u32> {
    Ok(1)
}

#[query]
pub fn late(ctx: &QueryCtx, limit: u32, other: &QueryCtx) -> Result<u32> {
    Ok(limit)
}

fn main() {}
