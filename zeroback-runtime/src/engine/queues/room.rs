//! Room for records: which go when, and how many with one commit.

use std::collections::BTreeMap;

use super::Known;
use super::admission::{Admission, KEPT_MS_MIN};
use super::records::{self, Deleted, Ledger};
use crate::engine::schema::RecordsMove;
use crate::engine::store::{Store, StoreError};
use crate::planted::{self, Bug};

/// How many acknowledged records wait until they are deleted together: a statement for each
/// mutation would be one more crossing of wasm's boundary.
const ACKNOWLEDGED_WAITING_MAX: u64 = 64;

/// How many of the oldest records a commit looks at, besides as many as it makes.
const OLDEST_PER_COMMIT: u64 = 256;

/// How often the oldest are deleted for one mutation, where they are small and it needs many.
const OLDEST_DELETIONS_MAX: usize = 8;

/// By how much there would be too much.
#[derive(Clone, Copy, Debug)]
struct Surplus {
    rows: u64,
    bytes: u64,
}

impl Surplus {
    fn is_any(self) -> bool {
        self.rows > 0 || self.bytes > 0
    }
}

impl Admission<'_> {
    /// Tells whether there may be another record. Where the table is full, the oldest make room: as
    /// much as is needed, or as the next answer takes at most, so that it is no fuller than before.
    pub(super) fn has_room<S: Store>(&mut self, store: &S) -> Result<bool, StoreError> {
        let before = self.ledger(store)?;
        if !self.surplus(before).is_any() {
            return Ok(true);
        }
        let mut deleted = self.delete_acknowledged(store, 1)?;
        let kept_ms = match planted::has(Bug::ForgetsTheYoung) {
            true => 0,
            false => KEPT_MS_MIN,
        };
        let until_ms = self.now.unix_ms().saturating_sub(kept_ms);
        let at_once = (self.records_max / 64).min(OLDEST_PER_COMMIT);
        for _ in 0..OLDEST_DELETIONS_MAX {
            let surplus = self.surplus(before.without(deleted));
            if !surplus.is_any() {
                break;
            }
            // Never all of a surplus at once: a limit that was lowered would be one endless statement.
            let rows = surplus.rows.max(at_once).clamp(1, OLDEST_PER_COMMIT);
            let oldest = records::delete_oldest(store, until_ms, rows)?;
            deleted += oldest;
            if oldest.rows == 0 {
                break;
            }
        }
        self.has_deleted |= deleted.rows > 0;
        let after = before.without(deleted);
        self.ledger = Some(after);
        let surplus = self.surplus(after);
        Ok((surplus.rows == 0 || deleted.rows > 0)
            && (surplus.bytes == 0 || deleted.bytes >= self.answer_bytes_max))
    }

    /// Returns what is in the way of another record.
    fn surplus(&self, ledger: Ledger) -> Surplus {
        let rows = ledger.kept + self.records.len() as u64 + 1;
        let bytes = ledger.kept_bytes + self.new_bytes + 1;
        Surplus {
            rows: rows.saturating_sub(self.records_max),
            bytes: bytes.saturating_sub(self.record_bytes_max),
        }
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
        ledger = ledger.without(deleted);
        ledger.kept += new;
        ledger.kept_bytes += self.new_bytes + self.replaced.new_bytes;
        ledger.kept_bytes = ledger.kept_bytes.saturating_sub(self.replaced.old_bytes);
        self.ledger = Some(ledger);
        Ok(RecordsMove {
            from,
            to: ledger.recorded,
            kept: ledger.kept,
            kept_bytes: ledger.kept_bytes,
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

    /// Deletes what clients have the answers of, where it is at least so many rows.
    fn delete_acknowledged<S: Store>(
        &mut self,
        store: &S,
        rows_min: u64,
    ) -> Result<Deleted, StoreError> {
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
            return Ok(Deleted::default());
        }
        let through: Vec<_> = list
            .iter()
            .map(|(queue, (_, through))| (*queue, *through))
            .collect();
        let deleted = records::delete_acknowledged(store, &through)?;
        if deleted.rows < records::ACKNOWLEDGED_PER_COMMIT_MAX {
            for (queue, (known, through)) in list {
                let first = through + 1;
                self.known.insert(queue, Known { first, ..known });
            }
        }
        Ok(deleted)
    }
}
