//! Deltas: what leads from one result of a live query to the next, in the form that `PROTOCOL.md`
//! describes.
//!
//! Both results are texts that the encoder wrote, and they are compared as texts: equal values have
//! equal bytes, so nothing is parsed and nothing is encoded again. What they have in common at their
//! beginning and their end is found at the speed of memory, and what a delta carries is copied from
//! the new text. `zeroback_protocol::apply_delta` is the other direction.

mod common;
mod list;
mod members;
mod object;
mod order;
mod scan;

/// How many levels deeper than the result a delta may be nested, but for one more at its end.
///
/// A result has up to 100 levels, and serde_json, which the Rust clients read with, 127: between them
/// must be room for this, and for the 4 levels of the message around a delta.
const LEVELS_ADDED_MAX: u32 = 16;

/// Returns the delta from `old` to `new`, another text; nothing where none is smaller than `new`.
///
/// Both are results as the encoder wrote them. Other JSON gives a delta that nobody should apply.
pub(super) fn diff(old: &str, new: &str) -> Option<String> {
    let room = Room(LEVELS_ADDED_MAX);
    let delta = diff_values(old.as_bytes(), new.as_bytes(), room)?;
    // It is made of whole tokens of both texts. Those of a text that is no JSON may be cut anywhere.
    String::from_utf8(delta).ok()
}

fn diff_values(old: &[u8], new: &[u8], room: Room) -> Option<Vec<u8>> {
    let delta = match (old.first()?, new.first()?) {
        (b'[', b'[') => list::diff(old, new, room.deeper_by(2)?)?,
        (b'{', b'{') if !is_atom(old) && !is_atom(new) => {
            object::diff(old, new, room.deeper_by(1)?)?
        }
        _ => return None,
    };
    (delta.len() < new.len()).then_some(delta)
}

/// Tells whether an object stands for a `BigInt` or for `Bytes`: they are only replaced.
fn is_atom(object: &[u8]) -> bool {
    object.starts_with(br#"{"$"#)
}

/// How many more levels than the value itself its delta may still have.
#[derive(Clone, Copy)]
struct Room(u32);

impl Room {
    fn deeper_by(self, levels: u32) -> Option<Self> {
        self.0.checked_sub(levels).map(Self)
    }
}

#[cfg(test)]
mod tests;
