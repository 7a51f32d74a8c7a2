//! `ctx.db` of a query.

use std::rc::Rc;

use zeroback_protocol::Id;

use super::{Database, Doc, TableQuery};
use crate::{Result, Table};

/// A database to read; what it reads decides when a live query runs again.
#[derive(Debug)]
pub struct Reader {
    database: Rc<dyn Database>,
}

impl Reader {
    pub(crate) fn new(database: Rc<dyn Database>) -> Self {
        Self { database }
    }

    pub(crate) fn database(&self) -> &Rc<dyn Database> {
        &self.database
    }

    /// Returns a document, if it exists.
    ///
    /// # Errors
    ///
    /// `limit_exceeded` where the function reads more documents than it may.
    pub fn get<T: Table>(&self, id: &Id<T>) -> Result<Option<Doc<T>>> {
        self.database
            .get(&T::DEF, id.raw())?
            .map(|json| Doc::from_stored(&json))
            .transpose()
    }

    /// Begins to read documents of a table.
    pub fn query<T: Table>(&self) -> TableQuery<T> {
        TableQuery::new(Rc::clone(&self.database))
    }
}
