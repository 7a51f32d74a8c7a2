//! The model: what the catalogue is to hold, and what reads of it are to return.

mod conditions;
mod part;
mod places;
mod words;
mod writes;

use std::collections::BTreeMap;

use fastrand::Rng;
use suite_fixture::catalogue::{Direction, Plan, Product, Source, Want};
use zeroback::{Id, Timestamp};

pub use part::{AsPart, Part};
pub use writes::{Done, Failure};

/// The rows of one database.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// By id, which is the order of creation.
    pub rows: BTreeMap<Id<Product>, Row>,
    /// How many inserts were tried.
    pub inserted: u128,
}

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its id in the script.
    pub id: Id<Product>,
    /// When it was created; told by the target.
    pub created: Timestamp,
    /// Its fields.
    pub product: Product,
}

/// Where a row stands among those that a plan finds.
pub type Place = (Vec<Part>, Id<Product>);

impl Model {
    /// Returns the rows that a plan finds, in order; those of a search in any order.
    #[must_use]
    pub fn select(&self, plan: &Plan) -> Vec<&Row> {
        let mut found: Vec<_> = self
            .rows
            .values()
            .filter_map(|row| Some((place(plan, row)?, row)))
            .collect();
        found.sort_by(|(a, _), (b, _)| a.partial_cmp(b).expect("no part is not a number"));
        if plan.direction == Direction::Descending && !is_search(plan) {
            found.reverse();
        }
        found.into_iter().map(|(_, row)| row).collect()
    }
}

impl Row {
    /// Tells whether a plan finds it, so far as all rows up to the last one of `until` go.
    #[must_use]
    pub fn is_found(&self, plan: &Plan, until: Option<&Place>) -> bool {
        match (place(plan, self), until) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(own), Some(until)) if plan.direction == Direction::Ascending => own <= *until,
            (Some(own), Some(until)) => own >= *until,
        }
    }
}

/// Returns where a row stands, if the plan finds it.
#[must_use]
pub fn place(plan: &Plan, row: &Row) -> Option<Place> {
    if row.product.list != plan.list {
        return None;
    }
    let passes = |condition| conditions::holds(condition, row);
    if !plan.filter.as_ref().is_none_or(passes) {
        return None;
    }
    let parts = places::parts(&plan.source, row)?;
    Some((parts, row.id))
}

/// Tells whether a plan searches, so that its order is the ranking's.
#[must_use]
pub fn is_search(plan: &Plan) -> bool {
    matches!(plan.source, Source::Search { .. })
}

/// Returns the place up to which a read has looked, given what it found; nothing for all.
#[must_use]
pub fn looked_until(plan: &Plan, want: Want, found: &[&Row]) -> Option<Place> {
    let limit = match want {
        Want::Take(count) => count as usize,
        Want::First => 1,
        Want::Unique => 2,
        Want::All | Want::Count | Want::Iter(_) => return None,
    };
    let last = found.get(limit.checked_sub(1)?)?;
    if is_search(plan) {
        None
    } else {
        place(plan, last)
    }
}

/// Returns a word that the model can look up; most often a common one.
pub fn words_of(rng: &mut Rng) -> &'static str {
    let common = rng.u8(..3) > 0;
    let words = if common {
        &words::WORDS[..6]
    } else {
        &words::WORDS[..]
    };
    rng.choice(words).expect("there are some").0
}
