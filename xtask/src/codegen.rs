//! Writes the example's `api.ts` from the functions that its native program registers.

use anyhow::{Context as _, Result};
use clap::Args;

use crate::command::Cmd;
use crate::demo::{self, EXAMPLE};
use crate::paths;

#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Fail where the file is not what would be written, and write nothing
    #[arg(long)]
    pub(crate) check: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    demo::build_native()?;
    let check = options.check.then_some("--check");
    Cmd::new(paths::debug_program(EXAMPLE))
        .args(["codegen", "--out"])
        .arg(paths::example().join("web/src/api.ts"))
        .args(check)
        .run()
        .context("run `cargo xtask codegen` and commit what it writes")
}
