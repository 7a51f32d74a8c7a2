//! The delta of an object: what is set, what is gone, and what is changed by a delta of its own.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::scan::{Frame, member_key, member_value, value_end};
use super::walk::Walk;
use super::{Change, End, Room, Texts};

/// Returns the delta of the objects that open at `places`, and where they end; nothing where they
/// cannot have one.
///
/// Both objects are gone through together as long as the same keys stand in both; from there to what
/// both have in common at their end, members are looked up. An object of the encoder's has each key
/// once.
pub(super) fn diff(
    texts: &Texts<'_>,
    places: (usize, usize),
    path: &[Frame],
    room: Room,
) -> Option<(Vec<u8>, End)> {
    let mut delta = ObjectDelta::new(texts, room);
    let mut walk = Walk::new(texts, places, path.first());
    let mut path = path.get(1..).unwrap_or_default();
    let end = loop {
        if let Some(end) = walk.end() {
            break end;
        }
        if path.is_empty() && walk.skip_common() {
            continue;
        }
        let starts = walk.old.next_start().zip(walk.new.next_start());
        let is_same = |(old, new): &(usize, usize)| {
            member_key(texts.old, *old) == member_key(texts.new, *new)
        };
        let Some((old, new)) = starts.filter(is_same) else {
            break delta.compare_rest(&mut walk)?;
        };
        match delta.change(old, new, path) {
            End::At(old, new) => walk.go_to(old, new),
            end @ End::InSuffix => break end,
        }
        path = &[];
    };
    Some((delta.close(), end))
}

struct ObjectDelta<'t> {
    texts: &'t Texts<'t>,
    room: Room,
    set: Section,
    unset: Section,
    change: Section,
}

impl<'t> ObjectDelta<'t> {
    fn new(texts: &'t Texts<'t>, room: Room) -> Self {
        Self {
            texts,
            room,
            set: Section::new(br#""set":{"#),
            unset: Section::new(br#""unset":["#),
            change: Section::new(br#""change":{"#),
        }
    }

    /// Compares members, which begin at these places, by their keys.
    fn compare_rest(&mut self, walk: &mut Walk<'t>) -> Option<End> {
        let Texts { old, new, .. } = self.texts;
        let rest = walk.take_rest();
        // By key: where it begins in the old object, until it is found in the new one.
        let mut members = HashMap::with_capacity(rest.old.len());
        for member in &rest.old {
            let key = member_key(old, member.start);
            if members.insert(key, Some(member.clone())).is_some() {
                return None;
            }
        }
        for member in rest.new {
            match members.entry(member_key(new, member.start)) {
                Entry::Vacant(place) => {
                    place.insert(None);
                    self.set.push(&[&new[member]]);
                }
                Entry::Occupied(mut place) => {
                    let before = place.insert(None)?;
                    if old[before.clone()] != new[member.clone()] {
                        self.change(before.start, member.start, &[]);
                    }
                }
            }
        }
        for member in rest.old {
            let key = member_key(old, member.start);
            if members.get(key).is_some_and(Option::is_some) {
                self.unset.push(&[key]);
            }
        }
        Some(rest.end)
    }

    /// Changes the member that begins at these places. Returns where it ends.
    fn change(&mut self, old: usize, new: usize, path: &[Frame]) -> End {
        let texts = self.texts;
        let key = member_key(texts.new, new);
        let old_value = member_value(texts.old, old);
        let new_value = member_value(texts.new, new);
        let Change { delta, end } = texts.change(old_value, new_value, path, self.room);
        match delta {
            Some(delta) => self.change.push(&[key, b":", &delta]),
            None => {
                let new_end = value_end(texts.new, new_value);
                self.set.push(&[&texts.new[new..new_end]]);
            }
        }
        end
    }

    fn close(self) -> Vec<u8> {
        let sections = [(self.set, b'}'), (self.unset, b']'), (self.change, b'}')];
        let bytes: usize = sections.iter().map(|(of, _)| of.text.len() + 2).sum();
        let mut delta = Vec::with_capacity(bytes + 2);
        delta.push(b'{');
        for (section, closing) in sections {
            if section.text.is_empty() {
                continue;
            }
            if delta.len() > 1 {
                delta.push(b',');
            }
            delta.extend_from_slice(&section.text);
            delta.push(closing);
        }
        delta.push(b'}');
        delta
    }
}

/// One of the three members of the delta, left out where it is empty.
struct Section {
    opening: &'static [u8],
    text: Vec<u8>,
}

impl Section {
    fn new(opening: &'static [u8]) -> Self {
        let text = Vec::new();
        Self { opening, text }
    }

    fn push(&mut self, tokens: &[&[u8]]) {
        let before = match self.text.is_empty() {
            true => self.opening,
            false => b",",
        };
        self.text.extend_from_slice(before);
        for token in tokens {
            self.text.extend_from_slice(token);
        }
    }
}
