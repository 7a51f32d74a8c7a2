//! Measures the server against what it is built on, in one run: `xtask-bench measure [PART]…`.
//!
//! Absolute numbers belong to a machine and an hour; the ratios to a baseline measured seconds
//! before are what later work is held against. `SCENARIOS.md` says what is done in each part.
//!
//! The program is also what it measures: `baseline NAME DATA` is one of the baselines, and with any
//! other verb it is the program around the app, so that `serve` is the server.

mod baseline;
mod listeners;
mod measure;
mod process;
mod report;
mod socket;
mod zeroback;

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use xtask_bench::rows;

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        ["measure", parts @ ..] => measure::run(parts),
        ["baseline", name, data] => baseline::serve(name, Path::new(data)),
        _ => return ::zeroback::native::main(xtask_bench::app()),
    };
    ended(done)
}

fn ended(done: Result<()>) -> ExitCode {
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
