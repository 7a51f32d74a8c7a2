//! A ZIP archive of tables, written from its beginning to its end without going back.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::DeflateEncoder;
use rawzip::time::UtcDateTime;
use rawzip::{CompressionMethod, ZipArchiveWriter};

/// 1980-01-01, before which the format has no day: equal documents are to make equal archives.
const FIRST_DAY_UNIX_S: i64 = 315_532_800;

/// An archive that is written.
pub(in crate::engine::transfer) struct ArchiveWriter<W> {
    zip: ZipArchiveWriter<W>,
}

impl<W: Write> ArchiveWriter<W> {
    pub(in crate::engine::transfer) fn new(to: W) -> Self {
        Self {
            zip: ZipArchiveWriter::new(to),
        }
    }

    /// Writes an entry, whose contents `fill` writes.
    pub(in crate::engine::transfer) fn entry<E: From<io::Error>>(
        &mut self,
        name: &str,
        fill: impl FnOnce(&mut dyn Write) -> Result<(), E>,
    ) -> Result<(), E> {
        let file = self
            .zip
            .new_file(name)
            .last_modified(UtcDateTime::from_unix(FIRST_DAY_UNIX_S))
            .compression_method(CompressionMethod::DEFLATE);
        let (mut packed, config) = file.start().map_err(into_io)?;
        let encoder = DeflateEncoder::new(&mut packed, Compression::default());
        let mut contents = config.wrap(encoder);
        fill(&mut contents)?;
        let (encoder, descriptor) = contents.finish().map_err(into_io)?;
        encoder.finish()?;
        packed.finish(descriptor).map_err(into_io)?;
        Ok(())
    }

    /// Writes the list of entries, which ends the archive.
    pub(in crate::engine::transfer) fn finish(self) -> io::Result<()> {
        self.zip.finish().map_err(into_io)?.flush()
    }
}

fn into_io(error: rawzip::Error) -> io::Error {
    match error.into_kind() {
        rawzip::ErrorKind::IO(error) => error,
        other => io::Error::other(other.to_string()),
    }
}
