//! The statements of `_zeroback_records`.
//!
//! The rows are numbered in the order of time, so that the oldest are found without an index on
//! time. A row costs two B-trees, its own and that of (queue, sequence); a table keyed by these and
//! an index on time cost half as much again.

use std::ops::AddAssign;

use zeroback_protocol::{Outcome, QueueId, Timestamp};

use super::{Fingerprint, Known};
use crate::engine::store::{SqlParam, SqlValue, Store, StoreError};

/// The sequence under which the record of an `Idempotency-Key` is kept; a client's begin at 1.
pub(super) const KEYED: u64 = 0;

/// How many acknowledged records of all queues one commit deletes at most.
pub(super) const ACKNOWLEDGED_PER_COMMIT_MAX: u64 = 4_096;

/// What the engine knows of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ledger {
    /// How many records have ever been made: another engine's are seen by it.
    pub(super) recorded: u64,
    /// How many there are.
    pub(super) kept: u64,
    /// How many bytes of answers these have.
    pub(super) kept_bytes: u64,
    /// When the oldest was recorded, or one that was older.
    pub(super) oldest_at: Option<i64>,
}

/// Records that have been deleted.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Deleted {
    pub(super) rows: u64,
    /// Of answers.
    pub(super) bytes: u64,
}

/// An answer to be recorded.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) queue: QueueId,
    pub(super) sequence: u64,
    pub(super) fingerprint: Fingerprint,
    pub(super) outcome: String,
}

/// An answer that was recorded.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) fingerprint: String,
    pub(super) recorded_at: i64,
    pub(super) outcome: Outcome,
}

pub(super) fn read_ledger<S: Store>(store: &S) -> Result<Ledger, StoreError> {
    let sql = "SELECT recorded, records, record_bytes,
         (SELECT recorded_at FROM _zeroback_records ORDER BY number LIMIT 1) FROM _zeroback_state";
    let rows = store.query(sql, &[])?;
    let read = rows.first().and_then(|row| {
        Some(Ledger {
            recorded: count(&row[0])?,
            kept: count(&row[1])?,
            kept_bytes: count(&row[2])?,
            oldest_at: row[3].as_integer(),
        })
    });
    read.ok_or_else(|| StoreError::new("the row of _zeroback_state is damaged"))
}

/// Returns what the database knows of a queue, if it does.
pub(super) fn read_queue<S: Store>(store: &S, queue: QueueId) -> Result<Option<Known>, StoreError> {
    let queue = queue.to_text();
    let sql =
        "SELECT (SELECT min(sequence) FROM _zeroback_records WHERE queue = ? AND sequence >= 1),
         (SELECT max(sequence) FROM _zeroback_records WHERE queue = ? AND sequence >= 1),
         (SELECT fingerprint FROM _zeroback_records WHERE queue = ? AND sequence >= 1
          ORDER BY sequence DESC LIMIT 1)";
    let queue = SqlParam::Text(&queue);
    let rows = store.query(sql, &[queue, queue, queue])?;
    Ok(rows.first().and_then(|row| {
        let first = count(&row[0])?;
        Some(Known {
            first,
            acknowledged: first - 1,
            last: count(&row[1])?,
            ends_unknown: row[2].as_text() == Some(&Fingerprint::of_any().0),
        })
    }))
}

pub(super) fn find<S: Store>(
    store: &S,
    queue: QueueId,
    sequence: u64,
) -> Result<Option<Found>, StoreError> {
    let sql = "SELECT fingerprint, recorded_at, outcome FROM _zeroback_records
         WHERE queue = ? AND sequence = ?";
    let rows = store.query(sql, &[SqlParam::Text(&queue.to_text()), integer(sequence)])?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let found = || {
        Some(Found {
            fingerprint: row[0].as_text()?.to_owned(),
            recorded_at: row[1].as_integer()?,
            outcome: Outcome::parse(row[2].as_text()?).ok()?,
        })
    };
    found()
        .map(Some)
        .ok_or_else(|| StoreError::new("a row of _zeroback_records is damaged"))
}

/// Writes records, of which the first gets the number behind `recorded`. Row by row: a list as
/// JSON costs twice as much where there are many, and most batches on a Durable Object have one.
pub(super) fn insert<S: Store>(
    store: &S,
    recorded: u64,
    records: &[Record],
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO _zeroback_records
         (number, queue, sequence, fingerprint, recorded_at, outcome) VALUES (?, ?, ?, ?, ?, ?)";
    for (number, record) in (recorded + 1..).zip(records) {
        store.execute(
            sql,
            &[
                integer(number),
                SqlParam::Text(&record.queue.to_text()),
                integer(record.sequence),
                SqlParam::Text(&record.fingerprint.0),
                SqlParam::Integer(now.unix_ms()),
                SqlParam::Text(&record.outcome),
            ],
        )?;
    }
    Ok(())
}

/// Gives the record of a key another outcome, if it has this one; returns whether it had.
pub(super) fn replace<S: Store>(
    store: &S,
    key: QueueId,
    old: &str,
    new: &str,
) -> Result<bool, StoreError> {
    store.update(
        "UPDATE _zeroback_records SET outcome = ? WHERE queue = ? AND sequence = ? AND outcome = ?",
        &[
            SqlParam::Text(new),
            SqlParam::Text(&key.to_text()),
            integer(KEYED),
            SqlParam::Text(old),
        ],
    )
}

/// Deletes what clients have the answers of, up to these sequences.
pub(super) fn delete_acknowledged<S: Store>(
    store: &S,
    queues: &[(QueueId, u64)],
) -> Result<Deleted, StoreError> {
    let queues: Vec<_> = queues
        .iter()
        .map(|(queue, through)| (queue.to_text(), through))
        .collect();
    let queues = serde_json::to_string(&queues)
        .map_err(|error| StoreError::new(format!("a list of queues: {error}")))?;
    delete(
        store,
        "DELETE FROM _zeroback_records WHERE number IN (
             SELECT record.number FROM json_each(?) AS list
             CROSS JOIN _zeroback_records AS record
             WHERE record.queue = list.value ->> 0
             AND record.sequence BETWEEN 1 AND list.value ->> 1
             LIMIT ?
         )",
        &[
            SqlParam::Text(&queues),
            integer(ACKNOWLEDGED_PER_COMMIT_MAX),
        ],
    )
}

/// Deletes the record of an `Idempotency-Key`.
pub(super) fn delete_keyed<S: Store>(store: &S, key: QueueId) -> Result<Deleted, StoreError> {
    delete(
        store,
        "DELETE FROM _zeroback_records WHERE queue = ? AND sequence = ?",
        &[SqlParam::Text(&key.to_text()), integer(KEYED)],
    )
}

/// Deletes those of so many of the oldest records that were recorded at this time or before. One
/// stays while an earlier one of its queue does, which a clock that was set back makes younger: what
/// a queue has come to is known by its last record.
pub(super) fn delete_oldest<S: Store>(
    store: &S,
    until_ms: i64,
    rows_max: u64,
) -> Result<Deleted, StoreError> {
    delete(
        store,
        "DELETE FROM _zeroback_records WHERE number IN (
             SELECT number FROM _zeroback_records ORDER BY number LIMIT ?
         ) AND recorded_at <= ? AND NOT EXISTS (
             SELECT 1 FROM _zeroback_records AS earlier
             WHERE earlier.queue = _zeroback_records.queue
             AND earlier.sequence < _zeroback_records.sequence AND earlier.recorded_at > ?
         )",
        &[
            integer(rows_max),
            SqlParam::Integer(until_ms),
            SqlParam::Integer(until_ms),
        ],
    )
}

/// Returns when the oldest record was recorded.
pub(super) fn oldest_at<S: Store>(store: &S) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT recorded_at FROM _zeroback_records ORDER BY number LIMIT 1";
    let rows = store.query(sql, &[])?;
    Ok(rows.first().and_then(|row| row[0].as_integer()))
}

fn delete<S: Store>(store: &S, sql: &str, params: &[SqlParam<'_>]) -> Result<Deleted, StoreError> {
    let sql = format!("{sql} RETURNING length(CAST(outcome AS BLOB))");
    let rows = store.query(&sql, params)?;
    Ok(Deleted {
        rows: rows.len() as u64,
        bytes: rows.iter().filter_map(|row| count(&row[0])).sum(),
    })
}

impl Ledger {
    /// Takes in that records are gone.
    pub(super) fn without(self, gone: Deleted) -> Self {
        Self {
            kept: self.kept.saturating_sub(gone.rows),
            kept_bytes: self.kept_bytes.saturating_sub(gone.bytes),
            ..self
        }
    }
}

impl AddAssign for Deleted {
    fn add_assign(&mut self, more: Self) {
        self.rows += more.rows;
        self.bytes += more.bytes;
    }
}

fn integer(number: u64) -> SqlParam<'static> {
    SqlParam::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

fn count(value: &SqlValue) -> Option<u64> {
    u64::try_from(value.as_integer()?).ok()
}
