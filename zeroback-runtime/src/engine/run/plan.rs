//! A scan whose index is found: its SQL, its range of keys, and what matters of it.

use std::fmt::Write as _;
use std::rc::Rc;

use super::filter_sql::filter_sql;
use super::interval::{Condition, Edge, Interval, KeyColumn};
use crate::db::{Bound, FilterExpr, IndexBounds, Order, Scan, system_fields};
use crate::engine::catalog::{BY_ID, IndexPlan, TablePlan};
use crate::engine::ids::first_id_at;
use crate::engine::key_bytes::{KeyBytes, KeyRange};
use crate::engine::read_set::{IndexRef, Predicate};
use crate::engine::store::SqlParam;
use crate::key::KeyPart;
use crate::{Error, Result};
use zeroback_protocol::ErrorCode;

/// A scan of a part of an index.
#[derive(Clone)]
pub(super) struct Plan<'p> {
    pub(super) table: &'p TablePlan,
    index: &'p IndexPlan,
    pub(super) reference: IndexRef,
    pub(super) order: Order,
    /// The values that the first columns equal.
    equal: Rc<[KeyPart]>,
    prefix: KeyBytes,
    /// The columns behind those, ending in the id.
    columns: Rc<[KeyColumn]>,
    pub(super) interval: Interval,
    filter: Option<FilterExpr>,
    filter_sql: Option<Condition>,
}

/// A statement with its parameters.
pub(super) struct Statement {
    pub(super) sql: String,
    params: Vec<KeyPart>,
}

/// Most lists of columns and orders are no longer, so that their texts grow once.
const ORDER_BYTES: usize = 64;

/// Most sources are no longer: a table, an index and a few conditions.
const SOURCE_BYTES: usize = 160;

/// A Durable Object binds at most so many parameters to a statement.
const PARAMS_MAX: usize = 100;

/// A Durable Object takes values of up to 2 MB; a list of values, or of ids, is one.
pub(super) const VALUE_BYTES_MAX: usize = 2_000_000;

impl<'p> Plan<'p> {
    pub(super) fn new(
        (table_at, table): (usize, &'p TablePlan),
        bounds: &IndexBounds,
        scan: &Scan,
    ) -> Result<Self> {
        let by_id;
        let bounds = if bounds.index == "by_creation_time" {
            by_id = ids_created_in(table.name, bounds);
            &by_id
        } else {
            bounds
        };
        let (index_at, index) = table.index(bounds.index)?;
        let mut prefix = KeyBytes::new();
        bounds.equal.iter().for_each(|part| prefix.push(part));
        let mut plan = Self {
            table,
            index,
            reference: IndexRef {
                table: table_at,
                index: index_at,
            },
            order: scan.order,
            columns: key_columns(table, index).skip(bounds.equal.len()).collect(),
            equal: bounds.equal.as_slice().into(),
            prefix,
            interval: Interval::default(),
            filter: scan.filter.clone(),
            filter_sql: None,
        };
        plan.bound(bounds);
        if let Some(filter) = &scan.filter {
            let mut params = Vec::new();
            let sql = filter_sql(filter, table, &mut params)?;
            plan.filter_sql = Some(Condition { sql, params });
        }
        Ok(plan)
    }

    fn bound(&mut self, bounds: &IndexBounds) {
        let (lower, upper) = (&bounds.lower, &bounds.upper);
        let is_null =
            |bound: &Option<Bound>| matches!(bound, Some(bound) if bound.part == KeyPart::Null);
        self.interval.is_empty = is_null(lower) || is_null(upper);
        match lower {
            Some(Bound { part, inclusive }) => {
                let parts = vec![part.clone()];
                self.interval.from = Some(Edge {
                    parts,
                    after: !inclusive,
                });
            }
            // Comparisons never match null: an upper bound alone begins after the nulls.
            None if upper.is_some() && self.columns[0].nullable => {
                self.interval.from = Some(Edge::after(vec![KeyPart::Null]));
            }
            None => {}
        }
        if let Some(Bound { part, inclusive }) = upper {
            let parts = vec![part.clone()];
            self.interval.to = Some(Edge {
                parts,
                after: *inclusive,
            });
        }
    }

    /// Leaves what comes behind a key, in the order of the scan.
    pub(super) fn begin_behind(&mut self, parts: Vec<KeyPart>) {
        match self.order {
            Order::Asc => self.interval.begin_at(Edge::after(parts), &self.prefix),
            Order::Desc => self.interval.end_at(Edge::before(parts), &self.prefix),
        }
    }

    /// Leaves what comes up to a key and with it, in the order of the scan.
    pub(super) fn end_with(&mut self, parts: Vec<KeyPart>) {
        match self.order {
            Order::Asc => self.interval.end_at(Edge::after(parts), &self.prefix),
            Order::Desc => self.interval.begin_at(Edge::before(parts), &self.prefix),
        }
    }

    /// Returns the values of a document's key behind the prefix.
    pub(super) fn position_of(&self, document: &str) -> Result<Vec<KeyPart>> {
        let values = self.table.column_values(document)?;
        let (id, _) = system_fields(document)
            .ok_or_else(|| Error::internal("a stored document has no id"))?;
        let own = self.index.columns.iter().map(|at| values[*at].clone());
        let parts = own.chain([KeyPart::Text(id.to_owned())]);
        Ok(parts.skip(self.equal.len()).collect())
    }

    /// Tells whether so many values can be a position: one for each column.
    pub(super) fn takes_position(&self, parts: usize) -> bool {
        parts == self.columns.len()
    }

    pub(super) fn key_range(&self) -> KeyRange {
        self.interval.key_range(&self.prefix)
    }

    pub(super) fn predicate(&self) -> Option<Predicate> {
        self.filter.as_ref().map(|filter| Predicate {
            filter: Some(filter.clone()),
            search: None,
        })
    }

    pub(super) fn has_filter(&self) -> bool {
        self.filter.is_some()
    }

    /// Returns the conditions on the parts of the interval, in the order of the scan.
    pub(super) fn parts(&self) -> Vec<Condition> {
        let mut parts = self.interval.conditions(&self.columns, &self.prefix);
        if self.order == Order::Desc {
            parts.reverse();
        }
        parts
    }

    /// What the plan and its cursors must have in common.
    pub(super) fn identity(&self) -> String {
        let filter = self.filter_sql.as_ref().map_or("", |filter| &filter.sql);
        format!(
            "{}.{} {:?} {:?} {:?} {filter}",
            self.table.name,
            self.index.name,
            self.ordered_columns().collect::<Vec<_>>(),
            self.order,
            self.equal
        )
    }

    /// Writes the statement that reads documents of a part, and how they are ordered: the limits
    /// are how many rows may be scanned, where there is a filter, and how many are wanted.
    pub(super) fn select(
        &self,
        part: &Condition,
        scanned_max: usize,
        rows_max: usize,
    ) -> (Statement, String) {
        let (columns, inner, outer) = self.ordered_sql();
        let from = self.source_sql(part);
        let mut params = self.params(part);
        let sql = match &self.filter_sql {
            None => format!("SELECT {columns} FROM {from} ORDER BY {inner} LIMIT ? + 0"),
            Some(filter) => {
                params.push(limit(scanned_max));
                params.extend(filter.params.iter().cloned());
                format!(
                    "SELECT {columns} FROM (SELECT * FROM {from} ORDER BY {inner} LIMIT ? + 0) \
                     WHERE {} LIMIT ? + 0",
                    filter.sql
                )
            }
        };
        params.push(limit(rows_max));
        (Statement { sql, params }, outer)
    }

    /// Writes the statement that reads the document behind so many of a part, whatever the filter.
    pub(super) fn nth(&self, part: &Condition, skipped: usize) -> (Statement, String) {
        let (columns, inner, outer) = self.ordered_sql();
        let from = self.source_sql(part);
        let mut params = self.params(part);
        params.push(limit(skipped));
        let sql = format!("SELECT {columns} FROM {from} ORDER BY {inner} LIMIT 1 OFFSET ? + 0");
        (Statement { sql, params }, outer)
    }

    /// Returns what is selected, its order, and its order by the names that it is selected under.
    fn ordered_sql(&self) -> (String, String, String) {
        let direction = match self.order {
            Order::Asc => "ASC",
            Order::Desc => "DESC",
        };
        let text = || String::with_capacity(ORDER_BYTES);
        let (mut columns, mut inner, mut outer) = (text(), text(), text());
        columns.push_str("doc");
        for (at, column) in self.ordered_columns().enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            let _ = write!(columns, ", {column} AS k{at}");
            let _ = write!(inner, "{comma}{column} {direction}");
            let _ = write!(outer, "{comma}k{at} {direction}");
        }
        (columns, inner, outer)
    }

    /// Writes the statement that counts a part's rows, at most so many: those there are, and those
    /// that pass the filter.
    pub(super) fn count(&self, part: &Condition, filtered: bool, rows_max: usize) -> Statement {
        let from = self.source_sql(part);
        let mut params = Vec::new();
        let passes = match &self.filter_sql {
            Some(filter) if filtered => {
                params.extend(filter.params.iter().cloned());
                &filter.sql
            }
            _ => "1",
        };
        params.extend(self.params(part));
        params.push(limit(rows_max));
        Statement {
            sql: format!(
                "SELECT count(*), total(passes) FROM (SELECT {passes} AS passes FROM {from} LIMIT ? + 0)"
            ),
            params,
        }
    }

    /// The table by the index that is meant, and the rows of one part.
    fn source_sql(&self, part: &Condition) -> String {
        let table = self.table.name;
        let mut sql = String::with_capacity(SOURCE_BYTES);
        let _ = write!(sql, "\"{table}\"");
        if self.reference.index != BY_ID {
            let name = self.index.name;
            let read = match (self.index.unique, self.index.has_ties(self.table)) {
                (true, true) => ".read",
                _ => "",
            };
            let _ = write!(sql, " INDEXED BY \"{table}.{name}{read}\"");
        }
        let _ = write!(sql, " WHERE 1");
        for column in key_columns(self.table, self.index).take(self.equal.len()) {
            let _ = write!(sql, " AND {} IS ?", column.sql);
        }
        sql.push_str(&part.sql);
        sql
    }

    fn params(&self, part: &Condition) -> Vec<KeyPart> {
        self.equal.iter().chain(&part.params).cloned().collect()
    }

    /// The columns by which documents are in order: without the id where nothing else can tie.
    fn ordered_columns(&self) -> impl Iterator<Item = String> + use<'p> {
        let own = self.index.columns.len();
        let ordered = own + usize::from(self.index.has_ties(self.table));
        key_columns(self.table, self.index)
            .take(ordered)
            .map(|column| column.sql)
    }
}

impl Statement {
    pub(super) fn new(sql: String, params: Vec<KeyPart>) -> Self {
        Self { sql, params }
    }

    /// Returns the parameters.
    ///
    /// # Errors
    ///
    /// Fails where there are more than either host takes.
    pub(super) fn params(&self) -> Result<Vec<SqlParam<'_>>> {
        if self.params.len() > PARAMS_MAX {
            return Err(Error::invalid(format!(
                "a read compares with at most {PARAMS_MAX} values, its limits among them, and \
                 this one with {}",
                self.params.len()
            )));
        }
        if self
            .params
            .iter()
            .any(|param| param.bytes() > VALUE_BYTES_MAX)
        {
            return Err(Error::new(
                ErrorCode::LIMIT_EXCEEDED,
                format!("a read compares with values of at most {VALUE_BYTES_MAX} bytes each"),
            ));
        }
        Ok(self.params.iter().map(SqlParam::from).collect())
    }
}

/// A limit as a parameter, so that the statement's text stays the same.
///
/// Statements say `LIMIT ? + 0`: the value of a bare `LIMIT ?` is part of SQLite's plan, and it
/// would prepare the statement again whenever one is bound.
pub(super) fn limit(rows: usize) -> KeyPart {
    KeyPart::Integer(i64::try_from(rows).unwrap_or(i64::MAX))
}

/// An index's columns in order, and the id behind them.
fn key_columns<'p>(
    table: &'p TablePlan,
    index: &'p IndexPlan,
) -> impl Iterator<Item = KeyColumn> + use<'p> {
    let own = index.columns.iter().map(|at| KeyColumn {
        sql: table.columns[*at].sql_name(),
        nullable: table.columns[*at].nullable,
    });
    own.chain([KeyColumn {
        sql: "_id".to_owned(),
        nullable: false,
    }])
}

/// Turns bounds on the creation time into bounds on the id, which begins with it.
fn ids_created_in(table: &str, bounds: &IndexBounds) -> IndexBounds {
    let id_at = |part: &KeyPart, after_ms: i64| match part {
        KeyPart::Integer(ms) => {
            KeyPart::Text(first_id_at(ms.saturating_add(after_ms)).to_text(table))
        }
        _ => KeyPart::Null,
    };
    let bound = |part| Bound {
        part,
        inclusive: true,
    };
    let below = |part| Bound {
        part,
        inclusive: false,
    };
    let mut ids = IndexBounds {
        index: "by_id",
        ..IndexBounds::default()
    };
    if let Some(part) = bounds.equal.first() {
        ids.lower = Some(bound(id_at(part, 0)));
        ids.upper = Some(below(id_at(part, 1)));
        return ids;
    }
    ids.lower = bounds
        .lower
        .as_ref()
        .map(|lower| bound(id_at(&lower.part, i64::from(!lower.inclusive))));
    ids.upper = bounds
        .upper
        .as_ref()
        .map(|upper| below(id_at(&upper.part, i64::from(upper.inclusive))));
    ids
}

const _: () = assert!(BY_ID == 0, "`by_id` is named by its place in read sets");
