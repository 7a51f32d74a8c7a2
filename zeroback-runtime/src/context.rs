//! What a function is given: the database as it may use it, and the time.
//!
//! A context can be named anywhere and made only by the engine, so a browser build that compiles a
//! function's body has nothing to call it with.

use std::ops::Deref;
use std::rc::Rc;

use zeroback_protocol::Timestamp;

use crate::db::{Database, Reader, Writer};

/// What a query is given: a database to read.
#[derive(Debug)]
pub struct QueryCtx {
    /// The database, at one version from the first read to the last.
    pub db: Reader,
    now: Timestamp,
}

/// What a mutation is given: a database to read and write, in one transaction.
#[derive(Debug)]
pub struct MutationCtx {
    /// The database; what is written is read back at once, and undone if the mutation fails.
    pub db: Writer,
    query: QueryCtx,
}

impl QueryCtx {
    #[doc(hidden)]
    pub fn new(database: Rc<dyn Database>, now: Timestamp) -> Self {
        Self {
            db: Reader::new(database),
            now,
        }
    }

    /// Returns the time of this run; it stands still while the function runs.
    ///
    /// Time passing makes no query run again: a query that compares with it is as old as its run.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }
}

impl MutationCtx {
    #[doc(hidden)]
    pub fn new(database: &Rc<dyn Database>, now: Timestamp) -> Self {
        Self {
            db: Writer::new(Rc::clone(database)),
            query: QueryCtx::new(Rc::clone(database), now),
        }
    }
}

impl Deref for MutationCtx {
    type Target = QueryCtx;

    fn deref(&self) -> &QueryCtx {
        &self.query
    }
}
