//! The part of two lists that lies between what both begin and what both end with.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ops::Range;

use super::super::order::longest_increasing;
use super::super::scan::id_at;
use super::super::walk::Walk;
use super::super::{End, Texts};
use super::entries::Entries;

/// The elements of both lists between what they have in common.
pub(super) struct Middle<'t> {
    /// How many elements of the old list stand before it.
    at: usize,
    old: Vec<Element<'t>>,
    new: Vec<Element<'t>>,
    /// Where the element behind the middle begins in the old list, if there is one.
    next: Option<usize>,
    /// Where both lists go on, or end.
    pub(super) end: End,
}

struct Element<'t> {
    span: Range<usize>,
    text: &'t [u8],
    id: Option<&'t [u8]>,
}

impl<'t> Middle<'t> {
    pub(super) fn take(texts: &Texts<'t>, walk: &mut Walk<'t>) -> Self {
        let at = walk.index;
        let rest = walk.take_rest();
        let old = rest.old.into_iter();
        let new = rest.new.into_iter();
        Self {
            at,
            old: old.map(|span| Element::new(texts.old, span)).collect(),
            new: new.map(|span| Element::new(texts.new, span)).collect(),
            next: walk.old.next_start(),
            end: rest.end,
        }
    }

    /// Writes how the one becomes the other.
    pub(super) fn write(&self, entries: &mut Entries<'_>) -> Option<()> {
        let stay = match self.match_by_id() {
            Some(stay) => stay,
            None => self.match_ends(),
        };
        let (mut old_at, mut new_at) = (0, 0);
        let end = (self.old.len(), self.new.len());
        for (old_stays, new_stays) in stay.into_iter().chain([end]) {
            if (old_at, new_at) != (old_stays, new_stays) {
                let place = self.old.get(old_at).map(|element| element.span.start);
                let insert = match &self.new[new_at..new_stays] {
                    [] => 0..0,
                    [first, .., last] => first.span.start..last.span.end,
                    [one] => one.span.clone(),
                };
                let remove = old_stays - old_at;
                entries.replace(self.at + old_at, place.or(self.next), remove, insert)?;
            }
            let pair = self.old.get(old_stays).zip(self.new.get(new_stays));
            if let Some((old, new)) = pair.filter(|(old, new)| old.text != new.text) {
                let places = (old.span.start, new.span.start);
                entries.change(self.at + old_stays, places, &[])?;
            }
            (old_at, new_at) = (old_stays + 1, new_stays + 1);
        }
        Some(())
    }

    /// Returns which elements stay, by their ids; nothing where one has none, or that of another.
    fn match_by_id(&self) -> Option<Vec<(usize, usize)>> {
        // By id: where it stands in the old list, until it is found in the new one.
        let mut places = HashMap::with_capacity(self.old.len() + self.new.len());
        for (at, element) in self.old.iter().enumerate() {
            if places.insert(element.id?, Some(at)).is_some() {
                return None;
            }
        }
        let (mut in_old, mut in_new) = (Vec::new(), Vec::new());
        for (at, element) in self.new.iter().enumerate() {
            match places.entry(element.id?) {
                Entry::Vacant(place) => {
                    place.insert(None);
                }
                Entry::Occupied(mut place) => {
                    in_old.push(place.insert(None)?);
                    in_new.push(at);
                }
            }
        }
        let stay = longest_increasing(&in_old).into_iter();
        Some(stay.map(|at| (in_old[at], in_new[at])).collect())
    }

    /// Returns which elements stay where they have no ids: equal ones at the end; those at the
    /// beginning are skipped already. One that is left alone in both lists is the same, changed.
    fn match_ends(&self) -> Vec<(usize, usize)> {
        let pairs = self.old.iter().rev().zip(self.new.iter().rev());
        let equal = pairs.take_while(|(old, new)| old.text == new.text).count();
        let (old, new) = (self.old.len() - equal, self.new.len() - equal);
        let changed = usize::from(old == 1 && new == 1);
        let stay = (old - changed..self.old.len()).zip(new - changed..self.new.len());
        stay.collect()
    }
}

impl<'t> Element<'t> {
    fn new(text: &'t [u8], span: Range<usize>) -> Self {
        Self {
            text: &text[span.clone()],
            id: id_at(text, span.start),
            span,
        }
    }
}
