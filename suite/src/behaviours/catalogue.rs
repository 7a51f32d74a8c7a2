//! Random reads and writes of the catalogue, held against the model; many more seeds are run where
//! nothing is waited for, in `inside/catalogue.rs`.

use super::chapter;
use crate::catalogue::random::{Leaning, Maker};
use crate::catalogue::replay::Replay;
use crate::catalogue::script::written;
use crate::transcript;
use crate::world::World;

chapter!("catalogue", Engine:
    every_read_is_as_the_model_says,
    pages_leave_no_gap_and_show_nothing_twice,
);

fn every_read_is_as_the_model_says(world: &mut World<'_>) {
    check(world, Leaning::Reads, [1_001, 1_002, 1_003]);
}

fn pages_leave_no_gap_and_show_nothing_twice(world: &mut World<'_>) {
    check(world, Leaning::Pages, [1_001, 1_002]);
}

fn check<const N: usize>(world: &mut World<'_>, leaning: Leaning, seeds: [u64; N]) {
    for seed in seeds {
        let _ = transcript::take();
        let lists = ["1", "2"].map(|list| format!("{} {seed} {list}", world.list()));
        let script = Maker::new(seed, &lists, leaning).script(70);
        let mut replay = Replay::new(world.client(), false);
        for (at, step) in script.iter().enumerate() {
            if let Err(error) = replay.step(step) {
                panic!(
                    "seed {seed}: {error}\n\nscript:\n{}",
                    written(&script[..=at])
                );
            }
        }
    }
}
