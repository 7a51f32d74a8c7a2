//! What becomes of the mutations of one batch that have places, in the order of their arrival.
//!
//! Whatever it notes is of this batch alone, until the engine has committed it and
//! [`Queues::absorb`] remembers it: a batch that fails is forgotten with all that it has noted.

use std::collections::BTreeMap;

use zeroback_protocol::{ErrorCode, Outcome, QueueId, QueuePlace, Timestamp, WireError};

use super::records::{self, Found, KEYED, Ledger, Record};
use super::{Fingerprint, Known, Place, Queues};
use crate::engine::EngineConfig;
use crate::engine::schema::RecordsMove;
use crate::engine::store::{Store, StoreError};

/// How many acknowledged records wait until they are deleted together: a statement for each
/// mutation would be one more crossing of wasm's boundary.
const ACKNOWLEDGED_WAITING_MAX: u64 = 64;

/// How many of the oldest records a commit looks at, besides as many as it makes.
const OLDEST_PER_COMMIT: u64 = 256;

/// For so long every record is kept that is not acknowledged: a client whose queue is 10 minutes old
/// at most says of no mutation that it was attempted.
const KEPT_MS_MIN: i64 = 20 * 60 * 1_000;

/// The mutations of one batch that have places.
///
/// # Order of calls
///
/// For each mutation [`Admission::admit`], and, where it runs, [`Admission::record`]; then
/// [`Admission::settle`], the state of the database with the move that it returns, and
/// [`Admission::write`].
#[derive(Debug)]
pub(in crate::engine) struct Admission<'q> {
    queues: &'q Queues,
    now: Timestamp,
    record_ms: i64,
    records_max: u64,
    /// Queues as they are within this batch.
    known: BTreeMap<QueueId, Known>,
    records: Vec<Record>,
    places: BTreeMap<(QueueId, u64), usize>,
    /// Those whose record is too old, and makes room for another.
    expired_keys: Vec<QueueId>,
    ledger: Option<Ledger>,
    /// Whether records have been deleted.
    has_deleted: bool,
}

/// What becomes of a mutation.
#[derive(Debug)]
pub(in crate::engine) enum Admitted {
    /// It runs, and what it comes to is recorded.
    Runs,
    /// It is answered, and nothing runs.
    Answered(Outcome),
}

/// What is to be remembered of a batch that is committed.
#[derive(Debug, Default)]
pub(in crate::engine) struct Settled {
    pub(super) known: BTreeMap<QueueId, Known>,
    pub(super) ledger: Option<Ledger>,
}

/// Tells whether an outcome is recorded. After the others nothing was done, and the client sends
/// the same mutation again: also where it is its function that says so.
pub(in crate::engine) fn is_recorded(outcome: &Outcome) -> bool {
    const SENT_AGAIN: [&str; 5] = [
        "unavailable",
        "migrating",
        "schema_conflict",
        "rate_limited",
        "out_of_order",
    ];
    match outcome {
        Outcome::Success(_) => true,
        Outcome::Error(error) => !SENT_AGAIN.contains(&error.code.as_str()),
    }
}

impl<'q> Admission<'q> {
    pub(in crate::engine) fn new(
        queues: &'q Queues,
        config: &EngineConfig,
        now: Timestamp,
    ) -> Self {
        Self {
            queues,
            now,
            record_ms: config.record_ms.max(KEPT_MS_MIN),
            records_max: config.records_max as u64,
            known: BTreeMap::new(),
            records: Vec::new(),
            places: BTreeMap::new(),
            expired_keys: Vec::new(),
            ledger: queues.ledger,
            has_deleted: false,
        }
    }

    /// Decides what becomes of a mutation, now that all before it have had their turn.
    pub(in crate::engine) fn admit<S: Store>(
        &mut self,
        store: &S,
        place: &Place,
        fingerprint: &Fingerprint,
    ) -> Result<Admitted, StoreError> {
        let admitted = match place {
            Place::Queue(place) => self.admit_in_queue(store, place, fingerprint)?,
            Place::Key(key) => self.admit_under_key(store, *key, fingerprint)?,
        };
        if matches!(admitted, Admitted::Runs) && !self.has_room(store)? {
            let text = "the server keeps as many answers as it may, and all are young; try again";
            return Ok(refused(ErrorCode::UNAVAILABLE, text));
        }
        Ok(admitted)
    }

    fn admit_in_queue<S: Store>(
        &mut self,
        store: &S,
        place: &QueuePlace,
        fingerprint: &Fingerprint,
    ) -> Result<Admitted, StoreError> {
        let known = self.queue(store, place.queue)?;
        // A queue with answers that were never recorded is not known either: they were lost with
        // what was committed behind a backup.
        let Some(known) = known.filter(|known| place.acked_through <= known.last) else {
            return Ok(match () {
                () if place.attempted => outcome_unknown(),
                () if place.sequence == place.acked_through + 1 => Admitted::Runs,
                () => out_of_order(),
            });
        };
        if place.acked_through > known.acknowledged {
            let acknowledged = place.acked_through;
            let known = Known {
                acknowledged,
                ..known
            };
            self.known.insert(place.queue, known);
        }
        if place.sequence == known.last + 1 {
            return Ok(Admitted::Runs);
        }
        if place.sequence > known.last {
            return Ok(out_of_order());
        }
        if place.sequence <= known.acknowledged {
            return Ok(outcome_unknown());
        }
        let found = self.find(store, place.queue, place.sequence)?;
        Ok(match found.filter(|found| !self.is_expired(found)) {
            Some(found) => answer_of(found, fingerprint),
            None => outcome_unknown(),
        })
    }

    fn admit_under_key<S: Store>(
        &mut self,
        store: &S,
        key: QueueId,
        fingerprint: &Fingerprint,
    ) -> Result<Admitted, StoreError> {
        let Some(found) = self.find(store, key, KEYED)? else {
            return Ok(Admitted::Runs);
        };
        if self.is_expired(&found) {
            self.expired_keys.push(key);
            return Ok(Admitted::Runs);
        }
        Ok(answer_of(found, fingerprint))
    }

    /// Notes what a mutation that ran has come to.
    pub(in crate::engine) fn record(
        &mut self,
        place: &Place,
        fingerprint: &Fingerprint,
        outcome: &Outcome,
    ) {
        let (queue, sequence) = match place {
            Place::Queue(place) => {
                let sequence = place.sequence;
                let known = self.known.entry(place.queue).or_insert(Known {
                    first: sequence,
                    acknowledged: place.acked_through,
                    last: sequence,
                });
                known.last = sequence;
                known.acknowledged = place.acked_through.max(known.acknowledged);
                (place.queue, sequence)
            }
            Place::Key(key) => (*key, KEYED),
        };
        self.places.insert((queue, sequence), self.records.len());
        self.records.push(Record {
            queue,
            sequence,
            fingerprint: fingerprint.clone(),
            outcome: outcome.encode(),
        });
    }

    /// Tells whether there is something to be written.
    pub(in crate::engine) fn has_changes(&self) -> bool {
        !self.records.is_empty() || self.has_deleted
    }

    /// Tells whether there may be another record. Where the table is full, the oldest make room.
    fn has_room<S: Store>(&mut self, store: &S) -> Result<bool, StoreError> {
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

    /// Writes the batch's records.
    pub(in crate::engine) fn write<S: Store>(&self, store: &S) -> Result<(), StoreError> {
        let new = self.records.len() as u64;
        let recorded = self.ledger.map_or(0, |ledger| ledger.recorded - new);
        records::insert(store, recorded, &self.records, self.now)
    }

    /// Returns what is to be remembered once the batch is committed.
    pub(in crate::engine) fn into_settled(self) -> Settled {
        Settled {
            known: self.known,
            ledger: self.ledger,
        }
    }

    fn queue<S: Store>(&mut self, store: &S, queue: QueueId) -> Result<Option<Known>, StoreError> {
        if let Some(known) = self.known.get(&queue) {
            return Ok(Some(*known));
        }
        let known = match self.queues.known.get(&queue) {
            Some(known) => Some(*known),
            None => records::read_queue(store, queue)?,
        };
        if let Some(known) = known {
            self.known.insert(queue, known);
        }
        Ok(known)
    }

    /// Looks for what a mutation has come to, in this batch or before.
    fn find<S: Store>(
        &self,
        store: &S,
        queue: QueueId,
        sequence: u64,
    ) -> Result<Option<Found>, StoreError> {
        let Some(at) = self.places.get(&(queue, sequence)) else {
            return records::find(store, queue, sequence);
        };
        let Record {
            fingerprint,
            outcome,
            ..
        } = &self.records[*at];
        Ok(Some(Found {
            fingerprint: fingerprint.0.clone(),
            recorded_at: self.now.unix_ms(),
            outcome: Outcome::parse(outcome).expect("an outcome reads back"),
        }))
    }

    fn is_expired(&self, found: &Found) -> bool {
        found.recorded_at <= self.now.unix_ms().saturating_sub(self.record_ms)
    }
}

fn answer_of(found: Found, fingerprint: &Fingerprint) -> Admitted {
    if found.fingerprint == fingerprint.0 {
        return Admitted::Answered(found.outcome);
    }
    let text = "another mutation has been made in this place, or under this key";
    refused(ErrorCode::KEY_REUSED, text)
}

fn out_of_order() -> Admitted {
    let text = "those before it in its queue have not been made; send it again behind them";
    refused(ErrorCode::OUT_OF_ORDER, text)
}

fn outcome_unknown() -> Admitted {
    let text = "it was sent before and there is no record of it: it was made once or not at all, \
                and will not be made now";
    refused(ErrorCode::OUTCOME_UNKNOWN, text)
}

fn refused(code: ErrorCode, text: &str) -> Admitted {
    Admitted::Answered(Outcome::Error(WireError::new(code, text)))
}
