//! What only the engine itself can be asked: how often it ran what, and what it does when its
//! store fails. All in virtual time.

mod accounts;
mod catalogue;
mod failing_store;
mod group_commit;
mod identity;
mod ids;
mod limits;
mod once;
mod random;
mod records;
mod resume;
mod runs;
mod schema;
mod simulator;
mod sleep;
mod slow_clients;

/// A name and what shows it.
pub type Script = (&'static str, fn());

/// Returns all of them.
pub fn scripts() -> impl Iterator<Item = Script> {
    CHAPTERS.iter().copied().flatten().copied()
}

const CHAPTERS: &[&[Script]] = &[
    group_commit::SCRIPTS,
    runs::SCRIPTS,
    resume::SCRIPTS,
    sleep::SCRIPTS,
    slow_clients::SCRIPTS,
    schema::SCRIPTS,
    failing_store::SCRIPTS,
    ids::SCRIPTS,
    identity::SCRIPTS,
    accounts::SCRIPTS,
    limits::SCRIPTS,
    once::SCRIPTS,
    records::SCRIPTS,
    random::SCRIPTS,
    catalogue::SCRIPTS,
    simulator::SCRIPTS,
];

/// Lists the scripts of a chapter.
macro_rules! chapter {
    ($chapter:literal: $($name:ident),* $(,)?) => {
        pub(super) const SCRIPTS: &[$crate::inside::Script] = &[
            $((concat!($chapter, "::", stringify!($name)), $name),)*
        ];
    };
}
use chapter;
