//! Indexes of all three kinds: how each is described, made and dropped.
//!
//! The description is kept in the database; an index whose description has changed is made again.

use super::change::TableChange;
use super::documents::read_documents;
use crate::TableDef;
use crate::engine::catalog::{ColumnPlan, SearchPlan, TablePlan};
use crate::engine::document::Fields;
use crate::engine::read_set::searched_tokens;
use crate::engine::store::{SqlParam, Store, StoreError};
use crate::engine::tokens::TOKENS_VERSION;

/// The end of the name of what a search index is kept in: an FTS5 table with a row for each
/// document, numbered as the document's `_key`, and a column `c<n>` for each field, which holds the
/// field's tokens with blanks between them.
const SEARCH: &str = ".search";

/// Describes a search index that does not hold all documents yet.
const UNFINISHED: &str = "unfinished";

/// An index that a table is to have.
#[derive(Clone, Debug)]
pub(super) struct IndexSpec {
    /// Its name among the table's indexes; that of a search index ends in `.search`.
    pub(super) name: String,
    /// All that it depends on.
    pub(super) description: String,
    /// Whether it is there as it is to be.
    pub(super) is_built: bool,
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
            is_built: false,
            kind,
        }
    }

    pub(super) fn is_unique(&self) -> bool {
        matches!(self.kind, Kind::Unique { .. })
    }

    /// Returns the search index's name, where it is one.
    pub(super) fn search(&self) -> Option<&str> {
        self.name.strip_suffix(SEARCH)
    }

    /// Makes the index of what the table holds, a search index from the row behind `after` on, and
    /// keeps that it is there once it is. Returns the last row where there may be more.
    pub(super) fn build<S: Store>(
        &self,
        store: &S,
        plan: &TablePlan,
        after: &str,
        rows_max: usize,
    ) -> Result<Option<String>, StoreError> {
        let table = plan.name;
        let name = format!("{table}.{}", self.name);
        match &self.kind {
            Kind::Plain { columns } => {
                store.execute(
                    &format!("CREATE INDEX \"{name}\" ON \"{table}\" ({columns}, _id)"),
                    &[],
                )?;
            }
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
                if after.is_empty() {
                    // Kept at once, so that another version of the app, which may not want it,
                    // drops it unfinished.
                    create_search(store, &name, fields.len())?;
                    self.keep(store, table, UNFINISHED)?;
                }
                if let Some(last) = fill_search(store, plan, self, after, rows_max)? {
                    return Ok(Some(last));
                }
            }
        }
        self.keep(store, table, &self.description)?;
        Ok(None)
    }

    fn keep<S: Store>(&self, store: &S, table: &str, description: &str) -> Result<(), StoreError> {
        store.execute(
            "INSERT INTO _zeroback_indexes (table_name, name, columns) VALUES (?, ?, ?)
             ON CONFLICT DO UPDATE SET columns = excluded.columns",
            &[
                SqlParam::Text(table),
                SqlParam::Text(&self.name),
                SqlParam::Text(description),
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
            "CREATE VIRTUAL TABLE \"{name}\" USING fts5({columns}, content='', contentless_delete=1, tokenize='ascii', prefix='1 2 3')"
        ),
        &[],
    )
}

fn fill_search<S: Store>(
    store: &S,
    plan: &TablePlan,
    index: &IndexSpec,
    after: &str,
    rows_max: usize,
) -> Result<Option<String>, StoreError> {
    let search = index.search().and_then(|name| plan.search(name).ok());
    let (_, search) = search.expect("the plan has the indexes of its table");
    read_documents(store, plan.name, after, rows_max, |id, document| {
        write_search(store, search, &search.insert_sql, id, document)
    })
}

/// Brings the search indexes in line with a document that has changed.
pub(super) fn update_searches<S: Store>(
    store: &S,
    change: &TableChange,
    id: &str,
    document: &str,
) -> Result<(), StoreError> {
    for index in change.indexes.iter().filter(|index| index.is_built) {
        if let Some((_, search)) = index
            .search()
            .and_then(|name| change.plan.search(name).ok())
        {
            write_search(store, search, &search.update_sql, id, document)?;
        }
    }
    Ok(())
}

fn write_search<S: Store>(
    store: &S,
    search: &SearchPlan,
    sql: &str,
    id: &str,
    document: &str,
) -> Result<(), StoreError> {
    let fields = Fields::parse(document).map_err(|error| StoreError::new(error.to_string()))?;
    // The documents are known to decode: what is no text was never searched.
    let text = |field: &&str| {
        searched_tokens(&fields, field)
            .unwrap_or_default()
            .join(" ")
    };
    let texts: Vec<_> = search.fields.iter().map(text).collect();
    let params: Vec<_> = texts
        .iter()
        .map(|text| SqlParam::Text(text))
        .chain([SqlParam::Text(id)])
        .collect();
    store.execute(sql, &params)
}
