use std::collections::HashSet;

use zeroback::prelude::*;

#[query]
pub fn list(_ctx: &QueryCtx, _tags: HashSet<String>) -> Result<Vec<HashSet<u32>>> {
    Ok(vec![])
}

#[derive(Value)]
pub struct Tags {
    pub tags: Option<HashSet<String>>,
}

fn main() {}
