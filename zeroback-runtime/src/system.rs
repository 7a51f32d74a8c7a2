//! The tables of the runtime itself, declared as an author declares theirs.
//!
//! They are part of every app: the engine lays them out with the author's, keeps their indexes, puts
//! them into read and write sets, and changes their schema when a newer runtime declares another one. So
//! a query that reads them is live, and a mutation writes them in its own transaction. No author can name
//! them: their structs are not public, and their names begin with `_zeroback_`, which the macro takes in
//! this crate alone. They are not in `api.ts`, and migrations do not see them. They are part of an export.

pub(crate) mod account_functions;
pub(crate) mod accounts;
pub(crate) mod crons;
pub(crate) mod file_functions;
pub(crate) mod files;
mod functions;
pub(crate) mod jobs;

use crate::registry::TableEntry;
pub(crate) use functions::function;

/// Those of every app, in the order of their names, in which a schema change goes through tables. A table
/// of this crate that is not listed is not laid out.
pub(crate) static TABLES: &[TableEntry] = &[
    TableEntry::of::<crons::Cron>(),
    TableEntry::of::<files::File>(),
    TableEntry::of::<jobs::Job>(),
];

/// Those of an app that keeps accounts: all there are.
pub(crate) static TABLES_WITH_ACCOUNTS: &[TableEntry] = &[
    TableEntry::of::<crons::Cron>(),
    TableEntry::of::<files::File>(),
    TableEntry::of::<jobs::Job>(),
    TableEntry::of::<accounts::OauthAttempt>(),
    TableEntry::of::<accounts::Session>(),
    TableEntry::of::<accounts::SignIn>(),
    TableEntry::of::<accounts::Tries>(),
    TableEntry::of::<accounts::User>(),
];

/// Tells whether a table is one of the runtime's.
pub(crate) fn is_table(name: &str) -> bool {
    TABLES_WITH_ACCOUNTS
        .iter()
        .any(|entry| entry.def.name == name)
}

#[cfg(test)]
mod tests;
