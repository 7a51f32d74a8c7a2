//! The simulator finds what it is there to find: for each property a bug that is planted in the
//! engine, and found within some seeds.

use zeroback_runtime::planted::Bug;

use super::chapter;
use crate::sim::planted::{BUGS, SEEDS_MAX, seed_that_finds};
use crate::sim::run_seed;

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
    a_page_that_is_cut_is_found,
    a_word_that_is_gone_and_found_is_found,
    a_key_that_is_forgotten_is_found,
    a_key_that_is_mistaken_is_found,
    a_young_record_that_is_forgotten_is_found,
    code_that_is_overtaken_and_writes_is_found,
    an_import_of_which_nobody_is_told_is_found,
);

/// More seeds run in a part of their own.
const SEEDS: u64 = 40;

fn seeds_hold() {
    for seed in 1..=SEEDS {
        if let Err(failure) = run_seed(seed) {
            panic!("{failure}");
        }
    }
}

#[track_caller]
fn finds(bug: Bug) {
    let properties = BUGS
        .iter()
        .find(|(of, _)| *of == bug)
        .expect("it is on the list")
        .1;
    let found = seed_that_finds(bug, properties);
    assert!(found.is_some(), "{SEEDS_MAX} seeds do not find {bug:?}");
}

fn an_overlooked_query_is_found() {
    finds(Bug::OverlooksAQuery);
}

fn a_lost_delta_is_found() {
    finds(Bug::LosesADelta);
}

fn a_run_for_nothing_is_found() {
    finds(Bug::RunsAll);
}

fn an_old_version_is_found() {
    finds(Bug::TellsAnOldVersion);
}

fn a_mutation_made_twice_is_found() {
    finds(Bug::IgnoresPlaces);
}

fn a_failure_that_stays_is_found() {
    finds(Bug::KeepsFailures);
}

fn an_answer_before_its_commit_is_found() {
    finds(Bug::AnswersUncommitted);
}

fn results_that_are_kept_for_ever_are_found() {
    finds(Bug::KeepsResults);
}

fn a_set_that_is_not_told_is_found() {
    finds(Bug::ForgetsSets);
}

fn a_page_that_is_cut_is_found() {
    finds(Bug::CutsPages);
}

fn a_word_that_is_gone_and_found_is_found() {
    finds(Bug::ForgetsOldWords);
}

fn a_key_that_is_forgotten_is_found() {
    finds(Bug::ForgetsKeys);
}

fn a_key_that_is_mistaken_is_found() {
    finds(Bug::MistakesKeys);
}

fn a_young_record_that_is_forgotten_is_found() {
    finds(Bug::ForgetsTheYoung);
}

fn code_that_is_overtaken_and_writes_is_found() {
    finds(Bug::WritesOvertaken);
}

fn an_import_of_which_nobody_is_told_is_found() {
    finds(Bug::ImportsInSilence);
}
