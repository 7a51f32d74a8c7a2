use zeroback::prelude::*;

#[query]
pub async fn list(_ctx: &QueryCtx) -> Result<u32> {
    Ok(1)
}

fn main() {}
