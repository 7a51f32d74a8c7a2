//! What a read returned, and what it should have.

use suite_fixture::catalogue::{Answer, Plan, Product, Want};
use zeroback::db::Doc;
use zeroback_protocol::Outcome;

use super::super::model::{Model, Row, is_search};
use super::{decoded, is_row};

/// Holds an outcome against the model.
pub(super) fn read(
    model: &Model,
    plan: &Plan,
    want: Want,
    outcome: &Outcome,
) -> Result<(), String> {
    let found = model.select(plan);
    let fail = |told: &str| {
        let ids: Vec<_> = found.iter().map(|row| row.id).collect();
        Err(format!("{plan:?} {want:?}\n  told {told}\n  of {ids:?}"))
    };
    let value = match outcome {
        Outcome::Error(error) if want == Want::Unique && found.len() > 1 => {
            return match error.code.as_str() {
                "conflict" => Ok(()),
                _ => fail(&error.to_string()),
            };
        }
        Outcome::Error(error) => return fail(&error.to_string()),
        Outcome::Success(value) => value.as_str(),
    };
    let is_right = match (want, decoded(value)?) {
        (Want::Count, Answer::Count(count)) => count == found.len() as u64,
        (Want::First | Want::Unique, Answer::One(one)) => {
            let one: Vec<_> = one.into_iter().map(|one| *one).collect();
            (want == Want::First || found.len() < 2) && are_rows(plan, &one, &found, 1)
        }
        (Want::All, Answer::Many(all)) => are_rows(plan, &all, &found, usize::MAX),
        (Want::Take(count) | Want::Iter(count), Answer::Many(some)) => {
            are_rows(plan, &some, &found, count as usize)
        }
        _ => false,
    };
    if is_right { Ok(()) } else { fail(value) }
}

/// Tells whether these are the first so many rows; a search may take any.
fn are_rows(plan: &Plan, told: &[Doc<Product>], found: &[&Row], count_max: usize) -> bool {
    if told.len() != found.len().min(count_max) {
        return false;
    }
    if !is_search(plan) {
        return told.iter().zip(found).all(|(told, row)| is_row(told, row));
    }
    let mut ids: Vec<_> = told.iter().map(|told| *told.id()).collect();
    ids.sort_unstable();
    ids.dedup();
    let is_found = |told: &Doc<Product>| found.iter().any(|row| is_row(told, row));
    ids.len() == told.len() && told.iter().all(is_found)
}
