//! Costs as ratios to a baseline measured in the same run, and what the example's Worker weighs.

use anyhow::Result;
use clap::Args;

use crate::command::Cmd;
use crate::demo::EXAMPLE;
use crate::paths;
use crate::step::step;
use crate::worker::{self, Profile, gzipped_bytes};

#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Only weigh the Worker
    #[arg(long)]
    size: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    if !options.size {
        step("building the benchmarks", || {
            Cmd::cargo()
                .args(["build", "--release", "--quiet", "--package", "xtask-bench"])
                .run()
        })?;
        Cmd::cargo()
            .args(["run", "--release", "--quiet", "--package", "xtask-bench"])
            .run()?;
        on_workerd()?;
    }
    let packaged = worker::package(&worker::Options {
        package: EXAMPLE.to_owned(),
        profile: Profile::Release,
        out: None,
    })?;
    for file in ["index_bg.wasm", "index.js"] {
        let path = packaged.join(file);
        let raw = std::fs::metadata(&path)?.len();
        println!(
            "{EXAMPLE} {file}: {raw} bytes, {} gzipped",
            gzipped_bytes(&path)?
        );
    }
    Ok(())
}

/// The same reads in a Durable Object, beside one written by hand in JavaScript.
fn on_workerd() -> Result<()> {
    let packaged = worker::package(&worker::Options {
        package: "xtask-bench".to_owned(),
        profile: Profile::Release,
        out: None,
    })?;
    Cmd::new("node")
        .arg(paths::workerd_bench())
        .arg(packaged)
        .run()
}
