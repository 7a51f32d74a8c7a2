//! The time that one run of a function may take: statements that read are interrupted when it is
//! over, by SQLite's progress handler, and no other is begun.
//!
//! Statements that write are not interrupted: SQLite would undo the whole transaction, and those
//! of a function write one row each. A function that computes and asks for nothing is not stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rusqlite::{Connection, Statement};

use crate::engine::StoreError;

/// How many of SQLite's instructions pass between two looks at the clock: some hundred
/// microseconds.
const INSTRUCTIONS_BETWEEN_LOOKS: i32 = 10_000;

/// When the function that runs must have ended.
#[derive(Debug, Default)]
pub(super) struct Deadline {
    watched: Option<Arc<Watched>>,
}

/// What the progress handler looks at.
#[derive(Debug)]
struct Watched {
    started: Instant,
    limit: Duration,
    /// In microseconds since `started`; 0 while no function runs.
    until_us: AtomicU64,
    /// Whether the statement that runs may be interrupted.
    is_reading: AtomicBool,
}

/// A statement that reads; it may be interrupted as long as this is there.
pub(super) struct Reads<'d>(Option<&'d Watched>);

impl Deadline {
    /// Gives each run so much time, on this connection.
    #[expect(
        clippy::disallowed_methods,
        reason = "how long a function runs is the host's to measure"
    )]
    pub(super) fn watch(connection: &mut Connection, limit: Duration) -> Result<Self, StoreError> {
        let watched = Arc::new(Watched {
            started: Instant::now(),
            limit,
            until_us: AtomicU64::new(0),
            is_reading: AtomicBool::new(false),
        });
        let looked_at = Arc::clone(&watched);
        connection.progress_handler(
            INSTRUCTIONS_BETWEEN_LOOKS,
            Some(move || looked_at.is_reading.load(Ordering::Relaxed) && looked_at.is_over()),
        )?;
        Ok(Self {
            watched: Some(watched),
        })
    }

    pub(super) fn begin(&self) {
        if let Some(watched) = &self.watched {
            let until = watched.started.elapsed() + watched.limit;
            let until_us = u64::try_from(until.as_micros()).unwrap_or(u64::MAX);
            watched.until_us.store(until_us.max(1), Ordering::Relaxed);
        }
    }

    /// Ends the run; returns how long it has taken.
    pub(super) fn end(&self) -> Option<Duration> {
        let watched = self.watched.as_ref()?;
        let until = Duration::from_micros(watched.until_us.swap(0, Ordering::Relaxed));
        Some((watched.started.elapsed() + watched.limit).saturating_sub(until))
    }

    /// Fails where the time is over.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        match &self.watched {
            Some(watched) if watched.is_over() => Err(StoreError::too_late()),
            _ => Ok(()),
        }
    }

    /// Lets a statement be interrupted, if it does not write.
    pub(super) fn reads(&self, statement: &Statement<'_>) -> Result<Reads<'_>, StoreError> {
        self.check()?;
        let watched = self.watched.as_deref().filter(|_| statement.readonly());
        if let Some(watched) = watched {
            watched.is_reading.store(true, Ordering::Relaxed);
        }
        Ok(Reads(watched))
    }
}

impl Watched {
    fn is_over(&self) -> bool {
        let until_us = self.until_us.load(Ordering::Relaxed);
        until_us != 0 && self.started.elapsed() >= Duration::from_micros(until_us)
    }
}

impl Drop for Reads<'_> {
    fn drop(&mut self) {
        if let Some(watched) = self.0 {
            watched.is_reading.store(false, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use zeroback_protocol::FunctionKind;

    use super::super::NativeStore;
    use super::*;
    use crate::engine::{Running, Store as _, Verdict};

    const RUNNING: Running<'static> = Running {
        kind: FunctionKind::Query,
        path: "endless",
        args: "{}",
        viewer: "null",
    };

    const ENDLESS: &str = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n)
         SELECT count(*) FROM n";

    fn store(limit_ms: u64) -> NativeStore {
        let store = NativeStore::in_memory().unwrap();
        store.execute("CREATE TABLE t (x INTEGER)", &[]).unwrap();
        store
            .with_time_limit(Duration::from_millis(limit_ms))
            .unwrap()
    }

    #[test]
    fn a_read_without_an_end_is_interrupted_and_the_transaction_goes_on() {
        let store = store(5);
        store
            .transaction(&mut || {
                store.execute("INSERT INTO t VALUES (1)", &[]).unwrap();
                store.run_begins(RUNNING);
                let error = store.query(ENDLESS, &[]).unwrap_err();
                assert!(error.is_too_late(), "{error}");
                store.run_ends();
                store.execute("INSERT INTO t VALUES (2)", &[]).unwrap();
                Verdict::Commit
            })
            .unwrap();
        assert_eq!(store.query("SELECT x FROM t", &[]).unwrap().len(), 2);
    }

    #[test]
    fn nothing_is_begun_when_the_time_is_over() {
        let store = store(0);
        store.run_begins(RUNNING);
        let insert = store.execute("INSERT INTO t VALUES (1)", &[]);
        assert!(insert.unwrap_err().is_too_late());
        assert!(store.text("SELECT 'x'", &[]).unwrap_err().is_too_late());
        store.run_ends();
        assert_eq!(store.query("SELECT x FROM t", &[]).unwrap().len(), 0);
    }

    #[test]
    fn outside_of_a_function_there_is_no_limit() {
        let store = store(0);
        let sql = ENDLESS.replace("FROM n)", "FROM n WHERE x < 300000)");
        assert_eq!(store.query(&sql, &[]).unwrap().len(), 1);
    }
}
