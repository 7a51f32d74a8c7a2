use zeroback::prelude::*;

#[query]
pub fn read(_ctx: &QueryCtx) -> Result<u32> {
    Ok(1)
}

#[action]
pub async fn run(ctx: &ActionCtx) -> Result<u32> {
    Ok(ctx.run_mutation(read::Args).await?)
}

fn main() {}
