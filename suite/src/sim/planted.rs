//! The bugs that are planted in the engine, each with the property that it breaks.

use zeroback_runtime::planted::{Bug, plant};

use super::{Property, breach_of_seed};

/// So many seeds find each bug.
pub const SEEDS_MAX: u64 = 60;

/// All bugs that can be planted.
pub const BUGS: &[(Bug, Property)] = &[
    (Bug::OverlooksAQuery, Property::Fresh),
    (Bug::LosesADelta, Property::Sound),
    (Bug::RunsAll, Property::Sound),
    (Bug::TellsAnOldVersion, Property::Ordered),
    (Bug::IgnoresPlaces, Property::Once),
    (Bug::KeepsFailures, Property::Atomic),
    (Bug::AnswersUncommitted, Property::Durable),
    (Bug::KeepsResults, Property::Bounded),
    (Bug::ForgetsSets, Property::Live),
    (Bug::CutsPages, Property::Sound),
    (Bug::ForgetsOldWords, Property::Fresh),
    (Bug::ForgetsKeys, Property::Once),
    (Bug::MistakesKeys, Property::Durable),
    (Bug::ForgetsTheYoung, Property::Once),
];

/// Returns the first seed that finds a bug by the property that it breaks.
#[must_use]
pub fn seed_that_finds(bug: Bug, property: Property) -> Option<u64> {
    plant(Some(bug));
    // What the engine makes of the bug may break other properties before.
    let breaks =
        |seed: &u64| breach_of_seed(*seed).is_some_and(|breach| breach.property == property);
    let found = (1..=SEEDS_MAX).find(breaks);
    plant(None);
    found
}
