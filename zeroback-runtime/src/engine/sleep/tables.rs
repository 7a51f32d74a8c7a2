//! The tables of what is kept for a sleep. SQLite itself keeps their last keys, with the rows.

use crate::engine::store::{Store, StoreError};

/// Each with its columns.
const TABLES: [(&str, &str); 2] = [
    (
        "_zeroback_live",
        "key INTEGER PRIMARY KEY AUTOINCREMENT,
         path TEXT NOT NULL,
         args TEXT NOT NULL,
         tables TEXT NOT NULL",
    ),
    (
        "_zeroback_attachments",
        "key INTEGER PRIMARY KEY AUTOINCREMENT,
         attachment TEXT NOT NULL",
    ),
];

/// Makes the tables that are not there, or are as they were before their keys were kept.
pub(super) fn create<S: Store>(store: &S) -> Result<(), StoreError> {
    let older = store.query(
        "SELECT name FROM sqlite_schema
         WHERE name IN ('_zeroback_live', '_zeroback_attachments')
         AND NOT instr(sql, 'AUTOINCREMENT')",
        &[],
    )?;
    let is_older = |table: &str| older.iter().any(|row| row[0].as_text() == Some(table));
    for (table, columns) in TABLES {
        if is_older(table) {
            let sql = format!("ALTER TABLE {table} RENAME TO {table}_older");
            store.execute(&sql, &[])?;
        }
        let sql = format!("CREATE TABLE IF NOT EXISTS {table} ({columns}) STRICT");
        store.execute(&sql, &[])?;
        if is_older(table) {
            let sql = format!("INSERT INTO {table} SELECT * FROM {table}_older");
            store.execute(&sql, &[])?;
            store.execute(&format!("DROP TABLE {table}_older"), &[])?;
        }
    }
    add_viewer(store)
}

/// Adds the column that came last, where it is not there.
fn add_viewer<S: Store>(store: &S) -> Result<(), StoreError> {
    let there = store.query(
        "SELECT 1 FROM sqlite_schema WHERE name = '_zeroback_live' AND instr(sql, 'viewer')",
        &[],
    )?;
    if there.is_empty() {
        store.execute("ALTER TABLE _zeroback_live ADD COLUMN viewer TEXT", &[])?;
    }
    Ok(())
}

/// Returns the last key that a row of either table had.
pub(super) fn last_key<S: Store>(store: &S) -> Result<i64, StoreError> {
    let rows = store.query(
        "SELECT coalesce(max(seq), 0) FROM sqlite_sequence
         WHERE name IN ('_zeroback_live', '_zeroback_attachments')",
        &[],
    )?;
    let key = rows.first().and_then(|row| row[0].as_integer());
    key.ok_or_else(|| StoreError::new("sqlite_sequence is damaged"))
}
