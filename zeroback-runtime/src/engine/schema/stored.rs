//! What the database has: its tables, and what the engine keeps of them in tables of its own.

use std::collections::BTreeMap;

use crate::engine::catalog::{ColumnPlan, TablePlan};
use crate::engine::store::{SqlParam, SqlValue, Store, StoreError};
use crate::{TableDef, system};

const SYSTEM_TABLES: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS _zeroback_state (
        only INTEGER PRIMARY KEY CHECK (only = 0),
        epoch INTEGER NOT NULL,
        counter INTEGER NOT NULL,
        last_id TEXT NOT NULL,
        generation INTEGER NOT NULL DEFAULT 0,
        fingerprint TEXT NOT NULL DEFAULT '',
        recorded INTEGER NOT NULL DEFAULT 0,
        records INTEGER NOT NULL DEFAULT 0,
        record_bytes INTEGER NOT NULL DEFAULT 0
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
    // The fingerprint of each table's documents, empty where they have to be checked.
    "CREATE TABLE IF NOT EXISTS _zeroback_shapes (
        table_name TEXT NOT NULL PRIMARY KEY,
        shape TEXT NOT NULL
    ) STRICT",
    "CREATE TABLE IF NOT EXISTS _zeroback_migrations (
        path TEXT NOT NULL PRIMARY KEY,
        done_at INTEGER NOT NULL
    ) STRICT",
    // How far a change has come that is made in steps.
    "CREATE TABLE IF NOT EXISTS _zeroback_progress (
        only INTEGER PRIMARY KEY CHECK (only = 0),
        fingerprint TEXT NOT NULL,
        generation INTEGER NOT NULL,
        counter INTEGER NOT NULL,
        position TEXT NOT NULL,
        report TEXT NOT NULL
    ) STRICT",
    // The keys that the check of a unique index has seen.
    "CREATE TABLE IF NOT EXISTS _zeroback_seen_keys (
        index_name TEXT NOT NULL,
        key BLOB NOT NULL,
        PRIMARY KEY (index_name, key)
    ) STRICT, WITHOUT ROWID",
    // The answers of mutations that are made once. The numbers are in the order of time.
    "CREATE TABLE IF NOT EXISTS _zeroback_records (
        number INTEGER PRIMARY KEY,
        queue TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        fingerprint TEXT NOT NULL,
        recorded_at INTEGER NOT NULL,
        outcome TEXT NOT NULL,
        UNIQUE (queue, sequence)
    ) STRICT",
];

/// Is there, in `_zeroback_state`, if all of the above is.
const NEWEST_COLUMN: &str = "record_bytes ";

/// The columns that `_zeroback_state` has got since it was there first.
const STATE_COLUMNS: &[(&str, &str)] = &[
    ("generation", "INTEGER NOT NULL DEFAULT 0"),
    ("fingerprint", "TEXT NOT NULL DEFAULT ''"),
    // How many records have ever been made, and how many there are.
    ("recorded", "INTEGER NOT NULL DEFAULT 0"),
    ("records", "INTEGER NOT NULL DEFAULT 0"),
    // How many bytes of answers these have.
    ("record_bytes", "INTEGER NOT NULL DEFAULT 0"),
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
    pub(super) columns: StoredColumns,
    indexes: BTreeMap<String, BTreeMap<String, String>>,
    shapes: BTreeMap<String, String>,
}

/// The columns of all tables by their fields.
#[derive(Debug, Default)]
pub(super) struct StoredColumns {
    of_tables: BTreeMap<String, BTreeMap<String, StoredColumn>>,
}

/// Tells whether the engine's own tables are all there.
pub(super) fn has_system_tables<S: Store>(store: &S) -> Result<bool, StoreError> {
    let sql = "SELECT name FROM sqlite_schema WHERE name = '_zeroback_state' AND instr(sql, ?)";
    let found = store.text(sql, &[SqlParam::Text(NEWEST_COLUMN)])?;
    Ok(found.is_some())
}

pub(super) fn create_system_tables<S: Store>(store: &S) -> Result<(), StoreError> {
    let sql = "SELECT sql FROM sqlite_schema WHERE name = '_zeroback_state'";
    let older = store.text(sql, &[])?;
    let is_missing = |column: &str| {
        let older = older.as_ref();
        older.is_some_and(|sql| !sql.contains(&format!("{column} ")))
    };
    for (column, sql_type) in STATE_COLUMNS {
        if is_missing(column) {
            let sql = format!("ALTER TABLE _zeroback_state ADD COLUMN {column} {sql_type}");
            store.execute(&sql, &[])?;
        }
    }
    for sql in SYSTEM_TABLES {
        store.execute(sql, &[])?;
    }
    if is_missing("record_bytes") {
        store.execute(
            "UPDATE _zeroback_state SET record_bytes = (
                SELECT coalesce(sum(length(CAST(outcome AS BLOB))), 0) FROM _zeroback_records
            )",
            &[],
        )?;
    }
    Ok(())
}

/// Keeps the fingerprint of a table's documents.
pub(super) fn keep_shape<S: Store>(store: &S, table: &str, shape: &str) -> Result<(), StoreError> {
    store.execute(
        "INSERT INTO _zeroback_shapes (table_name, shape) VALUES (?, ?)
         ON CONFLICT DO UPDATE SET shape = excluded.shape",
        &[SqlParam::Text(table), SqlParam::Text(shape)],
    )
}

impl Stored {
    pub(super) fn read<S: Store>(store: &S) -> Result<Self, StoreError> {
        let mut stored = Self {
            columns: StoredColumns::read(store)?,
            ..Self::default()
        };
        let tables = "SELECT name, sql FROM sqlite_schema WHERE type = 'table'";
        for [name, sql] in texts(store, tables)? {
            if has_documents(&name) {
                let is_keyed = sql.contains("_key INTEGER PRIMARY KEY");
                let layout = if is_keyed {
                    Layout::Keyed
                } else {
                    Layout::Unkeyed
                };
                stored.tables.insert(name, layout);
            }
        }
        let indexes = "SELECT table_name, name, columns FROM _zeroback_indexes";
        for [table, name, description] in texts(store, indexes)? {
            let names = stored.indexes.entry(table).or_default();
            names.insert(name, description);
        }
        let shapes = "SELECT table_name, shape FROM _zeroback_shapes";
        for [table, shape] in texts(store, shapes)? {
            stored.shapes.insert(table, shape);
        }
        Ok(stored)
    }

    /// Tells whether the database has no table of an author's.
    pub(super) fn is_new(&self) -> bool {
        !self.tables.keys().any(|name| is_authors(name))
    }

    /// Returns the descriptions of a table's indexes by their names.
    pub(super) fn indexes(&self, table: &str) -> BTreeMap<String, String> {
        self.indexes.get(table).cloned().unwrap_or_default()
    }

    /// Returns the fingerprint that a table's documents are known to have.
    pub(super) fn shape(&self, table: &str) -> Option<&str> {
        self.shapes.get(table).map(String::as_str)
    }
}

impl StoredColumns {
    /// Reads those of all tables at once.
    pub(super) fn read<S: Store>(store: &S) -> Result<Self, StoreError> {
        let mut of_tables: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        let sql = "SELECT table_name, field, number, column_type FROM _zeroback_columns";
        for row in store.query(sql, &[])? {
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
            let fields = of_tables.entry(table.to_owned()).or_default();
            fields.insert(field.to_owned(), column);
        }
        Ok(Self { of_tables })
    }

    /// Returns a table's columns by their fields.
    pub(super) fn of_table(&self, table: &str) -> BTreeMap<String, StoredColumn> {
        self.of_tables.get(table).cloned().unwrap_or_default()
    }

    /// Returns how a table lies whose schema has not changed.
    pub(super) fn plan(&self, def: &TableDef) -> Option<TablePlan> {
        let stored = self.of_tables.get(def.name);
        let columns = def.columns.iter().map(|column| {
            Some(ColumnPlan {
                field: column.field,
                column_type: column.column_type,
                nullable: column.nullable,
                number: stored?.get(column.field)?.number,
            })
        });
        Some(TablePlan::new(def, columns.collect::<Option<_>>()?))
    }
}

/// Returns the names of the tables of documents that the database has, in order: the author's and
/// the runtime's own.
pub(in crate::engine) fn tables_of<S: Store>(store: &S) -> Result<Vec<String>, StoreError> {
    let rows = texts(
        store,
        "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name",
    )?;
    let names = rows.into_iter().map(|[name]| name);
    Ok(names.filter(|name| has_documents(name)).collect())
}

fn has_documents(name: &str) -> bool {
    is_authors(name) || system::is_table(name)
}

/// Tells an author's table from those of the engine, of SQLite, of a search index and of the
/// platform: an author's begins with a letter and has no point in it.
pub(super) fn is_authors(name: &str) -> bool {
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
