//! An archive on its way in: into a file, and from there to the engine, chunk by chunk.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use axum::body::Bytes;
use tokio::sync::mpsc;

use super::super::engine_thread::{EngineHandle, ImportStep};
use crate::engine::transfer::{Archive, ImportLimits, TransferError, TransferReport};

/// The file inside of the data folder. There is one import at a time; what a kill has left of it is
/// overwritten by the next.
const UPLOAD_FILE: &str = "import.zip.part";

/// A part of a body.
#[derive(Debug)]
pub(super) enum Upload {
    Bytes(Bytes),
    /// The body is whole.
    End,
}

/// An archive that is being received.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) data: PathBuf,
    pub(super) engine: EngineHandle,
    pub(super) uploaded: mpsc::Receiver<Upload>,
}

impl Incoming {
    /// Receives the archive, and imports it. Runs on a thread that may wait.
    pub(super) fn run(mut self) -> Result<TransferReport, TransferError> {
        let part = Part::create(&self.data)?;
        self.receive(&part.file)?;
        let archive = Archive::open(&part.file)?;
        let limits = ImportLimits::default();
        self.step(ImportStep::Begin(archive.contents().clone(), limits))?;
        let staged = archive.read(
            limits.unpacked_bytes_max,
            limits.line_bytes_max,
            &mut |lines| self.step(ImportStep::Stage(lines)).map(drop),
        );
        match staged {
            Ok(()) => self.step(ImportStep::Finish),
            Err(error) => {
                self.step(ImportStep::Drop)?;
                Err(error)
            }
        }
    }

    fn receive(&mut self, mut file: &File) -> Result<(), TransferError> {
        loop {
            match self.uploaded.blocking_recv() {
                Some(Upload::Bytes(bytes)) => file.write_all(&bytes)?,
                Some(Upload::End) => return Ok(()),
                None => {
                    let text = "the body ended before its end".to_owned();
                    return Err(TransferError::Archive(text));
                }
            }
        }
    }

    fn step(&self, step: ImportStep) -> Result<TransferReport, TransferError> {
        self.engine.import_blocking(step)
    }
}

/// A file that goes when the import has ended.
struct Part {
    path: PathBuf,
    file: File,
}

impl Part {
    fn create(data: &Path) -> Result<Self, TransferError> {
        let path = data.join(UPLOAD_FILE);
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)?;
        Ok(Self { path, file })
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // What is left is overwritten by the next import.
        let _ = std::fs::remove_file(&self.path);
    }
}
