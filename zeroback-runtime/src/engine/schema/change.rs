//! What one table has to become, told from what it is.

use std::collections::BTreeMap;

use super::indexes::IndexSpec;
use super::stored::{Layout, RETIRED, Stored};
use crate::engine::catalog::{ColumnPlan, TablePlan, sql_type};
use crate::registry::TableEntry;

/// A table of the app beside what the database has of it.
#[derive(Debug)]
pub(super) struct TableChange<'a> {
    #[expect(dead_code, reason = "the check of documents will need it")]
    pub(super) entry: &'a TableEntry,
    /// The table as it will be.
    pub(super) plan: TablePlan,
    /// How it lies in the database, if it is there.
    pub(super) layout: Option<Layout>,
    /// The columns that must be filled, by their places.
    pub(super) fills: Vec<usize>,
    /// Those of them that the table does not have yet.
    pub(super) adds: Vec<usize>,
    /// Fields whose columns no index names any more, with the types of the columns.
    pub(super) retires: Vec<(String, String)>,
    /// The indexes to be made.
    pub(super) builds: Vec<IndexSpec>,
    /// The names of indexes that are gone, or are to be made again.
    pub(super) drops: Vec<String>,
}

impl<'a> TableChange<'a> {
    pub(super) fn new(entry: &'a TableEntry, stored: &Stored) -> Self {
        let def = &entry.def;
        let layout = stored.tables.get(def.name).copied();
        // A table of the older layout is written anew, without columns and indexes.
        let (mut columns, mut indexes) = match layout {
            Some(Layout::Keyed) => (stored.columns(def.name), stored.indexes(def.name)),
            Some(Layout::Unkeyed) | None => (BTreeMap::new(), BTreeMap::new()),
        };
        let mut next_number = columns.values().map(|column| column.number + 1).max();
        let (mut plans, mut fills, mut adds) = (Vec::new(), Vec::new(), Vec::new());
        for (place, column) in def.columns.iter().enumerate() {
            let wanted = sql_type(column.column_type);
            let has = columns.remove(column.field);
            let is_filled = has.as_ref().is_some_and(|has| has.column_type == wanted);
            let of_type = has.filter(|has| has.column_type.trim_start_matches(RETIRED) == wanted);
            let number = of_type.map(|has| has.number).unwrap_or_else(|| {
                let number = next_number.unwrap_or(0);
                next_number = Some(number + 1);
                adds.push(place);
                number
            });
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
        let mut builds = Vec::new();
        for index in IndexSpec::all_of(def, &plan) {
            let is_there = indexes.get(&index.name) == Some(&index.description);
            if is_there {
                indexes.remove(&index.name);
            } else {
                builds.push(index);
            }
        }
        let is_in_use = |column_type: &str| !column_type.starts_with(RETIRED);
        Self {
            entry,
            plan,
            layout,
            fills,
            adds,
            retires: columns
                .into_iter()
                .map(|(field, column)| (field, column.column_type))
                .filter(|(_, column_type)| is_in_use(column_type))
                .collect(),
            builds,
            drops: indexes.into_keys().collect(),
        }
    }
}
