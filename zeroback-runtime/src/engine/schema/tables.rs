//! A table's layout: its rows, and its typed columns.
//!
//! Each table has `_key`, by which search indexes name its rows, `_id`, `_creation_time`, `doc` with
//! the document's JSON, and a typed column `f_<n>` for every field that an index or a search's
//! filter names. The numbers are given once and kept in the database, so that they do not move.

use super::change::TableChange;
use super::indexes::drop_index;
use super::stored::{Layout, RETIRED, Stored, keep_shape};
use crate::engine::catalog::sql_type;
use crate::engine::store::{SqlParam, Store, StoreError};

/// Creates a table, or brings it into the layout of today.
pub(super) fn lay_out<S: Store>(
    store: &S,
    table: &str,
    layout: Option<Layout>,
) -> Result<(), StoreError> {
    match layout {
        Some(Layout::Keyed) => Ok(()),
        Some(Layout::Unkeyed) => rebuild(store, table),
        None => create(store, table),
    }
}

/// Creates what documents are written to. Columns that are new are not in use before `finish`, and
/// those that no index names any more are not from here on: they are not filled.
pub(super) fn prepare<S: Store>(store: &S, change: &TableChange) -> Result<(), StoreError> {
    let table = change.plan.name;
    lay_out(store, table, change.layout)?;
    for name in &change.drops {
        drop_index(store, table, name)?;
    }
    for place in &change.adds {
        let column = &change.plan.columns[*place];
        let (name, sql_type) = (column.sql_name(), sql_type(column.column_type));
        store.execute(
            &format!("ALTER TABLE \"{table}\" ADD COLUMN {name} {sql_type}"),
            &[],
        )?;
    }
    for place in &change.fills {
        let column = &change.plan.columns[*place];
        let column_type = format!("{RETIRED}{}", sql_type(column.column_type));
        keep_column(store, table, column.field, column.number, &column_type)?;
    }
    for (field, column_type) in &change.retires {
        store.execute(
            "UPDATE _zeroback_columns SET column_type = ? WHERE table_name = ? AND field = ?",
            &[
                SqlParam::Text(&format!("{RETIRED}{column_type}")),
                SqlParam::Text(table),
                SqlParam::Text(field),
            ],
        )?;
    }
    if change.is_filled() && change.is_reshaped {
        // From here on documents are of two shapes.
        keep_shape(store, table, "")?;
    }
    Ok(())
}

/// Takes the columns into use that are filled now. From then on the table's documents are known to have their shape.
pub(super) fn finish<S: Store>(store: &S, change: &TableChange) -> Result<(), StoreError> {
    let table = change.plan.name;
    for place in &change.fills {
        let column = &change.plan.columns[*place];
        let sql_type = sql_type(column.column_type);
        keep_column(store, table, column.field, column.number, sql_type)?;
    }
    keep_shape(store, table, &change.shape)
}

/// Takes all columns and indexes out of use, and the documents' shape for unknown: somebody has
/// written documents and nothing else.
pub(super) fn invalidate<S: Store>(
    store: &S,
    table: &str,
    stored: &Stored,
) -> Result<(), StoreError> {
    for name in stored.indexes(table).keys() {
        drop_index(store, table, name)?;
    }
    for (field, column) in stored.columns.of_table(table) {
        if !column.column_type.starts_with(RETIRED) {
            let column_type = format!("{RETIRED}{}", column.column_type);
            keep_column(store, table, &field, column.number, &column_type)?;
        }
    }
    keep_shape(store, table, "")
}

fn create<S: Store>(store: &S, table: &str) -> Result<(), StoreError> {
    store.execute(
        &format!(
            "CREATE TABLE \"{table}\" (
                _key INTEGER PRIMARY KEY,
                _id TEXT NOT NULL UNIQUE,
                _creation_time INTEGER NOT NULL,
                doc TEXT NOT NULL
            ) STRICT"
        ),
        &[],
    )
}

/// Writes a table of the older layout anew. Its columns and indexes go, and are made again.
fn rebuild<S: Store>(store: &S, table: &str) -> Result<(), StoreError> {
    let older = format!("{table}.older");
    store.execute(
        &format!("ALTER TABLE \"{table}\" RENAME TO \"{older}\""),
        &[],
    )?;
    create(store, table)?;
    for sql in [
        format!(
            "INSERT INTO \"{table}\" (_id, _creation_time, doc)
             SELECT _id, _creation_time, doc FROM \"{older}\" ORDER BY _id"
        ),
        format!("DROP TABLE \"{older}\""),
    ] {
        store.execute(&sql, &[])?;
    }
    for list in ["_zeroback_columns", "_zeroback_indexes"] {
        store.execute(
            &format!("DELETE FROM {list} WHERE table_name = ?"),
            &[SqlParam::Text(table)],
        )?;
    }
    Ok(())
}

/// Keeps what a column is in the database's own list.
fn keep_column<S: Store>(
    store: &S,
    table: &str,
    field: &str,
    number: i64,
    column_type: &str,
) -> Result<(), StoreError> {
    store.execute(
        "INSERT INTO _zeroback_columns (table_name, field, number, column_type)
         VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET number = excluded.number, column_type = excluded.column_type",
        &[
            SqlParam::Text(table),
            SqlParam::Text(field),
            SqlParam::Integer(number),
            SqlParam::Text(column_type),
        ],
    )
}
