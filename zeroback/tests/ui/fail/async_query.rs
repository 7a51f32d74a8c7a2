use zeroback::prelude::*;

#[query]
pub async fn list(ctx: &QueryCtx) -> Result<u32> {
    Ok(1)
}

fn main() {}
