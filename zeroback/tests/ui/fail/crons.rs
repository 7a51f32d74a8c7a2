use zeroback::prelude::*;

#[cron("0 25 * * *")]
#[mutation(internal)]
pub fn wrong_hour(_ctx: &MutationCtx) -> Result<()> {
    Ok(())
}

#[cron("0 0 9 * * *")]
#[mutation(internal)]
pub fn six_fields(_ctx: &MutationCtx) -> Result<()> {
    Ok(())
}

#[cron("@daily")]
#[mutation(internal)]
pub fn nickname(_ctx: &MutationCtx) -> Result<()> {
    Ok(())
}

#[cron("0 0 30 2 *")]
#[mutation(internal)]
pub fn no_such_day(_ctx: &MutationCtx) -> Result<()> {
    Ok(())
}

#[cron(5)]
#[mutation(internal)]
pub fn no_text(_ctx: &MutationCtx) -> Result<()> {
    Ok(())
}

#[cron("0 9 * * *")]
#[mutation]
pub fn public(_ctx: &MutationCtx) -> Result<()> {
    Ok(())
}

#[cron("0 9 * * *")]
#[query(internal)]
pub fn query(_ctx: &QueryCtx) -> Result<()> {
    Ok(())
}

#[mutation(internal)]
#[every(minutes = 5)]
pub fn with_argument(_ctx: &MutationCtx, name: String) -> Result<()> {
    drop(name);
    Ok(())
}

#[every(minute = 5)]
#[mutation(internal)]
pub fn misspelt(_ctx: &MutationCtx) -> Result<()> {
    Ok(())
}

#[every(minutes = 0)]
#[mutation(internal)]
pub fn never(_ctx: &MutationCtx) -> Result<()> {
    Ok(())
}

#[every(minutes = 5, minutes = 6)]
#[mutation(internal)]
pub fn twice(_ctx: &MutationCtx) -> Result<()> {
    Ok(())
}

#[every(hours = 100000)]
#[mutation(internal)]
pub fn too_long(_ctx: &MutationCtx) -> Result<()> {
    Ok(())
}

#[cron("0 9 * * *")]
pub fn alone(_ctx: &MutationCtx) -> Result<()> {
    Ok(())
}

fn main() {}
