//! The entries of a list's delta, as they are written one after another.

use std::io::Write as _;
use std::ops::Range;

use super::super::scan::id_at;
use super::super::{Room, diff_values};

/// Writes `{"list":[entry,…]}`. Entries come in the order of their places.
pub(super) struct Entries<'t> {
    old: &'t [u8],
    new: &'t [u8],
    room: Room,
    out: Vec<u8>,
    /// The last entry: what comes next may belong to it.
    splice: Option<Splice>,
}

/// Elements that are replaced.
struct Splice {
    at: usize,
    /// Where in the old text the element at `at` begins, if there is one.
    place: Option<usize>,
    remove: usize,
    /// Where in the new text the elements stand that come in their place.
    insert: Range<usize>,
}

impl<'t> Entries<'t> {
    pub(super) fn new(old: &'t [u8], new: &'t [u8], room: Room) -> Self {
        Self {
            old,
            new,
            room,
            out: br#"{"list":["#.to_vec(),
            splice: None,
        }
    }

    /// Puts elements of the new list, which stand at `insert`, in the place of `remove` elements from
    /// `at` on, of which the first begins at `place`. Returns nothing where the delta has become too
    /// large to be of use, as the other methods do.
    pub(super) fn replace(
        &mut self,
        at: usize,
        place: Option<usize>,
        remove: usize,
        insert: Range<usize>,
    ) -> Option<()> {
        if let Some(splice) = self.splice.as_mut().filter(|last| last.end() == at) {
            splice.remove += remove;
            if splice.insert.is_empty() {
                splice.insert = insert;
            } else if !insert.is_empty() {
                splice.insert.end = insert.end;
            }
            return Some(());
        }
        self.write_splice()?;
        self.splice = Some(Splice {
            at,
            place,
            remove,
            insert,
        });
        Some(())
    }

    /// Changes the element at `at`: by a delta or by replacing it, whichever is smaller.
    pub(super) fn change(&mut self, at: usize, old: Range<usize>, new: Range<usize>) -> Option<()> {
        let delta = diff_values(&self.old[old.clone()], &self.new[new.clone()], self.room);
        let joins = self.splice.as_ref().is_some_and(|last| last.end() == at);
        // A delta is always smaller than its element, but needs an entry of its own.
        let head_bytes = || at.to_string().len() + self.id(Some(old.start)).len() + 4;
        let is_smaller = |delta: &Vec<u8>| !joins || head_bytes() + delta.len() < new.len();
        let Some(delta) = delta.filter(is_smaller) else {
            return self.replace(at, Some(old.start), 1, new);
        };
        self.write_splice()?;
        self.write_head(at, Some(old.start));
        self.out.extend_from_slice(&delta);
        self.out.extend_from_slice(b"],");
        self.bound()
    }

    /// Ends the delta, and returns it.
    pub(super) fn close(mut self) -> Option<Vec<u8>> {
        self.write_splice()?;
        if self.out.ends_with(b",") {
            self.out.pop();
        }
        self.out.extend_from_slice(b"]}");
        Some(self.out)
    }

    fn write_splice(&mut self) -> Option<()> {
        let Some(splice) = self.splice.take() else {
            return Some(());
        };
        self.write_head(splice.at, splice.place);
        let _ = write!(self.out, "{},[", splice.remove);
        self.out.extend_from_slice(&self.new[splice.insert]);
        self.out.extend_from_slice(b"]],");
        self.bound()
    }

    fn write_head(&mut self, at: usize, place: Option<usize>) {
        let _ = write!(self.out, "[{at},");
        let id = self.id(place);
        self.out.extend_from_slice(id);
        self.out.push(b',');
    }

    /// Returns the id of the old element that begins at `place`, or `null`.
    fn id(&self, place: Option<usize>) -> &'t [u8] {
        let id = place.and_then(|place| id_at(self.old, place));
        id.unwrap_or(b"null")
    }

    fn bound(&self) -> Option<()> {
        (self.out.len() < self.new.len()).then_some(())
    }
}

impl Splice {
    fn end(&self) -> usize {
        self.at + self.remove
    }
}
