use zeroback::prelude::*;

pub struct Opaque;

#[query]
pub fn list(_ctx: &QueryCtx, _limit: u32) -> Result<Vec<Opaque>> {
    Ok(vec![])
}

fn main() {}
