//! Two arrays, or two objects, that are gone through together.

use std::ops::Range;

use super::scan::{Frame, Parts};
use super::{End, Texts, common};

/// Stands before a part of both.
pub(super) struct Walk<'t> {
    pub(super) old: Parts<'t>,
    pub(super) new: Parts<'t>,
    /// How many parts of the old one lie behind.
    pub(super) index: usize,
    suffix: usize,
}

/// The parts that both still have before what the texts end with.
pub(super) struct Rest {
    pub(super) old: Vec<Range<usize>>,
    pub(super) new: Vec<Range<usize>>,
    pub(super) end: End,
}

impl<'t> Walk<'t> {
    /// Begins where the texts part, if `frame` names that place, else at the first part.
    pub(super) fn new(
        texts: &Texts<'t>,
        (old, new): (usize, usize),
        frame: Option<&Frame>,
    ) -> Self {
        let mut walk = Self {
            old: Parts::of(texts.old, old),
            new: Parts::of(texts.new, new),
            index: 0,
            suffix: texts.suffix,
        };
        // Before it both texts are one, so what opens in one opens in the other.
        if let Some(frame) = frame.filter(|frame| frame.index > 0) {
            walk.go_to(frame.edge, frame.edge);
            walk.index = frame.index;
        }
        walk
    }

    /// Returns where both end, if that is here, or somewhere in what both texts end with.
    ///
    /// Where equally many bytes are left, and those are the same, what is to come is the same. The
    /// edge itself may be a bracket in the one and a comma in the other.
    pub(super) fn end(&self) -> Option<End> {
        let bytes_left = self.old.bytes_left();
        if bytes_left == self.new.bytes_left() && bytes_left <= self.suffix + 1 {
            return Some(End::InSuffix);
        }
        let is_end = self.old.next_start().is_none() && self.new.next_start().is_none();
        is_end.then_some(End::At(self.old.edge + 1, self.new.edge + 1))
    }

    /// Goes over the parts that both have next; tells whether there are any.
    pub(super) fn skip_common(&mut self) -> bool {
        if self.old.next_start().is_none() || self.new.next_start().is_none() {
            return false;
        }
        let (old, new) = (&self.old.rest()[1..], &self.new.rest()[1..]);
        let bytes = common::prefix(old, new);
        // A part may end where the texts part: the one goes on, and the other is at its end.
        let new_ends = matches!(new.get(bytes), Some(b',' | b']' | b'}'));
        let edge = self.old.edge;
        let skipped = self.old.skip_parts(1 + bytes + usize::from(new_ends));
        self.new.edge += self.old.edge - edge;
        self.index += skipped;
        skipped > 0
    }

    pub(super) fn go_to(&mut self, old: usize, new: usize) {
        self.old.edge = old;
        self.new.edge = new;
    }

    /// Takes all parts up to an edge behind which both are the same, or to their ends.
    ///
    /// An edge of the one in the common suffix is mostly one of the other: a quote in the suffix opens
    /// and closes the same strings, and a bracket the same levels, counted from the end.
    pub(super) fn take_rest(&mut self) -> Rest {
        // What lies behind us in one of them is no part of the suffix.
        let left = self.old.bytes_left().min(self.new.bytes_left());
        let suffix = self.suffix.min(left);
        let (mut old, mut new) = (Vec::new(), Vec::new());
        take_until(&mut self.old, suffix, &mut old);
        take_until(&mut self.new, suffix, &mut new);
        if self.end().is_none() {
            // Within a larger value: the same bytes belong to another array in one of the texts.
            take_until(&mut self.old, 0, &mut old);
            take_until(&mut self.new, 0, &mut new);
        }
        let end = End::At(self.old.edge + 1, self.new.edge + 1);
        let end = self.end().unwrap_or(end);
        Rest { old, new, end }
    }
}

fn take_until(parts: &mut Parts<'_>, bytes_left: usize, taken: &mut Vec<Range<usize>>) {
    while parts.bytes_left() > bytes_left
        && let Some(part) = parts.next_part()
    {
        taken.push(part);
    }
}
