//! Writes defaults into documents that were stored before a field was there.
//!
//! A field that is absent and has a default that is not null is there for whoever decodes the
//! document, and would not be for SQL, for filters and for read sets, which see its text.

use std::borrow::Cow;

use serde_json::value::RawValue;
use zeroback_protocol::encode;

use super::report::reason;
use crate::engine::document::Fields;
use crate::registry::TableEntry;

/// Returns the text of a document with its defaults, where that is another one.
///
/// # Errors
///
/// Fails where the document does not decode, with the path to the fault and the reason.
pub(in crate::engine) fn with_defaults(
    entry: &TableEntry,
    stored: &str,
) -> Result<Option<String>, String> {
    let normalize =
        |document: &str| (entry.normalize)(document).map_err(|message| reason(&message));
    let normal = normalize(stored)?;
    let Some(merged) = merge(stored, &normal, Arrays::ByPosition) else {
        return Ok(None);
    };
    if normalize(&merged).as_ref() == Ok(&normal) {
        return Ok(Some(merged));
    }
    // A set has an order of its own: what stands at one place is not the same before and after.
    let Some(merged) = merge(stored, &normal, Arrays::Whole) else {
        return Ok(None);
    };
    match normalize(&merged) {
        Ok(again) if again == normal => Ok(Some(merged)),
        Ok(_) => Err("with its defaults the document would be another one".to_owned()),
        Err(message) => Err(format!("with its defaults: {message}")),
    }
}

/// How an array is held against what it decodes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arrays {
    ByPosition,
    Whole,
}

/// Adds to an object the fields that the other has beyond it and that are not null, in the
/// other's order, and so on inside. Whatever is there stays, also what the other does not have.
/// Returns nothing where there is nothing to add.
fn merge(stored: &str, normal: &str, arrays: Arrays) -> Option<String> {
    match (stored.as_bytes().first()?, normal.as_bytes().first()?) {
        (b'{', b'{') => merge_objects(stored, normal, arrays),
        (b'[', b'[') if arrays == Arrays::ByPosition => merge_arrays(stored, normal),
        _ => None,
    }
}

fn merge_objects(stored: &str, normal: &str, arrays: Arrays) -> Option<String> {
    let stored = Fields::parse(stored).ok()?;
    let normal = Fields::parse(normal).ok()?;
    let mut is_changed = false;
    let mut merged: Vec<(&str, Cow<'_, str>)> = Vec::new();
    let is_system = |name: &str| name.starts_with('_');
    for (name, value) in stored.iter().filter(|(name, _)| is_system(name)) {
        merged.push((name, value.into()));
    }
    for (name, value) in normal.iter().filter(|(name, _)| !is_system(name)) {
        match stored.find(name) {
            Some(old) => match merge(old, value, arrays) {
                Some(new) => {
                    is_changed = true;
                    merged.push((name, new.into()));
                }
                None => merged.push((name, old.into())),
            },
            None if value == "null" => {}
            None => {
                is_changed = true;
                merged.push((name, value.into()));
            }
        }
    }
    let is_left = |name: &str| !is_system(name) && normal.find(name).is_none();
    for (name, value) in stored.iter().filter(|(name, _)| is_left(name)) {
        merged.push((name, value.into()));
    }
    is_changed.then(|| {
        let fields = merged.iter().map(|(name, value)| {
            let name = encode(name).expect("a text can be encoded");
            format!("{name}:{value}")
        });
        format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
    })
}

fn merge_arrays(stored: &str, normal: &str) -> Option<String> {
    let parse = |json| serde_json::from_str::<Vec<&RawValue>>(json).ok();
    let (stored, normal) = (parse(stored)?, parse(normal)?);
    if stored.len() != normal.len() {
        return None;
    }
    let merged: Vec<_> = stored
        .iter()
        .zip(&normal)
        .map(|(old, value)| merge(old.get(), value.get(), Arrays::ByPosition))
        .collect();
    merged.iter().any(Option::is_some).then(|| {
        let items = merged.into_iter().zip(stored);
        let items = items.map(|(new, old)| new.unwrap_or_else(|| old.get().to_owned()));
        format!("[{}]", items.collect::<Vec<_>>().join(","))
    })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[track_caller]
    fn check(stored: &str, normal: &str, expected: Expect) {
        let merged = merge(stored, normal, Arrays::ByPosition);
        expected.assert_eq(merged.as_deref().unwrap_or("unchanged"));
    }

    #[test]
    fn what_is_absent_and_not_null_is_added_and_all_else_stays() {
        check(
            r#"{"_id":"n_1","_creationTime":1,"gone":[1],"b":1.50}"#,
            r#"{"a":"new","b":1.5,"c":null}"#,
            expect![[r#"{"_id":"n_1","_creationTime":1,"a":"new","b":1.50,"gone":[1]}"#]],
        );
        check(
            r#"{"b":1,"a":2}"#,
            r#"{"a":2,"b":1,"c":null}"#,
            expect!["unchanged"],
        );
    }

    #[test]
    fn defaults_reach_into_objects_and_arrays() {
        check(
            r#"{"home":{"city":"x"},"tags":[{"n":1},{"n":2,"w":5}]}"#,
            r#"{"home":{"city":"x","zip":""},"tags":[{"n":1,"w":0},{"n":2,"w":5}]}"#,
            expect![[r#"{"home":{"city":"x","zip":""},"tags":[{"n":1,"w":0},{"n":2,"w":5}]}"#]],
        );
        check(
            r#"{"tags":[{"n":1}]}"#,
            r#"{"tags":[]}"#,
            expect!["unchanged"],
        );
    }
}
