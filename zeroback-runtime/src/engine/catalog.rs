//! The catalog: how the app's tables lie in SQLite, and the statements on them.
//!
//! Each table has `_id`, `_creation_time`, `doc` with the document's JSON, and a typed column
//! `f_<n>` for every field that an index names. The numbers are given once and kept in the
//! database, so that they do not move when an index comes or goes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::document::Fields;
use super::key_bytes::KeyBytes;
use super::read_set::IndexRef;
use crate::key::{ColumnType, KeyPart};
use crate::{Error, Result, TableDef};

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
    pub(super) get_sql: String,
    pub(super) insert_sql: String,
    pub(super) update_sql: String,
    pub(super) delete_sql: String,
}

#[derive(Clone, Debug)]
pub(super) struct ColumnPlan {
    pub(super) field: &'static str,
    pub(super) column_type: ColumnType,
    /// The `n` of `f_<n>`.
    pub(super) number: i64,
}

#[derive(Debug)]
pub(super) struct IndexPlan {
    pub(super) name: &'static str,
    /// Places among the table's columns.
    pub(super) columns: Vec<usize>,
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
        };
        let own = def.indexes.iter().map(|index| IndexPlan {
            name: index.name,
            columns: index.columns.iter().map(|field| place(field)).collect(),
        });
        let indexes = std::iter::once(by_id).chain(own).collect();
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
            get_sql: format!("SELECT doc FROM \"{table}\" WHERE _id = ?"),
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

    /// Returns the author's indexes.
    pub(super) fn own_indexes(&self) -> &[IndexPlan] {
        &self.indexes[BY_ID + 1..]
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

    /// Returns the key of a document in each index.
    pub(super) fn keys<'k>(
        &'k self,
        table: usize,
        id: &'k str,
        values: &'k [KeyPart],
    ) -> impl Iterator<Item = (IndexRef, KeyBytes)> + 'k {
        self.indexes.iter().enumerate().map(move |(at, index)| {
            let reference = IndexRef { table, index: at };
            (reference, index.key(id, values))
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
