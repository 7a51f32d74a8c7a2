use zeroback::prelude::*;

#[query]
pub fn list(_ctx: &QueryCtx) -> Result<u32> {
    Ok(1)
}

#[mutation]
pub fn list(_ctx: &MutationCtx) -> Result<u32> {
    Ok(2)
}

fn main() {}
