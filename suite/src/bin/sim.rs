//! Runs the simulator: `cargo xtask sim`.

use std::process::ExitCode;
use std::time::Instant;

use suite::sim;

/// So many failures are enough to look at.
const FAILURES_MAX: usize = 5;

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let (Some(Ok(from)), Some(Ok(count))) = (numbers.next(), numbers.next()) else {
        eprintln!("usage: sim <first seed> <number of seeds>");
        return ExitCode::FAILURE;
    };
    sim::keep_panics();
    let start = Instant::now();
    let mut failures = 0;
    for seed in from..from.saturating_add(count) {
        if let Err(failure) = sim::run_seed(seed) {
            println!("{failure}");
            failures += 1;
            if failures == FAILURES_MAX {
                break;
            }
        }
    }
    let time = start.elapsed();
    println!("{count} seeds from {from}: {failures} failed, {time:.1?}");
    ExitCode::from(u8::from(failures > 0))
}
