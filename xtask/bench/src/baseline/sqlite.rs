//! Rows as the server would write them, written by SQLite alone.

use std::path::Path;

use anyhow::Result;
use rusqlite::Connection;

use crate::rows::row_text;

/// A database with the table of rows and one of records of mutations.
pub(crate) struct Database {
    connection: Connection,
    written: i64,
}

impl Database {
    /// Opens a database with the settings of the server: a WAL and `synchronous=FULL`.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let connection = Connection::open(folder.join("rows.sqlite"))?;
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536;
             CREATE TABLE IF NOT EXISTS rows (_key INTEGER PRIMARY KEY, _id TEXT NOT NULL UNIQUE, \
                 _creation_time INTEGER NOT NULL, doc TEXT NOT NULL, f_0 TEXT) STRICT;
             CREATE INDEX IF NOT EXISTS by_topic ON rows (f_0, _id);
             CREATE TABLE IF NOT EXISTS records (number INTEGER PRIMARY KEY, queue TEXT NOT NULL, \
                 sequence INTEGER NOT NULL, fingerprint TEXT NOT NULL, recorded_at INTEGER NOT NULL, \
                 outcome TEXT NOT NULL, UNIQUE (queue, sequence)) STRICT;",
        )?;
        Ok(Self {
            connection,
            written: 0,
        })
    }

    /// Inserts so many rows and their records in one transaction, in which the records of the
    /// transaction before are forgotten: its answers have been received.
    pub(crate) fn insert(&mut self, rows: usize) -> Result<()> {
        let queue = "AAAAAAAAAAAAAAAAAAAAAA";
        let transaction = self.connection.transaction()?;
        {
            let mut forget = transaction
                .prepare_cached("DELETE FROM records WHERE queue = ? AND sequence <= ?")?;
            let mut insert = transaction.prepare_cached(
                "INSERT INTO rows (_id, _creation_time, doc, f_0) VALUES (?, ?, ?, ?)",
            )?;
            let mut record = transaction.prepare_cached(
                "INSERT INTO records (queue, sequence, fingerprint, recorded_at, outcome) \
                 VALUES (?, ?, ?, ?, ?)",
            )?;
            forget.execute((queue, self.written))?;
            for _ in 0..rows {
                self.written += 1;
                let number = self.written;
                let time = 1_795_000_000_000_i64 + number;
                let id = format!("rows_{number:026}");
                let doc = format!(
                    r#"{{"_id":"{id}","_creationTime":{time},"topic":"unwatched","text":"{}","isDone":false}}"#,
                    row_text(usize::try_from(number)?),
                );
                insert.execute((&id, time, doc, "unwatched"))?;
                let outcome = format!(r#"{{"status":"success","value":"{id}"}}"#);
                record.execute((queue, number, "AAAAAAAAAAA", time, outcome))?;
            }
        }
        transaction.commit()?;
        Ok(())
    }
}
