use zeroback::prelude::*;

#[query(intrenal)]
pub fn misspelt(_ctx: &QueryCtx) -> Result<u32> {
    Ok(1)
}

#[mutation(limit = 3)]
pub fn unknown(_ctx: &MutationCtx) -> Result<u32> {
    Ok(1)
}

fn main() {}
