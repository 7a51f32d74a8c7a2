//! A ZIP archive of tables, read: what it holds, and its lines in chunks.
//!
//! Whatever the archive says of itself is only said: what is unpacked is counted as it comes, the
//! names of entries are names of tables and never paths, and an entry that is not understood is an
//! error rather than passed over.

mod writer;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use flate2::read::DeflateDecoder;
use rawzip::{CompressionMethod, ReaderAt, ZipArchive, ZipArchiveEntryWayfinder, ZipLocator};

use super::TransferError;
use super::manifest::{Announced, FORMAT, MANIFEST};
use crate::system;

pub(super) use writer::ArchiveWriter;

/// An archive has at most so many entries; a database has fewer tables.
const ENTRIES_MAX: usize = 4_096;

/// The entry that tells what an archive is has at most so many bytes.
const MANIFEST_BYTES_MAX: u64 = 1 << 20;

/// How many lines a chunk has at most.
const CHUNK_LINES: usize = 256;

/// A chunk ends behind the line that goes beyond so many bytes.
const CHUNK_BYTES: usize = 1 << 20;

/// What the entry of a table ends in.
const LINES: &str = ".jsonl";

/// An archive that is to be imported.
#[derive(Debug)]
pub struct Archive<R> {
    zip: ZipArchive<Source<R>>,
    contents: ArchiveContents,
    /// Of the tables, in their order.
    entries: Vec<Entry>,
}

/// What an archive holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveContents {
    /// The names of the tables that it has an entry for, in order.
    pub tables: Vec<String>,
    /// Whether it is an export, and not written by hand.
    pub is_export: bool,
}

/// Lines of one table that follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveLines {
    /// The place of the table among those of the archive.
    pub table: usize,
    /// The lines; blank ones are left out.
    pub lines: Vec<ArchiveLine>,
}

/// A line of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchiveLine {
    /// Its number in the entry, from 1.
    pub number: u64,
    /// Its text, or why it has none.
    pub text: Result<String, &'static str>,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    place: ZipArchiveEntryWayfinder,
    method: CompressionMethod,
}

/// Returns the name of a table's entry.
pub(super) fn entry_name(table: &str) -> String {
    format!("{table}{LINES}")
}

impl<R: Read + Seek> Archive<R> {
    /// Reads what an archive holds.
    ///
    /// # Errors
    ///
    /// Fails for what is no ZIP archive, or holds anything but tables.
    pub fn open(source: R) -> Result<Self, TransferError> {
        let mut buffer = vec![0; rawzip::RECOMMENDED_BUFFER_SIZE];
        let mut source = source;
        let end = source.seek(SeekFrom::End(0))?;
        let source = Source(RefCell::new(source));
        let zip = ZipLocator::new()
            .locate_in_reader(source, &mut buffer, end)
            .map_err(|(_, error)| unreadable(&error))?;
        let mut found = BTreeMap::new();
        let mut listed = zip.entries(&mut buffer);
        while let Some(header) = listed.next_entry().map_err(|error| unreadable(&error))? {
            let path = header.file_path();
            let name = String::from_utf8_lossy(path.as_bytes()).into_owned();
            let entry = Entry {
                place: header.wayfinder(),
                method: header.compression_method(),
            };
            if header.flags().is_encrypted() {
                return Err(bad_entry(&name, "is encrypted"));
            }
            if !matches!(
                entry.method,
                CompressionMethod::STORE | CompressionMethod::DEFLATE
            ) {
                return Err(bad_entry(&name, "is packed in a way that is not read"));
            }
            if found.len() >= ENTRIES_MAX {
                let text = format!("the archive has over {ENTRIES_MAX} entries");
                return Err(TransferError::Archive(text));
            }
            if found.insert(name.clone(), entry).is_some() {
                return Err(bad_entry(&name, "is there twice"));
            }
        }
        Self::with_entries(zip, found)
    }

    fn with_entries(
        zip: ZipArchive<Source<R>>,
        mut found: BTreeMap<String, Entry>,
    ) -> Result<Self, TransferError> {
        let manifest = found.remove(MANIFEST);
        let mut tables = Vec::new();
        for name in found.keys() {
            match name
                .strip_suffix(LINES)
                .filter(|table| is_table_name(table))
            {
                Some(table) => tables.push(table.to_owned()),
                None => {
                    return Err(bad_entry(
                        name,
                        "is not called as a table is, `<table>.jsonl`",
                    ));
                }
            }
        }
        let archive = Self {
            zip,
            contents: ArchiveContents {
                tables,
                is_export: manifest.is_some(),
            },
            entries: found.into_values().collect(),
        };
        if let Some(manifest) = manifest {
            archive.check_format(manifest)?;
        }
        Ok(archive)
    }

    /// Returns what the archive holds.
    #[must_use]
    pub fn contents(&self) -> &ArchiveContents {
        &self.contents
    }

    /// Hands over all lines, in the order of the tables.
    ///
    /// # Errors
    ///
    /// Fails where an entry is damaged, where all of them together have over `unpacked_bytes_max`
    /// bytes, and where `each` does. A line of over `line_bytes_max` bytes comes without its text.
    pub fn read(
        &self,
        unpacked_bytes_max: u64,
        line_bytes_max: usize,
        each: &mut dyn FnMut(ArchiveLines) -> Result<(), TransferError>,
    ) -> Result<(), TransferError> {
        let mut left = unpacked_bytes_max;
        for (table, entry) in self.entries.iter().enumerate() {
            let name = entry_name(&self.contents.tables[table]);
            let source = self
                .unpack(*entry)
                .map_err(|error| damaged(&name, &error))?;
            let mut lines = Lines {
                source: BufReader::new(source),
                read: 0,
                number: 0,
                line_bytes_max,
            };
            loop {
                let chunk = lines
                    .next_chunk(left)
                    .map_err(|error| damaged(&name, &error))?;
                if lines.read > left {
                    return Err(TransferError::ImportTooLarge(format!(
                        "the archive unpacks to over {unpacked_bytes_max} bytes"
                    )));
                }
                if chunk.is_empty() {
                    break;
                }
                each(ArchiveLines {
                    table,
                    lines: chunk,
                })?;
            }
            left -= lines.read;
        }
        Ok(())
    }

    fn check_format(&self, manifest: Entry) -> Result<(), TransferError> {
        let mut json = Vec::new();
        self.unpack(manifest)
            .and_then(|entry| entry.take(MANIFEST_BYTES_MAX).read_to_end(&mut json))
            .map_err(|error| damaged(MANIFEST, &error))?;
        let Ok(Announced { format }) = serde_json::from_slice(&json) else {
            return Err(bad_entry(MANIFEST, "does not tell the archive's format"));
        };
        if format != FORMAT {
            let text = format!("the archive has format {format}, and format {FORMAT} is read");
            return Err(TransferError::Archive(text));
        }
        Ok(())
    }

    /// Opens an entry; its end is the place where a wrong checksum is an error.
    fn unpack(&self, entry: Entry) -> io::Result<Box<dyn Read + '_>> {
        let packed = self.zip.get_entry(entry.place).map_err(io::Error::other)?;
        let bytes = packed.reader();
        Ok(if entry.method == CompressionMethod::STORE {
            Box::new(packed.verifying_reader(bytes))
        } else {
            Box::new(packed.verifying_reader(DeflateDecoder::new(bytes)))
        })
    }
}

/// What an archive is read from, at places of the reader's choice.
#[derive(Debug)]
struct Source<R>(RefCell<R>);

impl<R: Read + Seek> ReaderAt for Source<R> {
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut source = self.0.borrow_mut();
        source.seek(SeekFrom::Start(offset))?;
        source.read(bytes)
    }
}

/// The lines of one entry.
struct Lines<S> {
    source: BufReader<S>,
    /// How many bytes have been unpacked.
    read: u64,
    /// Of the last line that was read.
    number: u64,
    line_bytes_max: usize,
}

impl<S: Read> Lines<S> {
    /// Returns the next lines, none at the end. Stops early once over `bytes_max` bytes are read.
    fn next_chunk(&mut self, bytes_max: u64) -> io::Result<Vec<ArchiveLine>> {
        let mut lines = Vec::new();
        let mut bytes = 0;
        while lines.len() < CHUNK_LINES && bytes < CHUNK_BYTES && self.read <= bytes_max {
            let Some(line) = self.next_line(bytes_max)? else {
                break;
            };
            bytes += line.text.as_ref().map_or(0, String::len);
            if line
                .text
                .as_ref()
                .map_or(true, |text| !text.trim().is_empty())
            {
                lines.push(line);
            }
        }
        Ok(lines)
    }

    fn next_line(&mut self, bytes_max: u64) -> io::Result<Option<ArchiveLine>> {
        let mut text = Vec::new();
        let mut is_too_long = false;
        let mut is_end = true;
        while self.read <= bytes_max {
            let part = self.source.fill_buf()?;
            if part.is_empty() {
                break;
            }
            is_end = false;
            let end = part.iter().position(|byte| *byte == b'\n');
            let taken = end.unwrap_or(part.len());
            is_too_long |= text.len() + taken > self.line_bytes_max;
            if !is_too_long {
                text.extend_from_slice(&part[..taken]);
            }
            let consumed = taken + usize::from(end.is_some());
            self.source.consume(consumed);
            self.read += consumed as u64;
            if end.is_some() {
                break;
            }
        }
        if is_end {
            return Ok(None);
        }
        self.number += 1;
        let text = if is_too_long {
            Err("is longer than any document may be")
        } else {
            String::from_utf8(text).map_err(|_| "is not UTF-8")
        };
        Ok(Some(ArchiveLine {
            number: self.number,
            text,
        }))
    }
}

/// Tells whether a table can have this name: an author's, or one of the runtime's own.
fn is_table_name(name: &str) -> bool {
    let is_authors = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_authors || system::is_table(name)
}

fn unreadable(error: &rawzip::Error) -> TransferError {
    TransferError::Archive(format!("this is not a whole ZIP archive: {error}"))
}

fn bad_entry(name: &str, why: &str) -> TransferError {
    let name: String = name.chars().take(100).collect();
    TransferError::Archive(format!("the entry {name:?} {why}"))
}

fn damaged(name: &str, error: &io::Error) -> TransferError {
    TransferError::Archive(format!("{name} cannot be unpacked: {error}"))
}
