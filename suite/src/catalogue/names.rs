//! The ids of scripts and those of a target: which stands for which.

use std::collections::BTreeMap;

use serde_json::Value;
use suite_fixture::catalogue::Product;
use zeroback::Id;
use zeroback_protocol::RawId;

/// Begins the ids of rows. They are all below a target's, which begin with a time.
const ROWS: u128 = 1 << 100;

/// Returns the id of the row that is inserted as number `at`.
#[must_use]
pub fn row(at: u128) -> Id<Product> {
    Id::from_raw(RawId::from_u128(ROWS + at))
}

/// Returns an id that no row ever has.
#[must_use]
pub fn nobody(at: u128) -> Id<Product> {
    Id::from_raw(RawId::from_u128(at))
}

/// Which id stands for which.
#[derive(Debug, Default)]
pub struct Names {
    to_target: BTreeMap<String, String>,
    to_script: BTreeMap<String, String>,
}

impl Names {
    /// Notes what the target calls a row.
    pub fn note(&mut self, script: Id<Product>, target: Id<Product>) {
        let (script, target) = (script.to_string(), target.to_string());
        self.to_target.insert(script.clone(), target.clone());
        self.to_script.insert(target, script);
    }

    /// Puts the target's ids in the place of the script's; nothing where it has a row that the
    /// target has none for.
    #[must_use]
    pub fn for_target(&self, mut value: Value) -> Option<Value> {
        let first = row(0).to_string();
        let mut is_known = true;
        each_text(&mut value, &mut |text| {
            if let Some(target) = self.to_target.get(text) {
                target.clone_into(text);
            } else if text.starts_with("products_") && text.len() == first.len() {
                is_known &= *text < first;
            }
        });
        is_known.then_some(value)
    }

    /// Puts the script's ids in the place of the target's.
    #[must_use]
    pub fn for_script(&self, mut text: String) -> String {
        for (target, script) in &self.to_script {
            if text.contains(target) {
                text = text.replace(target, script);
            }
        }
        text
    }
}

fn each_text(value: &mut Value, change: &mut dyn FnMut(&mut String)) {
    match value {
        Value::String(text) => change(text),
        Value::Array(all) => all.iter_mut().for_each(|one| each_text(one, change)),
        Value::Object(all) => all.values_mut().for_each(|one| each_text(one, change)),
        _ => {}
    }
}
