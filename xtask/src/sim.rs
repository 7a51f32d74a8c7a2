//! Runs the simulator, seed after seed.

use anyhow::Result;
use clap::Args;

use crate::command::Cmd;

#[derive(Args, Debug)]
pub(crate) struct Options {
    /// How many seeds
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// One seed again: it prints what it prints among others
    #[arg(long, conflicts_with_all = ["seeds", "from"])]
    seed: Option<u64>,
    /// Plant each bug that there is to plant, and say which seed finds it
    #[arg(long, conflicts_with_all = ["seeds", "from", "seed"])]
    planted: bool,
    /// With optimised code, which is worth its build from some ten thousand seeds on
    #[arg(long)]
    release: bool,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    if options.planted {
        return simulate(&["planted"], options.release);
    }
    let (from, count) = match options.seed {
        Some(seed) => (seed, 1),
        None => (options.from, options.seeds),
    };
    seeds(from, count, options.release)
}

/// Runs so many seeds; fails where one of them does.
pub(crate) fn seeds(from: u64, count: u64, release: bool) -> Result<()> {
    simulate(&[&from.to_string(), &count.to_string()], release)
}

fn simulate(args: &[&str], release: bool) -> Result<()> {
    let profile: &[&str] = if release { &["--release"] } else { &[] };
    Cmd::cargo()
        .args(["run", "--quiet", "--package", "suite", "--bin", "sim"])
        .args(profile)
        .arg("--")
        .args(args)
        .run()
}
