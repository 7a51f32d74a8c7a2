//! Seeds and backups: tables as lines of JSON in a ZIP archive, out of a database and into one.
//!
//! An archive has an entry `<table>.jsonl` for each table, a stored document on each line, and an
//! entry `_zeroback.json` that tells what it is; one that lacks it was written by hand. An export
//! reads a snapshot. An import puts its lines into staging tables, chunk by chunk, while the
//! database is used, and then swaps the contents of the tables in one transaction. A line that is
//! not right leaves nothing of the import behind.
//!
//! 1. `archive`: the ZIP archive, as lines;
//! 2. `line`: a line becomes a document, or a fault;
//! 3. `staging`: documents wait in tables of their own, and take the place of others;
//! 4. `import`: all of that, as a host drives it;
//! 5. `export`: the way out.

mod archive;
mod compact;
mod error;
mod export;
mod import;
mod line;
mod manifest;
pub(super) mod staging;

pub use archive::{Archive, ArchiveContents, ArchiveLine, ArchiveLines};
pub use error::{Fault, TransferError};
pub use export::{ExportLimits, export};
pub use import::{Import, ImportLimits};

use std::collections::BTreeMap;

use serde::Serialize;

/// What went out, or came in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TransferReport {
    /// The tables by their names.
    pub tables: BTreeMap<String, TableReport>,
}

/// What went out of a table, or came into it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TableReport {
    /// How many documents.
    pub documents: u64,
}

#[cfg(test)]
mod tests;
