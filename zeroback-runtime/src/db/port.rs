//! What the typed API asks of the engine, free of the tables' types.

use std::fmt;

use zeroback_protocol::{DocumentLimits, RawId};

use super::Order;
use super::filter::FilterExpr;
use crate::file::{FileMetadata, UploadOptions};
use crate::job::{JobStatus, NewJob};
use crate::key::KeyPart;
use crate::{Error, Result, TableDef};

/// Encodes a document once its id (as text) and creation time (Unix ms) are known.
pub type Encode<'e> = &'e dyn Fn(&str, i64, &DocumentLimits) -> Result<String>;

/// Encodes the fields that a patch sets.
pub type EncodePatch<'e> = &'e dyn Fn(&DocumentLimits) -> Result<String>;

/// A database within one run of one function.
pub trait Database: fmt::Debug {
    /// Reads one document.
    fn get(&self, table: &'static TableDef, id: RawId) -> Result<Option<String>>;

    /// Reads those of the documents that exist, each once, in any order; it counts as many as there
    /// are ids.
    fn get_many(&self, table: &'static TableDef, ids: &[RawId]) -> Result<Documents>;

    /// Reads documents; of an index those behind `after`, which an earlier scan has returned last.
    fn scan(&self, scan: &Scan, limit: Limit, after: Option<&str>) -> Result<Documents>;

    /// Counts documents.
    fn count(&self, scan: &Scan) -> Result<u64>;

    /// Reads a page of documents.
    fn page(&self, scan: &Scan, page: &PageBounds) -> Result<RawPage>;

    /// Returns how many documents this run has written so far.
    fn writes(&self) -> usize;

    /// Writes a new document and returns its id.
    fn insert(&self, table: &'static TableDef, encode: Encode<'_>) -> Result<RawId>;

    /// Puts the fields of a JSON object over those of a document.
    fn patch(&self, table: &'static TableDef, id: RawId, encode: EncodePatch<'_>) -> Result<()>;

    /// Writes another document in the place of one.
    fn replace(&self, table: &'static TableDef, id: RawId, encode: Encode<'_>) -> Result<()>;

    /// Deletes a document.
    fn delete(&self, table: &'static TableDef, id: RawId) -> Result<()>;

    /// Notes a call that is to be made later, and returns the id of the job.
    fn schedule(&self, job: NewJob) -> Result<RawId>;

    /// Cancels a job that waits; tells whether there was one.
    fn cancel_job(&self, id: RawId) -> Result<bool>;

    /// Returns what has become of a job, as long as that is known.
    fn job_status(&self, id: RawId) -> Result<Option<JobStatus>>;

    /// Makes a file that is not there yet, and returns its id.
    fn new_file(&self, options: UploadOptions) -> Result<RawId>;

    /// Makes a file that is not there yet, and returns a path to upload it to.
    fn new_upload(&self, options: UploadOptions) -> Result<String>;

    /// Returns the file that a token of such a path is for.
    fn open_upload(&self, token: &str) -> Result<RawId>;

    /// Deletes a file; tells whether it was there.
    fn delete_file(&self, id: RawId) -> Result<bool>;

    /// Returns what is known of a file that is there.
    fn file_metadata(&self, id: RawId) -> Result<Option<FileMetadata>>;

    /// Returns a path from which it can be downloaded.
    fn file_url(&self, id: RawId) -> Result<Option<String>>;

    /// Tells whether a token is one of such a path, and has not expired.
    fn may_open_file(&self, id: RawId, token: &str) -> bool;
}

/// A part of a table, to be read in one order.
#[derive(Debug)]
pub struct Scan {
    /// The table.
    pub table: &'static TableDef,
    /// Where the documents are found.
    pub source: Source,
    /// Which of those are wanted.
    pub filter: Option<FilterExpr>,
    /// The direction; a search knows none, its best comes first.
    pub order: Order,
}

/// Where a scan finds its documents.
#[derive(Debug)]
pub enum Source {
    /// In a part of an index.
    Index(IndexBounds),
    /// In a search index.
    Search(SearchBounds),
}

/// How many documents a scan may return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// All there are; more than the engine's limit is an error.
    All,
    /// The first so many.
    Take(usize),
}

/// The bounds of a part of an index: a prefix of equal values, and a range of the next column.
#[derive(Debug, Default)]
pub struct IndexBounds {
    /// The index's name.
    pub index: &'static str,
    /// The values of its first columns.
    pub equal: Vec<KeyPart>,
    /// Where the next column's range begins.
    pub lower: Option<Bound>,
    /// Where the next column's range ends.
    pub upper: Option<Bound>,
    /// An operand that could not be encoded; the read fails with it.
    pub error: Option<Error>,
}

/// One end of a range.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    /// The value.
    pub part: KeyPart,
    /// Whether the range holds the value itself.
    pub inclusive: bool,
}

/// What is searched for, and among which documents.
#[derive(Debug, Default)]
pub struct SearchBounds {
    /// The search index's name.
    pub index: &'static str,
    /// Whatever was typed.
    pub text: String,
    /// Outside names of the index's filter fields, with the values that they must have.
    pub equal: Vec<(&'static str, KeyPart)>,
    /// An operand that could not be encoded; the read fails with it.
    pub error: Option<Error>,
}

/// Which page of a scan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageBounds {
    /// How many documents a page holds that has no end yet.
    pub limit: usize,
    /// Where it begins: behind the cursor, or at the start.
    pub cursor: Option<String>,
    /// Where it ends: with the cursor, or where it is full.
    pub end_cursor: Option<String>,
}

/// A page as the engine returns it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawPage {
    /// Its documents.
    pub documents: Documents,
    /// Where it ends.
    pub end_cursor: String,
    /// Its middle, where it has grown above twice the limit.
    pub split_cursor: Option<String>,
    /// Whether nothing comes behind it.
    pub is_done: bool,
}

/// Encoded documents, one behind the other.
///
/// Encoded JSON holds no line break, so one separates them: they are told apart without parsing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Documents {
    lines: String,
    count: usize,
}

impl Documents {
    /// Wraps the texts of documents with a line break between each two.
    #[must_use]
    pub fn from_lines(lines: String) -> Self {
        let breaks = memchr::memchr_iter(b'\n', lines.as_bytes()).count();
        Self {
            count: if lines.is_empty() { 0 } else { breaks + 1 },
            lines,
        }
    }

    /// Adds a document.
    pub fn push(&mut self, document: &str) {
        if self.count > 0 {
            self.lines.push('\n');
        }
        self.lines.push_str(document);
        self.count += 1;
    }

    /// Returns each document's text.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let ends = memchr::memchr_iter(b'\n', self.lines.as_bytes()).chain([self.lines.len()]);
        let mut start = 0;
        ends.take(self.count).map(move |end| {
            let line = &self.lines[start..end];
            start = end + 1;
            line
        })
    }

    /// Returns how many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Returns the last document's text.
    #[must_use]
    pub fn last(&self) -> Option<&str> {
        let start = memchr::memrchr(b'\n', self.lines.as_bytes()).map_or(0, |at| at + 1);
        (self.count > 0).then(|| &self.lines[start..])
    }

    /// Puts more documents behind these.
    pub fn append(&mut self, more: Self) {
        if self.count == 0 {
            *self = more;
        } else if more.count > 0 {
            self.lines.push('\n');
            self.lines.push_str(&more.lines);
            self.count += more.count;
        }
    }

    /// Returns the first so many.
    #[must_use]
    pub fn first(mut self, count: usize) -> First {
        if self.count <= count {
            return First {
                kept: self,
                cut_off: false,
            };
        }
        let mut breaks = memchr::memchr_iter(b'\n', self.lines.as_bytes());
        let end = count.checked_sub(1).and_then(|last| breaks.nth(last));
        self.lines.truncate(end.unwrap_or(0));
        self.count = count;
        First {
            kept: self,
            cut_off: true,
        }
    }

    /// Returns how many bytes the documents take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.lines.len()
    }
}

/// The first of some documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct First {
    /// Those that were wanted.
    pub kept: Documents,
    /// Whether there were more.
    pub cut_off: bool,
}

#[cfg(test)]
mod tests {
    use super::Documents;

    #[track_caller]
    fn check(documents: &Documents, expected: &[&str]) {
        assert_eq!(documents.iter().collect::<Vec<_>>(), expected);
        assert_eq!(documents.count(), expected.len());
        assert_eq!(documents.last(), expected.last().copied());
    }

    #[test]
    fn documents_are_told_apart_by_line_breaks() {
        check(&Documents::default(), &[]);
        check(&Documents::from_lines(String::new()), &[]);
        check(&Documents::from_lines("{}".to_owned()), &["{}"]);
        let mut documents = Documents::from_lines("1\n2".to_owned());
        documents.push("3");
        documents.append(Documents::from_lines("4\n5".to_owned()));
        documents.append(Documents::default());
        check(&documents, &["1", "2", "3", "4", "5"]);
        check(&documents.clone().first(0).kept, &[]);
        check(&documents.clone().first(2).kept, &["1", "2"]);
        check(&documents.clone().first(5).kept, &["1", "2", "3", "4", "5"]);
        assert!(documents.clone().first(4).cut_off);
        assert!(!documents.first(5).cut_off);
    }
}
