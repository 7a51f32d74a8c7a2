//! What becomes of the mutations of one batch that have places, in the order of their arrival.
//!
//! Whatever it notes is of this batch alone, until the engine has committed it and
//! [`Queues::absorb`] remembers it: a batch that fails is forgotten with all that it has noted.

use std::collections::BTreeMap;

use zeroback_protocol::{ErrorCode, Outcome, QueueId, QueuePlace, Timestamp, WireError};

use super::records::{self, Found, KEYED, Ledger, Record};
use super::{Fingerprint, Known, Place, Queues};
use crate::engine::EngineConfig;
use crate::engine::store::{Store, StoreError};
use crate::planted::{self, Bug};

/// For so long every record is kept that is not acknowledged: a client whose queue is 10 minutes old
/// at most says of no mutation that it was attempted.
pub(super) const KEPT_MS_MIN: i64 = 20 * 60 * 1_000;

/// What an answer has beside its value or the parts of its error.
const ANSWER_FORM_BYTES: usize = 256;

/// The mutations of one batch that have places.
///
/// # Order of calls
///
/// For each mutation [`Admission::admit`], and, where it runs, [`Admission::record`]; then
/// [`Admission::settle`], the state of the database with the move that it returns, and
/// [`Admission::write`].
#[derive(Debug)]
pub(in crate::engine) struct Admission<'q> {
    pub(super) queues: &'q Queues,
    pub(super) now: Timestamp,
    pub(super) record_ms: i64,
    pub(super) records_max: u64,
    pub(super) record_bytes_max: u64,
    /// As many as one answer may have, and a little more.
    pub(super) answer_bytes_max: u64,
    /// Queues as they are within this batch.
    pub(super) known: BTreeMap<QueueId, Known>,
    pub(super) records: Vec<Record>,
    /// Of the answers in these.
    pub(super) new_bytes: u64,
    places: BTreeMap<(QueueId, u64), usize>,
    /// Those whose record is too old, and makes room for another.
    pub(super) expired_keys: Vec<QueueId>,
    pub(super) ledger: Option<Ledger>,
    /// Whether records have been deleted.
    pub(super) has_deleted: bool,
    /// Bytes of answers that others have taken the place of, and of those.
    pub(super) replaced: Replaced,
}

/// What has become of the bytes of records whose outcome is another one now.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Replaced {
    records: u64,
    pub(super) old_bytes: u64,
    pub(super) new_bytes: u64,
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
            record_bytes_max: config.record_bytes_max as u64,
            answer_bytes_max: (config.work.mutation_result_bytes_max + ANSWER_FORM_BYTES) as u64,
            known: BTreeMap::new(),
            records: Vec::new(),
            new_bytes: 0,
            places: BTreeMap::new(),
            expired_keys: Vec::new(),
            ledger: queues.ledger,
            has_deleted: false,
            replaced: Replaced::default(),
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
            return Ok(no_room());
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
            if place.attempted {
                return self.refuse_for_good(store, place);
            }
            return Ok(if place.sequence == place.acked_through + 1 {
                Admitted::Runs
            } else {
                out_of_order()
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
            if place.attempted && known.ends_unknown {
                return self.refuse_for_good(store, place);
            }
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

    /// Records that a mutation will not be made: another copy of it may still be on its way, over a
    /// connection that its client has given up. So may those behind it that were sent before.
    fn refuse_for_good<S: Store>(
        &mut self,
        store: &S,
        place: &QueuePlace,
    ) -> Result<Admitted, StoreError> {
        if !self.has_room(store)? {
            return Ok(no_room());
        }
        let outcome = unknown();
        self.record(&Place::Queue(*place), &Fingerprint::of_any(), &outcome);
        if let Some(known) = self.known.get_mut(&place.queue) {
            known.ends_unknown = true;
        }
        Ok(Admitted::Answered(outcome))
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
        if self.is_expired(&found) || planted::has(Bug::ForgetsKeys) {
            self.expired_keys.push(key);
            return Ok(Admitted::Runs);
        }
        if planted::has(Bug::MistakesKeys) {
            return Ok(Admitted::Answered(found.outcome));
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
                    ends_unknown: false,
                });
                known.last = sequence;
                known.ends_unknown = false;
                known.acknowledged = place.acked_through.max(known.acknowledged);
                (place.queue, sequence)
            }
            Place::Key(key) => (*key, KEYED),
        };
        self.places.insert((queue, sequence), self.records.len());
        let outcome = outcome.encode();
        self.new_bytes += outcome.len() as u64;
        self.records.push(Record {
            queue,
            sequence,
            fingerprint: fingerprint.clone(),
            outcome,
        });
    }

    /// Notes that an action begins: until it is known what it comes to, nobody knows.
    pub(in crate::engine) fn record_begun(&mut self, place: &Place, fingerprint: &Fingerprint) {
        self.record(place, fingerprint, &begun());
    }

    /// Notes what an action has come to that was recorded as begun. If that is too large, or the record
    /// has made room for others, nobody knows it later.
    pub(in crate::engine) fn record_ended<S: Store>(
        &mut self,
        store: &S,
        place: &Place,
        outcome: &Outcome,
    ) -> Result<(), StoreError> {
        let Place::Key(key) = place else {
            return Ok(());
        };
        let (old, new) = (begun().encode(), outcome.encode());
        let new_bytes = new.len() as u64;
        if new_bytes <= self.answer_bytes_max && records::replace(store, *key, &old, &new)? {
            self.replaced.records += 1;
            self.replaced.old_bytes += old.len() as u64;
            self.replaced.new_bytes += new_bytes;
        }
        Ok(())
    }

    /// Tells whether there is something to be written.
    pub(in crate::engine) fn has_changes(&self) -> bool {
        !self.records.is_empty() || self.has_deleted || self.replaced.records > 0
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
    if found.fingerprint == fingerprint.0 || found.fingerprint == Fingerprint::of_any().0 {
        return Admitted::Answered(found.outcome);
    }
    let text = "another mutation has been made in this place, or under this key";
    Admitted::Answered(Outcome::Error(WireError::new(ErrorCode::KEY_REUSED, text)))
}

fn no_room() -> Admitted {
    let text = "the server keeps as many answers as it may, and all are young; try again";
    to_be_resent(ErrorCode::UNAVAILABLE, text)
}

fn out_of_order() -> Admitted {
    let text = "those before it in its queue have not been made; send it again behind them";
    to_be_resent(ErrorCode::OUT_OF_ORDER, text)
}

fn begun() -> Outcome {
    let text =
        "the action was begun, and what it has come to is not known; it will not be run again";
    Outcome::Error(WireError::new(ErrorCode::OUTCOME_UNKNOWN, text))
}

fn outcome_unknown() -> Admitted {
    Admitted::Answered(unknown())
}

fn unknown() -> Outcome {
    let text = "it was sent before and there is no record of it: it was made once or not at all, \
                and will not be made now";
    Outcome::Error(WireError::new(ErrorCode::OUTCOME_UNKNOWN, text))
}

fn to_be_resent(code: ErrorCode, text: &str) -> Admitted {
    let error = WireError::new(code, text).to_be_resent();
    Admitted::Answered(Outcome::Error(error))
}
