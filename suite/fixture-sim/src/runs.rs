//! What was run on this thread.

use std::cell::RefCell;

/// Something that was run, or went wrong meanwhile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Run {
    /// A query.
    Asked(Question),
    /// The mutation with this token.
    Changed(u64),
    /// The job with this number.
    Came(u64),
    /// The store failed on purpose.
    Fault,
}

/// A query with its arguments.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// `pieces:all`.
    All(String),
    /// `pieces:top`.
    Top(String, u32, bool),
    /// `pieces:between`.
    Between(String, i64, i64),
    /// `pieces:count`.
    Count(String),
    /// `pieces:one`.
    One(i64),
    /// `pieces:must`.
    Must(i64),
    /// `pieces:board`.
    Board,
    /// `pieces:titles`.
    Titles(String),
    /// `pages:page`.
    Page(PageOf),
    /// `search:find`.
    Find(String, Option<String>),
    /// `search:found`.
    Found(String, Option<String>),
    /// `weights:heavy`, which the next version of the app has.
    Heavy(i64),
}

/// Which page of a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PageOf {
    /// The list.
    pub list: String,
    /// Whether it is read from its end.
    pub last: bool,
    /// Whether only pieces with a note are in it.
    pub noted: bool,
    /// How many pieces a page holds that has no end yet.
    pub limit: u32,
    /// The end of the page before.
    pub cursor: Option<String>,
    /// The end of this one.
    pub end: Option<String>,
}

thread_local! {
    static RUNS: RefCell<Vec<Run>> = const { RefCell::new(Vec::new()) };
}

/// Takes what was run since the last call.
#[must_use]
pub fn take_runs() -> Vec<Run> {
    RUNS.take()
}

/// Notes that the store fails now.
pub fn note_fault() {
    note(Run::Fault);
}

/// Notes that something is run.
pub fn note(run: Run) {
    RUNS.with_borrow_mut(|runs| runs.push(run));
}
