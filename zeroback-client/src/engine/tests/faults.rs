//! The engine against a server that keeps the rules, while everything goes wrong that may. `ZEROBACK_SEEDS`
//! tells how many random scenes are played of each kind; one that fails names its seed.

mod scene;

use std::panic::{AssertUnwindSafe, catch_unwind};

use fastrand::Rng;
use serde_json::json;

use crate::Phase;
use scene::{Faults, Scene, project};

impl Scene {
    /// Makes one random step.
    fn step(&mut self, rng: &mut Rng) {
        let Faults {
            bad,
            restore,
            guesses,
        } = self.faults;
        // Each kind of step has so many tenths.
        let weights = [
            40,
            10,
            120,
            60,
            60,
            10,
            5,
            // Who is refused may have been made before, and both are seen.
            if guesses { 0 } else { 7 },
            7,
            if bad { 4 } else { 0 },
            3,
            if restore { 2 } else { 0 },
            if restore { 2 } else { 0 },
            40,
            3,
        ];
        let mut at = rng.u32(..weights.iter().sum::<u32>());
        let kind = weights
            .iter()
            .position(|weight| match at.checked_sub(*weight) {
                Some(left) => {
                    at = left;
                    false
                }
                None => true,
            });
        match kind.expect("one of them") {
            0 => self.create(if rng.f64() < 0.2 { "bad" } else { "task" }),
            1 => self.read_once(),
            2 => self.server.read(),
            3 => self.server.flush(),
            4 => self.accept(),
            5 if self.phase() == Phase::Connected => self.drop_socket(rng.usize(..4)),
            6 if self.phase() == Phase::Connected => self.server.forget_requests(),
            7 => {
                let codes = [
                    "unavailable",
                    "migrating",
                    "schema_conflict",
                    "rate_limited",
                ];
                self.server.refuse_next = Some(codes[rng.usize(..codes.len())]);
            }
            8 => self.server.wrong_base_next = true,
            9 => self.server.bad_next = true,
            10 => {
                let args = json!({ "project": project(rng.usize(..4)) });
                let heard = self.world.listen("tasks:list", &args);
                self.world.stop(&heard);
            }
            11 => self.backup = self.server.database.clone(),
            12 => {
                self.is_restored = true;
                self.drop_socket(0);
                self.server.restore(self.backup.clone());
            }
            13 => self.world.advance(rng.u64(..600)),
            // A frame that comes twice is no worse.
            14 if !guesses => self.server.repeat(),
            _ => {}
        }
        self.carry();
    }
}

#[track_caller]
fn wander(faults: Faults, check: impl Fn(&Scene)) {
    let seeds = std::env::var("ZEROBACK_SEEDS").ok();
    let seeds: u64 = seeds.and_then(|text| text.parse().ok()).unwrap_or(60);
    for seed in 1..=seeds {
        let played = catch_unwind(AssertUnwindSafe(|| {
            let mut rng = Rng::with_seed(seed);
            let mut scene = Scene::new(faults);
            for _ in 0..250 {
                scene.step(&mut rng);
            }
            scene.heal();
            scene.check_end();
            check(&scene);
        }));
        assert!(played.is_ok(), "seed {seed} of {faults:?}");
    }
}

#[test]
fn each_mutation_is_made_once_in_order_and_no_outcome_is_unknown() {
    wander(Faults::default(), |scene| assert_eq!(scene.unknown(), 0));
}

#[test]
fn what_is_guessed_is_seen_once_from_the_call_on() {
    let faults = Faults {
        guesses: true,
        ..Faults::default()
    };
    wander(faults, |_| {});
}

#[test]
fn messages_that_are_not_taken_are_in_nobodys_way() {
    let faults = Faults {
        bad: true,
        ..Faults::default()
    };
    wander(faults, |_| {});
}

#[test]
fn a_database_that_is_restored_makes_nothing_twice() {
    let faults = Faults {
        bad: true,
        restore: true,
        guesses: false,
    };
    wander(faults, |_| {});
}
