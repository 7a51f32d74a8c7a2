//! Deltas: what leads from one result of a live query to the next, as a client applies it.
//!
//! The engine makes them (`engine/delta.rs` in the runtime), from texts; here they meet parsed values.
//! A delta is first held against the whole of the value and only then applied, so that one that does
//! not fit leaves the value as it was.

use std::fmt;

use serde_json::{Map, Value};

/// A delta that does not fit the value, or is none: the client's base is not the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeltaMismatch(&'static str);

/// Changes a value by a delta.
///
/// ```
/// use serde_json::json;
///
/// let mut tasks = json!([{ "_id": "a", "done": false }, { "_id": "b", "done": false }]);
/// let delta = json!({ "list": [[0, "a", 1, []], [1, "b", { "set": { "done": true } }]] });
/// zeroback_protocol::apply_delta(&mut tasks, &delta).unwrap();
/// assert_eq!(tasks, json!([{ "_id": "b", "done": true }]));
/// ```
///
/// # Errors
///
/// Fails where the delta does not fit; the value is then as it was.
pub fn apply_delta(value: &mut Value, delta: &Value) -> Result<(), DeltaMismatch> {
    Change::fit(value, delta)?.apply(value);
    Ok(())
}

/// Tells whether a delta fits the value, without changing it.
#[must_use]
pub fn delta_fits(value: &Value, delta: &Value) -> bool {
    Change::fit(value, delta).is_ok()
}

impl fmt::Display for DeltaMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the delta does not fit: {}", self.0)
    }
}

impl std::error::Error for DeltaMismatch {}

/// A delta that is known to fit one value.
enum Change<'d> {
    Object {
        set: Option<&'d Map<String, Value>>,
        unset: Vec<&'d str>,
        change: Vec<(&'d str, Change<'d>)>,
    },
    List {
        entries: Vec<Entry<'d>>,
        /// How many elements there will be.
        len: usize,
    },
}

/// What happens at one place of a list.
struct Entry<'d> {
    at: usize,
    act: Act<'d>,
}

enum Act<'d> {
    Splice { remove: usize, insert: &'d [Value] },
    Change(Change<'d>),
}

impl<'d> Change<'d> {
    fn fit(value: &Value, delta: &'d Value) -> Result<Self, DeltaMismatch> {
        let delta = delta.as_object().ok_or(NO_DELTA)?;
        match value {
            Value::Array(elements) => Self::fit_list(elements, delta),
            Value::Object(members) => Self::fit_object(members, delta),
            _ => Err(DeltaMismatch("only lists and objects are changed")),
        }
    }

    fn fit_object(
        members: &Map<String, Value>,
        delta: &'d Map<String, Value>,
    ) -> Result<Self, DeltaMismatch> {
        if members.len() == 1 && members.keys().all(|key| key.starts_with('$')) {
            return Err(DeltaMismatch("a bigint or bytes are only replaced"));
        }
        let mut set = None;
        let mut unset = Vec::new();
        let mut change = Vec::new();
        for (form, of) in delta {
            match (form.as_str(), of) {
                ("set", Value::Object(of)) => set = Some(of),
                ("unset", Value::Array(keys)) => {
                    for key in keys {
                        let key = key.as_str().ok_or(NO_DELTA)?;
                        unset.push(members.get(key).map(|_| key).ok_or(NO_MEMBER)?);
                    }
                }
                ("change", Value::Object(of)) => {
                    for (key, delta) in of {
                        let member = members.get(key).ok_or(NO_MEMBER)?;
                        change.push((key.as_str(), Self::fit(member, delta)?));
                    }
                }
                _ => return Err(NO_DELTA),
            }
        }
        let is_set = |key: &str| set.is_some_and(|set| set.contains_key(key));
        let is_twice = unset.iter().enumerate().any(|(at, key)| {
            let is_changed = change.iter().any(|(changed, _)| changed == key);
            is_set(key) || is_changed || unset[..at].contains(key)
        });
        if is_twice || change.iter().any(|(key, _)| is_set(key)) {
            return Err(DeltaMismatch("a member is named twice"));
        }
        Ok(Self::Object { set, unset, change })
    }

    fn fit_list(elements: &[Value], delta: &'d Map<String, Value>) -> Result<Self, DeltaMismatch> {
        let (1, Some(Value::Array(of))) = (delta.len(), delta.get("list")) else {
            return Err(NO_DELTA);
        };
        let mut entries = Vec::with_capacity(of.len());
        let mut len = elements.len();
        let mut free_from = 0;
        for entry in of {
            let (entry, end) = Entry::fit(elements, free_from, entry)?;
            free_from = end;
            if let Act::Splice { remove, insert } = entry.act {
                len = len - remove + insert.len();
            }
            entries.push(entry);
        }
        Ok(Self::List { entries, len })
    }

    fn apply(self, value: &mut Value) {
        match (self, value) {
            (Self::Object { set, unset, change }, Value::Object(members)) => {
                for (key, change) in change {
                    if let Some(member) = members.get_mut(key) {
                        change.apply(member);
                    }
                }
                for key in unset {
                    members.remove(key);
                }
                for (key, value) in set.into_iter().flatten() {
                    members.insert(key.clone(), value.clone());
                }
            }
            (Self::List { entries, len }, Value::Array(elements)) => {
                apply_to_list(elements, entries, len);
            }
            _ => unreachable!("a change is applied to the value that it was fitted to"),
        }
    }
}

impl<'d> Entry<'d> {
    /// Reads an entry; returns it with the place behind all that it touches.
    fn fit(
        elements: &[Value],
        free_from: usize,
        entry: &'d Value,
    ) -> Result<(Self, usize), DeltaMismatch> {
        let entry = entry.as_array().ok_or(NO_DELTA)?;
        let [at, id, act @ ..] = entry.as_slice() else {
            return Err(NO_DELTA);
        };
        let at = place(at)?;
        if at < free_from || at > elements.len() {
            return Err(DeltaMismatch(
                "a place is not in the list, or not behind the last",
            ));
        }
        match id {
            Value::Null => {}
            Value::String(_) if elements.get(at).and_then(|at| at.get("_id")) == Some(id) => {}
            _ => return Err(DeltaMismatch("another element stands at the place")),
        }
        match act {
            [delta @ Value::Object(_)] => {
                let element = elements
                    .get(at)
                    .ok_or(DeltaMismatch("no element to change"))?;
                let act = Act::Change(Change::fit(element, delta)?);
                Ok((Self { at, act }, at + 1))
            }
            [remove, Value::Array(insert)] => {
                let remove = place(remove)?;
                if remove > elements.len() - at {
                    return Err(DeltaMismatch("fewer elements than are to go"));
                }
                let act = Act::Splice { remove, insert };
                Ok((Self { at, act }, at + remove))
            }
            _ => Err(NO_DELTA),
        }
    }
}

/// Moves what stays into a new list: however many entries there are, each element is moved once.
fn apply_to_list(elements: &mut Vec<Value>, entries: Vec<Entry<'_>>, len: usize) {
    let mut old = std::mem::take(elements).into_iter();
    let old_len = old.len();
    elements.reserve_exact(len);
    for Entry { at, act } in entries {
        let taken = old_len - old.len();
        elements.extend(old.by_ref().take(at - taken));
        match act {
            Act::Splice { remove, insert } => {
                elements.extend_from_slice(insert);
                old.by_ref().take(remove).for_each(drop);
            }
            Act::Change(change) => elements.extend(old.next().map(|mut element| {
                change.apply(&mut element);
                element
            })),
        }
    }
    elements.extend(old);
}

fn place(value: &Value) -> Result<usize, DeltaMismatch> {
    let place = value.as_u64().and_then(|place| usize::try_from(place).ok());
    place.ok_or(NO_DELTA)
}

const NO_DELTA: DeltaMismatch = DeltaMismatch("it has none of the two forms");
const NO_MEMBER: DeltaMismatch = DeltaMismatch("the object has no such member");

#[cfg(test)]
mod tests;
