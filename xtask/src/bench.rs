//! Costs as ratios to a baseline measured in the same run, and what the example's Worker weighs.

use std::path::PathBuf;

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

/// The part that needs the app as a Worker, and workerd.
const WORKERD: &str = "workerd";

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
        let mut measure = Cmd::new(paths::release_program("xtask-bench"))
            .arg("measure")
            .args(natively)
            .args(options.quick.then_some("--quick"));
        if is_wanted(WORKERD) {
            measure = measure
                .env("ZEROBACK_BENCH_WORKER", packaged()?)
                .env("ZEROBACK_BENCH_WORKERD", workerd()?);
        }
        measure.run()?;
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
    Cmd::new("node")
        .arg(paths::workerd_bench())
        .arg(packaged()?)
        .run()
}

/// Packages the benchmark's app as a Worker.
fn packaged() -> Result<PathBuf> {
    worker::package(&worker::Options {
        package: "xtask-bench".to_owned(),
        profile: Profile::Release,
        out: None,
    })
}

/// Returns the program that Miniflare runs Workers with.
fn workerd() -> Result<String> {
    let found = "require('module').createRequire(require.resolve('miniflare'))('workerd').default";
    let program = Cmd::new("node").args(["-p", found]).stdout()?;
    Ok(program.trim().to_owned())
}
