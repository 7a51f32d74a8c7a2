//! The simulator finds what it is there to find: for each property a bug that is planted in the
//! engine, and found within some seeds.

use zeroback_runtime::planted::{Bug, plant};

use super::chapter;
use crate::sim::{Property, breach_of_seed, run_seed};

chapter!("simulator":
    seeds_hold,
    an_overlooked_query_is_found,
    a_lost_delta_is_found,
    a_run_for_nothing_is_found,
    an_old_version_is_found,
    a_mutation_made_twice_is_found,
    a_failure_that_stays_is_found,
    an_answer_before_its_commit_is_found,
    results_that_are_kept_for_ever_are_found,
    a_set_that_is_not_told_is_found,
);

/// More seeds run in a part of their own.
const SEEDS: u64 = 40;

/// So many seeds find each bug.
const SEEDS_MAX: u64 = 30;

fn seeds_hold() {
    for seed in 1..=SEEDS {
        if let Err(failure) = run_seed(seed) {
            panic!("{failure}");
        }
    }
}

#[track_caller]
fn finds(bug: Bug, property: Property) {
    plant(Some(bug));
    // What the engine makes of the bug may break other properties before.
    let breaks = |seed| breach_of_seed(seed).is_some_and(|breach| breach.property == property);
    let is_found = (1..=SEEDS_MAX).any(breaks);
    plant(None);
    assert!(is_found, "{SEEDS_MAX} seeds do not find {bug:?}");
}

fn an_overlooked_query_is_found() {
    finds(Bug::OverlooksAQuery, Property::Fresh);
}

fn a_lost_delta_is_found() {
    finds(Bug::LosesADelta, Property::Sound);
}

fn a_run_for_nothing_is_found() {
    finds(Bug::RunsAll, Property::Sound);
}

fn an_old_version_is_found() {
    finds(Bug::TellsAnOldVersion, Property::Ordered);
}

fn a_mutation_made_twice_is_found() {
    finds(Bug::IgnoresPlaces, Property::Once);
}

fn a_failure_that_stays_is_found() {
    finds(Bug::KeepsFailures, Property::Atomic);
}

fn an_answer_before_its_commit_is_found() {
    finds(Bug::AnswersUncommitted, Property::Durable);
}

fn results_that_are_kept_for_ever_are_found() {
    finds(Bug::KeepsResults, Property::Bounded);
}

fn a_set_that_is_not_told_is_found() {
    finds(Bug::ForgetsSets, Property::Live);
}
