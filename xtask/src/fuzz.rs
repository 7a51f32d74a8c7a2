//! Coverage-guided tests: builds the targets of `fuzz/` with the instruments of libFuzzer, and runs
//! them.
//!
//! `cargo fuzz -s none` does the same. What it sets are flags of the stable compiler, so they are set
//! here, and nobody has to install it; a nightly compiler would add the sanitizers, which look for
//! what safe Rust does not do.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;

use crate::command::Cmd;
use crate::paths;
use crate::setup::cxx;
use crate::step::step;

#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Run only this target
    #[arg(value_parser = names())]
    target: Option<String>,
    /// How long each target runs
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Run one input, such as one that was found
    #[arg(long, requires = "target", conflicts_with = "seconds")]
    input: Option<PathBuf>,
}

/// A target, and how often `test` runs it: some seconds each.
struct Target {
    name: &'static str,
    brief_runs: u32,
}

const TARGETS: &[Target] = &[
    Target {
        name: "messages",
        brief_runs: 200_000,
    },
    Target {
        name: "cursors",
        brief_runs: 5_000,
    },
    Target {
        name: "frames",
        brief_runs: 1_000,
    },
    Target {
        name: "archives",
        brief_runs: 600,
    },
];

/// The coverage that libFuzzer goes by, as cargo-fuzz sets it.
const FLAGS: [&str; 8] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "--cfg",
    "fuzzing",
    "-Cllvm-args=-simplifycfg-branch-fold-threshold=0",
];

/// What a target may take, so that a finding is one before the machine is out of memory.
const RSS_MB_MAX: u32 = 2_048;

fn names() -> clap::builder::PossibleValuesParser {
    clap::builder::PossibleValuesParser::new(TARGETS.iter().map(|target| target.name))
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let programs = build()?;
    for target in TARGETS {
        if options
            .target
            .as_ref()
            .is_some_and(|name| name != target.name)
        {
            continue;
        }
        if let Some(input) = &options.input {
            let input = std::env::current_dir()?.join(input);
            return Cmd::new(programs.join(target.name)).arg(input).run();
        }
        let corpus = made(&output().join("corpus").join(target.name))?;
        let seconds = format!("-max_total_time={}", options.seconds);
        step(&format!("fuzzing {}", target.name), || {
            fuzzer(&programs, target, &seconds)?
                .arg(corpus)
                .arg(seeds(target))
                .run()
        })?;
    }
    Ok(())
}

/// Runs each target over its seeds, and a little further, always the same way.
pub(crate) fn brief() -> Result<()> {
    let programs = build()?;
    for target in TARGETS {
        let runs = format!("-runs={}", target.brief_runs);
        // Where libFuzzer puts what it finds worth keeping; the next run is not to begin with it.
        let scratch = output().join("brief").join(target.name);
        if scratch.exists() {
            fs::remove_dir_all(&scratch)?;
        }
        step(&format!("fuzzing {}", target.name), || {
            fuzzer(&programs, target, &runs)?
                .arg("-seed=1")
                .arg(made(&scratch)?)
                .arg(seeds(target))
                .quiet()
        })?;
    }
    Ok(())
}

/// Lints the targets, which are no part of the workspace: they see the engine as it is built for them.
pub(crate) fn lint() -> Result<()> {
    cxx::ensure()?;
    step("clippy of the fuzz targets", || {
        Cmd::cargo()
            .args(["clippy", "--quiet", "--all-targets"])
            .arg("--target-dir")
            .arg(output())
            .args(["--", "-D", "warnings"])
            .dir(&sources())
            .env("CARGO_ENCODED_RUSTFLAGS", "--cfg\x1ffuzzing")
            .run()
    })
}

/// Builds the targets, and returns the folder that they are in.
fn build() -> Result<PathBuf> {
    cxx::ensure()?;
    let rustc = Cmd::new("rustc").arg("-vV").stdout()?;
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("the compiler names no host")?;
    step("building the fuzz targets", || {
        Cmd::cargo()
            .args(["build", "--release", "--quiet", "--bins"])
            // Build scripts and macros are not instrumented where a target is named.
            .args(["--target", host])
            .arg("--target-dir")
            .arg(output())
            .dir(&sources())
            .env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\x1f"))
            .run()
    })?;
    Ok(output().join(host).join("release"))
}

fn fuzzer(programs: &Path, target: &Target, until: &str) -> Result<Cmd> {
    let found = made(&output().join("artifacts").join(target.name))?;
    Ok(Cmd::new(programs.join(target.name))
        .arg(until)
        .arg(format!("-rss_limit_mb={RSS_MB_MAX}"))
        .arg("-max_len=4096")
        .arg("-timeout=20")
        .arg("-print_final_stats=1")
        .arg(format!("-artifact_prefix={}/", found.display())))
}

fn sources() -> PathBuf {
    paths::root().join("fuzz")
}

fn output() -> PathBuf {
    paths::target().join("fuzz")
}

fn seeds(target: &Target) -> PathBuf {
    sources().join("seeds").join(target.name)
}

fn made(folder: &Path) -> Result<PathBuf> {
    fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    Ok(folder.to_owned())
}
