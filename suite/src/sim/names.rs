//! Which document of the engine is which piece of the model, and whether a value of the one is
//! that of the other.

use std::collections::BTreeMap;

use serde_json::Value;

/// The ids and times that the engine has given, by the order of creation.
#[derive(Debug, Default)]
pub(super) struct Names {
    by_born: BTreeMap<u64, BTreeMap<String, Value>>,
    ids: BTreeMap<String, u64>,
}

impl Names {
    /// Compares a value with the model's.
    ///
    /// # Errors
    ///
    /// Fails where they differ, with the path to where.
    pub(super) fn compare(&mut self, expected: &Value, found: &Value) -> Result<(), String> {
        match (expected, found) {
            (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
                for (at, (expected, found)) in expected.iter().zip(found).enumerate() {
                    self.compare(expected, found)
                        .map_err(|error| format!("[{at}]{error}"))?;
                }
                Ok(())
            }
            (Value::Object(expected), Value::Object(found)) if expected.len() == found.len() => {
                for (name, expected) in expected {
                    let found = found.get(name);
                    let found = found.ok_or_else(|| format!(".{name}: is missing"))?;
                    let compared = if name.starts_with('_') {
                        self.is_named(name, expected, found)
                    } else {
                        self.compare(expected, found)
                    };
                    compared.map_err(|error| format!(".{name}{error}"))?;
                }
                Ok(())
            }
            _ if expected == found => Ok(()),
            _ => Err(format!(": {found} and not {expected}")),
        }
    }

    /// Checks that a piece has the id and the time that it has had before, and no other piece's id.
    fn is_named(&mut self, name: &str, born: &Value, found: &Value) -> Result<(), String> {
        let born = born.as_u64().expect("the model counts pieces");
        if let ("_id", Some(id)) = (name, found.as_str()) {
            let of = *self.ids.entry(id.to_owned()).or_insert(born);
            if of != born {
                return Err(format!(
                    ": {id} is the id of piece {of} and of piece {born}"
                ));
            }
        }
        let names = self.by_born.entry(born).or_default();
        let known = names
            .entry(name.to_owned())
            .or_insert_with(|| found.clone());
        if known == found {
            return Ok(());
        }
        Err(format!(": {found} and not {known}, as before"))
    }
}
