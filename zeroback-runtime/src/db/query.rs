//! Reading several documents of a table.

use std::marker::PhantomData;
use std::rc::Rc;

use super::port::{Database, Documents, IndexBounds, Limit, PageBounds, Scan, Source};
use super::{Cursor, Doc, Fields, Filter, IndexRange, Page, PageOpts, SearchRange};
use crate::{Error, Result, Table};

/// How many documents [`TableQuery::iter`] reads at a time.
const ITER_DOCUMENTS: usize = 64;

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
/// the index, and of a search the best come first. A query reads in one place: the whole table
/// until it is told of an index or of a search, and `S` says which.
///
/// ```ignore
/// fn open_tasks(ctx: &QueryCtx, project_id: &Id<Project>) -> TableQuery<Task, Narrowed> {
///     ctx.db.query::<Task>().with_index(|ix| ix.by_project.eq(project_id).eq(&false))
/// }
/// ```
#[derive(Debug)]
#[must_use = "a query reads nothing until it is collected"]
pub struct TableQuery<T, S = Whole> {
    database: Rc<dyn Database>,
    source: Source,
    filter: Option<Filter<T>>,
    order: Order,
    marker: PhantomData<fn() -> (T, S)>,
}

/// The state of a [`TableQuery`] that reads all of its table.
#[derive(Debug)]
pub enum Whole {}

/// The state of a [`TableQuery`] that reads in an index or a search.
#[derive(Debug)]
pub enum Narrowed {}

impl<T: Table> TableQuery<T> {
    pub(crate) fn new(database: Rc<dyn Database>) -> Self {
        Self {
            database,
            source: Source::Index(IndexBounds {
                index: "by_id",
                ..IndexBounds::default()
            }),
            filter: None,
            order: Order::default(),
            marker: PhantomData,
        }
    }

    /// Reads a part of an index: values of its columns in order, and a range of the one after.
    ///
    /// ```ignore
    /// ctx.db.query::<Task>().with_index(|ix| ix.by_project.eq(&project_id).eq(&false))
    /// ```
    pub fn with_index<R: IndexRange<T>>(
        self,
        range: impl FnOnce(T::Indexes) -> R,
    ) -> TableQuery<T, Narrowed> {
        self.narrowed(Source::Index(range(T::indexes()).into_bounds()))
    }

    /// Reads what a search finds, the best first.
    ///
    /// ```ignore
    /// ctx.db.query::<Task>().search(|s| s.search_text.matching("milk").project_id(&project_id))
    /// ```
    pub fn search<R: SearchRange<T>>(
        self,
        search: impl FnOnce(T::Searches) -> R,
    ) -> TableQuery<T, Narrowed> {
        self.narrowed(Source::Search(search(T::searches()).into_bounds()))
    }

    fn narrowed(self, source: Source) -> TableQuery<T, Narrowed> {
        TableQuery {
            database: self.database,
            source,
            filter: self.filter,
            order: self.order,
            marker: PhantomData,
        }
    }
}

impl<T: Table, S> TableQuery<T, S> {
    /// Keeps the documents for which the condition is true; a second one must be true too.
    ///
    /// ```ignore
    /// ctx.db.query::<Task>().filter(|t| t.text.starts_with("a") & !t.assignee.is_null())
    /// ```
    pub fn filter(self, condition: impl FnOnce(&'static Fields<T>) -> Filter<T>) -> Self {
        let added = condition(T::fields());
        let filter = match self.filter {
            None => added,
            Some(first) => first & added,
        };
        Self {
            filter: Some(filter),
            ..self
        }
    }

    /// Sets the direction, which is [`Order::Asc`] otherwise. A search keeps its own: the best
    /// first.
    ///
    /// ```ignore
    /// ctx.db.query::<Task>().order(Order::Desc).take(50)
    /// ```
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
    /// ```ignore
    /// let task = ctx.db.query::<Task>().with_index(|ix| ix.by_slug.eq(&slug)).unique()?;
    /// ```
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
        let (database, scan) = self.into_scan()?;
        database.count(&scan)
    }

    /// Returns the documents one after another, reading 64 at a time.
    ///
    /// Nothing is open between two reads, so writing meanwhile is safe, and what it does is certain:
    /// the documents of a read are returned as they were then, and behind the last of them everything
    /// written is seen. An iteration that keeps adding documents behind its place ends at the
    /// function's limits. What a search finds is read at once.
    ///
    /// ```ignore
    /// for task in ctx.db.query::<Task>().iter() {
    ///     let task = task?;
    /// }
    /// ```
    pub fn iter(self) -> Iter<T> {
        let (source, failed) = match self.into_scan() {
            Ok(source) => (Some(source), None),
            Err(error) => (None, Some(error)),
        };
        Iter {
            source,
            failed,
            read: Vec::new().into_iter(),
            last: None,
            short_at: None,
            table: PhantomData,
        }
    }

    /// Returns a page of the documents.
    ///
    /// ```ignore
    /// #[query]
    /// pub fn list(ctx: &QueryCtx, page: PageOpts) -> Result<Page<Doc<Task>>> {
    ///     ctx.db.query::<Task>().order(Order::Desc).paginate(page)
    /// }
    /// ```
    ///
    /// A page's documents are those between its two cursors, whatever comes and goes: pages that
    /// are asked for with both leave no gap between them and show nothing twice.
    ///
    /// Behind a filter that lets little pass a page ends where it has looked at 8,192 documents: it
    /// may be short, or empty, before the last. What tells is [`Page::is_done`].
    ///
    /// # Errors
    ///
    /// `invalid` where the limit is 0, `bad_cursor` where a cursor is not one of this query, and
    /// as [`TableQuery::collect`].
    pub fn paginate(self, page: PageOpts) -> Result<Page<Doc<T>>> {
        if page.limit == 0 {
            return Err(Error::invalid("a page must hold at least one document"));
        }
        let bounds = PageBounds {
            limit: usize::try_from(page.limit)?,
            cursor: page.cursor.map(|cursor| cursor.as_str().to_owned()),
            end_cursor: page.end_cursor.map(|cursor| cursor.as_str().to_owned()),
        };
        let (database, scan) = self.into_scan()?;
        let page = database.page(&scan, &bounds)?;
        Ok(Page {
            items: decode_all(&page.documents)?,
            end_cursor: Cursor::from_text(page.end_cursor),
            split_cursor: page.split_cursor.map(Cursor::from_text),
            is_done: page.is_done,
        })
    }

    fn read(self, limit: Limit) -> Result<Vec<Doc<T>>> {
        let (database, scan) = self.into_scan()?;
        decode_all(&database.scan(&scan, limit, None)?)
    }

    fn into_scan(mut self) -> Result<(Rc<dyn Database>, Scan)> {
        let error = match &mut self.source {
            Source::Index(bounds) => bounds.error.take(),
            Source::Search(bounds) => bounds.error.take(),
        };
        if let Some(error) = error {
            return Err(error);
        }
        let scan = Scan {
            table: &T::DEF,
            source: self.source,
            filter: self.filter.map(Filter::into_expr).transpose()?,
            order: self.order,
        };
        Ok((self.database, scan))
    }
}

/// Documents of table `T`, one after another; made by [`TableQuery::iter`].
#[derive(Debug)]
pub struct Iter<T> {
    /// Until all are read.
    source: Option<(Rc<dyn Database>, Scan)>,
    failed: Option<Error>,
    read: std::vec::IntoIter<String>,
    last: Option<String>,
    /// How much had been written when a read came to the end.
    short_at: Option<usize>,
    table: PhantomData<fn() -> T>,
}

impl<T: Table> Iter<T> {
    fn read_on(&mut self) -> Result<()> {
        let Some((database, scan)) = &self.source else {
            return Ok(());
        };
        if self.short_at == Some(database.writes()) {
            self.source = None;
            return Ok(());
        }
        let is_search = matches!(scan.source, Source::Search(_));
        let limit = match is_search {
            // A search has no place to go on from: a write may have changed its order.
            true => Limit::All,
            false => Limit::Take(ITER_DOCUMENTS),
        };
        let documents = database.scan(scan, limit, self.last.as_deref())?;
        let read: Vec<_> = documents.iter().map(str::to_owned).collect();
        // A short read is the last, unless something is written after it: that may be behind it.
        let is_short = read.len() < ITER_DOCUMENTS;
        self.short_at = is_short.then(|| database.writes());
        if read.is_empty() || is_search {
            self.source = None;
        }
        self.last = read.last().cloned();
        self.read = read.into_iter();
        Ok(())
    }
}

impl<T: Table> Iterator for Iter<T> {
    type Item = Result<Doc<T>>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.failed.take() {
            return Some(Err(error));
        }
        if self.read.len() == 0
            && let Err(error) = self.read_on()
        {
            self.source = None;
            return Some(Err(error));
        }
        self.read.next().map(|json| Doc::from_stored(&json))
    }
}

fn decode_all<T: Table>(documents: &Documents) -> Result<Vec<Doc<T>>> {
    documents.iter().map(Doc::from_stored).collect()
}
