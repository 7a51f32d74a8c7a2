//! Archives of the database: `GET /api/admin/export` and `POST /api/admin/import`.
//!
//! Each is one event from start to end: what goes out is handed to JavaScript piece by piece, so
//! that it is in memory once, and what comes in is bounded by what one event can do.

use std::io::{self, Cursor, Write};

use zeroback_protocol::{Outcome, RawJson, Timestamp, WireError};

use super::log;
use super::platform::Platform;
use super::store::DurableStore;
use crate::engine::Engine;
use crate::engine::transfer::{
    Archive, ExportLimits, ImportLimits, TransferError, TransferReport, export,
};

/// An object has 128 MiB for all that it does.
const EXPORT: ExportLimits = ExportLimits {
    archive_bytes_max: 64 << 20,
};

/// An object has 30 seconds of processor time for an event. The archive itself is bounded by what
/// the glue reads of a body.
const IMPORT: ImportLimits = ImportLimits {
    documents_max: 200_000,
    unpacked_bytes_max: 256 << 20,
    line_bytes_max: 4 << 20,
};

/// How much of an archive is handed over at a time.
const PIECE_BYTES: usize = 256 << 10;

/// Answers with an archive of the database.
pub(super) fn answer_export(platform: &Platform, ticket: f64, now: Timestamp) {
    let store = DurableStore::new(platform.clone());
    let mut pieces = Pieces {
        platform,
        ticket,
        pending: Vec::with_capacity(PIECE_BYTES),
    };
    match export(&store, now, EXPORT, &mut pieces) {
        Ok(_) => platform.reply_archive(ticket),
        Err(error) => fail(platform, ticket, &error),
    }
}

/// Puts an archive in the place of what its tables hold.
pub(super) fn answer_import(
    engine: &mut Engine<DurableStore>,
    platform: &Platform,
    ticket: f64,
    archive: &[u8],
    now: Timestamp,
) {
    let imported = Archive::open(Cursor::new(archive))
        .and_then(|archive| engine.import(&archive, IMPORT, now));
    match imported {
        Ok(report) => platform.reply(ticket, 200, &told(&report), None),
        Err(error) => fail(platform, ticket, &error),
    }
}

/// Answers with an error.
pub(super) fn refuse(platform: &Platform, ticket: f64, status: u16, error: WireError) {
    let error = log::named(error);
    platform.reply(ticket, status, &Outcome::Error(error).encode(), None);
}

fn fail(platform: &Platform, ticket: f64, error: &TransferError) {
    if error.is_ours() {
        tracing::error!("a transfer failed: {error}");
    }
    let told = error.to_wire();
    refuse(platform, ticket, told.code.http_status(), told);
}

fn told(report: &TransferReport) -> String {
    let report = serde_json::to_string(report).expect("text and numbers");
    Outcome::Success(RawJson::from_encoded(report)).encode()
}

/// Hands an archive over to JavaScript.
struct Pieces<'p> {
    platform: &'p Platform,
    ticket: f64,
    pending: Vec<u8>,
}

impl Write for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pending.extend_from_slice(bytes);
        if self.pending.len() >= PIECE_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.platform.archive_piece(self.ticket, &self.pending);
        self.pending.clear();
        Ok(())
    }
}
