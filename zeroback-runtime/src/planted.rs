//! Bugs that are planted, one at a time, to show that the simulator finds them. Without the feature
//! `planted`, which only the suite asks for, there are none, and what asks for them is nothing.

/// A bug, by what the engine does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    not(feature = "planted"),
    expect(unreachable_pub, reason = "only the suite plants them")
)]
pub enum Bug {
    /// It overlooks one of the queries that a commit has made stale.
    OverlooksAQuery,
    /// It leaves out the last step on the way from an older result.
    LosesADelta,
    /// It runs all queries after each commit.
    RunsAll,
    /// It tells of a commit under the version before it.
    TellsAnOldVersion,
    /// It runs a mutation as often as it is sent.
    IgnoresPlaces,
    /// It keeps what a failed mutation has written.
    KeepsFailures,
    /// It answers as if a commit had been made that has failed.
    AnswersUncommitted,
    /// It keeps results that nobody comes back to.
    KeepsResults,
    /// It does not say which set of live queries a transition has.
    ForgetsSets,
    /// It gives a page no more than its limit, also between two cursors.
    CutsPages,
    /// It does not see that a document is not found any more.
    ForgetsOldWords,
    /// It makes a mutation again under its `Idempotency-Key`.
    ForgetsKeys,
    /// It answers a mutation with what another one came to under the same key.
    MistakesKeys,
    /// It forgets records where there are many, however young they are.
    ForgetsTheYoung,
    /// It goes on writing where another engine has changed the schema.
    WritesOvertaken,
    /// It tells no live query of an import.
    ImportsInSilence,
    /// It runs a job's mutation again a second later.
    RunsJobsAgain,
    /// It does not see that a job was scheduled.
    OverlooksJobs,
}

#[cfg(feature = "planted")]
mod switch {
    use std::cell::Cell;

    use super::Bug;

    thread_local! {
        static BUG: Cell<Option<Bug>> = const { Cell::new(None) };
    }

    /// Plants a bug in all engines of this thread, in the place of an earlier one.
    pub fn plant(bug: Option<Bug>) {
        BUG.set(bug);
    }

    pub(crate) fn has(bug: Bug) -> bool {
        BUG.get() == Some(bug)
    }
}

#[cfg(not(feature = "planted"))]
mod switch {
    pub(crate) const fn has(_: super::Bug) -> bool {
        false
    }
}

pub(crate) use switch::has;
#[cfg(feature = "planted")]
pub use switch::plant;
