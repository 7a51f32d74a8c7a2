use zeroback::prelude::*;

#[query]
pub fn borrowed(_ctx: &QueryCtx, _text: &str, _numbers: &[u32], _maybe: Option<&'static str>) -> Result<u32> {
    Ok(1)
}

fn main() {}
