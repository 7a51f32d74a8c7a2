use zeroback::prelude::*;

#[query]
pub fn borrowed(ctx: &QueryCtx, text: &str, numbers: &[u32], maybe: Option<&'static str>) -> Result<u32> {
    Ok(1)
}

fn main() {}
