use zeroback::prelude::*;

#[migration]
pub async fn m0001_async(_: &MigrationCtx) -> Result<()> {
    Ok(())
}

#[migration]
pub fn m0002_arguments(_: &MigrationCtx, _limit: u32) -> Result<()> {
    Ok(())
}

#[migration]
pub fn m0003_mutation(ctx: &MutationCtx) -> Result<()> {
    let _ = ctx.now();
    Ok(())
}

#[migration]
pub fn m0004_no_result(_: &MigrationCtx) {}

#[migration]
pub fn m0005_value(_: &MigrationCtx) -> Result<u32> {
    Ok(1)
}

#[migration(internal)]
pub fn m0006_options<T>(_: &MigrationCtx) -> Result<()> {
    Ok(())
}

#[migration]
pub fn m0007_no_context() -> Result<()> {
    Ok(())
}

#[migration]
pub struct Migration;

fn main() {}
