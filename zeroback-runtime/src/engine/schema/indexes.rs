//! Indexes of all three kinds: how each is described, made and dropped.
//!
//! The description is kept in the database; an index whose description has changed is made again.

use super::change::TableChange;
use crate::TableDef;
use crate::engine::catalog::{ColumnPlan, TablePlan};
use crate::engine::document::Fields;
use crate::engine::store::{SqlParam, SqlValue, Store, StoreError};
use crate::engine::tokens::{TOKENS_VERSION, tokens};

/// How many documents are read at a time.
const ROWS_READ: i64 = 16;

/// The end of the name of what a search index is kept in: an FTS5 table with a row for each
/// document, numbered as the document's `_key`, and a column `c<n>` for each field, which holds the
/// field's tokens with blanks between them.
const SEARCH: &str = ".search";

/// An index that a table is to have.
#[derive(Clone, Debug)]
pub(super) struct IndexSpec {
    /// Its name among the table's indexes; that of a search index ends in `.search`.
    pub(super) name: String,
    /// All that it depends on.
    pub(super) description: String,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// The columns with the id behind them, which breaks ties.
    Plain { columns: String },
    /// The columns alone. An index with nulls in it is read by another one with the id behind
    /// them: in the unique one many rows can have the same values, and their order is none.
    Unique { columns: String, reads_apart: bool },
    /// The texts of fields, as tokens.
    Search { fields: &'static [&'static str] },
}

/// Returns the name of the index that is read in the place of a unique one with nullable columns.
fn reading_index_name(table: &str, index: &str) -> String {
    format!("{table}.{index}.read")
}

impl IndexSpec {
    /// Returns all that a table is to have.
    pub(super) fn all_of(def: &TableDef, plan: &TablePlan) -> Vec<Self> {
        let ordinary = def.indexes.iter().map(|index| {
            let places = index.columns.iter().map(|field| {
                let column = plan.column(field);
                column.expect("the macro names every indexed field as a column")
            });
            let names: Vec<_> = places.clone().map(ColumnPlan::sql_name).collect();
            let columns = names.join(", ");
            let reads_apart = places.into_iter().any(|column| column.nullable);
            let kind = if index.unique {
                Kind::Unique {
                    columns,
                    reads_apart,
                }
            } else {
                Kind::Plain { columns }
            };
            Self::new(index.name.to_owned(), kind)
        });
        let searches = def.searches.iter().map(|search| {
            let kind = Kind::Search {
                fields: search.fields,
            };
            Self::new(format!("{}{SEARCH}", search.name), kind)
        });
        ordinary.chain(searches).collect()
    }

    fn new(name: String, kind: Kind) -> Self {
        let description = match &kind {
            Kind::Plain { columns } => format!("{columns}, _id"),
            Kind::Unique {
                columns,
                reads_apart: false,
            } => format!("unique {columns}"),
            Kind::Unique { columns, .. } => format!("unique {columns}, nullable"),
            Kind::Search { fields } => {
                format!("search, tokens {TOKENS_VERSION}, {}", fields.join(", "))
            }
        };
        Self {
            name,
            description,
            kind,
        }
    }

    /// Makes the index of what the table holds, and keeps that it is there.
    pub(super) fn build<S: Store>(
        &self,
        store: &S,
        change: &TableChange<'_>,
    ) -> Result<(), StoreError> {
        let table = change.plan.name;
        let name = format!("{table}.{}", self.name);
        match &self.kind {
            Kind::Plain { columns } => store.execute(
                &format!("CREATE INDEX \"{name}\" ON \"{table}\" ({columns}, _id)"),
                &[],
            )?,
            Kind::Unique {
                columns,
                reads_apart,
            } => {
                store.execute(
                    &format!("CREATE UNIQUE INDEX \"{name}\" ON \"{table}\" ({columns})"),
                    &[],
                )?;
                if *reads_apart {
                    let name = reading_index_name(table, &self.name);
                    let sql = format!("CREATE INDEX \"{name}\" ON \"{table}\" ({columns}, _id)");
                    store.execute(&sql, &[])?;
                }
            }
            Kind::Search { fields } => {
                create_search(store, &name, fields.len())?;
                fill_search(store, table, &name, fields)?;
            }
        }
        self.keep(store, table)
    }

    fn keep<S: Store>(&self, store: &S, table: &str) -> Result<(), StoreError> {
        store.execute(
            "INSERT INTO _zeroback_indexes (table_name, name, columns) VALUES (?, ?, ?)
             ON CONFLICT DO UPDATE SET columns = excluded.columns",
            &[
                SqlParam::Text(table),
                SqlParam::Text(&self.name),
                SqlParam::Text(&self.description),
            ],
        )
    }
}

/// Drops an index, of whatever kind, and forgets it.
pub(super) fn drop_index<S: Store>(store: &S, table: &str, name: &str) -> Result<(), StoreError> {
    if name.ends_with(SEARCH) {
        store.execute(&format!("DROP TABLE IF EXISTS \"{table}.{name}\""), &[])?;
    } else {
        let reading = reading_index_name(table, name);
        for name in [format!("{table}.{name}"), reading] {
            store.execute(&format!("DROP INDEX IF EXISTS \"{name}\""), &[])?;
        }
    }
    store.execute(
        "DELETE FROM _zeroback_indexes WHERE table_name = ? AND name = ?",
        &[SqlParam::Text(table), SqlParam::Text(name)],
    )
}

fn create_search<S: Store>(store: &S, name: &str, fields: usize) -> Result<(), StoreError> {
    let columns: Vec<_> = (0..fields).map(|at| format!("c{at}")).collect();
    let columns = columns.join(", ");
    store.execute(
        &format!(
            "CREATE VIRTUAL TABLE \"{name}\" USING fts5({columns}, content='', contentless_delete=1, tokenize='ascii')"
        ),
        &[],
    )
}

fn fill_search<S: Store>(
    store: &S,
    table: &str,
    name: &str,
    fields: &[&str],
) -> Result<(), StoreError> {
    let select =
        format!("SELECT _key, doc FROM \"{table}\" WHERE _key > ? ORDER BY _key LIMIT {ROWS_READ}");
    let columns: Vec<_> = (0..fields.len()).map(|at| format!(", c{at}")).collect();
    let marks = ", ?".repeat(fields.len());
    let insert = format!(
        "INSERT INTO \"{name}\" (rowid{}) VALUES (?{marks})",
        columns.concat()
    );
    let mut after = 0;
    loop {
        let rows = store.query(&select, &[SqlParam::Integer(after)])?;
        let Some(last) = rows.last().and_then(|row| row[0].as_integer()) else {
            return Ok(());
        };
        for row in &rows {
            let (Some(key), SqlValue::Text(document)) = (row[0].as_integer(), &row[1]) else {
                return Err(StoreError::new(format!("a row of \"{table}\" is damaged")));
            };
            let texts = searched_texts(document, fields)
                .map_err(|error| StoreError::new(error.to_string()))?;
            let params: Vec<_> = std::iter::once(SqlParam::Integer(key))
                .chain(texts.iter().map(|text| SqlParam::Text(text)))
                .collect();
            store.execute(&insert, &params)?;
        }
        after = last;
    }
}

/// Returns what a search index holds of a document: for each field its tokens, joined by blanks.
fn searched_texts(document: &str, fields: &[&str]) -> crate::Result<Vec<String>> {
    let parsed = Fields::parse(document)?;
    let texts = fields.iter().map(|field| {
        let text: Option<String> = serde_json::from_str(parsed.get(field)).unwrap_or_default();
        tokens(&text.unwrap_or_default()).join(" ")
    });
    Ok(texts.collect())
}
