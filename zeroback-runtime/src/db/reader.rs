//! `ctx.db` of a query.

use std::collections::BTreeMap;
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
    /// ```ignore
    /// let task = ctx.db.get(&id)?.ok_or_else(|| Error::not_found("no such task"))?;
    /// ```
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

    /// Returns documents in the order of the ids, and `None` in the place of one that does not
    /// exist. It reads all at once.
    ///
    /// ```ignore
    /// let authors: Vec<_> = messages.iter().map(|message| message.author).collect();
    /// let authors = ctx.db.get_many(&authors)?;
    /// ```
    ///
    /// # Errors
    ///
    /// As [`Reader::get`].
    pub fn get_many<T: Table>(&self, ids: &[Id<T>]) -> Result<Vec<Option<Doc<T>>>> {
        let raw: Vec<_> = ids.iter().map(Id::raw).collect();
        let documents = self.database.get_many(&T::DEF, &raw)?;
        let mut found = BTreeMap::new();
        for json in documents.iter() {
            let document = Doc::<T>::from_stored(json)?;
            found.insert(document.id().raw(), json);
        }
        raw.iter()
            .map(|id| found.get(id).map(|json| Doc::from_stored(json)).transpose())
            .collect()
    }

    /// Begins to read documents of a table.
    ///
    /// ```ignore
    /// let newest = ctx.db.query::<Task>().order(Order::Desc).take(20)?;
    /// ```
    pub fn query<T: Table>(&self) -> TableQuery<T> {
        TableQuery::new(Rc::clone(&self.database))
    }
}
