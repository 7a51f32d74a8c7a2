//! The delta of an object: what is set, what is gone, and what is changed by a delta of its own.

use super::members::{Member, Members};
use super::{Room, diff_values};

/// Returns the delta; nothing where the object cannot have one.
pub(super) fn diff(old: &[u8], new: &[u8], room: Room) -> Option<Vec<u8>> {
    let (old, new) = (Members::split(old)?, Members::split(new)?);
    let mut set = Section::new("set", b"{}");
    let mut unset = Section::new("unset", b"[]");
    let mut change = Section::new("change", b"{}");
    for (at, Member { key, value }) in new.iter() {
        match old.find(at, key) {
            Some(before) if before.value == value => {}
            Some(before) => match diff_values(before.value, value, room) {
                Some(delta) => change.push(&[key, b":", &delta]),
                None => set.push(&[key, b":", value]),
            },
            None => set.push(&[key, b":", value]),
        }
    }
    for (at, Member { key, .. }) in old.iter() {
        if new.find(at, key).is_none() {
            unset.push(&[key]);
        }
    }
    let sections = [set.close(), unset.close(), change.close()];
    let sections: Vec<Vec<u8>> = sections.into_iter().flatten().collect();
    Some([b"{", sections.join(&b","[..]).as_slice(), b"}"].concat())
}

/// One of the three members of the delta, left out where it is empty.
struct Section {
    text: Vec<u8>,
    is_empty: bool,
    closing: u8,
}

impl Section {
    fn new(name: &str, brackets: &[u8; 2]) -> Self {
        let [opening, closing] = *brackets;
        let mut text = format!("\"{name}\":").into_bytes();
        text.push(opening);
        Self {
            text,
            is_empty: true,
            closing,
        }
    }

    fn push(&mut self, tokens: &[&[u8]]) {
        if !self.is_empty {
            self.text.push(b',');
        }
        self.is_empty = false;
        for token in tokens {
            self.text.extend_from_slice(token);
        }
    }

    fn close(mut self) -> Option<Vec<u8>> {
        self.text.push(self.closing);
        (!self.is_empty).then_some(self.text)
    }
}
