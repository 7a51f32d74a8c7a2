//! The storage port: what the engine asks of SQLite, on either host.

use std::fmt;
use std::time::Duration;

use zeroback_protocol::FunctionKind;

use crate::db::Documents;

/// A SQLite database, used by one engine alone.
///
/// It is synchronous, because SQLite is on both hosts, and refuses nothing that the engine asks:
/// the engine speaks the part of SQL that a Durable Object allows.
pub trait Store: fmt::Debug + 'static {
    /// Runs a statement that returns nothing, and tells whether it has inserted, updated or deleted
    /// a row. Of a statement that does none of these it says nothing.
    ///
    /// # Errors
    ///
    /// Fails where SQLite fails; the statement has had no effect then.
    fn update(&self, sql: &str, params: &[SqlParam<'_>]) -> Result<bool, StoreError>;

    /// Runs a statement that returns nothing.
    ///
    /// # Errors
    ///
    /// As [`Store::update`].
    fn execute(&self, sql: &str, params: &[SqlParam<'_>]) -> Result<(), StoreError> {
        self.update(sql, params).map(drop)
    }

    /// Returns all rows of a statement. For the engine's own small tables.
    ///
    /// # Errors
    ///
    /// Fails where SQLite fails.
    fn query(&self, sql: &str, params: &[SqlParam<'_>]) -> Result<Vec<Vec<SqlValue>>, StoreError>;

    /// Returns the text in the first column of the first row, if there is a row.
    ///
    /// # Errors
    ///
    /// Fails where SQLite fails.
    fn text(&self, sql: &str, params: &[SqlParam<'_>]) -> Result<Option<String>, StoreError>;

    /// Returns the documents that a statement selects, in its order, as one value.
    ///
    /// # Errors
    ///
    /// Fails where SQLite fails.
    fn documents(
        &self,
        select: &Select<'_>,
        params: &[SqlParam<'_>],
    ) -> Result<Documents, StoreError>;

    /// Notes that a function begins to run: a store with a clock gives it a time by which it must
    /// have asked for what it needs, and one whose host outlives a trap keeps what it was.
    fn run_begins(&self, _running: Running<'_>) {}

    /// Notes that the function has ended; returns how long it ran, where the host can tell.
    fn run_ends(&self) -> Option<Duration> {
        None
    }

    /// Runs `reads`, all of which read and do not write. A store for which the begin and the end of a
    /// transaction cost something has them read in one.
    fn read_together(&self, reads: &mut dyn FnMut()) {
        reads();
    }

    /// Runs `body` in a transaction, or, inside of one, behind a savepoint.
    ///
    /// # Errors
    ///
    /// Fails where the transaction cannot begin, commit or roll back; nothing is written then.
    fn transaction(&self, body: &mut dyn FnMut() -> Verdict) -> Result<(), StoreError>;
}

/// How a transaction ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// What was written stays.
    Commit,
    /// What was written is undone.
    Rollback,
}

/// A statement that selects documents.
#[derive(Clone, Copy, Debug)]
pub struct Select<'s> {
    /// Selects `doc`, and behind it the columns `k0`, `k1`, … that it is ordered by.
    pub sql: &'s str,
    /// The order in terms of those columns, such as `k0 DESC, k1 DESC`: an aggregate around the
    /// statement needs it again.
    pub order: &'s str,
    /// How many rows there can be at most.
    pub rows_max: usize,
    /// How many bytes of documents are wanted at most. A store may stop behind the document that
    /// goes beyond it: the run fails then, and memory does not.
    pub bytes_max: usize,
}

/// A value bound to a statement's parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SqlParam<'p> {
    /// Null.
    Null,
    /// An integer. Beyond 53 bits it is compared with, or put into, a column of type INTEGER only.
    Integer(i64),
    /// A number; as the end of a range also an infinity.
    Real(f64),
    /// Text.
    Text(&'p str),
    /// Bytes.
    Blob(&'p [u8]),
}

/// A value of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum SqlValue {
    /// Null.
    Null,
    /// An integer of at most 53 bits.
    Integer(i64),
    /// A number.
    Real(f64),
    /// Text.
    Text(String),
}

/// A function that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Running<'r> {
    /// Of which kind it is.
    pub kind: FunctionKind,
    /// Its path.
    pub path: &'r str,
    /// Its arguments, as JSON.
    pub args: &'r str,
    /// As whom it runs: the text that [`Engine::handle_trapped_message`] is given.
    ///
    /// [`Engine::handle_trapped_message`]: super::Engine::handle_trapped_message
    pub viewer: &'r str,
}

/// Why a store failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreError {
    message: String,
    /// Whether nothing is wrong but the time that the function has taken.
    is_too_late: bool,
}

impl SqlValue {
    /// Returns the integer, where it is one; a whole number that came as a real one counts.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(value) => Some(*value),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "JavaScript hands integers over as doubles; whole ones below 2^53 are exact"
            )]
            Self::Real(value) if value.fract() == 0.0 => Some(*value as i64),
            _ => None,
        }
    }

    /// Returns the text, where it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl StoreError {
    /// Makes an error with what SQLite said.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_too_late: false,
        }
    }

    /// Makes the error of a function that has taken more time than it may. The transaction is as it
    /// was before the statement, and goes on.
    #[must_use]
    pub fn too_late() -> Self {
        Self {
            message: "the function takes longer than it may".to_owned(),
            is_too_late: true,
        }
    }

    /// Tells whether nothing is wrong but the time that the function has taken.
    #[must_use]
    pub fn is_too_late(&self) -> bool {
        self.is_too_late
    }

    /// Returns what SQLite said.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the store failed: {}", self.message)
    }
}

impl std::error::Error for StoreError {}
