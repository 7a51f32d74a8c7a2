//! The bugs that are planted in the engine, each with the properties that it breaks.

use zeroback_runtime::planted::{Bug, plant};

use super::{Property, breach_of_seed};

/// So many seeds find each bug.
pub const SEEDS_MAX: u64 = 100;

/// All bugs that can be planted.
pub const BUGS: &[(Bug, &[Property])] = &[
    (Bug::OverlooksAQuery, &[Property::Fresh]),
    (Bug::LosesADelta, &[Property::Sound]),
    (Bug::RunsAll, &[Property::Sound]),
    (Bug::TellsAnOldVersion, &[Property::Ordered]),
    (Bug::IgnoresPlaces, &[Property::Once]),
    (Bug::KeepsFailures, &[Property::Atomic]),
    (Bug::AnswersUncommitted, &[Property::Durable]),
    (Bug::KeepsResults, &[Property::Bounded]),
    (Bug::ForgetsSets, &[Property::Live]),
    (Bug::CutsPages, &[Property::Fresh, Property::Sound]),
    (Bug::ForgetsOldWords, &[Property::Fresh]),
    (Bug::ForgetsKeys, &[Property::Once]),
    (Bug::MistakesKeys, &[Property::Durable]),
    (Bug::ForgetsTheYoung, &[Property::Once]),
    (Bug::WritesOvertaken, &[Property::Migrated]),
    (Bug::ImportsInSilence, &[Property::Fresh, Property::Sound]),
    (Bug::RunsJobsAgain, &[Property::Once]),
    (Bug::OverlooksJobs, &[Property::Live]),
];

/// Returns the first seed that finds a bug by one of the properties that it breaks, and which.
#[must_use]
pub fn seed_that_finds(bug: Bug, properties: &[Property]) -> Option<(u64, Property)> {
    plant(Some(bug));
    // What the engine makes of the bug may break other properties before.
    let breaks = |seed| {
        let property = breach_of_seed(seed)?.property;
        properties.contains(&property).then_some((seed, property))
    };
    let found = (1..=SEEDS_MAX).find_map(breaks);
    plant(None);
    found
}
