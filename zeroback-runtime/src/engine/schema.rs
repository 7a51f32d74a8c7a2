//! Brings the database's tables in line with the app's, when an engine opens.
//!
//! What the database has is kept in its own tables, so that an unchanged app changes nothing:
//! tables, columns and indexes are only added, and an index whose columns changed is built anew.
//! Nothing is ever deleted but indexes: a table or field that is gone from the code keeps its rows.

use std::collections::BTreeMap;

use super::catalog::{Catalog, ColumnPlan, TablePlan, sql_type};
use super::document::Fields;
use super::store::{SqlParam, SqlValue, Store, StoreError};
use crate::key::KeyPart;
use crate::{App, ColumnDef, TableDef};

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

/// How many documents are read at a time to fill a new column.
const BACKFILL_ROWS: i64 = 16;

/// Creates what is missing, and returns the catalog. Runs inside a transaction.
pub(super) fn apply<S: Store>(store: &S, app: &App) -> Result<Catalog, StoreError> {
    for sql in SYSTEM_TABLES {
        store.execute(sql, &[])?;
    }
    let tables = app
        .tables()
        .map(|def| apply_table(store, def))
        .collect::<Result<_, _>>()?;
    Ok(Catalog::new(tables))
}

fn apply_table<S: Store>(store: &S, def: &TableDef) -> Result<TablePlan, StoreError> {
    let table = def.name;
    store.execute(
        &format!(
            "CREATE TABLE IF NOT EXISTS \"{table}\" (
                _id TEXT NOT NULL PRIMARY KEY,
                _creation_time INTEGER NOT NULL,
                doc TEXT NOT NULL
            ) STRICT"
        ),
        &[],
    )?;
    let columns = apply_columns(store, def)?;
    let plan = TablePlan::new(def, columns);
    apply_indexes(store, &plan)?;
    Ok(plan)
}

/// A column as the database has it.
struct StoredColumn {
    number: i64,
    column_type: String,
}

fn apply_columns<S: Store>(store: &S, def: &TableDef) -> Result<Vec<ColumnPlan>, StoreError> {
    let mut stored = stored_columns(store, def.name)?;
    let mut next_number = stored
        .values()
        .map(|column| column.number + 1)
        .max()
        .unwrap_or(0);
    let mut columns = Vec::new();
    for column in def.columns {
        let sql_type = sql_type(column.column_type);
        let number = match stored.remove(column.field) {
            Some(stored) if stored.column_type == sql_type => stored.number,
            Some(stored) if stored.column_type == retired(sql_type) => {
                keep_column(store, def.name, column.field, stored.number, sql_type)?;
                backfill(store, def.name, column, stored.number)?;
                stored.number
            }
            _ => {
                let number = next_number;
                next_number += 1;
                add_column(store, def.name, column, number)?;
                number
            }
        };
        columns.push(ColumnPlan {
            field: column.field,
            column_type: column.column_type,
            nullable: column.nullable,
            number,
        });
    }
    for (field, column) in stored {
        if !column.column_type.starts_with(RETIRED) {
            let column_type = retired(&column.column_type);
            keep_column(store, def.name, &field, column.number, &column_type)?;
        }
    }
    Ok(columns)
}

/// Marks the type of a column that no index names any more. It is not filled from then on, so that
/// what it holds is not to be trusted when an index names it again.
const RETIRED: &str = "retired ";

fn retired(sql_type: &str) -> String {
    format!("{RETIRED}{sql_type}")
}

fn stored_columns<S: Store>(
    store: &S,
    table: &str,
) -> Result<BTreeMap<String, StoredColumn>, StoreError> {
    let rows = store.query(
        "SELECT field, number, column_type FROM _zeroback_columns WHERE table_name = ?",
        &[SqlParam::Text(table)],
    )?;
    let mut stored = BTreeMap::new();
    for row in rows {
        let (Some(field), Some(number), Some(column_type)) =
            (row[0].as_text(), row[1].as_integer(), row[2].as_text())
        else {
            return Err(StoreError::new("a row of _zeroback_columns is damaged"));
        };
        let column_type = column_type.to_owned();
        stored.insert(
            field.to_owned(),
            StoredColumn {
                number,
                column_type,
            },
        );
    }
    Ok(stored)
}

fn add_column<S: Store>(
    store: &S,
    table: &str,
    column: &ColumnDef,
    number: i64,
) -> Result<(), StoreError> {
    let sql_type = sql_type(column.column_type);
    store.execute(
        &format!("ALTER TABLE \"{table}\" ADD COLUMN f_{number} {sql_type}"),
        &[],
    )?;
    keep_column(store, table, column.field, number, sql_type)?;
    backfill(store, table, column, number)
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

/// Fills a new column from the documents that exist.
fn backfill<S: Store>(
    store: &S,
    table: &str,
    column: &ColumnDef,
    number: i64,
) -> Result<(), StoreError> {
    let select = format!(
        "SELECT _id, doc FROM \"{table}\" WHERE _id > ? ORDER BY _id LIMIT {BACKFILL_ROWS}"
    );
    let update = format!("UPDATE \"{table}\" SET f_{number} = ? WHERE _id = ?");
    let mut after = String::new();
    loop {
        let rows = store.query(&select, &[SqlParam::Text(&after)])?;
        for row in &rows {
            let (Some(id), Some(document)) = (row[0].as_text(), row[1].as_text()) else {
                return Err(StoreError::new(format!("a row of \"{table}\" is damaged")));
            };
            let value = Fields::parse(document)
                .and_then(|fields| KeyPart::from_json(fields.get(column.field), column.column_type))
                .map_err(|error| {
                    let why = match error.cause() {
                        Some(cause) => cause.to_string(),
                        None => error.to_string(),
                    };
                    StoreError::new(format!(
                        "the field \"{}\" of document {id} in table \"{table}\" cannot be indexed: {why}; give the new form of the field another name, or correct the documents first",
                        column.field
                    ))
                })?;
            store.execute(&update, &[SqlParam::from(&value), SqlParam::Text(id)])?;
        }
        match rows.last().and_then(|row| row[0].as_text()) {
            Some(last) => last.clone_into(&mut after),
            None => return Ok(()),
        }
    }
}

fn apply_indexes<S: Store>(store: &S, plan: &TablePlan) -> Result<(), StoreError> {
    let table = plan.name;
    let rows = store.query(
        "SELECT name, columns FROM _zeroback_indexes WHERE table_name = ?",
        &[SqlParam::Text(table)],
    )?;
    let mut stored: BTreeMap<String, String> = rows
        .into_iter()
        .filter_map(|row| match <[SqlValue; 2]>::try_from(row) {
            Ok([SqlValue::Text(name), SqlValue::Text(columns)]) => Some((name, columns)),
            _ => None,
        })
        .collect();
    for index in plan.own_indexes() {
        let names = index.columns.iter().map(|at| plan.columns[*at].sql_name());
        let columns = names
            .chain(["_id".to_owned()])
            .collect::<Vec<_>>()
            .join(", ");
        let name = index.name;
        match stored.remove(name) {
            Some(present) if present == columns => continue,
            Some(_) => store.execute(&format!("DROP INDEX \"{table}.{name}\""), &[])?,
            None => {}
        }
        store.execute(
            &format!("CREATE INDEX \"{table}.{name}\" ON \"{table}\" ({columns})"),
            &[],
        )?;
        store.execute(
            "INSERT INTO _zeroback_indexes (table_name, name, columns) VALUES (?, ?, ?)
             ON CONFLICT DO UPDATE SET columns = excluded.columns",
            &[
                SqlParam::Text(table),
                SqlParam::Text(name),
                SqlParam::Text(&columns),
            ],
        )?;
    }
    for name in stored.keys() {
        store.execute(&format!("DROP INDEX \"{table}.{name}\""), &[])?;
        store.execute(
            "DELETE FROM _zeroback_indexes WHERE table_name = ? AND name = ?",
            &[SqlParam::Text(table), SqlParam::Text(name)],
        )?;
    }
    Ok(())
}

impl<'k> From<&'k KeyPart> for SqlParam<'k> {
    fn from(part: &'k KeyPart) -> Self {
        match part {
            KeyPart::Null => Self::Null,
            KeyPart::Integer(value) => Self::Integer(*value),
            KeyPart::Real(value) => Self::Real(*value),
            KeyPart::Text(text) => Self::Text(text),
            KeyPart::Blob(bytes) => Self::Blob(bytes),
        }
    }
}

#[cfg(test)]
mod tests;
