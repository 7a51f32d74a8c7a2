//! What the versions of the app differ in: pieces have a weight in the next one, and no two of a list
//! have one title.

use serde_json::{Value, json};
use suite_fixture_sim_next::piece::WEIGHT;

use super::{Row, State};

/// A version of the app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::sim) enum Edition {
    #[default]
    First,
    Next,
}

impl State {
    /// Tells whether the pieces are such as the next version does not take.
    pub(in crate::sim) fn has_twins(&self) -> bool {
        self.rows.values().any(|row| self.is_twin(row))
    }

    /// Tells whether another piece of the same list has the same title.
    pub(super) fn is_twin(&self, row: &Row) -> bool {
        let is_same = |other: &Row| (&other.list, &other.title) == (&row.list, &row.title);
        let mut others = self.rows.values().filter(|other| other.born != row.born);
        others.any(is_same)
    }

    pub(super) fn heavy(&self, from: i64) -> Value {
        let mut rows: Vec<_> = self.rows.values().collect();
        rows.sort_by_key(|row| (row.weight(), row.born));
        let heavy = rows.iter().filter(|row| row.weight() >= from);
        json!(heavy.map(|row| (row.key, row.weight())).collect::<Vec<_>>())
    }
}

impl Row {
    /// Returns what it weighs in the next version of the app.
    pub(super) fn weight(&self) -> i64 {
        self.weight.unwrap_or(WEIGHT)
    }

    /// Tells whether a stored weight is its own. The next version gives one to those that have none,
    /// and may not have come to it.
    pub(in crate::sim) fn may_have_weight(&self, stored: &Value, is_filled: bool) -> bool {
        match stored.is_null() {
            true => self.weight.is_none() && !is_filled,
            false => *stored == self.weight(),
        }
    }
}

/// Leaves out what the first version of the app does not see of documents.
pub(super) fn without_weights(mut value: Value) -> Value {
    match &mut value {
        Value::Array(values) => {
            for value in values {
                *value = without_weights(value.take());
            }
        }
        Value::Object(fields) => {
            fields.remove("weight");
            for value in fields.values_mut() {
                *value = without_weights(value.take());
            }
        }
        _ => {}
    }
    value
}
