//! Reading a part of an index: its SQL, its range of keys, and what of it was really looked at.

use std::fmt::Write as _;

use crate::db::{Bound, Documents, IndexBounds, Limit, Order, Scan, Source, system_fields};
use crate::engine::catalog::{BY_ID, Catalog, IndexPlan, TablePlan};
use crate::engine::ids::first_id_at;
use crate::engine::key_bytes::{KeyBytes, KeyRange};
use crate::engine::read_set::{Aspect, IndexRef};
use crate::engine::run::Run;
use crate::engine::store::{Select, SqlParam, Store};
use crate::key::KeyPart;
use crate::{Error, Result};

/// A scan whose index is found and whose bounds are SQL.
struct Plan<'p> {
    table: &'p TablePlan,
    index: &'p IndexPlan,
    reference: IndexRef,
    /// `WHERE …`, or nothing.
    filter: String,
    params: Vec<KeyPart>,
    range: KeyRange,
}

impl<S: Store> Run<S> {
    pub(super) fn scan_documents(&self, scan: &Scan, limit: Limit) -> Result<Documents> {
        let plan = Plan::new(&self.catalog, scan)?;
        let (documents_left, _) = self.left_to_read();
        let rows_max = match limit {
            Limit::All => documents_left + 1,
            Limit::Take(count) => count.min(documents_left + 1),
        };
        if rows_max == 0 {
            return Ok(Documents::default());
        }
        let documents = self.read_range(&plan, scan.order, rows_max);
        // What failed has looked at all of it: what is written there may let the next run succeed.
        let looked_at = match documents.as_ref().ok().and_then(|all| last_of(all, limit)) {
            Some(last) => plan.range_up_to(last, scan.order)?,
            None => plan.range.clone(),
        };
        self.done
            .borrow_mut()
            .read_set
            .add(plan.reference, Aspect::Contents, looked_at);
        documents
    }

    fn read_range(&self, plan: &Plan<'_>, order: Order, rows_max: usize) -> Result<Documents> {
        let (sql, order) = plan.select_sql(order);
        let params = plan.params_and_limit(rows_max);
        let select = Select {
            sql: &sql,
            order: &order,
            rows_max,
            bytes_max: self.left_to_read().1,
        };
        let documents = self.ask(|store| store.documents(&select, &params))?;
        self.note_read(documents.iter().count(), documents.bytes())?;
        Ok(documents)
    }

    pub(super) fn count_documents(&self, scan: &Scan) -> Result<u64> {
        let plan = Plan::new(&self.catalog, scan)?;
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM \"{}\"{} LIMIT ?)",
            plan.table.name, plan.filter,
        );
        let params = plan.params_and_limit(self.left_to_read().0 + 1);
        self.done
            .borrow_mut()
            .read_set
            .add(plan.reference, Aspect::Membership, plan.range.clone());
        let rows = self.ask(|store| store.query(&sql, &params))?;
        let count = rows
            .first()
            .and_then(|row| usize::try_from(row[0].as_integer()?).ok())
            .ok_or_else(|| Error::internal("count(*) returned no number"))?;
        // SQLite walks over each of them, as it does when it reads them.
        self.note_read(count, 0)?;
        Ok(count as u64)
    }

    /// Returns how many documents and bytes this run may still read.
    fn left_to_read(&self) -> (usize, usize) {
        let done = self.done.borrow();
        (
            self.limits
                .documents_read_max
                .saturating_sub(done.documents_read),
            self.limits.bytes_read_max.saturating_sub(done.bytes_read),
        )
    }
}

/// Returns the last document, where there are as many as were asked for.
fn last_of(documents: &Documents, limit: Limit) -> Option<&str> {
    if limit != Limit::Take(documents.iter().count()) {
        return None;
    }
    documents.last()
}

impl<'p> Plan<'p> {
    fn new(catalog: &'p Catalog, scan: &Scan) -> Result<Self> {
        let (table_at, table) = catalog.table(scan.table)?;
        let Source::Index(bounds) = &scan.source else {
            return Err(Error::internal("not there yet"));
        };
        let creation_bounds;
        let (index_at, index, bounds) = if bounds.index == "by_creation_time" {
            creation_bounds = ids_created_in(table.name, bounds);
            let (at, index) = table.index("by_id")?;
            (at, index, &creation_bounds)
        } else {
            let (at, index) = table.index(bounds.index)?;
            (at, index, bounds)
        };
        let mut plan = Self {
            table,
            index,
            reference: IndexRef {
                table: table_at,
                index: index_at,
            },
            filter: String::new(),
            params: Vec::new(),
            range: range_of(bounds),
        };
        plan.add_filter(bounds);
        Ok(plan)
    }

    fn add_filter(&mut self, bounds: &IndexBounds) {
        for (at, part) in bounds.equal.iter().enumerate() {
            self.add_term(at, "IS", part);
        }
        let next = bounds.equal.len();
        if let Some(Bound { part, inclusive }) = &bounds.lower {
            self.add_term(next, if *inclusive { ">=" } else { ">" }, part);
        }
        if let Some(Bound { part, inclusive }) = &bounds.upper {
            self.add_term(next, if *inclusive { "<=" } else { "<" }, part);
        }
    }

    fn add_term(&mut self, column: usize, operator: &str, part: &KeyPart) {
        let glue = if self.filter.is_empty() {
            " WHERE"
        } else {
            " AND"
        };
        let name = self.column_name(column);
        let _ = write!(self.filter, "{glue} {name} {operator} ?");
        self.params.push(part.clone());
    }

    /// Returns the SQL name of one of the index's columns; behind its own comes the id.
    fn column_name(&self, column: usize) -> String {
        match self.index.columns.get(column) {
            Some(at) => self.table.columns[*at].sql_name(),
            None => "_id".to_owned(),
        }
    }

    fn select_sql(&self, order: Order) -> (String, String) {
        let direction = match order {
            Order::Asc => "ASC",
            Order::Desc => "DESC",
        };
        let (mut keys, mut inner, mut outer) = (String::new(), String::new(), String::new());
        for at in 0..=self.index.columns.len() {
            let name = self.column_name(at);
            let comma = if at == 0 { "" } else { ", " };
            let _ = write!(keys, ", {name} AS k{at}");
            let _ = write!(inner, "{comma}{name} {direction}");
            let _ = write!(outer, "{comma}k{at} {direction}");
        }
        let (table, filter) = (self.table.name, &self.filter);
        let sql = format!("SELECT doc{keys} FROM \"{table}\"{filter} ORDER BY {inner} LIMIT ?");
        (sql, outer)
    }

    /// Returns the parameters. The limit is one, so that the statement's text stays the same.
    fn params_and_limit(&self, rows_max: usize) -> Vec<SqlParam<'_>> {
        let limit = SqlParam::Integer(i64::try_from(rows_max).unwrap_or(i64::MAX));
        self.params
            .iter()
            .map(SqlParam::from)
            .chain([limit])
            .collect()
    }

    /// Returns the part of the range from where the scan began to the last document it returned.
    fn range_up_to(&self, last: &str, order: Order) -> Result<KeyRange> {
        let values = self.table.column_values(last)?;
        let (id, _) =
            system_fields(last).ok_or_else(|| Error::internal("a stored document has no id"))?;
        let key = self.index.key(id, &values);
        let KeyRange { start, end } = self.range.clone();
        Ok(match order {
            Order::Asc => KeyRange {
                start,
                end: key.successor(),
            },
            Order::Desc => KeyRange { start: key, end },
        })
    }
}

/// Returns the keys that the bounds hold.
fn range_of(bounds: &IndexBounds) -> KeyRange {
    let mut prefix = KeyBytes::new();
    for part in &bounds.equal {
        prefix.push(part);
    }
    let with = |part: &KeyPart| {
        let mut key = prefix.clone();
        key.push(part);
        key
    };
    // Comparisons never match null: an upper bound alone begins after the nulls.
    let after_nulls = || with(&KeyPart::Null).after_prefix();
    let is_null = |bound: &Option<Bound>| {
        matches!(
            bound,
            Some(Bound {
                part: KeyPart::Null,
                ..
            })
        )
    };
    if is_null(&bounds.lower) || is_null(&bounds.upper) {
        return KeyRange {
            start: prefix.clone(),
            end: prefix,
        };
    }
    let start = match (&bounds.lower, &bounds.upper) {
        (Some(bound), _) if bound.inclusive => with(&bound.part),
        (Some(bound), _) => with(&bound.part).after_prefix(),
        (None, Some(_)) => after_nulls(),
        (None, None) => prefix.clone(),
    };
    let end = match &bounds.upper {
        Some(bound) if bound.inclusive => with(&bound.part).after_prefix(),
        Some(bound) => with(&bound.part),
        None => prefix.after_prefix(),
    };
    KeyRange { start, end }
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
