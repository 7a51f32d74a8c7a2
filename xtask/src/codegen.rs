//! Writes each `api.ts` of this repository from the functions that a native program registers: the
//! example's, and the suite's, on which the types of values of every form are tested.

use anyhow::{Context as _, Result};
use clap::Args;

use crate::command::Cmd;
use crate::demo::EXAMPLE;
use crate::paths;
use crate::step::step;
use crate::test::SUITE_APP;

#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Fail where the file is not what would be written, and write nothing
    #[arg(long)]
    pub(crate) check: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    for (program, out) in [
        (EXAMPLE, paths::example().join("web/src/api.ts")),
        (SUITE_APP, paths::client().join("test/suite-api.ts")),
    ] {
        step(&format!("building {program}"), || {
            Cmd::cargo()
                .args(["build", "--quiet", "--package", program])
                .run()
        })?;
        let check = options.check.then_some("--check");
        Cmd::new(paths::debug_program(program))
            .args(["codegen", "--out"])
            .arg(out)
            .args(check)
            .run()
            .context("run `cargo xtask codegen` and commit what it writes")?;
    }
    Ok(())
}
