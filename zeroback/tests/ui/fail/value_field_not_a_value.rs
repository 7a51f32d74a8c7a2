use zeroback::prelude::*;

pub struct Opaque;

#[derive(Value)]
pub struct Holder {
    pub number: u32,
    pub opaque: Opaque,
}

#[derive(Value)]
pub enum Choice {
    Some(Holder),
    None,
}

#[query]
pub fn list(_ctx: &QueryCtx, holder: Holder, _choice: Choice) -> Result<u32> {
    Ok(holder.number)
}

fn main() {}
