//! The baseline of mutations: the same rows put into the same table by SQLite alone.

use std::time::Instant;

use anyhow::Result;
use rusqlite::Connection;

use crate::client::row_text;
use crate::mutations::Cost;
use crate::server::{cpu_us, fresh_folder};

/// Inserts rows, `per_transaction` at a time, with `synchronous=FULL`.
pub(crate) fn insert(rows: usize, per_transaction: usize) -> Result<Cost> {
    let folder = fresh_folder("sqlite")?;
    let mut connection = Connection::open(folder.join("rows.sqlite"))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch(
        "CREATE TABLE rows (_id TEXT PRIMARY KEY, _creation_time INTEGER NOT NULL, doc TEXT NOT NULL, f_0) \
         WITHOUT ROWID; \
         CREATE INDEX by_topic ON rows (f_0, _creation_time, _id);",
    )?;
    let (started, cpu_before) = (Instant::now(), cpu_us("self")?);
    let mut number = 0;
    while number < rows {
        let transaction = connection.transaction()?;
        let mut statement = transaction.prepare_cached("INSERT INTO rows VALUES (?, ?, ?, ?)")?;
        for _ in 0..per_transaction.min(rows - number) {
            let (id, time) = (
                format!("rows_{number:026}"),
                1_795_000_000_000_i64 + i64::try_from(number)?,
            );
            let doc = format!(
                r#"{{"_id":"{id}","_creationTime":{time},"topic":"unwatched","text":"{}","isDone":false}}"#,
                row_text(number),
            );
            statement.execute((id, time, doc, "unwatched"))?;
            number += 1;
        }
        drop(statement);
        transaction.commit()?;
    }
    let cost = Cost::of(rows, started, cpu_us("self")? - cpu_before);
    drop(connection);
    std::fs::remove_dir_all(folder)?;
    Ok(cost)
}
