//! Deltas: what leads from one result of a live query to the next, as a client applies it.
//!
//! The engine makes them (`engine/delta.rs` in the runtime), from texts, and here they are applied to texts: only what
//! a delta changes is looked into, and all else is copied as it stands. A client decodes what it shows from that text,
//! which is more work, so that a tree of values beside it would save none.

use std::fmt;

use serde_json::Value;

use crate::encode::write_string;
use crate::fields::{Fields, elements, string};

/// A delta that does not fit the value, or is none: the client's base is not the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeltaMismatch(&'static str);

/// No value that the encoder has written is nested deeper, so neither is what changes one.
const DEPTH_MAX: usize = 100;

/// Returns what a delta makes of a value.
///
/// ```
/// let tasks = r#"[{"_id":"a","done":false},{"_id":"b","done":false}]"#;
/// let delta = r#"{"list":[[0,"a",1,[]],[1,"b",{"set":{"done":true}}]]}"#;
/// let changed = zeroback_protocol::changed_by_delta(tasks, delta).unwrap();
/// assert_eq!(changed, r#"[{"_id":"b","done":true}]"#);
/// ```
///
/// # Errors
///
/// Fails where the delta does not fit.
pub fn changed_by_delta(value: &str, delta: &str) -> Result<String, DeltaMismatch> {
    changed(value, delta, DEPTH_MAX)
}

/// Changes a value by a delta, for those who have both parsed.
///
/// # Errors
///
/// Fails where the delta does not fit; the value is then as it was.
pub fn apply_delta(value: &mut Value, delta: &Value) -> Result<(), DeltaMismatch> {
    let changed = changed_by_delta(&value.to_string(), &delta.to_string())?;
    *value = serde_json::from_str(&changed).map_err(|_| NO_VALUE)?;
    Ok(())
}

impl fmt::Display for DeltaMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the delta does not fit: {}", self.0)
    }
}

impl std::error::Error for DeltaMismatch {}

fn changed(value: &str, delta: &str, depth: usize) -> Result<String, DeltaMismatch> {
    let depth = depth.checked_sub(1).ok_or(NO_DELTA)?;
    let delta = Fields::parse(delta).map_err(|_| NO_DELTA)?;
    match value.bytes().next() {
        Some(b'[') => changed_list(value, &delta, depth),
        Some(b'{') => changed_object(value, &delta, depth),
        _ => Err(DeltaMismatch("only lists and objects are changed")),
    }
}

/// What becomes of a member of an object.
enum Act<'d> {
    Set(&'d str),
    Unset,
    Change(&'d str),
}

fn changed_object(value: &str, delta: &Fields<'_>, depth: usize) -> Result<String, DeltaMismatch> {
    let members = Fields::parse(value).map_err(|_| NO_VALUE)?;
    if members.iter().all(|(name, _)| name.starts_with('$')) && members.iter().count() == 1 {
        return Err(DeltaMismatch("a bigint or bytes are only replaced"));
    }
    let mut acts = acts_of(delta)?;
    let mut out = "{".to_owned();
    for (name, json) in members.iter() {
        let at = acts.binary_search_by(|(other, _)| other.as_str().cmp(name));
        let act = at.ok().and_then(|at| acts[at].1.take());
        match act {
            None => write_member(&mut out, name, json),
            Some(Act::Set(json)) => write_member(&mut out, name, json),
            Some(Act::Unset) => {}
            Some(Act::Change(delta)) => {
                write_member(&mut out, name, &changed(json, delta, depth)?);
            }
        }
    }
    for (name, act) in acts {
        match act {
            None => {}
            Some(Act::Set(json)) => write_member(&mut out, &name, json),
            Some(Act::Unset | Act::Change(_)) => {
                return Err(DeltaMismatch("the object has no such member"));
            }
        }
    }
    out.push('}');
    Ok(out)
}

/// Reads what becomes of which members, in the order of their names.
fn acts_of<'d>(delta: &Fields<'d>) -> Result<Vec<(String, Option<Act<'d>>)>, DeltaMismatch> {
    let mut acts = Vec::new();
    for (form, of) in delta.iter() {
        match form {
            "set" => read_each(of, Act::Set, &mut acts)?,
            "change" => read_each(of, Act::Change, &mut acts)?,
            "unset" => {
                for name in elements(of).ok_or(NO_DELTA)? {
                    let name = string(name).ok_or(NO_DELTA)?;
                    acts.push((name, Some(Act::Unset)));
                }
            }
            _ => return Err(NO_DELTA),
        }
    }
    acts.sort_by(|(one, _), (other, _)| one.cmp(other));
    if acts.windows(2).any(|two| two[0].0 == two[1].0) {
        return Err(DeltaMismatch("a member is named twice"));
    }
    Ok(acts)
}

fn read_each<'d>(
    of: &'d str,
    act: fn(&'d str) -> Act<'d>,
    acts: &mut Vec<(String, Option<Act<'d>>)>,
) -> Result<(), DeltaMismatch> {
    let members = Fields::parse(of).map_err(|_| NO_DELTA)?;
    acts.extend({ members.iter() }.map(|(name, json)| (name.to_owned(), Some(act(json)))));
    Ok(())
}

fn changed_list(value: &str, delta: &Fields<'_>, depth: usize) -> Result<String, DeltaMismatch> {
    let old = elements(value).ok_or(NO_VALUE)?;
    let mut forms = delta.iter();
    let (Some(("list", entries)), None) = (forms.next(), forms.next()) else {
        return Err(NO_DELTA);
    };
    let mut out = "[".to_owned();
    let mut taken = 0;
    for entry in elements(entries).ok_or(NO_DELTA)? {
        let entry = elements(entry).ok_or(NO_DELTA)?;
        let [at, id, act @ ..] = entry.as_slice() else {
            return Err(NO_DELTA);
        };
        let at = place(at)?;
        let kept = old.get(taken..at).ok_or(DeltaMismatch(
            "a place is not in the list, or not behind the last",
        ))?;
        write_elements(&mut out, kept);
        if *id != "null" && old.get(at).is_none_or(|element| !has_id(element, id)) {
            return Err(DeltaMismatch("another element stands at the place"));
        }
        match act {
            [delta] if delta.starts_with('{') => {
                let element = old.get(at).ok_or(DeltaMismatch("no element to change"))?;
                write_elements(&mut out, &[&changed(element, delta, depth)?]);
                taken = at + 1;
            }
            [remove, insert] => {
                let remove = place(remove)?;
                if remove > old.len() - at {
                    return Err(DeltaMismatch("fewer elements than are to go"));
                }
                write_elements(&mut out, &elements(insert).ok_or(NO_DELTA)?);
                taken = at + remove;
            }
            _ => return Err(NO_DELTA),
        }
    }
    write_elements(&mut out, &old[taken..]);
    out.push(']');
    Ok(out)
}

/// Tells whether an element is the document with this id: both as the encoder writes them.
fn has_id(element: &str, id: &str) -> bool {
    let members = Fields::parse(element).ok();
    let own = members.and_then(|members| members.present("_id").ok().flatten());
    id.starts_with('"') && own == Some(id)
}

fn write_member(out: &mut String, name: &str, json: &str) {
    out.push_str(if out.len() == 1 { "" } else { "," });
    write_string(out, name);
    out.push(':');
    out.push_str(json);
}

fn write_elements(out: &mut String, elements: &[&str]) {
    for element in elements {
        out.push_str(if out.len() == 1 { "" } else { "," });
        out.push_str(element);
    }
}

fn place(json: &str) -> Result<usize, DeltaMismatch> {
    json.parse().map_err(|_| NO_DELTA)
}

const NO_DELTA: DeltaMismatch = DeltaMismatch("it has none of the two forms");
const NO_VALUE: DeltaMismatch = DeltaMismatch("the value is not JSON");

#[cfg(test)]
mod tests;
