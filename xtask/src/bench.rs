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
    /// The parts to measure, of `xtask/bench/SCENARIOS.md`; all where none is named
    parts: Vec<String>,
    /// A smoke run: does a little of everything, and no figure says anything
    #[arg(long)]
    quick: bool,
}

/// The part that weighs the example's Worker.
const SIZE: &str = "size";

/// The part that reads in a Durable Object.
const WORKERD_READS: &str = "workerd-reads";

pub(crate) fn run(options: &Options) -> Result<()> {
    let is_wanted =
        |part: &str| options.parts.is_empty() || options.parts.iter().any(|named| named == part);
    let natively: Vec<_> = options
        .parts
        .iter()
        .filter(|part| ![SIZE, WORKERD_READS].contains(&part.as_str()))
        .collect();
    if options.parts.is_empty() || !natively.is_empty() {
        step("building the benchmarks", || {
            Cmd::cargo()
                .args(["build", "--release", "--quiet", "--package", "xtask-bench"])
                .run()
        })?;
        Cmd::new(paths::release_program("xtask-bench"))
            .arg("measure")
            .args(natively)
            .args(options.quick.then_some("--quick"))
            .run()?;
    }
    if is_wanted(WORKERD_READS) {
        on_workerd()?;
    }
    if is_wanted(SIZE) {
        weigh()?;
    }
    Ok(())
}

fn weigh() -> Result<()> {
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
