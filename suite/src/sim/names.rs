//! Which document of the engine is which piece of the model, which cursor which place, and whether a
//! value of the one is that of the other.

use std::collections::BTreeMap;

use serde_json::Value;

use super::model::{Place, Places, in_order_of};

/// The ids and times that the engine has given, by the order of creation, and its cursors.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) places: Places,
    by_born: BTreeMap<u64, BTreeMap<String, Value>>,
    ids: BTreeMap<String, u64>,
}

/// A name in a value, and what the model has in its place.
enum Named {
    Field(String, u64, Value),
    Cursor(Place, String),
}

impl Names {
    /// Compares a value with the model's. Names are learned from equal values alone.
    ///
    /// # Errors
    ///
    /// Fails where they differ, with the path to where.
    pub(super) fn compare(&mut self, expected: &Value, found: &Value) -> Result<(), String> {
        let mut named = Vec::new();
        walk(expected, found, &mut named)?;
        named.into_iter().try_for_each(|named| match named {
            Named::Field(name, born, found) => self.learn(&name, born, &found),
            Named::Cursor(place, cursor) => self.places.learn(place, &cursor),
        })
    }

    /// Checks that a piece has the id and the time that it has had before, and no other piece's id.
    fn learn(&mut self, name: &str, born: u64, found: &Value) -> Result<(), String> {
        if let ("_id", Some(id)) = (name, found.as_str()) {
            let of = *self.ids.entry(id.to_owned()).or_insert(born);
            if of != born {
                return Err(format!("{id} is the id of piece {of} and of piece {born}"));
            }
        }
        let names = self.by_born.entry(born).or_default();
        let known = names
            .entry(name.to_owned())
            .or_insert_with(|| found.clone());
        if known == found {
            return Ok(());
        }
        Err(format!(
            "{name} of piece {born} is {found} and not {known}, as before"
        ))
    }
}

/// Compares all but names, which are put on the list.
fn walk(expected: &Value, found: &Value, named: &mut Vec<Named>) -> Result<(), String> {
    if let (Some(place), Some(cursor)) = (Place::from_value(expected), found.as_str()) {
        named.push(Named::Cursor(place, cursor.to_owned()));
        return Ok(());
    }
    if let Some(sorted) = in_order_of(expected, found) {
        return walk(&sorted, found, named);
    }
    match (expected, found) {
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
            for (at, (expected, found)) in expected.iter().zip(found).enumerate() {
                walk(expected, found, named).map_err(|error| format!("[{at}]{error}"))?;
            }
            Ok(())
        }
        (Value::Object(expected), Value::Object(found)) if expected.len() == found.len() => {
            for (name, expected) in expected {
                let found = found.get(name);
                let found = found.ok_or_else(|| format!(".{name}: is missing"))?;
                if name.starts_with('_') {
                    let born = expected.as_u64().expect("the model counts pieces");
                    named.push(Named::Field(name.clone(), born, found.clone()));
                } else {
                    walk(expected, found, named).map_err(|error| format!(".{name}{error}"))?;
                }
            }
            Ok(())
        }
        _ if expected == found => Ok(()),
        _ => Err(format!(": {found} and not {expected}")),
    }
}
