use zeroback::prelude::*;

pub struct Opaque;

/// A value, which is not to blame.
#[derive(Value)]
pub enum Sound {
    One,
}

#[derive(Table)]
#[index(by_sound(sound))]
pub struct Task {
    pub text: String,
    pub sound: Sound,
    pub opaque: Option<Opaque>,
}

#[query]
pub fn list(ctx: &QueryCtx, _patch: TaskPatch) -> Result<Vec<Doc<Task>>> {
    ctx.db.query::<Task>().collect()
}

fn main() {}
