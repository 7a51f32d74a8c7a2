//! The change itself: a row of small pieces, each of which can be made in a transaction of its own.
//!
//! `Check` reads and writes nothing that an author has; only when all tables have passed it does
//! `Prepare` begin to write. What is not finished is never taken for finished: a column is kept as
//! retired and an index is not kept at all until it is whole, and the database has no schema's
//! fingerprint meanwhile. So a change can be begun again at any point, by this app or another one.

use serde::{Deserialize, Serialize};

use super::backfill::fill;
use super::change::TableChange;
use super::check::check;
use super::report::SchemaReport;
use super::tables;
use crate::engine::catalog::Catalog;
use crate::engine::store::{Store, StoreError};

/// Where the work stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    pub(super) phase: Phase,
    /// The first thing that is not done: a table, or an index behind its table's name.
    item: String,
    /// What of it is done: everything up to this id.
    after: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Phase {
    Check,
    Prepare,
    Fill,
    Build,
    Finish,
    Done,
    Refused,
}

/// What is to be done, and how far that has come.
#[derive(Debug)]
pub(super) struct Work {
    changes: Vec<TableChange>,
    pub(super) position: Position,
    pub(super) report: SchemaReport,
    document_bytes_max: usize,
}

impl Position {
    pub(super) fn start() -> Self {
        Self::at(Phase::Check)
    }

    fn at(phase: Phase) -> Self {
        Self {
            phase,
            item: String::new(),
            after: String::new(),
        }
    }
}

impl Work {
    /// Begins, or goes on where a change of the same schema has come to.
    pub(super) fn new(
        changes: Vec<TableChange>,
        position: Position,
        report: SchemaReport,
        document_bytes_max: usize,
    ) -> Self {
        Self {
            changes,
            position,
            report,
            document_bytes_max,
        }
    }

    /// Does the next piece, reading at most `rows_max` documents. Runs inside a transaction.
    pub(super) fn advance<S: Store>(
        &mut self,
        store: &S,
        rows_max: usize,
    ) -> Result<(), StoreError> {
        let phase = self.position.phase;
        let items = self.items(phase);
        let current = items.iter().position(|item| *item >= self.position.item);
        let Some(at) = current else {
            self.position = Position::at(self.following(phase));
            return Ok(());
        };
        let item = &items[at];
        let is_begun = *item == self.position.item;
        let after = if is_begun { &*self.position.after } else { "" };
        let left = self.make(store, item, after.to_owned(), rows_max)?;
        self.position = match (left, items.get(at + 1)) {
            (Some(after), _) => Position {
                phase,
                item: item.clone(),
                after,
            },
            (None, Some(next)) => Position {
                phase,
                item: next.clone(),
                after: String::new(),
            },
            (None, None) => Position::at(self.following(phase)),
        };
        Ok(())
    }

    /// Returns how the tables lie once the work is done.
    pub(super) fn into_catalog(self) -> Catalog {
        let plans = self.changes.into_iter().map(|change| change.plan);
        Catalog::new(plans.collect())
    }

    /// Returns the names of the tables whose size decides how the work is done.
    pub(super) fn affected(&self) -> impl Iterator<Item = &str> {
        let affected = self.changes.iter().filter(|change| change.is_affected());
        affected.map(|change| change.plan.name)
    }

    fn following(&self, phase: Phase) -> Phase {
        match phase {
            Phase::Check if !self.report.is_empty() => Phase::Refused,
            Phase::Check => Phase::Prepare,
            Phase::Prepare => Phase::Fill,
            Phase::Fill => Phase::Build,
            Phase::Build => Phase::Finish,
            Phase::Finish | Phase::Done => Phase::Done,
            Phase::Refused => Phase::Refused,
        }
    }

    /// Returns what a phase consists of, in order. It is the same when the work is begun anew after
    /// some of it was done, but for what is done.
    fn items(&self, phase: Phase) -> Vec<String> {
        let changes = self.changes.iter();
        let name = |change: &TableChange| change.plan.name.to_owned();
        match phase {
            Phase::Check => changes
                .filter(|change| change.is_checked())
                .map(name)
                .collect(),
            Phase::Prepare | Phase::Finish => changes.map(name).collect(),
            Phase::Fill => changes
                .filter(|change| change.is_filled())
                .map(name)
                .collect(),
            Phase::Build => {
                let mut items: Vec<_> = changes.flat_map(builds).collect();
                items.sort();
                items
            }
            Phase::Done | Phase::Refused => Vec::new(),
        }
    }

    fn make<S: Store>(
        &mut self,
        store: &S,
        item: &str,
        after: String,
        rows_max: usize,
    ) -> Result<Option<String>, StoreError> {
        let is_of = |change: &&mut TableChange| {
            let table = item.split('.').next();
            table == Some(change.plan.name)
        };
        let change = self.changes.iter_mut().find(is_of);
        let change = change.expect("items are made of changes");
        match self.position.phase {
            Phase::Check => {
                let place = (&*after, rows_max);
                check(
                    store,
                    change,
                    self.document_bytes_max,
                    place,
                    &mut self.report,
                )
            }
            Phase::Prepare => tables::prepare(store, change).map(|()| None),
            Phase::Fill => fill(store, change, &after, rows_max),
            Phase::Build => {
                let name = item.split_once('.').map(|(_, name)| name);
                let mut indexes = change.indexes.iter();
                let index = indexes.find(|index| Some(&*index.name) == name);
                let index = index.expect("items are made of indexes");
                index.build(store, &change.plan, &after, rows_max)
            }
            Phase::Finish => tables::finish(store, change).map(|()| None),
            Phase::Done | Phase::Refused => Ok(None),
        }
    }
}

fn builds(change: &TableChange) -> impl Iterator<Item = String> {
    let missing = change.indexes.iter().filter(|index| !index.is_built);
    missing.map(|index| format!("{}.{}", change.plan.name, index.name))
}
