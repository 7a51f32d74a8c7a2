//! Reading several documents of a table.

use std::marker::PhantomData;
use std::rc::Rc;

use super::port::{Database, IndexBounds, Limit, Scan};
use super::{Doc, IndexRange};
use crate::{Error, Result, Table};

/// The direction in which an index is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Smallest first.
    #[default]
    Asc,
    /// Largest first.
    Desc,
}

/// A read of documents of table `T`, being put together.
///
/// Without an index the documents come in the order of their creation, with one in the order of
/// the index.
#[derive(Debug)]
#[must_use = "a query reads nothing until it is collected"]
pub struct TableQuery<T> {
    database: Rc<dyn Database>,
    bounds: IndexBounds,
    order: Order,
    table: PhantomData<fn() -> T>,
}

impl<T: Table> TableQuery<T> {
    pub(crate) fn new(database: Rc<dyn Database>) -> Self {
        Self {
            database,
            bounds: IndexBounds {
                index: "by_id",
                ..IndexBounds::default()
            },
            order: Order::default(),
            table: PhantomData,
        }
    }

    /// Reads a part of an index: values of its columns in order, and a range of the one after.
    ///
    /// ```ignore
    /// ctx.db.query::<Task>().with_index(|ix| ix.by_project.eq(&project_id).eq(&false))
    /// ```
    pub fn with_index<R: IndexRange<T>>(self, range: impl FnOnce(T::Indexes) -> R) -> Self {
        Self {
            bounds: range(T::indexes()).into_bounds(),
            ..self
        }
    }

    /// Sets the direction.
    pub fn order(self, order: Order) -> Self {
        Self { order, ..self }
    }

    /// Returns all documents.
    ///
    /// # Errors
    ///
    /// `limit_exceeded` where the function reads more documents than it may.
    pub fn collect(self) -> Result<Vec<Doc<T>>> {
        self.read(Limit::All)
    }

    /// Returns the first `count` documents.
    ///
    /// # Errors
    ///
    /// As [`TableQuery::collect`].
    pub fn take(self, count: impl TryInto<usize>) -> Result<Vec<Doc<T>>> {
        let count = count
            .try_into()
            .map_err(|_| Error::invalid("a number of documents must fit a usize"))?;
        self.read(Limit::Take(count))
    }

    /// Returns the first document, if there is one.
    ///
    /// # Errors
    ///
    /// As [`TableQuery::collect`].
    pub fn first(self) -> Result<Option<Doc<T>>> {
        Ok(self.read(Limit::Take(1))?.pop())
    }

    /// Returns the only document, if there is one.
    ///
    /// # Errors
    ///
    /// `conflict` where there are two, and as [`TableQuery::collect`].
    pub fn unique(self) -> Result<Option<Doc<T>>> {
        let mut documents = self.read(Limit::Take(2))?;
        if documents.len() > 1 {
            return Err(Error::conflict(format!(
                "a unique document of table \"{}\" was asked for, and there are several",
                T::TABLE_NAME
            )));
        }
        Ok(documents.pop())
    }

    /// Counts the documents, without reading them.
    ///
    /// # Errors
    ///
    /// As [`TableQuery::collect`].
    pub fn count(self) -> Result<u64> {
        let (database, scan) = self.into_scan(Limit::All)?;
        database.count(scan)
    }

    fn read(self, limit: Limit) -> Result<Vec<Doc<T>>> {
        let (database, scan) = self.into_scan(limit)?;
        let documents = database.scan(scan)?;
        documents.iter().map(Doc::from_stored).collect()
    }

    fn into_scan(mut self, limit: Limit) -> Result<(Rc<dyn Database>, Scan)> {
        if let Some(error) = self.bounds.error.take() {
            return Err(error);
        }
        let scan = Scan {
            table: &T::DEF,
            bounds: self.bounds,
            order: self.order,
            limit,
        };
        Ok((self.database, scan))
    }
}
