//! Runs the simulator, or shows that it finds what is planted: `cargo xtask sim`.

use std::process::ExitCode;
use std::time::Instant;

use suite::sim;
use suite::sim::planted::{BUGS, SEEDS_MAX, seed_that_finds};

/// So many failures are enough to look at.
const FAILURES_MAX: usize = 5;

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("planted") {
        return find_planted();
    }
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<u64>());
    let (Some(Ok(from)), Some(Ok(count))) = (numbers.next(), numbers.next()) else {
        eprintln!("usage: sim <first seed> <number of seeds>, or sim planted");
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

/// Says which seed is the first to find each of the bugs that can be planted.
fn find_planted() -> ExitCode {
    sim::keep_panics();
    let mut are_all_found = true;
    for (bug, properties) in BUGS {
        let found = seed_that_finds(*bug, properties);
        match found {
            Some((seed, property)) => println!("{bug:?} breaks {property:?} in seed {seed}"),
            None => println!("{bug:?} is not found in {SEEDS_MAX} seeds"),
        }
        are_all_found &= found.is_some();
    }
    ExitCode::from(u8::from(!are_all_found))
}
