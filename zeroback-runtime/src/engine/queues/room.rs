//! Room for records: which go when, and how many with one commit.

use std::collections::BTreeMap;

use super::Known;
use super::admission::{Admission, KEPT_MS_MIN};
use super::records::{self, Ledger};
use crate::engine::schema::RecordsMove;
use crate::engine::store::{Store, StoreError};

/// How many acknowledged records wait until they are deleted together: a statement for each
/// mutation would be one more crossing of wasm's boundary.
const ACKNOWLEDGED_WAITING_MAX: u64 = 64;

/// How many of the oldest records a commit looks at, besides as many as it makes.
const OLDEST_PER_COMMIT: u64 = 256;

impl Admission<'_> {
    /// Tells whether there may be another record. Where the table is full, the oldest make room.
    pub(super) fn has_room<S: Store>(&mut self, store: &S) -> Result<bool, StoreError> {
        let ledger = self.ledger(store)?;
        let new = self.records.len() as u64;
        let surplus = (ledger.kept + new + 1).saturating_sub(self.records_max);
        if surplus == 0 {
            return Ok(true);
        }
        let mut deleted = self.delete_acknowledged(store, 1)?;
        if deleted < surplus {
            let at_once = (self.records_max / 64).min(OLDEST_PER_COMMIT);
            let until_ms = self.now.unix_ms().saturating_sub(KEPT_MS_MIN);
            deleted += records::delete_oldest(store, until_ms, surplus.max(at_once))?;
        }
        self.has_deleted |= deleted > 0;
        self.ledger = Some(Ledger {
            kept: ledger.kept.saturating_sub(deleted),
            ..ledger
        });
        Ok(deleted > 0)
    }

    /// Makes an end of what is too old, and returns where the batch's records bring the database.
    pub(in crate::engine) fn settle<S: Store>(
        &mut self,
        store: &S,
    ) -> Result<RecordsMove, StoreError> {
        let mut ledger = self.ledger(store)?;
        let from = ledger.recorded;
        let new = self.records.len() as u64;
        let mut deleted = self.delete_acknowledged(store, ACKNOWLEDGED_WAITING_MAX)?;
        for key in std::mem::take(&mut self.expired_keys) {
            deleted += records::delete_keyed(store, key)?;
        }
        let until_ms = self.now.unix_ms().saturating_sub(self.record_ms);
        if ledger.oldest_at.is_some_and(|oldest| oldest <= until_ms) {
            deleted += records::delete_oldest(store, until_ms, new + OLDEST_PER_COMMIT)?;
            ledger.oldest_at = records::oldest_at(store)?;
        }
        ledger.oldest_at.get_or_insert(self.now.unix_ms());
        ledger.recorded += new;
        ledger.kept = ledger.kept.saturating_sub(deleted) + new;
        self.ledger = Some(ledger);
        Ok(RecordsMove {
            from,
            to: ledger.recorded,
            kept: ledger.kept,
        })
    }

    fn ledger<S: Store>(&mut self, store: &S) -> Result<Ledger, StoreError> {
        let ledger = match self.ledger {
            Some(ledger) => ledger,
            None => records::read_ledger(store)?,
        };
        self.ledger = Some(ledger);
        Ok(ledger)
    }

    /// Deletes what clients have the answers of, where it is at least so many rows; returns how many
    /// those were.
    fn delete_acknowledged<S: Store>(
        &mut self,
        store: &S,
        rows_min: u64,
    ) -> Result<u64, StoreError> {
        let mut list = BTreeMap::new();
        let mut rows = 0;
        for queue in self.queues.acknowledged.iter().chain(self.known.keys()) {
            let known = self.known.get(queue).or(self.queues.known.get(queue));
            let forgettable = known.and_then(|known| Some((*known, known.forgettable()?)));
            if let Some((known, through)) = forgettable
                && list.insert(*queue, (known, through)).is_none()
            {
                rows += through + 1 - known.first;
            }
        }
        if rows < rows_min {
            return Ok(0);
        }
        let through: Vec<_> = list
            .iter()
            .map(|(queue, (_, through))| (*queue, *through))
            .collect();
        let deleted = records::delete_acknowledged(store, &through)?;
        if deleted < records::ACKNOWLEDGED_PER_COMMIT_MAX {
            for (queue, (known, through)) in list {
                let first = through + 1;
                self.known.insert(queue, Known { first, ..known });
            }
        }
        Ok(deleted)
    }
}
