use zeroback::prelude::*;

#[query]
pub fn none() -> Result<u32> {
    Ok(1)
}

#[mutation]
pub fn only_arguments(limit: u32) -> Result<u32> {
    Ok(limit)
}

fn main() {}
