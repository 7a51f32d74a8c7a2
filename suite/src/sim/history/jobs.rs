//! Jobs that come: each once, when it is due, and whole or not at all.

use super::super::model::{Edition, State};
use super::super::property::{Breach, Property};
use super::super::store::Changed;

/// Takes in that a job has come; returns what the database is after it.
pub(super) fn come(
    job: u64,
    run: &Changed,
    before: &State,
    edition: Edition,
    now_ms: i64,
) -> Result<State, Breach> {
    let breach = |property, text: &str| Err(Breach::new(property, format!("job {job} {text}")));
    let mut state = before.clone();
    let waiting = state.jobs.iter().enumerate();
    let waiting = waiting.filter(|(_, waiting)| waiting.job == job);
    let Some((at, _)) = waiting.min_by_key(|(_, waiting)| waiting.due_ms) else {
        return breach(Property::Once, "comes, and nobody awaits it");
    };
    let waiting = state.jobs.remove(at);
    if waiting.due_ms > now_ms {
        return breach(Property::Ordered, "comes before it is due");
    }
    let came = state.come(&waiting, edition);
    let is_kept = run.is_kept && (came.is_ok() || run.has_written);
    match (came, is_kept) {
        (Ok(()), true) | (Err(_), false) if !run.is_faulted => Ok(state),
        // It is not its fault, and it comes again.
        (_, false) if run.is_faulted => Ok(before.clone()),
        (Ok(()), _) => breach(Property::Atomic, "was undone"),
        (Err(code), _) => breach(
            Property::Atomic,
            &format!("fails with {code}, and was kept"),
        ),
    }
}
