use zeroback::prelude::*;

#[query]
pub fn list(ctx: &QueryCtx, task_id: u32, taskId: u32) -> Result<u32> {
    Ok(1)
}

fn main() {}
