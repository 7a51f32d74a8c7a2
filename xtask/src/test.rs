//! Every check and test of the workspace, in parts that are counted.
//!
//! A part passes, fails, or is skipped with a reason where this machine lacks something that could
//! not be installed. A skipped part never counts as passed. Each part does its own set-up, so that
//! `--only` works on a fresh clone, and a failed part does not keep the others from running.

mod pages;
mod parts;

pub(crate) use parts::SUITE_APP;

#[cfg(test)]
mod tests;

use std::time::Instant;

use anyhow::{Result, bail};
use clap::Args;

use crate::setup::Missing;
use crate::step::seconds;
use parts::PARTS;

#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Run only these parts
    #[arg(long, num_args = 1.., value_name = "PART", value_parser = parts::names())]
    pub(crate) only: Vec<String>,
    /// Count a skipped part as failed
    #[arg(long)]
    pub(crate) deny_skips: bool,
}

/// One kind of test.
struct Part {
    name: &'static str,
    run: fn() -> Result<()>,
}

enum Outcome {
    Passed,
    Failed(anyhow::Error),
    Skipped(String),
}

impl Outcome {
    /// A part that lacks what could not be installed is skipped; any other error is a failure.
    fn of(result: Result<()>, deny_skips: bool) -> Self {
        match result {
            Ok(()) => Self::Passed,
            Err(error) => match error.downcast_ref::<Missing>() {
                Some(missing) if !deny_skips => Self::Skipped(missing.to_string()),
                _ => Self::Failed(error),
            },
        }
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let mut summary = Vec::new();
    for part in PARTS {
        if !options.only.is_empty() && !options.only.iter().any(|name| name == part.name) {
            continue;
        }
        eprintln!("\n=== {}", part.name);
        let started = Instant::now();
        let outcome = Outcome::of((part.run)(), options.deny_skips);
        if let Outcome::Failed(error) = &outcome {
            eprintln!("error: {error:#}");
        }
        summary.push((part.name, outcome, seconds(started)));
    }
    report(&summary)
}

fn report(summary: &[(&str, Outcome, String)]) -> Result<()> {
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    println!();
    for (name, outcome, took) in summary {
        match outcome {
            Outcome::Passed => {
                passed += 1;
                println!("{name:<12} passed   {took}");
            }
            Outcome::Failed(error) => {
                failed += 1;
                let text = format!("{error:#}");
                let first = text.lines().next().unwrap_or_default();
                println!("{name:<12} FAILED   {took}  {first}");
            }
            Outcome::Skipped(reason) => {
                skipped += 1;
                println!("{name:<12} skipped  {took}  {reason}");
            }
        }
    }
    println!("\n{passed} passed, {failed} failed, {skipped} skipped");
    if failed > 0 {
        bail!("{failed} of {} parts failed", summary.len());
    }
    Ok(())
}
