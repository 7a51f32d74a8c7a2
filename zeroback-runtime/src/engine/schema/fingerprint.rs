//! Fingerprints: of the whole schema, so that an unchanged start is free, and of each table's
//! documents, so that only those of a table that has changed are read.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::engine::tokens::TOKENS_VERSION;
use crate::registry::TableEntry;
use crate::{App, TableDef};

/// Changes whenever the engine itself keeps the same schema differently.
const FORMAT: u32 = 1;

/// What JSON schema says about a type for people, or that is no part of its shape. A default is
/// none: it may be another one at each start.
const ANNOTATIONS: &[&str] = &["$schema", "default", "description", "examples", "title"];

/// Keywords below which there are names of an author's.
const NAMES_BELOW: &[&str] = &["$defs", "definitions", "patternProperties", "properties"];

/// What the app's schema is, told in few words.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// Of everything.
    pub(super) fingerprint: String,
    /// Of the documents of each table.
    shapes: BTreeMap<&'static str, String>,
}

impl Target {
    pub(super) fn of(app: &App) -> Self {
        let shapes: BTreeMap<_, _> = app
            .table_entries()
            .map(|entry| (entry.def.name, shape(entry)))
            .collect();
        let tables: Map<_, _> = app
            .table_entries()
            .map(|TableEntry { def, .. }| (def.name.to_owned(), described(def, &shapes[def.name])))
            .collect();
        let migrations: Vec<_> = app.migrations().map(|entry| entry.path).collect();
        let whole = json!({
            "format": FORMAT,
            "tokens": TOKENS_VERSION,
            "tables": tables,
            "migrations": migrations,
        });
        Self {
            fingerprint: hash(&canonical(&whole)),
            shapes,
        }
    }

    /// Tells whether the app has a table.
    pub(super) fn has(&self, table: &str) -> bool {
        self.shapes.contains_key(table)
    }

    /// Returns the fingerprint of a table's documents.
    pub(super) fn shape(&self, table: &str) -> &str {
        &self.shapes[table]
    }
}

fn shape(entry: &TableEntry) -> String {
    let mut schema = (entry.schema)();
    strip(&mut schema);
    hash(&canonical(&schema))
}

fn described(def: &TableDef, shape: &str) -> Value {
    let columns = def.columns.iter().map(|column| {
        let column_type = format!("{:?}", column.column_type);
        json!([column.field, column_type, column.nullable])
    });
    let indexes = def
        .indexes
        .iter()
        .map(|index| json!([index.name, index.columns, index.unique]));
    let searches = def
        .searches
        .iter()
        .map(|search| json!([search.name, search.fields, search.filters]));
    json!({
        "shape": shape,
        "columns": columns.collect::<Vec<_>>(),
        "indexes": indexes.collect::<Vec<_>>(),
        "searches": searches.collect::<Vec<_>>(),
    })
}

/// Takes out of a JSON schema what does not change which documents it describes.
fn strip(schema: &mut Value) {
    match schema {
        Value::Object(keywords) => {
            keywords.retain(|keyword, _| !ANNOTATIONS.contains(&&**keyword));
            for (keyword, value) in keywords.iter_mut() {
                match value {
                    Value::Object(names) if NAMES_BELOW.contains(&&**keyword) => {
                        names.values_mut().for_each(strip);
                    }
                    value => strip(value),
                }
            }
        }
        Value::Array(schemas) => schemas.iter_mut().for_each(strip),
        _ => {}
    }
}

/// Writes JSON with its keys in order. The one encoder does not serve: a schema has keys that it
/// refuses (`$ref`).
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let sorted: BTreeMap<_, _> = map.iter().collect();
            let fields = sorted
                .into_iter()
                .map(|(name, value)| format!("{}:{}", Value::from(&**name), canonical(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(canonical).collect();
            format!("[{}]", items.join(","))
        }
        scalar => scalar.to_string(),
    }
}

/// Hashes by FNV-1a with 128 bits (draft-eastlake-fnv): the same on every host and in every
/// version of Rust, and nobody gains by a collision in their own database.
fn hash(text: &str) -> String {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let hash = text.bytes().fold(BASIS, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(PRIME)
    });
    format!("{hash:032x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_fnv() {
        assert_eq!(hash(""), "6c62272e07bb014262b821756295c58d");
        assert_eq!(hash("foobar"), "343e1662793c64bf6f0d3597ba446f18");
    }

    #[test]
    fn what_is_for_people_is_no_part_and_a_field_of_that_name_is() {
        let mut schema = json!({
            "title": "Note",
            "description": "A note.",
            "properties": { "title": { "description": "Its title.", "type": "string", "default": "" } },
            "$defs": { "default": { "anyOf": [{ "title": "x", "type": "null" }] } },
        });
        strip(&mut schema);
        assert_eq!(
            canonical(&schema),
            r#"{"$defs":{"default":{"anyOf":[{"type":"null"}]}},"properties":{"title":{"type":"string"}}}"#
        );
    }
}
