//! What the typed API asks of the engine, free of the tables' types.

use std::fmt;

use zeroback_protocol::RawId;

use super::Order;
use crate::key::KeyPart;
use crate::{Error, Result, TableDef};

/// Encodes a document once its id (as text) and creation time (Unix ms) are known.
pub type Encode<'e> = &'e dyn Fn(&str, i64) -> Result<String>;

/// A database within one run of one function.
pub trait Database: fmt::Debug {
    /// Reads one document.
    fn get(&self, table: &'static TableDef, id: RawId) -> Result<Option<String>>;

    /// Reads the documents of a part of an index.
    fn scan(&self, scan: Scan) -> Result<Documents>;

    /// Counts the documents of a part of an index.
    fn count(&self, scan: Scan) -> Result<u64>;

    /// Writes a new document and returns its id.
    fn insert(&self, table: &'static TableDef, encode: Encode<'_>) -> Result<RawId>;

    /// Puts the fields of a JSON object over those of a document.
    fn patch(&self, table: &'static TableDef, id: RawId, fields: &str) -> Result<()>;

    /// Writes another document in the place of one.
    fn replace(&self, table: &'static TableDef, id: RawId, encode: Encode<'_>) -> Result<()>;

    /// Deletes a document.
    fn delete(&self, table: &'static TableDef, id: RawId) -> Result<()>;
}

/// A part of one index, to be read in one direction.
#[derive(Debug)]
pub struct Scan {
    /// The table.
    pub table: &'static TableDef,
    /// The part of an index.
    pub bounds: IndexBounds,
    /// The direction.
    pub order: Order,
    /// How many documents.
    pub limit: Limit,
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

/// Encoded documents, one behind the other.
///
/// Encoded JSON holds no line break, so one separates them: they are told apart without parsing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Documents {
    lines: String,
}

impl Documents {
    /// Wraps the texts of documents with a line break between each two.
    #[must_use]
    pub fn from_lines(lines: String) -> Self {
        Self { lines }
    }

    /// Returns each document's text.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.lines.split('\n').filter(|line| !line.is_empty())
    }

    /// Returns the last document's text.
    #[must_use]
    pub fn last(&self) -> Option<&str> {
        self.lines
            .rsplit('\n')
            .next()
            .filter(|line| !line.is_empty())
    }

    /// Returns how many bytes the documents take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.lines.len()
    }
}
