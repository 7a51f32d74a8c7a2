//! The random behaviour with many seeds, which takes no time where nothing is waited for.

use super::chapter;
use crate::behaviours::random;
use crate::target::in_process::InProcess;
use crate::transcript;
use crate::world::World;

chapter!("random": what_is_held_is_what_would_be_told);

fn what_is_held_is_what_would_be_told() {
    for seed in 1..=20 {
        let _ = transcript::take();
        random::run(
            &mut World::new(&mut InProcess::default(), "random"),
            seed,
            40,
        );
    }
}
