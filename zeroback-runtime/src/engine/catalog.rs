//! The catalog: how the app's tables lie in SQLite, and the statements on them.
//!
//! Each table has `_key`, which numbers the rows for the search indexes, `_id`, `_creation_time`,
//! `doc` with the document's JSON, and a typed column `f_<n>` for every field that an index or a
//! search's filter names. The numbers are given once and kept in the database, so that they do not
//! move when an index comes or goes.

mod search_plan;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::document::Fields;
use super::key_bytes::KeyBytes;
use super::read_set::IndexRef;
use crate::key::{ColumnType, KeyPart};
use crate::{Error, Result, TableDef};

pub(super) use search_plan::SearchPlan;

/// The place of `by_id` among a table's indexes; the author's follow it.
pub(super) const BY_ID: usize = 0;

#[derive(Debug)]
pub(super) struct Catalog {
    tables: Vec<TablePlan>,
    by_name: BTreeMap<&'static str, usize>,
}

/// One table: its columns, its indexes and its statements.
#[derive(Debug)]
pub(super) struct TablePlan {
    pub(super) name: &'static str,
    pub(super) columns: Vec<ColumnPlan>,
    indexes: Vec<IndexPlan>,
    searches: Vec<SearchPlan>,
    pub(super) get_sql: String,
    pub(super) get_many_sql: String,
    pub(super) insert_sql: String,
    pub(super) update_sql: String,
    pub(super) delete_sql: String,
}

#[derive(Clone, Debug)]
pub(super) struct ColumnPlan {
    pub(super) field: &'static str,
    pub(super) column_type: ColumnType,
    pub(super) nullable: bool,
    /// The `n` of `f_<n>`.
    pub(super) number: i64,
}

#[derive(Debug)]
pub(super) struct IndexPlan {
    pub(super) name: &'static str,
    /// Places among the table's columns.
    pub(super) columns: Vec<usize>,
    pub(super) unique: bool,
}

impl Catalog {
    pub(super) fn new(tables: Vec<TablePlan>) -> Self {
        let by_name = tables
            .iter()
            .enumerate()
            .map(|(at, table)| (table.name, at))
            .collect();
        Self { tables, by_name }
    }

    pub(super) fn table(&self, def: &TableDef) -> Result<(usize, &TablePlan)> {
        let at = *self.by_name.get(def.name).ok_or_else(|| {
            Error::internal(format!(
                "the table \"{}\" is not part of the app: its crate `{}` is missing in `app!(with …)`",
                def.name, def.crate_name
            ))
        })?;
        Ok((at, &self.tables[at]))
    }

    pub(super) fn table_at(&self, at: usize) -> &TablePlan {
        &self.tables[at]
    }
}

impl TablePlan {
    pub(super) fn new(def: &TableDef, columns: Vec<ColumnPlan>) -> Self {
        let place = |field: &str| {
            columns
                .iter()
                .position(|column| column.field == field)
                .expect("the macro names every indexed field as a column")
        };
        let by_id = IndexPlan {
            name: "by_id",
            columns: Vec::new(),
            unique: false,
        };
        let own = def.indexes.iter().map(|index| IndexPlan {
            name: index.name,
            columns: index.columns.iter().map(|field| place(field)).collect(),
            unique: index.unique,
        });
        let indexes = std::iter::once(by_id).chain(own).collect();
        let searches = def
            .searches
            .iter()
            .map(|search| SearchPlan::new(def.name, search))
            .collect();
        let table = def.name;
        let (mut names, mut marks, mut sets) = (String::new(), String::new(), String::new());
        for column in &columns {
            let name = column.sql_name();
            let _ = write!(names, ", {name}");
            marks.push_str(", ?");
            let _ = write!(sets, ", {name} = ?");
        }
        Self {
            name: def.name,
            columns,
            indexes,
            searches,
            get_sql: format!("SELECT doc FROM \"{table}\" WHERE _id = ?"),
            get_many_sql: format!(
                "SELECT doc, _id AS k0 FROM \"{table}\" WHERE _id IN (SELECT value FROM json_each(?))"
            ),
            insert_sql: format!(
                "INSERT INTO \"{table}\" (_id, _creation_time, doc{names}) VALUES (?, ?, ?{marks})"
            ),
            update_sql: format!("UPDATE \"{table}\" SET doc = ?{sets} WHERE _id = ?"),
            delete_sql: format!("DELETE FROM \"{table}\" WHERE _id = ?"),
        }
    }

    /// Returns an index and its place.
    pub(super) fn index(&self, name: &str) -> Result<(usize, &IndexPlan)> {
        self.indexes
            .iter()
            .enumerate()
            .find(|(_, index)| index.name == name)
            .ok_or_else(|| {
                Error::internal(format!("table \"{}\" has no index \"{name}\"", self.name))
            })
    }

    /// Returns the author's unique indexes.
    pub(super) fn unique_indexes(&self) -> impl Iterator<Item = &IndexPlan> {
        self.indexes.iter().filter(|index| index.unique)
    }

    /// Returns a search index and its place.
    pub(super) fn search(&self, name: &str) -> Result<(usize, &SearchPlan)> {
        let found = self.searches.iter().position(|search| search.name == name);
        let at = found.ok_or_else(|| {
            Error::internal(format!("table \"{}\" has no search \"{name}\"", self.name))
        })?;
        Ok((self.indexes.len() + at, &self.searches[at]))
    }

    pub(super) fn searches(&self) -> &[SearchPlan] {
        &self.searches
    }

    /// Returns all indexes and search indexes by reference; `table` is this table's place.
    pub(super) fn all_indexes(&self, table: usize) -> impl Iterator<Item = IndexRef> + use<> {
        (0..self.indexes.len() + self.searches.len()).map(move |index| IndexRef { table, index })
    }

    pub(super) fn index_at(&self, reference: IndexRef) -> Option<&IndexPlan> {
        self.indexes.get(reference.index)
    }

    pub(super) fn search_at(&self, reference: IndexRef) -> Option<&SearchPlan> {
        self.searches
            .get(reference.index.checked_sub(self.indexes.len())?)
    }

    /// Returns the column that holds a field.
    pub(super) fn column(&self, field: &str) -> Option<&ColumnPlan> {
        self.columns.iter().find(|column| column.field == field)
    }

    /// Derives the values of the typed columns from an encoded document.
    pub(super) fn column_values(&self, document: &str) -> Result<Vec<KeyPart>> {
        if self.columns.is_empty() {
            return Ok(Vec::new());
        }
        let fields = Fields::parse(document)?;
        self.columns
            .iter()
            .map(|column| KeyPart::from_json(fields.get(column.field), column.column_type))
            .collect()
    }

    /// Returns the unique index over the columns that SQLite names in `UNIQUE constraint failed:
    /// t.f_0, t.f_1`.
    pub(super) fn violated(&self, message: &str) -> Option<&IndexPlan> {
        let (_, listed) = message.split_once("UNIQUE constraint failed: ")?;
        let listed = listed.split_once(": ").map_or(listed, |(listed, _)| listed);
        self.indexes
            .iter()
            .filter(|index| index.unique)
            .find(|index| {
                let names: Vec<_> = index
                    .columns
                    .iter()
                    .map(|at| format!("{}.{}", self.name, self.columns[*at].sql_name()))
                    .collect();
                names.join(", ") == listed
            })
    }
}

impl IndexPlan {
    /// Returns the key of a document: the index's columns, and the id to break ties.
    pub(super) fn key(&self, id: &str, values: &[KeyPart]) -> KeyBytes {
        let mut key = KeyBytes::new();
        for column in &self.columns {
            key.push(&values[*column]);
        }
        key.push_text(id.as_bytes());
        key
    }

    /// Tells whether two documents can stand under the same values.
    pub(super) fn has_ties(&self, table: &TablePlan) -> bool {
        !self.unique || self.columns.iter().any(|at| table.columns[*at].nullable)
    }
}

impl ColumnPlan {
    pub(super) fn sql_name(&self) -> String {
        format!("f_{}", self.number)
    }
}

pub(super) fn sql_type(column_type: ColumnType) -> &'static str {
    match column_type {
        ColumnType::Integer | ColumnType::BigInteger => "INTEGER",
        ColumnType::Real => "REAL",
        ColumnType::Text => "TEXT",
        ColumnType::Blob => "BLOB",
    }
}

#[cfg(test)]
mod tests;
