use zeroback::prelude::*;

#[action]
pub fn waits_for_nothing(_ctx: &ActionCtx) -> Result<u32> {
    Ok(1)
}

#[action]
pub async fn writes(_ctx: &MutationCtx) -> Result<u32> {
    Ok(1)
}

#[query]
pub fn calls(_ctx: &ActionCtx) -> Result<u32> {
    Ok(1)
}

#[action]
pub async fn borrows(_ctx: &ActionCtx, name: &str) -> Result<u32> {
    Ok(name.len() as u32)
}

#[action]
pub async fn no_result(_ctx: &ActionCtx) -> u32 {
    1
}

fn main() {}
