//! What counts as skipped.

use anyhow::{Context as _, Result, anyhow};

use super::Outcome;
use crate::setup::Missing;

#[track_caller]
fn check(result: Result<()>, deny_skips: bool, expected: &str) {
    let outcome = match Outcome::of(result, deny_skips) {
        Outcome::Passed => "passed".to_owned(),
        Outcome::Failed(error) => format!("failed: {error:#}"),
        Outcome::Skipped(reason) => format!("skipped: {reason}"),
    };
    assert_eq!(outcome, expected);
}

fn missing() -> Result<()> {
    Err(Missing("no browser".to_owned()).into())
}

#[test]
fn what_cannot_be_installed_is_skipped_with_its_reason() {
    check(
        missing().context("installing a browser"),
        false,
        "skipped: no browser",
    );
}

#[test]
fn nothing_is_skipped_where_skips_are_denied() {
    check(missing(), true, "failed: no browser");
}

#[test]
fn any_other_error_is_a_failure() {
    check(Err(anyhow!("npm failed")), false, "failed: npm failed");
    check(Ok(()), false, "passed");
}
