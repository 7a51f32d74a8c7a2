//! The storage port on rusqlite.

mod deadline;

use std::cell::Cell;
use std::fmt;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, OpenFlags, ToSql, params_from_iter};

use crate::db::Documents;
use crate::engine::{Running, Select, SqlParam, SqlValue, Store, StoreError, Verdict};
use deadline::Deadline;

/// How many prepared statements are kept.
const STATEMENTS_MAX: usize = 256;

/// A SQLite database in a file or in memory.
pub struct NativeStore {
    connection: Connection,
    depth: Cell<u32>,
    /// The statement that begins a transaction.
    begin: &'static str,
    deadline: Deadline,
}

/// When a commit counts as made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// Once it is on the disk: a power cut loses nothing that was acknowledged.
    #[default]
    Full,
    /// Once the operating system has it: a kill of the process loses nothing, a power cut may.
    LosesLastCommitsOnPowerCut,
}

impl NativeStore {
    /// Opens a database file, and creates it where there is none.
    ///
    /// # Errors
    ///
    /// Fails where the file cannot be opened, or is no database.
    pub fn open(path: &Path, durability: Durability) -> Result<Self, StoreError> {
        let synchronous = match durability {
            Durability::Full => "FULL",
            Durability::LosesLastCommitsOnPowerCut => "NORMAL",
        };
        let connection = Connection::open(path)?;
        connection.execute_batch(&format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous};"
        ))?;
        Self::new(connection, "BEGIN IMMEDIATE")
    }

    /// Opens a database file to read it, beside whoever writes it: what a transaction reads is as
    /// it was at its first statement.
    ///
    /// # Errors
    ///
    /// Fails where there is no such file, or it is no database.
    pub fn open_snapshot(path: &Path) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        // A file that was not closed in order must be written to before it can be read, so the
        // connection is no read-only one, but statements may not write.
        connection.execute_batch("PRAGMA query_only = ON;")?;
        Self::new(connection, "BEGIN")
    }

    /// Opens a database that lives as long as this value.
    ///
    /// # Errors
    ///
    /// Fails where SQLite fails.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::new(Connection::open_in_memory()?, "BEGIN IMMEDIATE")
    }

    fn new(connection: Connection, begin: &'static str) -> Result<Self, StoreError> {
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        connection.execute_batch("PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384;")?;
        // SQLite would else plan by what is bound, and prepare a statement again for each value.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        Ok(Self {
            connection,
            depth: Cell::new(0),
            begin,
            deadline: Deadline::default(),
        })
    }

    /// Lets each run of a function take so much time at most; beyond it `limit_exceeded`.
    ///
    /// # Errors
    ///
    /// Fails where SQLite fails.
    pub fn with_time_limit(mut self, limit: Duration) -> Result<Self, StoreError> {
        self.deadline = Deadline::watch(&mut self.connection, limit)?;
        Ok(self)
    }

    fn batch(&self, sql: &str) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(sql)?
            .execute([])
            .map(drop)
            .map_err(StoreError::from)
    }
}

impl Store for NativeStore {
    fn update(&self, sql: &str, params: &[SqlParam<'_>]) -> Result<bool, StoreError> {
        self.deadline.check()?;
        let changed = self
            .connection
            .prepare_cached(sql)?
            .execute(params_from_iter(params))?;
        Ok(changed > 0)
    }

    fn query(&self, sql: &str, params: &[SqlParam<'_>]) -> Result<Vec<Vec<SqlValue>>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let _reads = self.deadline.reads(&statement)?;
        let columns = statement.column_count();
        let rows = statement.query_map(params_from_iter(params), |row| {
            (0..columns)
                .map(|at| row.get::<_, Value>(at).map(from_sqlite))
                .collect()
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn text(&self, sql: &str, params: &[SqlParam<'_>]) -> Result<Option<String>, StoreError> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let _reads = self.deadline.reads(&statement)?;
        let mut rows = statement.query(params_from_iter(params))?;
        match rows.next()? {
            Some(row) => Ok(Some(row.get(0)?)),
            None => Ok(None),
        }
    }

    fn documents(
        &self,
        select: &Select<'_>,
        params: &[SqlParam<'_>],
    ) -> Result<Documents, StoreError> {
        let mut statement = self.connection.prepare_cached(select.sql)?;
        let _reads = self.deadline.reads(&statement)?;
        let mut rows = statement.query(params_from_iter(params))?;
        let mut documents = Documents::default();
        while let Some(row) = rows.next()? {
            match row.get_ref(0)? {
                ValueRef::Text(text) => documents.push(
                    std::str::from_utf8(text)
                        .map_err(|error| StoreError::new(error.to_string()))?,
                ),
                _ => return Err(StoreError::new("a document is not text")),
            }
            if documents.bytes() > select.bytes_max {
                break;
            }
        }
        Ok(documents)
    }

    fn run_begins(&self, _running: Running<'_>) {
        self.deadline.begin();
    }

    fn run_ends(&self) -> Option<Duration> {
        self.deadline.end()
    }

    fn read_together(&self, reads: &mut dyn FnMut()) {
        // Without a transaction of theirs each begins and ends one, which takes locks.
        let level = Level::begin(self, "BEGIN");
        reads();
        if let Ok(level) = level {
            // Nothing was written, and each read has told how it went.
            let _ = level.end(Verdict::Rollback);
        }
    }

    fn transaction(&self, body: &mut dyn FnMut() -> Verdict) -> Result<(), StoreError> {
        let level = Level::begin(self, self.begin)?;
        let verdict = body();
        level.end(verdict)
    }
}

/// An open transaction or savepoint; dropped without an end, by a panic, it rolls back.
struct Level<'s> {
    store: &'s NativeStore,
    depth: u32,
    is_open: bool,
}

impl<'s> Level<'s> {
    /// Begins a savepoint, or a transaction by this statement.
    fn begin(store: &'s NativeStore, begin: &str) -> Result<Self, StoreError> {
        let depth = store.depth.get();
        match depth {
            0 => store.batch(begin)?,
            _ => store.batch(&format!("SAVEPOINT level_{depth}"))?,
        }
        store.depth.set(depth + 1);
        Ok(Self {
            store,
            depth,
            is_open: true,
        })
    }

    fn end(mut self, verdict: Verdict) -> Result<(), StoreError> {
        let depth = self.depth;
        let result = match (verdict, depth) {
            (Verdict::Commit, 0) => self.store.batch("COMMIT"),
            (Verdict::Commit, _) => self.store.batch(&format!("RELEASE level_{depth}")),
            (Verdict::Rollback, _) => return self.roll_back(),
        };
        if result.is_ok() {
            self.close();
        }
        result
    }

    fn roll_back(&mut self) -> Result<(), StoreError> {
        self.close();
        let depth = self.depth;
        if depth == 0 {
            // SQLite has rolled back by itself after some failures, a full disk among them.
            if self.store.connection.is_autocommit() {
                return Ok(());
            }
            return self.store.batch("ROLLBACK");
        }
        self.store.batch(&format!("ROLLBACK TO level_{depth}"))?;
        self.store.batch(&format!("RELEASE level_{depth}"))
    }

    fn close(&mut self) {
        self.is_open = false;
        self.store.depth.set(self.depth);
    }
}

impl Drop for Level<'_> {
    fn drop(&mut self) {
        if self.is_open {
            // The failure that led here is already on its way; a second one would only hide it.
            let _ = self.roll_back();
        }
    }
}

impl ToSql for SqlParam<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(value) => ValueRef::Integer(*value),
            Self::Real(value) => ValueRef::Real(*value),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn from_sqlite(value: Value) -> SqlValue {
    match value {
        Value::Null | Value::Blob(_) => SqlValue::Null,
        Value::Integer(value) => SqlValue::Integer(value),
        Value::Real(value) => SqlValue::Real(value),
        Value::Text(text) => SqlValue::Text(text),
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        if error.sqlite_error_code() == Some(rusqlite::ErrorCode::OperationInterrupted) {
            return Self::too_late();
        }
        Self::new(error.to_string())
    }
}

impl fmt::Debug for NativeStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NativeStore")
            .field("depth", &self.depth)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> NativeStore {
        let store = NativeStore::in_memory().unwrap();
        store.execute("CREATE TABLE t (x INTEGER)", &[]).unwrap();
        store
    }

    fn insert(store: &NativeStore, x: i64) {
        store
            .execute("INSERT INTO t VALUES (?)", &[SqlParam::Integer(x)])
            .unwrap();
    }

    #[track_caller]
    fn check(store: &NativeStore, expected: &[i64]) {
        let rows = store.query("SELECT x FROM t ORDER BY x", &[]).unwrap();
        let found: Vec<_> = rows.iter().filter_map(|row| row[0].as_integer()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn an_inner_rollback_leaves_the_outer_transaction_whole() {
        let store = store();
        store
            .transaction(&mut || {
                insert(&store, 1);
                store
                    .transaction(&mut || {
                        insert(&store, 2);
                        Verdict::Rollback
                    })
                    .unwrap();
                insert(&store, 3);
                Verdict::Commit
            })
            .unwrap();
        check(&store, &[1, 3]);
    }

    #[test]
    fn reading_stops_behind_the_document_that_is_too_much() {
        let store = store();
        for x in [1_000_001, 1_000_002, 1_000_003] {
            insert(&store, x);
        }
        let select = Select {
            sql: "SELECT CAST(x AS TEXT) FROM t ORDER BY x",
            order: "",
            rows_max: 3,
            bytes_max: 10,
        };
        let documents = store.documents(&select, &[]).unwrap();
        assert_eq!(documents.iter().collect::<Vec<_>>(), ["1000001", "1000002"]);
    }

    #[test]
    fn what_is_read_together_leaves_no_transaction_open() {
        let store = store();
        insert(&store, 1);
        let mut found = 0;
        store.read_together(&mut || {
            assert!(!store.connection.is_autocommit());
            check(&store, &[1]);
            found += 1;
        });
        assert_eq!(found, 1);
        assert!(store.connection.is_autocommit());
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            store.read_together(&mut || panic!("planted"));
        }));
        assert!(panicked.is_err());
        assert!(store.connection.is_autocommit());
    }

    #[test]
    fn a_panic_rolls_back_and_the_store_goes_on() {
        let store = store();
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            store.transaction(&mut || {
                insert(&store, 1);
                panic!("planted");
            })
        }));
        assert!(panicked.is_err());
        store
            .transaction(&mut || {
                insert(&store, 2);
                Verdict::Commit
            })
            .unwrap();
        check(&store, &[2]);
    }
}
