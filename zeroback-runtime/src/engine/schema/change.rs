//! What one table has to become, told from what it is.

use std::collections::BTreeMap;

use super::fingerprint::Target;
use super::indexes::IndexSpec;
use super::stored::{Layout, RETIRED, Stored};
use crate::engine::catalog::{ColumnPlan, TablePlan, sql_type};
use crate::registry::TableEntry;

/// A table of the app beside what the database has of it.
#[derive(Debug)]
pub(super) struct TableChange {
    pub(super) entry: TableEntry,
    /// The table as it will be.
    pub(super) plan: TablePlan,
    /// The fingerprint that its documents will have.
    pub(super) shape: String,
    /// How it lies in the database, if it is there.
    pub(super) layout: Option<Layout>,
    /// Its documents were written for another struct, as far as is known.
    pub(super) is_reshaped: bool,
    /// The columns that must be filled, by their places.
    pub(super) fills: Vec<usize>,
    /// Those of them that the table does not have yet.
    pub(super) adds: Vec<usize>,
    /// Fields whose columns no index names any more, with the types of the columns.
    pub(super) retires: Vec<(String, String)>,
    /// The indexes that it is to have.
    pub(super) indexes: Vec<IndexSpec>,
    /// The names of indexes that are gone, or are to be made again.
    pub(super) drops: Vec<String>,
}

impl TableChange {
    pub(super) fn new(entry: &TableEntry, target: &Target, stored: &Stored) -> Self {
        let def = &entry.def;
        let layout = stored.tables.get(def.name).copied();
        // A table of the older layout is written anew, without columns and indexes.
        let (mut columns, mut present) = match layout {
            Some(Layout::Keyed) => (stored.columns.of_table(def.name), stored.indexes(def.name)),
            Some(Layout::Unkeyed) | None => (BTreeMap::new(), BTreeMap::new()),
        };
        let mut next_number = columns
            .values()
            .map(|column| column.number + 1)
            .max()
            .unwrap_or(0);
        let (mut plans, mut fills, mut adds) = (Vec::new(), Vec::new(), Vec::new());
        for (place, column) in def.columns.iter().enumerate() {
            let wanted = sql_type(column.column_type);
            let is_of_type = |column_type: &str| column_type.trim_start_matches(RETIRED) == wanted;
            let (number, is_filled) = match columns.remove(column.field) {
                Some(has) if is_of_type(&has.column_type) => {
                    (has.number, has.column_type == wanted)
                }
                _ => {
                    next_number += 1;
                    adds.push(place);
                    (next_number - 1, false)
                }
            };
            if !is_filled {
                fills.push(place);
            }
            plans.push(ColumnPlan {
                field: column.field,
                column_type: column.column_type,
                nullable: column.nullable,
                number,
            });
        }
        let plan = TablePlan::new(def, plans);
        let mut indexes = IndexSpec::all_of(def, &plan);
        for index in &mut indexes {
            index.is_built = present.get(&index.name) == Some(&index.description);
            if index.is_built {
                present.remove(&index.name);
            }
        }
        let is_in_use = |column_type: &str| !column_type.starts_with(RETIRED);
        let shape = target.shape(def.name);
        Self {
            entry: *entry,
            plan,
            shape: shape.to_owned(),
            layout,
            is_reshaped: stored.shape(def.name) != Some(shape),
            fills,
            adds,
            retires: columns
                .into_iter()
                .map(|(field, column)| (field, column.column_type))
                .filter(|(_, column_type)| is_in_use(column_type))
                .collect(),
            indexes,
            drops: present.into_keys().collect(),
        }
    }

    /// Tells whether documents may have to be written again.
    pub(super) fn is_filled(&self) -> bool {
        self.layout.is_some() && (self.is_reshaped || !self.fills.is_empty())
    }

    /// Tells whether documents must be looked at before anything is written.
    pub(super) fn is_checked(&self) -> bool {
        let mut builds = self.indexes.iter().filter(|index| !index.is_built);
        self.is_filled() || (self.layout.is_some() && builds.any(IndexSpec::is_unique))
    }

    /// Tells whether there is any work that grows with the table.
    pub(super) fn is_affected(&self) -> bool {
        let builds = self.indexes.iter().any(|index| !index.is_built);
        self.layout.is_some() && (self.is_filled() || builds)
    }
}
