//! Reading a part of a table: what is looked at, how much of it, and where a page ends.

use super::Run;
use super::plan::{Plan, Statement};
use super::search::SearchScan;
use crate::db::{Documents, Limit, PageBounds, RawPage, Scan, Source};
use crate::engine::cursor::{Part, Place, bad_cursor};
use crate::engine::read_set::Aspect;
use crate::engine::store::{Select, Store};
use crate::key::KeyPart;
use crate::planted::{self, Bug};
use crate::{Error, Result};

impl<S: Store> Run<S> {
    pub(super) fn scan_documents(
        &self,
        scan: &Scan,
        limit: Limit,
        after: Option<&str>,
    ) -> Result<Documents> {
        match &scan.source {
            Source::Index(bounds) => {
                let mut plan = Plan::new(self.catalog.table(scan.table)?, bounds, scan)?;
                if let Some(last) = after {
                    plan.begin_behind(plan.position_of(last)?);
                }
                self.read_plan(&plan, limit)
            }
            Source::Search(bounds) => {
                let search = SearchScan::new(self.catalog.table(scan.table)?, bounds, scan)?;
                self.search_documents(&search, limit)
            }
        }
    }

    pub(super) fn count_documents(&self, scan: &Scan) -> Result<u64> {
        let bounds = match &scan.source {
            Source::Index(bounds) => bounds,
            Source::Search(bounds) => {
                let search = SearchScan::new(self.catalog.table(scan.table)?, bounds, scan)?;
                return self.count_search(&search);
            }
        };
        let plan = Plan::new(self.catalog.table(scan.table)?, bounds, scan)?;
        self.note_range(&plan, Aspect::Membership);
        let mut found = 0;
        for part in plan.parts() {
            let statement = plan.count(&part, true, self.left_to_read().0 + 1);
            let (scanned, passed) = self.ask_count(&statement)?;
            // SQLite walks over each of them, as it does when it reads them.
            self.note_read(scanned, 0)?;
            found += passed;
        }
        Ok(found as u64)
    }

    pub(super) fn page_of(&self, scan: &Scan, page: &PageBounds) -> Result<RawPage> {
        match &scan.source {
            Source::Index(bounds) => {
                let plan = Plan::new(self.catalog.table(scan.table)?, bounds, scan)?;
                self.index_page(plan, page)
            }
            Source::Search(bounds) => {
                let search = SearchScan::new(self.catalog.table(scan.table)?, bounds, scan)?;
                self.search_page(&search, page)
            }
        }
    }

    fn index_page(&self, mut plan: Plan<'_>, page: &PageBounds) -> Result<RawPage> {
        let identity = plan.identity();
        if let Some(cursor) = &page.cursor {
            match self.open_position(&plan, &identity, cursor)? {
                Some(parts) => plan.begin_behind(parts),
                // Nothing comes behind the end.
                None => plan.interval.is_empty = true,
            }
        }
        if let Some(cursor) = &page.end_cursor {
            let end = self.open_position(&plan, &identity, cursor)?;
            let is_done = end.is_none();
            if let Some(parts) = end {
                plan.end_with(parts);
            }
            let limit = match planted::has(Bug::CutsPages) {
                true => Limit::Take(page.limit),
                false => Limit::All,
            };
            let documents = self.read_plan(&plan, limit)?;
            let split_cursor = self.middle_of(&plan, &identity, &documents, page.limit)?;
            return Ok(RawPage {
                documents,
                end_cursor: cursor.clone(),
                split_cursor,
                is_done,
            });
        }
        // One more tells whether anything comes behind.
        let wanted = page.limit.saturating_add(1);
        let (documents, cut) = match plan.has_filter() {
            true => self.read_sparse(&plan, wanted)?,
            false => (self.read_plan(&plan, Limit::Take(wanted))?, None),
        };
        let documents = documents.first(page.limit);
        let end = match (documents.cut_off, cut) {
            (true, _) => self.place_of(&plan, documents.kept.last())?,
            (false, Some(position)) => place_at(&position),
            (false, None) => Place::End,
        };
        Ok(RawPage {
            end_cursor: self.cursor_key.seal(&self.of_query(&identity), &end)?,
            split_cursor: None,
            is_done: end == Place::End,
            documents: documents.kept,
        })
    }

    /// Opens a cursor as a position in a plan's columns, or as the end of all.
    fn open_position(
        &self,
        plan: &Plan<'_>,
        identity: &str,
        cursor: &str,
    ) -> Result<Option<Vec<KeyPart>>> {
        match self.cursor_key.open(&self.of_query(identity), cursor)? {
            Place::End => Ok(None),
            Place::Key(parts) if plan.takes_position(parts.len()) => {
                Ok(Some(parts.into_iter().map(KeyPart::from).collect()))
            }
            Place::Key(_) | Place::Count(_) => Err(bad_cursor()),
        }
    }

    /// Returns the cursor in the middle of a page that has grown above twice its limit.
    fn middle_of(
        &self,
        plan: &Plan<'_>,
        identity: &str,
        documents: &Documents,
        limit: usize,
    ) -> Result<Option<String>> {
        let count = documents.count();
        if count <= limit.saturating_mul(2) {
            return Ok(None);
        }
        let place = self.place_of(plan, documents.iter().nth(count / 2 - 1))?;
        let cursor = self.cursor_key.seal(&self.of_query(identity), &place)?;
        Ok(Some(cursor))
    }

    fn place_of(&self, plan: &Plan<'_>, document: Option<&str>) -> Result<Place> {
        let document = document.ok_or_else(|| Error::internal("a page without documents ends"))?;
        Ok(place_at(&plan.position_of(document)?))
    }

    /// What a cursor is bound to: the function, and what of a read it is.
    pub(super) fn of_query(&self, identity: &str) -> String {
        format!("{} {identity}", self.path)
    }

    /// Reads the documents of a plan's interval, and notes what was looked at.
    fn read_plan(&self, plan: &Plan<'_>, limit: Limit) -> Result<Documents> {
        if limit == Limit::Take(0) {
            return Ok(Documents::default());
        }
        let read = self.read_parts(plan, limit);
        let mut looked_at = plan.clone();
        if let Ok(documents) = &read
            && let Some(last) = last_of(documents, limit)
            && let Ok(position) = plan.position_of(last)
        {
            looked_at.end_with(position);
        }
        // What failed has looked at all of it: what is written there may let the next run succeed.
        self.note_range(&looked_at, Aspect::Contents);
        if plan.has_filter() && read.is_ok() {
            self.note_scanned(&looked_at)?;
        }
        read
    }

    fn read_parts(&self, plan: &Plan<'_>, limit: Limit) -> Result<Documents> {
        let scanned_max = self.left_to_read().0 + 1;
        self.read_parts_within(plan, limit, scanned_max)
    }

    pub(super) fn read_parts_within(
        &self,
        plan: &Plan<'_>,
        limit: Limit,
        scanned_max: usize,
    ) -> Result<Documents> {
        let mut documents = Documents::default();
        let mut wanted = match limit {
            Limit::All => usize::MAX,
            Limit::Take(count) => count,
        };
        for part in plan.parts() {
            if wanted == 0 {
                break;
            }
            let (documents_left, bytes_left) = self.left_to_read();
            let rows_max = wanted.min(documents_left + 1);
            let (statement, order) = plan.select(&part, scanned_max, rows_max);
            let read = self.ask_documents(&statement, &order, rows_max, bytes_left)?;
            let count = read.count();
            // Rows behind a filter are counted when it is known how far the scan has come.
            self.note_read(if plan.has_filter() { 0 } else { count }, read.bytes())?;
            wanted -= count.min(wanted);
            documents.append(read);
        }
        Ok(documents)
    }

    pub(super) fn ask_documents(
        &self,
        statement: &Statement,
        order: &str,
        rows_max: usize,
        bytes_max: usize,
    ) -> Result<Documents> {
        let params = statement.params()?;
        let select = Select {
            sql: &statement.sql,
            order,
            rows_max,
            bytes_max,
        };
        self.ask(|store| store.documents(&select, &params))
    }

    /// Counts the rows that a filtered scan has walked over; it is too late where there are too
    /// many, but SQLite was told to stop there.
    pub(super) fn note_scanned(&self, plan: &Plan<'_>) -> Result<()> {
        for part in plan.parts() {
            let statement = plan.count(&part, false, self.left_to_read().0 + 1);
            let (scanned, _) = self.ask_count(&statement)?;
            self.note_read(scanned, 0)?;
        }
        Ok(())
    }

    /// Asks for two counts.
    pub(super) fn ask_count(&self, statement: &Statement) -> Result<(usize, usize)> {
        let params = statement.params()?;
        let rows = self.ask(|store| store.query(&statement.sql, &params))?;
        let counts = rows.first().and_then(|row| {
            let number = |at: usize| usize::try_from(row.get(at)?.as_integer()?).ok();
            Some((number(0)?, number(1)?))
        });
        counts.ok_or_else(|| Error::internal("a count returned no number"))
    }

    pub(super) fn note_range(&self, plan: &Plan<'_>, aspect: Aspect) {
        let mut done = self.done.borrow_mut();
        let (range, predicate) = (plan.key_range(), plan.predicate());
        done.read_set.add(plan.reference, aspect, range, predicate);
    }

    /// Returns how many documents and bytes this run may still read.
    pub(super) fn left_to_read(&self) -> (usize, usize) {
        let done = self.done.borrow();
        (
            self.limits
                .documents_read_max
                .saturating_sub(done.documents_read),
            self.limits.bytes_read_max.saturating_sub(done.bytes_read),
        )
    }
}

/// Returns a position as the place that a cursor seals.
fn place_at(position: &[KeyPart]) -> Place {
    Place::Key(position.iter().map(Part::from).collect())
}

/// Returns the last document, where there are as many as were asked for.
fn last_of(documents: &Documents, limit: Limit) -> Option<&str> {
    if limit != Limit::Take(documents.count()) {
        return None;
    }
    documents.last()
}
