use zeroback::prelude::*;

#[query]
pub fn list(ctx: &QueryCtx, #[cfg(unix)] limit: u32) -> Result<u32> {
    Ok(1)
}

fn main() {}
