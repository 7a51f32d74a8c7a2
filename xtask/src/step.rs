//! Progress: one line before each long step, and how long it took after it.

use std::time::Instant;

use anyhow::{Context as _, Result};

/// Runs `work` between a line that says what is happening and one that says how long it took.
///
/// # Errors
///
/// What `work` failed with, headed by the step's name.
pub(crate) fn step<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    eprintln!("==> {what}");
    let started = Instant::now();
    let value = work().with_context(|| what.to_owned())?;
    eprintln!("    done in {}", seconds(started));
    Ok(value)
}

/// Returns the time since `started` as people read it: `3.2 s`.
pub(crate) fn seconds(started: Instant) -> String {
    format!("{:.1} s", started.elapsed().as_secs_f64())
}
