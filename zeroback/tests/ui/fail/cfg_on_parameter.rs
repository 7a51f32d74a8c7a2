use zeroback::prelude::*;

#[query]
pub fn list(_ctx: &QueryCtx, #[cfg(unix)] _limit: u32) -> Result<u32> {
    Ok(1)
}

fn main() {}
