use zeroback::prelude::*;

pub struct Opaque;

/// A value, which is not to blame.
#[derive(Value)]
pub struct Sound {
    pub number: u32,
}

#[query]
pub fn list(
    _ctx: &QueryCtx,
    sound: Sound,
    others: Vec<Option<Opaque>>,
) -> Result<u32> {
    Ok(sound.number + u32::from(others.is_empty()))
}

fn main() {}
