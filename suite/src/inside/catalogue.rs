//! Random reads and writes of the catalogue with many seeds, held against the model; what fails is
//! shown with the least script that does.

use std::panic::{AssertUnwindSafe, catch_unwind};

use suite_fixture::catalogue::watch_runs;

use super::chapter;
use crate::catalogue::random::{Leaning, Maker};
use crate::catalogue::replay::Replay;
use crate::catalogue::script::{Step, shrunken, written};
use crate::target::in_process::InProcess;
use crate::transcript;
use crate::world::World;

chapter!("catalogue":
    every_read_is_as_the_model_says,
    pages_leave_no_gap_and_show_nothing_twice,
);

fn every_read_is_as_the_model_says() {
    check(Leaning::Reads, 35);
}

fn pages_leave_no_gap_and_show_nothing_twice() {
    check(Leaning::Pages, 25);
}

/// The variable that asks for more seeds than are run by default.
const SEEDS_VARIABLE: &str = "ZEROBACK_SUITE_SEEDS";

fn check(leaning: Leaning, seeds: u64) {
    let asked = std::env::var(SEEDS_VARIABLE).ok();
    let seeds = asked.and_then(|asked| asked.parse().ok()).unwrap_or(seeds);
    for seed in 1..=seeds {
        let lists = ["x".to_owned(), "y".to_owned()];
        let script = Maker::new(seed, &lists, leaning).script(80);
        if let Err(error) = replay(&script) {
            let kind = |error: &str| error.split([' ', '(']).next().map(str::to_owned);
            let least = shrunken(script, |script| {
                replay(script).is_err_and(|other| kind(&other) == kind(&error))
            });
            let error = replay(&least).err().unwrap_or(error);
            panic!("seed {seed}: {error}\n\nscript:\n{}", written(&least));
        }
    }
}

fn replay(script: &[Step]) -> Result<(), String> {
    let replayed = catch_unwind(AssertUnwindSafe(|| {
        let _ = transcript::take();
        watch_runs();
        let mut target = InProcess::default();
        let time = target.clone();
        let client = World::new(&mut target, "catalogue").client();
        let mut replay = Replay::new(client, true);
        script.iter().try_for_each(|step| {
            if let Step::Tick = step {
                time.advance_ms(7);
            }
            replay.step(step)
        })
    }));
    replayed.unwrap_or_else(|_| Err("it panicked".to_owned()))
}
