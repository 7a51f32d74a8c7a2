use zeroback::prelude::*;

struct Tasks;

impl Tasks {
    #[query]
    pub fn list(&self, _ctx: &QueryCtx) -> Result<u32> {
        Ok(1)
    }
}

fn main() {}
