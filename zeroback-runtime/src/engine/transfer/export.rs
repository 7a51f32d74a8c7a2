//! The way out: every table that the database has, also those that are gone from the code.

use std::io::{self, Write};

use zeroback_protocol::{Timestamp, Version};

use super::archive::{ArchiveWriter, entry_name};
use super::manifest::{MANIFEST, Manifest};
use super::{TableReport, TransferError, TransferReport};
use crate::db::system_fields;
use crate::engine::schema::tables_of;
use crate::engine::store::{Select, SqlParam, Store, StoreError, Verdict};

/// How many documents are read at a time.
const ROWS_READ: usize = 256;

/// Reading stops behind the document that goes beyond so many bytes, and goes on from there.
const BYTES_READ: usize = 4 << 20;

/// What an export may come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExportLimits {
    /// Bytes of the archive; beyond it `export_too_large`.
    pub archive_bytes_max: u64,
}

impl ExportLimits {
    /// Where the archive is not held in memory.
    pub const NONE: Self = Self {
        archive_bytes_max: u64::MAX,
    };
}

/// Writes an archive of a database as it is at this moment.
///
/// It reads in one transaction, and writes only to `to`.
///
/// # Errors
///
/// Fails where the store or `to` does, and for an archive that is too large. What has been written
/// is no archive then.
pub fn export<S: Store, W: Write>(
    store: &S,
    now: Timestamp,
    limits: ExportLimits,
    to: W,
) -> Result<TransferReport, TransferError> {
    let mut to = Bounded {
        to,
        left: limits.archive_bytes_max,
        is_over: false,
    };
    let mut written = Err(TransferError::Conflict("the transaction did not run"));
    store.transaction(&mut || {
        written = write_archive(store, now, &mut to);
        Verdict::Commit
    })?;
    match written {
        Err(TransferError::Io(_)) if to.is_over => Err(TransferError::ExportTooLarge(format!(
            "the archive has over {} bytes, which is the most that one answer holds",
            limits.archive_bytes_max
        ))),
        written => written,
    }
}

fn write_archive<S: Store>(
    store: &S,
    now: Timestamp,
    to: &mut dyn Write,
) -> Result<TransferReport, TransferError> {
    let mut archive = ArchiveWriter::new(to);
    let mut report = TransferReport::default();
    let version = version_of(store)?;
    for table in tables_of(store)? {
        let mut documents = 0;
        archive.entry(&entry_name(&table), |entry| {
            documents = write_table(store, &table, entry)?;
            Ok::<_, TransferError>(())
        })?;
        report.tables.insert(table, TableReport { documents });
    }
    let manifest = Manifest::new(now, version, &report);
    let manifest = serde_json::to_string(&manifest).map_err(io::Error::other)?;
    archive.entry(MANIFEST, |entry| entry.write_all(manifest.as_bytes()))?;
    archive.finish()?;
    Ok(report)
}

/// Writes a table's documents in the order of their ids, and returns how many there are.
fn write_table<S: Store>(store: &S, table: &str, to: &mut dyn Write) -> Result<u64, TransferError> {
    let sql = format!(
        "SELECT doc, _id AS k0 FROM \"{table}\" WHERE _id > ? ORDER BY _id LIMIT {ROWS_READ}"
    );
    let select = Select {
        sql: &sql,
        order: "k0",
        rows_max: ROWS_READ,
        bytes_max: BYTES_READ,
    };
    let mut count = 0;
    let mut after = String::new();
    loop {
        let documents = store.documents(&select, &[SqlParam::Text(&after)])?;
        for document in documents.iter() {
            to.write_all(document.as_bytes())?;
            to.write_all(b"\n")?;
            count += 1;
        }
        let Some(last) = documents.last() else {
            return Ok(count);
        };
        let (id, _) = system_fields(last).ok_or_else(|| {
            StoreError::new(format!("a document of table \"{table}\" is damaged"))
        })?;
        id.clone_into(&mut after);
    }
}

fn version_of<S: Store>(store: &S) -> Result<Version, StoreError> {
    let rows = store.query("SELECT epoch, counter FROM _zeroback_state", &[])?;
    let read = rows.first().and_then(|row| {
        Some(Version {
            epoch: u64::try_from(row[0].as_integer()?).ok()?,
            counter: u64::try_from(row[1].as_integer()?).ok()?,
        })
    });
    read.ok_or_else(|| StoreError::new("the row of _zeroback_state is damaged"))
}

/// A writer that takes only so much.
struct Bounded<W> {
    to: W,
    left: u64,
    is_over: bool,
}

impl<W: Write> Write for Bounded<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() as u64 > self.left {
            self.is_over = true;
            return Err(io::Error::other("the archive is too large"));
        }
        let written = self.to.write(bytes)?;
        self.left -= written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

impl From<io::Error> for TransferError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
