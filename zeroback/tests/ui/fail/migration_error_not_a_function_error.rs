use zeroback::prelude::*;

pub struct Failed;

#[migration]
pub fn m0001(_: &MigrationCtx) -> Result<(), Failed> {
    Ok(())
}

fn main() {}
