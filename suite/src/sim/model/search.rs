//! Searches: what a title has of what is looked for. Their order is the engine's own affair: it
//! depends on all there is, and is as of the last run.

use serde_json::{Value, json};

use super::{Row, State};

/// What a list in any order has in its place.
const ANY_ORDER: &str = "$anyOrder";

impl State {
    /// Returns what a search finds, in any order.
    pub(super) fn find(&self, text: &str, list: Option<&str>) -> Value {
        let rows = self.rows.values().filter(|row| row.is_found(text, list));
        json!({ ANY_ORDER: rows.map(Row::document).collect::<Vec<_>>() })
    }

    pub(super) fn found(&self, text: &str, list: Option<&str>) -> usize {
        let rows = self.rows.values();
        rows.filter(|row| row.is_found(text, list)).count()
    }
}

impl Row {
    /// Tells whether a search finds it: by a phrase in quotes, or by words and beginnings of words.
    pub(super) fn is_found(&self, text: &str, list: Option<&str>) -> bool {
        let title = self.title.to_lowercase().replace('é', "e");
        let title: Vec<_> = title.split_whitespace().collect();
        let has_words = match text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'))
        {
            Some(phrase) => {
                let phrase: Vec<_> = phrase.split_whitespace().collect();
                title.windows(phrase.len()).any(|words| words == phrase)
            }
            None => text.split_whitespace().all(|wanted| {
                title.iter().any(|word| match wanted.strip_suffix('*') {
                    Some(beginning) => word.starts_with(beginning),
                    None => *word == wanted,
                })
            }),
        };
        has_words && list.is_none_or(|list| self.list == list)
    }
}

/// Returns the pieces of an expected list in the order in which they were found.
pub(in crate::sim) fn in_order_of(expected: &Value, found: &Value) -> Option<Value> {
    let mut expected = expected.get(ANY_ORDER)?.as_array()?.clone();
    let mut sorted = Vec::new();
    for piece in found.as_array()? {
        let at = expected
            .iter()
            .position(|known| known["key"] == piece["key"]);
        sorted.extend(at.map(|at| expected.swap_remove(at)));
    }
    sorted.extend(expected);
    Some(Value::Array(sorted))
}
