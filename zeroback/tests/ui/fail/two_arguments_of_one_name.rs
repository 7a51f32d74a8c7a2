use zeroback::prelude::*;

#[query]
pub fn list(_ctx: &QueryCtx, _task_id: u32, _taskId: u32) -> Result<u32> {
    Ok(1)
}

fn main() {}
