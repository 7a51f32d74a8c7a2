//! Pages: a cursor stands for a place in a list, and a page is what lies between two places.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use suite_fixture_sim::PageOf;

use super::{Row, Said, State, documents};

/// A place in the pages of a list, behind one of its pieces as that stood once, or behind all.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::sim) struct Place {
    list: String,
    last: bool,
    noted: bool,
    behind: Option<(i64, u64)>,
}

/// What the engine's cursors stand for: what they stood for when they were told.
#[derive(Debug, Default)]
pub(in crate::sim) struct Places {
    by_cursor: BTreeMap<String, Place>,
    cursors: BTreeMap<Place, String>,
}

/// What a page has in the place of a cursor.
const CURSOR: &str = "$cursor";

impl Places {
    /// Learns a cursor: one place has one cursor, and no two have the same.
    pub(in crate::sim) fn learn(&mut self, place: Place, cursor: &str) -> Result<(), String> {
        let known = self.by_cursor.entry(cursor.to_owned());
        let known = known.or_insert_with(|| place.clone());
        if *known != place {
            return Err(format!("a cursor stands for {known:?} and for {place:?}"));
        }
        let known = self.cursors.entry(place.clone());
        if known.or_insert_with(|| cursor.to_owned()) != cursor {
            return Err(format!("{place:?} has two cursors"));
        }
        Ok(())
    }

    /// Returns what a cursor stands for in the pages of a list.
    fn find(&self, page: &PageOf, cursor: &str) -> Result<&Place, &'static str> {
        let place = self.by_cursor.get(cursor).ok_or("bad_cursor")?;
        let is_of = |place: &&Place| {
            (&place.list, place.last, place.noted) == (&page.list, page.last, page.noted)
        };
        Some(place).filter(is_of).ok_or("bad_cursor")
    }
}

impl Place {
    fn of(page: &PageOf, row: Option<&Row>) -> Self {
        Self {
            list: page.list.clone(),
            last: page.last,
            noted: page.noted,
            behind: row.map(|row| (row.rank, row.born)),
        }
    }

    fn to_value(&self) -> Value {
        json!({ CURSOR: [self.list, self.last, self.noted, self.behind] })
    }

    /// Reads what an expected page has in the place of a cursor.
    pub(in crate::sim) fn from_value(value: &Value) -> Option<Self> {
        let parts = value.get(CURSOR)?;
        let (list, last, noted, behind) =
            serde_json::from_value(parts.clone()).expect("the model writes places");
        Some(Self {
            list,
            last,
            noted,
            behind,
        })
    }

    /// Tells whether a row lies behind it, as the list is read; behind the end there is none.
    fn is_before(&self, row: &Row) -> bool {
        let at = (row.rank, row.born);
        self.behind.is_some_and(|behind| match self.last {
            true => at < behind,
            false => at > behind,
        })
    }
}

impl State {
    pub(super) fn page(&self, page: &PageOf, places: &Places) -> Said {
        let limit = page.limit as usize;
        let rows = self.behind_cursor(page, places)?;
        if let Some(cursor) = &page.end {
            let end = places.find(page, cursor)?;
            let rows: Vec<_> = rows.into_iter().filter(|row| !end.is_before(row)).collect();
            let is_long = rows.len() > 2 * limit;
            let middle = is_long.then(|| Place::of(page, Some(rows[rows.len() / 2 - 1])));
            return Ok(json!({
                "items": documents(&rows),
                "endCursor": end.to_value(),
                "splitCursor": middle.map(|place| place.to_value()),
                "isDone": end.behind.is_none(),
            }));
        }
        let is_done = rows.len() <= limit;
        let kept = &rows[..limit.min(rows.len())];
        let end = kept.last().filter(|_| !is_done).copied();
        Ok(json!({
            "items": documents(kept),
            "endCursor": Place::of(page, end).to_value(),
            "splitCursor": null,
            "isDone": is_done,
        }))
    }

    /// Tells whether one of two versions of a row lies where a page has looked: up to its end, or
    /// else up to the row behind it.
    pub(super) fn page_reaches(
        &self,
        page: &PageOf,
        places: &Places,
        rows: [Option<&Row>; 2],
    ) -> bool {
        let Ok(seen) = self.behind_cursor(page, places) else {
            return false;
        };
        let edge = match &page.end {
            Some(cursor) => match places.find(page, cursor) {
                Ok(end) => end.clone(),
                Err(_) => return false,
            },
            None => Place::of(page, seen.get(page.limit as usize).copied()),
        };
        let cursor = page.cursor.as_ref();
        let from = cursor.map(|cursor| places.find(page, cursor));
        rows.into_iter().flatten().any(|row| {
            row.is_in(page)
                && !edge.is_before(row)
                && from.is_none_or(|from| from.is_ok_and(|from| from.is_before(row)))
        })
    }

    /// Returns the rows that lie behind a page's cursor, as the page reads them.
    fn behind_cursor(&self, page: &PageOf, places: &Places) -> Result<Vec<&Row>, &'static str> {
        let cursor = page.cursor.as_ref();
        let from = cursor.map(|cursor| places.find(page, cursor)).transpose()?;
        let mut rows = self.list(&page.list);
        if page.last {
            rows.reverse();
        }
        rows.retain(|row| row.is_in(page) && from.is_none_or(|from| from.is_before(row)));
        Ok(rows)
    }
}

impl Row {
    fn is_in(&self, page: &PageOf) -> bool {
        self.list == page.list && (self.note.is_some() || !page.noted)
    }
}
