//! Searching: FTS5 finds and ranks, and the read set gets the token that says most.

use super::Run;
use super::filter_sql::filter_sql;
use super::plan::{Statement, limit};
use crate::db::{
    Comparison, Documents, FieldPath, FilterExpr, Limit, PageBounds, RawPage, Scan, SearchBounds,
};
use crate::engine::catalog::{SearchPlan, TablePlan};
use crate::engine::cursor::{Place, bad_cursor};
use crate::engine::key_bytes::{KeyBytes, KeyRange};
use crate::engine::read_set::{Aspect, IndexRef, Predicate};
use crate::engine::search_terms::SearchTerms;
use crate::engine::store::Store;
use crate::key::KeyPart;
use crate::{Error, Result};

/// The order of what was found: the best first, and of equals the oldest.
const ORDER: &str = "k0, k1";

/// A search whose index is found.
pub(super) struct SearchScan<'p> {
    table: &'p TablePlan,
    search: &'p SearchPlan,
    reference: IndexRef,
    terms: SearchTerms,
    /// The values of the search's own filters, by name.
    equal: Vec<(&'static str, KeyPart)>,
    filter: Option<FilterExpr>,
    /// The filter as SQL, with its parameters.
    filter_sql: String,
    filter_params: Vec<KeyPart>,
}

impl<'p> SearchScan<'p> {
    pub(super) fn new(
        (table_at, table): (usize, &'p TablePlan),
        bounds: &SearchBounds,
        scan: &Scan,
    ) -> Result<Self> {
        let (index, search) = table.search(bounds.index)?;
        let filter = filter_of(table, bounds, scan)?;
        let mut filter_params = Vec::new();
        let filter_sql = match &filter {
            Some(filter) => filter_sql(filter, table, &mut filter_params)?,
            None => "1".to_owned(),
        };
        Ok(Self {
            table,
            search,
            reference: IndexRef {
                table: table_at,
                index,
            },
            terms: SearchTerms::parse(&bounds.text),
            equal: {
                let mut equal = bounds.equal.clone();
                equal.sort_by_key(|(field, _)| *field);
                equal
            },
            filter,
            filter_sql,
            filter_params,
        })
    }

    /// The rows that match, with their rank, at most so many.
    fn matches_sql(&self) -> String {
        let index = &self.search.sql_name;
        format!(
            "SELECT rowid AS found, rank AS ranked FROM {index} WHERE {index} MATCH ? LIMIT ? + 0"
        )
    }

    fn match_params(&self, matches_max: usize) -> Vec<KeyPart> {
        let mut params = vec![
            KeyPart::Text(self.terms.match_expression()),
            limit(matches_max),
        ];
        params.extend(self.filter_params.iter().cloned());
        params
    }

    fn select(&self, matches_max: usize, skip: usize, rows_max: usize) -> Statement {
        let (table, matches, filter) = (self.table.name, self.matches_sql(), &self.filter_sql);
        let sql = format!(
            "SELECT doc, ranked AS k0, _id AS k1 FROM ({matches}) CROSS JOIN \"{table}\" \
             ON _key = found WHERE {filter} ORDER BY {ORDER} LIMIT ? + 0 OFFSET ? + 0"
        );
        let mut params = self.match_params(matches_max);
        params.extend([limit(rows_max), limit(skip)]);
        Statement::new(sql, params)
    }

    /// Counts what matches, twice.
    fn count_matches(&self, matches_max: usize) -> Statement {
        let index = &self.search.sql_name;
        let sql = format!(
            "SELECT count(*), count(*) FROM (SELECT 1 FROM {index} WHERE {index} MATCH ? LIMIT ? + 0)"
        );
        let mut params = self.match_params(matches_max);
        params.truncate(2);
        Statement::new(sql, params)
    }

    /// Counts what matches, and what of it passes the filter.
    fn count(&self, matches_max: usize) -> Statement {
        if self.filter.is_none() {
            return self.count_matches(matches_max);
        }
        let (index, table, filter) = (&self.search.sql_name, self.table.name, &self.filter_sql);
        let sql = format!(
            "SELECT count(*), total({filter}) FROM (SELECT rowid AS found FROM {index} \
             WHERE {index} MATCH ? LIMIT ? + 0) CROSS JOIN \"{table}\" ON _key = found"
        );
        // The filter stands before what matches.
        let mut params = self.match_params(matches_max);
        params.rotate_left(2);
        Statement::new(sql, params)
    }

    /// What the search and its cursors must have in common: of a filter its form alone, as for an
    /// index.
    fn identity(&self) -> String {
        let (table, name) = (self.table.name, self.search.name);
        let (expression, equal) = (self.terms.match_expression(), &self.equal);
        format!(
            "{table}.{name} search {expression:?} {equal:?} {}",
            self.filter_sql
        )
    }

    /// The keys among which every document that matches has one.
    fn key_range(&self) -> KeyRange {
        match self.terms.lead() {
            Some(lead) if lead.is_prefix => KeyRange::tokens_from(lead.token),
            Some(lead) => KeyRange::point(KeyBytes::of_token(lead.token)),
            None => KeyRange::point(KeyBytes::new()),
        }
    }

    fn predicate(&self) -> Predicate {
        Predicate {
            filter: self.filter.clone(),
            search: Some(self.terms.clone()),
        }
    }
}

impl<S: Store> Run<S> {
    pub(super) fn search_documents(
        &self,
        search: &SearchScan<'_>,
        limit: Limit,
    ) -> Result<Documents> {
        let rows_max = match limit {
            Limit::All => usize::MAX,
            Limit::Take(count) => count,
        };
        self.read_search(search, 0, rows_max)
    }

    pub(super) fn count_search(&self, search: &SearchScan<'_>) -> Result<u64> {
        self.note_search(search, Aspect::Membership);
        if search.terms.is_empty() {
            return Ok(0);
        }
        let statement = search.count(self.left_to_read().0 + 1);
        let (matched, passed) = self.ask_count(&statement)?;
        self.note_read(matched, 0)?;
        Ok(passed as u64)
    }

    /// A page of a search is a part of its ranking: its cursors count.
    pub(super) fn search_page(
        &self,
        search: &SearchScan<'_>,
        page: &PageBounds,
    ) -> Result<RawPage> {
        let identity = self.of_query(&search.identity());
        let open = |cursor: &str| match self.cursor_key.open(&identity, cursor)? {
            Place::Count(count) => Ok(usize::try_from(count)?),
            Place::End => Ok(usize::MAX),
            Place::Key(_) => Err(bad_cursor()),
        };
        let skip = page.cursor.as_deref().map_or(Ok(0), open)?;
        let seal = |count: usize| {
            let place = Place::Count(u64::try_from(count)?);
            self.cursor_key.seal(&identity, &place)
        };
        if let Some(cursor) = &page.end_cursor {
            let end = open(cursor)?;
            let documents = self.read_search(search, skip, end.saturating_sub(skip))?;
            let count = documents.count();
            let is_long = count > page.limit.saturating_mul(2);
            return Ok(RawPage {
                split_cursor: is_long.then(|| seal(skip + count / 2)).transpose()?,
                documents,
                end_cursor: cursor.clone(),
                is_done: end == usize::MAX,
            });
        }
        let rows_max = if skip == usize::MAX {
            0
        } else {
            page.limit.saturating_add(1)
        };
        let documents = self.read_search(search, skip, rows_max)?.first(page.limit);
        Ok(RawPage {
            end_cursor: match documents.cut_off {
                true => seal(skip + page.limit)?,
                false => self.cursor_key.seal(&identity, &Place::End)?,
            },
            split_cursor: None,
            is_done: !documents.cut_off,
            documents: documents.kept,
        })
    }

    fn read_search(
        &self,
        search: &SearchScan<'_>,
        skip: usize,
        rows_max: usize,
    ) -> Result<Documents> {
        if rows_max == 0 {
            return Ok(Documents::default());
        }
        self.note_search(search, Aspect::Contents);
        if search.terms.is_empty() {
            return Ok(Documents::default());
        }
        let (documents_left, bytes_left) = self.left_to_read();
        // Ranking looks at all that matches, whatever of it is wanted.
        let (matched, _) = self.ask_count(&search.count_matches(documents_left + 1))?;
        self.note_read(matched, 0)?;
        let rows_max = rows_max.min(matched);
        let statement = search.select(matched, skip, rows_max);
        let documents = self.ask_documents(&statement, ORDER, rows_max, bytes_left)?;
        self.note_read(0, documents.bytes())?;
        Ok(documents)
    }

    fn note_search(&self, search: &SearchScan<'_>, aspect: Aspect) {
        let mut done = self.done.borrow_mut();
        let (range, predicate) = (search.key_range(), search.predicate());
        done.read_set
            .add(search.reference, aspect, range, Some(predicate));
    }
}

/// What a document must be to be found, beside its words.
fn filter_of(table: &TablePlan, bounds: &SearchBounds, scan: &Scan) -> Result<Option<FilterExpr>> {
    let mut all = Vec::new();
    for (field, value) in &bounds.equal {
        let column = table.column(field).ok_or_else(|| {
            Error::internal(format!("the search's filter \"{field}\" has no column"))
        })?;
        all.push(FilterExpr::Compare {
            field: FieldPath {
                segments: vec![*field],
                column_type: column.column_type,
            },
            comparison: Comparison::Equal,
            value: value.clone(),
        });
    }
    all.extend(scan.filter.clone());
    Ok(match all.len() {
        0 | 1 => all.pop(),
        _ => Some(FilterExpr::All(all)),
    })
}
