//! What a table is: its name, its typed columns and its indexes.

use serde::Serialize;
use zeroback_protocol::TableName;

use crate::Value;
use crate::db::HasFields;
use crate::key::ColumnType;

/// A struct with `#[derive(Table)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a table",
    label = "expected a struct with `#[derive(Table)]`"
)]
pub trait Table: Value + TableName + HasFields {
    /// The struct for partial updates, every field optional.
    type Patch: Serialize;
    /// The handles of the table's indexes, as `with_index` gives them.
    type Indexes;
    /// The handles of the table's search indexes, as `search` gives them.
    type Searches;
    /// What the engine needs to know of the table.
    const DEF: TableDef;

    /// Returns the handles of the table's indexes.
    fn indexes() -> Self::Indexes;

    /// Returns the handles of the table's search indexes.
    fn searches() -> Self::Searches;
}

/// A table, as the engine sees it.
#[derive(Clone, Copy, Debug)]
pub struct TableDef {
    /// The table's name.
    pub name: &'static str,
    /// The fields that get a column of their own, because an index or a search's filter names them.
    pub columns: &'static [ColumnDef],
    /// The indexes, without the two that every table has.
    pub indexes: &'static [IndexDef],
    /// The search indexes.
    pub searches: &'static [SearchDef],
    /// The crate that declares it.
    pub crate_name: &'static str,
}

/// A field with a column of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ColumnDef {
    /// The field's outside name.
    pub field: &'static str,
    /// How its values are stored.
    pub column_type: ColumnType,
    /// Whether a value can be null.
    pub nullable: bool,
}

/// An index over one or more columns; creation order breaks ties.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexDef {
    /// The index's name.
    pub name: &'static str,
    /// Outside names of its fields, in order.
    pub columns: &'static [&'static str],
    /// Whether no two documents may have the same values there; nulls are distinct.
    pub unique: bool,
}

/// A full-text index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchDef {
    /// The search index's name.
    pub name: &'static str,
    /// Outside names of the fields whose text is searched.
    pub fields: &'static [&'static str],
    /// Outside names of the fields that a search may be narrowed by; each has a column.
    pub filters: &'static [&'static str],
}
