use zeroback::prelude::*;

pub struct Project;

#[query]
pub fn list(_ctx: &QueryCtx, project_id: Id<Project>) -> Result<bool> {
    let _ = project_id;
    Ok(true)
}

fn main() {}
