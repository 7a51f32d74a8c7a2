//! An archive on its way out: written on a thread of its own, as fast as its reader takes it.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use axum::body::Bytes;
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::super::clock::now;
use super::super::server::DATABASE_FILE;
use super::super::store::NativeStore;
use crate::engine::transfer::{ExportLimits, TransferError, export};

/// How much of an archive is sent at a time.
const PIECE_BYTES: usize = 64 << 10;

/// A reader that takes nothing for so long is given up: while the snapshot is held, what is
/// written meanwhile stays in the write-ahead log.
const STALL_MAX: Duration = Duration::from_secs(60);

/// What an archive is sent through; it ends when the sender is dropped.
pub(super) type Sender = mpsc::Sender<Result<Bytes, TransferError>>;

/// Writes the archive into a channel, and returns it. Runs on a thread that may wait.
pub(super) fn run(data: &Path, pieces: Sender) -> Sender {
    let mut writer = Pieces {
        pieces,
        pending: Vec::with_capacity(PIECE_BYTES),
    };
    let written = NativeStore::open_snapshot(&data.join(DATABASE_FILE))
        .map_err(TransferError::Store)
        .and_then(|store| export(&store, now(), ExportLimits::NONE, &mut writer));
    if let Err(error) = written {
        // What was sent so far is cut off there.
        tracing::error!("an export failed: {error}");
        let _ = writer.send(Err(error));
    }
    writer.pieces
}

struct Pieces {
    pieces: Sender,
    pending: Vec<u8>,
}

impl Pieces {
    fn send(&self, piece: Result<Bytes, TransferError>) -> io::Result<()> {
        let sent = Handle::current().block_on(timeout(STALL_MAX, self.pieces.send(piece)));
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(io::Error::other("the reader is gone")),
            Err(_) => Err(io::Error::other("the reader takes nothing")),
        }
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pending.extend_from_slice(bytes);
        if self.pending.len() >= PIECE_BYTES {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.pending, Vec::with_capacity(PIECE_BYTES));
        self.send(Ok(piece.into()))
    }
}
