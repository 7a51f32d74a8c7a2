//! Deltas: what leads from one result of a live query to the next, in the form that `PROTOCOL.md`
//! describes.
//!
//! Both results are texts that the encoder wrote, and they are compared as texts: equal values have
//! equal bytes, so nothing is parsed and nothing is encoded again. What both begin and end with is
//! found at the speed of memory. What they begin with is scanned once, for the way to where they part;
//! what they end with is not looked at. What a delta carries is copied from the new text.
//! `zeroback_protocol::apply_delta` is the other direction.

mod common;
mod list;
mod object;
mod order;
mod scan;
mod walk;

use scan::{Frame, path_to, value_end};

/// How many levels deeper than the result a delta may be nested, but for one more at its end.
///
/// A result has up to 100 levels, and serde_json, which the Rust clients read with, 127: between them
/// must be room for this, and for the 4 levels of the message around a delta.
const LEVELS_ADDED_MAX: u32 = 16;

/// Returns the delta from `old` to `new`, another text; nothing where none is smaller than `new`.
///
/// Both are results as the encoder wrote them. Other JSON gives a delta that nobody should apply.
pub(super) fn diff(old: &str, new: &str) -> Option<String> {
    let (old, new) = (old.as_bytes(), new.as_bytes());
    let texts = Texts {
        old,
        new,
        suffix: common::suffix(old, new),
    };
    let path = path_to(old, common::prefix(old, new));
    let delta = texts.change(0, 0, &path, Room(LEVELS_ADDED_MAX)).delta?;
    // It is made of whole tokens of both texts. Those of a text that is no JSON may be cut anywhere.
    String::from_utf8(delta).ok()
}

/// The results that are compared.
struct Texts<'t> {
    old: &'t [u8],
    new: &'t [u8],
    /// How many bytes both end with.
    suffix: usize,
}

/// How one value, or a part of it, becomes another.
struct Change {
    /// Nothing where none is smaller than the new value.
    delta: Option<Vec<u8>>,
    end: End,
}

/// Where two values end that are gone through together.
#[derive(Clone, Copy)]
enum End {
    /// The places behind them, in the old and the new text.
    At(usize, usize),
    /// Somewhere in what both texts end with: all that follows is the same.
    InSuffix,
}

impl Texts<'_> {
    /// Compares the values that begin at these places and are not the same.
    ///
    /// Where the texts part in the first of these values, `path` is the way there, else empty.
    fn change(&self, old: usize, new: usize, path: &[Frame], room: Room) -> Change {
        let made = match (self.old.get(old), self.new.get(new)) {
            (Some(b'['), Some(b'[')) => room
                .deeper_by(2)
                .and_then(|room| list::diff(self, (old, new), path, room)),
            (Some(b'{'), Some(b'{')) if !is_atom(self.old, old) && !is_atom(self.new, new) => room
                .deeper_by(1)
                .and_then(|room| object::diff(self, (old, new), path, room)),
            _ => None,
        };
        match made {
            Some((delta, end)) if self.is_new_longer(new, delta.len()) => Change {
                delta: Some(delta),
                end,
            },
            _ => Change {
                delta: None,
                end: End::At(value_end(self.old, old), value_end(self.new, new)),
            },
        }
    }

    /// Tells whether the new value that begins at `start` has more bytes, without going to its end.
    fn is_new_longer(&self, start: usize, bytes: usize) -> bool {
        let end = start + bytes;
        value_end(&self.new[..self.new.len().min(end + 1)], start) > end
    }
}

/// Tells whether an object stands for a `BigInt` or for `Bytes`: they are only replaced.
fn is_atom(text: &[u8], start: usize) -> bool {
    text[start..].starts_with(br#"{"$"#)
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
