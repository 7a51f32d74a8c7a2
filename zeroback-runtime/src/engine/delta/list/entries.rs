//! The entries of a list's delta, as they are written one after another.

use std::io::Write as _;
use std::ops::Range;

use super::super::scan::{Frame, id_at, value_end};
use super::super::{Change, End, Room, Texts};

/// Writes `{"list":[entry,…]}`. Entries come in the order of their places.
pub(super) struct Entries<'t> {
    texts: &'t Texts<'t>,
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
    pub(super) fn new(texts: &'t Texts<'t>, room: Room) -> Self {
        Self {
            texts,
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

    /// Changes the element at `at`, which begins at these places: by a delta or by replacing it,
    /// whichever is smaller. Returns where it ends.
    pub(super) fn change(
        &mut self,
        at: usize,
        (old, new): (usize, usize),
        path: &[Frame],
    ) -> Option<End> {
        let Change { delta, end } = self.texts.change(old, new, path, self.room);
        let joins = self.splice.as_ref().is_some_and(|last| last.end() == at);
        // A delta is always smaller than its element, but needs an entry of its own.
        let head_bytes = || at.to_string().len() + self.id(Some(old)).len() + 4;
        let is_smaller =
            |bytes: usize| !joins || self.texts.is_new_longer(new, head_bytes() + bytes);
        let Some(delta) = delta.filter(|delta| is_smaller(delta.len())) else {
            let new_end = match end {
                End::At(_, new_end) => new_end,
                End::InSuffix => value_end(self.texts.new, new),
            };
            self.replace(at, Some(old), 1, new..new_end)?;
            return Some(end);
        };
        self.write_splice()?;
        self.write_head(at, Some(old));
        self.out.extend_from_slice(&delta);
        self.out.extend_from_slice(b"],");
        self.bound()?;
        Some(end)
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
        self.out.extend_from_slice(&self.texts.new[splice.insert]);
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
        let id = place.and_then(|place| id_at(self.texts.old, place));
        id.unwrap_or(b"null")
    }

    fn bound(&self) -> Option<()> {
        (self.out.len() < self.texts.new.len()).then_some(())
    }
}

impl Splice {
    fn end(&self) -> usize {
        self.at + self.remove
    }
}
