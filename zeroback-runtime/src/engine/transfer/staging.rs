//! Staging tables: documents of an import wait in them until they take the place of others.

use zeroback_protocol::RawId;

use super::line::Document;
use crate::engine::catalog::{ColumnPlan, IndexPlan, TablePlan, sql_type};
use crate::engine::store::{SqlParam, Store, StoreError};

/// What the names of staging tables begin with.
const PREFIX: &str = "_zeroback_import_";

/// The staging table of one table, and its statements.
///
/// Its columns are those of the table, but `_key` is the number of the line, and `tokens` holds
/// what goes into the search indexes.
#[derive(Debug)]
pub(super) struct Staging {
    name: String,
    insert_sql: String,
}

/// Why a document cannot stand beside those that are staged already.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Clash {
    /// With its id.
    Id { line: i64 },
    /// With its values in a unique index.
    Values { index: &'static str, line: i64 },
}

/// Drops what an import that did not come to its end has left.
pub(in crate::engine) fn drop_all<S: Store>(store: &S) -> Result<(), StoreError> {
    let sql =
        format!("SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB '{PREFIX}*'");
    for row in store.query(&sql, &[])? {
        if let Some(name) = row[0].as_text() {
            store.execute(&format!("DROP TABLE \"{name}\""), &[])?;
        }
    }
    Ok(())
}

impl Staging {
    /// Creates the staging table of a table, with its unique indexes.
    pub(super) fn create<S: Store>(store: &S, plan: &TablePlan) -> Result<Self, StoreError> {
        let name = format!("{PREFIX}{}", plan.name);
        let columns: String = plan
            .columns
            .iter()
            .map(|column| format!(", {} {}", column.sql_name(), sql_type(column.column_type)))
            .collect();
        store.execute(
            &format!(
                "CREATE TABLE \"{name}\" (
                    _key INTEGER PRIMARY KEY,
                    _id TEXT NOT NULL UNIQUE,
                    _creation_time INTEGER NOT NULL,
                    doc TEXT NOT NULL,
                    tokens TEXT NOT NULL{columns}
                ) STRICT"
            ),
            &[],
        )?;
        for index in plan.unique_indexes() {
            let columns: Vec<_> = columns_of(plan, index).map(ColumnPlan::sql_name).collect();
            let columns = columns.join(", ");
            let index = index.name;
            store.execute(
                &format!("CREATE UNIQUE INDEX \"{name}.{index}\" ON \"{name}\" ({columns})"),
                &[],
            )?;
        }
        let marks = ", ?".repeat(plan.columns.len());
        Ok(Self {
            insert_sql: format!(
                "INSERT INTO \"{name}\" (_key, _id, _creation_time, doc, tokens{}) VALUES (?, ?, ?, ?, ?{marks})",
                names_of(plan)
            ),
            name,
        })
    }

    /// Puts a document of this line in, unless it clashes with one that is there.
    pub(super) fn insert<S: Store>(
        &self,
        store: &S,
        plan: &TablePlan,
        line: u64,
        document: &Document,
    ) -> Result<Result<(), Clash>, StoreError> {
        let id = document.id.to_text(plan.name);
        let params: Vec<_> = [
            SqlParam::Integer(i64::try_from(line).unwrap_or(i64::MAX)),
            SqlParam::Text(&id),
            SqlParam::Integer(document.creation_time.unix_ms()),
            SqlParam::Text(&document.json),
            SqlParam::Text(&document.tokens),
        ]
        .into_iter()
        .chain(document.values.iter().map(SqlParam::from))
        .collect();
        let Err(error) = store.execute(&self.insert_sql, &params) else {
            return Ok(Ok(()));
        };
        match self.clash(store, plan, &error, document)? {
            Some(clash) => Ok(Err(clash)),
            None => Err(error),
        }
    }

    /// Puts the staged documents in the place of the table's. Runs inside a transaction.
    pub(super) fn swap<S: Store>(&self, store: &S, plan: &TablePlan) -> Result<(), StoreError> {
        let (table, staged) = (plan.name, &self.name);
        let names = names_of(plan);
        for search in plan.searches() {
            let index = &search.sql_name;
            store.execute(
                &format!("INSERT INTO {index} ({index}) VALUES ('delete-all')"),
                &[],
            )?;
        }
        store.execute(&format!("DELETE FROM \"{table}\""), &[])?;
        store.execute(
            &format!(
                "INSERT INTO \"{table}\" (_id, _creation_time, doc{names})
                 SELECT _id, _creation_time, doc{names} FROM \"{staged}\" ORDER BY _id"
            ),
            &[],
        )?;
        for (at, search) in plan.searches().iter().enumerate() {
            let places = 0..search.fields.len();
            let columns: String = places.clone().map(|field| format!(", c{field}")).collect();
            let tokens: String = places
                .map(|field| format!(", staged.tokens ->> '$[{at}][{field}]'"))
                .collect();
            store.execute(
                &format!(
                    "INSERT INTO {} (rowid{columns})
                     SELECT present._key{tokens} FROM \"{staged}\" AS staged
                     JOIN \"{table}\" AS present ON present._id = staged._id
                     ORDER BY present._key",
                    search.sql_name
                ),
                &[],
            )?;
        }
        store.execute(&format!("DROP TABLE \"{staged}\""), &[])
    }

    /// Finds the staged document because of which another could not be inserted.
    fn clash<S: Store>(
        &self,
        store: &S,
        plan: &TablePlan,
        error: &StoreError,
        document: &Document,
    ) -> Result<Option<Clash>, StoreError> {
        let message = error.message().replace(PREFIX, "");
        if message.contains(&format!("UNIQUE constraint failed: {}._id", plan.name)) {
            let line = self.line_of(store, document.id, plan)?;
            return Ok(line.map(|line| Clash::Id { line }));
        }
        let Some(index) = plan.violated(&message) else {
            return Ok(None);
        };
        let conditions: Vec<_> = columns_of(plan, index)
            .map(|column| format!("{} IS ?", column.sql_name()))
            .collect();
        let params: Vec<_> = index
            .columns
            .iter()
            .map(|at| SqlParam::from(&document.values[*at]))
            .collect();
        let line = self.line_where(store, &conditions.join(" AND "), &params)?;
        let index = index.name;
        Ok(line.map(|line| Clash::Values { index, line }))
    }

    fn line_of<S: Store>(
        &self,
        store: &S,
        id: RawId,
        plan: &TablePlan,
    ) -> Result<Option<i64>, StoreError> {
        let id = id.to_text(plan.name);
        self.line_where(store, "_id = ?", &[SqlParam::Text(&id)])
    }

    fn line_where<S: Store>(
        &self,
        store: &S,
        condition: &str,
        params: &[SqlParam<'_>],
    ) -> Result<Option<i64>, StoreError> {
        let sql = format!("SELECT _key FROM \"{}\" WHERE {condition}", self.name);
        let rows = store.query(&sql, params)?;
        Ok(rows.first().and_then(|row| row[0].as_integer()))
    }
}

fn columns_of<'p>(
    plan: &'p TablePlan,
    index: &'p IndexPlan,
) -> impl Iterator<Item = &'p ColumnPlan> {
    index.columns.iter().map(|at| &plan.columns[*at])
}

/// Returns the names of the typed columns, each behind a comma.
fn names_of(plan: &TablePlan) -> String {
    let names = plan.columns.iter().map(ColumnPlan::sql_name);
    names.map(|name| format!(", {name}")).collect()
}
