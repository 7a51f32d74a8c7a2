//! Intervals of an index: what bounds and cursors leave of it, as key bytes and as SQL.
//!
//! An end is the edge of all keys that begin with some values: before the first of them, or after
//! the last. Order is that of keys, in which null comes first. SQL's comparisons know no such
//! order where there are nulls, so an interval over columns that may be null becomes several
//! conditions, one after another, each on a part that SQL can compare.

use std::fmt::Write as _;

use crate::engine::key_bytes::{KeyBytes, KeyRange};
use crate::key::KeyPart;

/// One end of an interval: the edge of the keys that begin with `parts`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Edge {
    pub(super) parts: Vec<KeyPart>,
    pub(super) after: bool,
}

/// A part of an index below a prefix of equal values.
#[derive(Clone, Debug, Default)]
pub(super) struct Interval {
    pub(super) from: Option<Edge>,
    pub(super) to: Option<Edge>,
    /// Whether bounds contradict each other: no key is in it.
    pub(super) is_empty: bool,
}

/// A column behind the prefix.
#[derive(Clone, Debug)]
pub(super) struct KeyColumn {
    pub(super) sql: String,
    pub(super) nullable: bool,
}

/// A condition, and its parameters.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Condition {
    /// Each of ` AND …`; nothing where all keys are meant.
    pub(super) sql: String,
    pub(super) params: Vec<KeyPart>,
}

impl Edge {
    pub(super) fn before(parts: Vec<KeyPart>) -> Self {
        Self {
            parts,
            after: false,
        }
    }

    pub(super) fn after(parts: Vec<KeyPart>) -> Self {
        Self { parts, after: true }
    }

    fn bytes(&self, prefix: &KeyBytes) -> KeyBytes {
        let mut key = prefix.clone();
        for part in &self.parts {
            key.push(part);
        }
        if self.after { key.after_prefix() } else { key }
    }
}

impl Interval {
    /// Leaves what begins at this edge.
    pub(super) fn begin_at(&mut self, edge: Edge, prefix: &KeyBytes) {
        let is_later = |other: &Edge| edge.bytes(prefix) > other.bytes(prefix);
        if self.from.as_ref().is_none_or(is_later) {
            self.from = Some(edge);
        }
    }

    /// Leaves what ends at this edge.
    pub(super) fn end_at(&mut self, edge: Edge, prefix: &KeyBytes) {
        let is_earlier = |other: &Edge| edge.bytes(prefix) < other.bytes(prefix);
        if self.to.as_ref().is_none_or(is_earlier) {
            self.to = Some(edge);
        }
    }

    /// Returns the interval as keys; where it is empty, an end is not above its start.
    pub(super) fn key_range(&self, prefix: &KeyBytes) -> KeyRange {
        let start = match &self.from {
            Some(edge) => edge.bytes(prefix),
            None => prefix.clone(),
        };
        let end = match &self.to {
            _ if self.is_empty => start.clone(),
            Some(edge) => edge.bytes(prefix),
            None => prefix.after_prefix(),
        };
        KeyRange { start, end }
    }

    /// Returns the interval as conditions on parts of it that follow each other.
    pub(super) fn conditions(&self, columns: &[KeyColumn], prefix: &KeyBytes) -> Vec<Condition> {
        let range = self.key_range(prefix);
        if range.start >= range.end {
            return Vec::new();
        }
        let parts = |edge: &Option<Edge>| edge.as_ref().map_or(0, |edge| edge.parts.len());
        let compared = parts(&self.from).max(parts(&self.to));
        if columns[..compared].iter().all(|column| !column.nullable) {
            return vec![self.without_nulls(columns)];
        }
        let mut conditions = Vec::new();
        let between = Between {
            columns,
            from: self.from.as_ref(),
            to: self.to.as_ref(),
        };
        between.collect(0, Condition::default(), &mut conditions);
        conditions
    }

    /// One condition by row values, which SQLite looks up in an index as one range.
    fn without_nulls(&self, columns: &[KeyColumn]) -> Condition {
        let mut condition = Condition::default();
        if let Some(edge) = &self.from {
            condition.compare(columns, &edge.parts, if edge.after { ">" } else { ">=" });
        }
        if let Some(edge) = &self.to {
            condition.compare(columns, &edge.parts, if edge.after { "<=" } else { "<" });
        }
        condition
    }
}

impl Condition {
    fn compare(&mut self, columns: &[KeyColumn], parts: &[KeyPart], operator: &str) {
        let columns = &columns[..parts.len()];
        if let [column] = columns {
            let _ = write!(self.sql, " AND {} {operator} ?", column.sql);
        } else if !columns.is_empty() {
            let names: Vec<_> = columns.iter().map(|column| column.sql.as_str()).collect();
            let marks = vec!["?"; names.len()].join(", ");
            let _ = write!(self.sql, " AND ({}) {operator} ({marks})", names.join(", "));
        }
        self.params.extend_from_slice(parts);
    }

    fn and(&self, sql: &str, param: Option<&KeyPart>) -> Self {
        let mut more = self.clone();
        let _ = write!(more.sql, " AND {sql}");
        more.params.extend(param.cloned());
        more
    }
}

/// A value that ends a range of one column, and whether it belongs to the range.
type End<'e> = Option<(&'e KeyPart, bool)>;

/// What lies between two edges, of which the columns before the one at hand are equal.
#[derive(Clone, Copy)]
struct Between<'b> {
    columns: &'b [KeyColumn],
    from: Option<&'b Edge>,
    to: Option<&'b Edge>,
}

impl Between<'_> {
    /// Adds the conditions from the least key to the greatest; `equal` is what holds already.
    fn collect(self, at: usize, equal: Condition, out: &mut Vec<Condition>) {
        let from = self.from.and_then(|edge| edge.parts.get(at));
        let to = self.to.and_then(|edge| edge.parts.get(at));
        let column = &self.columns[at].sql;
        let is = |part: &KeyPart| equal.and(&format!("{column} IS ?"), Some(part));
        match (from, to) {
            (None, None) => return out.push(equal),
            (Some(from), Some(to)) if from == to => return self.below(at, is(from), out),
            _ => {}
        }
        let goes_deeper = |edge: &Edge| edge.parts.len() > at + 1;
        let deep_from = self.from.filter(|edge| from.is_some() && goes_deeper(edge));
        let deep_to = self.to.filter(|edge| to.is_some() && goes_deeper(edge));
        if let (Some(_), Some(part)) = (deep_from, from) {
            let above = Self { to: None, ..self };
            above.collect(at + 1, is(part), out);
        }
        // Keys that begin with the end's own value belong to the middle, if the end is at its edge.
        let from_inclusive = deep_from.is_none() && self.from.is_some_and(|edge| !edge.after);
        let to_inclusive = deep_to.is_none() && self.to.is_some_and(|edge| edge.after);
        let low = from.map(|part| (part, from_inclusive));
        let high = to.map(|part| (part, to_inclusive));
        self.middle(at, &equal, (low, high), out);
        if let (Some(_), Some(part)) = (deep_to, to) {
            let below = Self { from: None, ..self };
            below.collect(at + 1, is(part), out);
        }
    }

    /// Both ends have the same value here: what lies between them is decided further on.
    fn below(self, at: usize, equal: Condition, out: &mut Vec<Condition>) {
        let ends_here = |edge: Option<&Edge>| edge.is_some_and(|edge| edge.parts.len() == at + 1);
        let rest = Self {
            from: self.from.filter(|_| !ends_here(self.from)),
            to: self.to.filter(|_| !ends_here(self.to)),
            ..self
        };
        if rest.from.is_none() && rest.to.is_none() {
            return out.push(equal);
        }
        rest.collect(at + 1, equal, out);
    }

    /// The keys whose value here lies between two, each of which belongs to it or not.
    fn middle(
        self,
        at: usize,
        equal: &Condition,
        (low, high): (End<'_>, End<'_>),
        out: &mut Vec<Condition>,
    ) {
        let column = &self.columns[at].sql;
        let holds_null = match low {
            None => true,
            Some((part, inclusive)) => *part == KeyPart::Null && inclusive,
        };
        match high {
            Some((KeyPart::Null, inclusive)) => {
                if inclusive && holds_null {
                    out.push(equal.and(&format!("{column} IS NULL"), None));
                }
                return;
            }
            Some(_) if holds_null && self.columns[at].nullable => {
                out.push(equal.and(&format!("{column} IS NULL"), None));
            }
            _ => {}
        }
        let mut condition = equal.clone();
        match low {
            Some((KeyPart::Null, false)) if high.is_none() => {
                condition = condition.and(&format!("{column} IS NOT NULL"), None);
            }
            Some((KeyPart::Null, _)) | None => {}
            Some((part, true)) => condition = condition.and(&format!("{column} >= ?"), Some(part)),
            Some((part, false)) => condition = condition.and(&format!("{column} > ?"), Some(part)),
        }
        if let Some((part, inclusive)) = high {
            let operator = if inclusive { "<=" } else { "<" };
            condition = condition.and(&format!("{column} {operator} ?"), Some(part));
        }
        out.push(condition);
    }
}

#[cfg(test)]
mod tests;
