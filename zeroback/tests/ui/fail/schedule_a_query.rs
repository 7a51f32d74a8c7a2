use std::time::Duration;

use zeroback::prelude::*;

#[query]
pub fn list(_ctx: &QueryCtx) -> Result<u32> {
    Ok(7)
}

#[mutation]
pub fn plan(ctx: &MutationCtx) -> Result<()> {
    ctx.scheduler.run_after(Duration::ZERO, list::Args)?;
    Ok(())
}

fn main() {}
