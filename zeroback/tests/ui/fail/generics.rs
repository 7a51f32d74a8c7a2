use zeroback::prelude::*;

#[query]
pub fn types<T: Value>(ctx: &QueryCtx, value: T) -> Result<u32> {
    Ok(1)
}

#[query]
pub fn lifetimes<'a>(ctx: &'a QueryCtx) -> Result<u32> {
    Ok(1)
}

#[query]
pub fn impl_trait(ctx: &QueryCtx, value: impl Value) -> Result<u32> {
    Ok(1)
}

#[query]
pub fn impl_result(ctx: &QueryCtx) -> impl Value {
    1
}

fn main() {}
