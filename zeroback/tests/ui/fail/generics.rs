use zeroback::prelude::*;

#[query]
pub fn types<T: Value>(_ctx: &QueryCtx, _value: T) -> Result<u32> {
    Ok(1)
}

#[query]
pub fn lifetimes<'a>(_ctx: &'a QueryCtx) -> Result<u32> {
    Ok(1)
}

#[query]
pub fn impl_trait(_ctx: &QueryCtx, _value: impl Value) -> Result<u32> {
    Ok(1)
}

#[query]
pub fn impl_result(_ctx: &QueryCtx) -> impl Value {
    1
}

fn main() {}
