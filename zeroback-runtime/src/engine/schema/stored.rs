//! What the database has: its tables, and what the engine keeps of them in tables of its own.

use std::collections::BTreeMap;

use super::super::store::{SqlValue, Store, StoreError};

const SYSTEM_TABLES: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS _zeroback_state (
        only INTEGER PRIMARY KEY CHECK (only = 0),
        epoch INTEGER NOT NULL,
        counter INTEGER NOT NULL,
        last_id TEXT NOT NULL
    ) STRICT",
    "CREATE TABLE IF NOT EXISTS _zeroback_columns (
        table_name TEXT NOT NULL,
        field TEXT NOT NULL,
        number INTEGER NOT NULL,
        column_type TEXT NOT NULL,
        PRIMARY KEY (table_name, field)
    ) STRICT",
    "CREATE TABLE IF NOT EXISTS _zeroback_indexes (
        table_name TEXT NOT NULL,
        name TEXT NOT NULL,
        columns TEXT NOT NULL,
        PRIMARY KEY (table_name, name)
    ) STRICT",
];

/// How a table lies in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// With `_key`, by which search indexes name its rows.
    Keyed,
    /// As it was before there were search indexes.
    Unkeyed,
}

/// A typed column as the database has it.
#[derive(Clone, Debug)]
pub(super) struct StoredColumn {
    pub(super) number: i64,
    /// Its type in SQL; behind [`RETIRED`] where it is not filled.
    pub(super) column_type: String,
}

/// Marks the type of a column that is not filled: because no index names it any more, or because
/// it is about to be filled. What it holds is not to be trusted.
pub(super) const RETIRED: &str = "retired ";

/// What the database has.
#[derive(Debug, Default)]
pub(super) struct Stored {
    pub(super) tables: BTreeMap<String, Layout>,
    columns: BTreeMap<String, BTreeMap<String, StoredColumn>>,
    indexes: BTreeMap<String, BTreeMap<String, String>>,
}

pub(super) fn create_system_tables<S: Store>(store: &S) -> Result<(), StoreError> {
    SYSTEM_TABLES
        .iter()
        .try_for_each(|sql| store.execute(sql, &[]))
}

impl Stored {
    pub(super) fn read<S: Store>(store: &S) -> Result<Self, StoreError> {
        let mut stored = Self::default();
        let tables = "SELECT name, sql FROM sqlite_schema WHERE type = 'table'";
        for [name, sql] in texts(store, tables)? {
            if is_authors(&name) {
                let is_keyed = sql.contains("_key INTEGER PRIMARY KEY");
                let layout = if is_keyed {
                    Layout::Keyed
                } else {
                    Layout::Unkeyed
                };
                stored.tables.insert(name, layout);
            }
        }
        let columns = "SELECT table_name, field, number, column_type FROM _zeroback_columns";
        for row in store.query(columns, &[])? {
            let (Some(table), Some(field), Some(number), Some(column_type)) = (
                row[0].as_text(),
                row[1].as_text(),
                row[2].as_integer(),
                row[3].as_text(),
            ) else {
                return Err(StoreError::new("a row of _zeroback_columns is damaged"));
            };
            let column = StoredColumn {
                number,
                column_type: column_type.to_owned(),
            };
            let fields = stored.columns.entry(table.to_owned()).or_default();
            fields.insert(field.to_owned(), column);
        }
        let indexes = "SELECT table_name, name, columns FROM _zeroback_indexes";
        for [table, name, description] in texts(store, indexes)? {
            let names = stored.indexes.entry(table).or_default();
            names.insert(name, description);
        }
        Ok(stored)
    }

    /// Returns a table's columns by their fields.
    pub(super) fn columns(&self, table: &str) -> BTreeMap<String, StoredColumn> {
        self.columns.get(table).cloned().unwrap_or_default()
    }

    /// Returns the descriptions of a table's indexes by their names.
    pub(super) fn indexes(&self, table: &str) -> BTreeMap<String, String> {
        self.indexes.get(table).cloned().unwrap_or_default()
    }
}

/// Tells an author's table from those of the engine, of SQLite, of a search index and of the
/// platform: an author's begins with a letter and has no point in it.
fn is_authors(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && !name.contains('.')
        && !name.starts_with("sqlite_")
}

/// Returns rows of which every column is text.
pub(super) fn texts<S: Store, const N: usize>(
    store: &S,
    sql: &str,
) -> Result<Vec<[String; N]>, StoreError> {
    let rows = store.query(sql, &[])?;
    let damaged = || StoreError::new(format!("not all is text that this returns: {sql}"));
    rows.into_iter()
        .map(|row| {
            let texts: Option<Vec<String>> = row
                .into_iter()
                .map(|value| match value {
                    SqlValue::Text(text) => Some(text),
                    _ => None,
                })
                .collect();
            texts
                .and_then(|texts| texts.try_into().ok())
                .ok_or_else(damaged)
        })
        .collect()
}
