//! Writes the example's `api.ts` from the functions that its native program registers.

use anyhow::{Result, bail};
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
    let file = paths::example().join("web/src/api.ts");
    if !options.check {
        return generate(&file);
    }
    let fresh = paths::target().join("codegen/api.ts");
    std::fs::create_dir_all(paths::target().join("codegen"))?;
    generate(&fresh)?;
    if std::fs::read(&fresh)? != std::fs::read(&file).unwrap_or_default() {
        bail!(
            "{} is stale: run `cargo xtask codegen` and commit it",
            file.display()
        );
    }
    Ok(())
}

fn generate(file: &std::path::Path) -> Result<()> {
    Cmd::new(paths::debug_program(EXAMPLE))
        .args(["codegen", "--out"])
        .arg(file)
        .run()
}
