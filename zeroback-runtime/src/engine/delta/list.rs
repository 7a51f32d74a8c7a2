//! The delta of an array: where elements are replaced, and which are changed by a delta of their own.

mod entries;
mod middle;
mod resync;

use super::scan::{Frame, id_at};
use super::walk::Walk;
use super::{End, Room, Texts};
use entries::Entries;
use middle::Middle;
use resync::resync;

/// Returns the delta of the arrays that open at `places`, and where they end; nothing where it would
/// be of no use.
///
/// Both arrays are gone through together as long as the same elements stand in both: equal ones are
/// skipped, of whatever form, and one that is another text under the same `_id` is changed. Where that
/// ends, they may go on alike a few documents further on; if not, the elements up to what both have in
/// common at their end are compared as sets.
pub(super) fn diff(
    texts: &Texts<'_>,
    places: (usize, usize),
    path: &[Frame],
    room: Room,
) -> Option<(Vec<u8>, End)> {
    let mut entries = Entries::new(texts, room);
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
            let id = id_at(texts.old, *old);
            id.is_some() && id == id_at(texts.new, *new)
        };
        let Some((old, new)) = starts.filter(is_same) else {
            let (at, old, new) = (walk.index, walk.old, walk.new);
            if let Some(remove) = resync(texts, &mut walk) {
                // The edge behind what is inserted is the comma or the bracket after it.
                let insert = new.next_start()?.min(walk.new.edge)..walk.new.edge;
                entries.replace(at, old.next_start(), remove, insert)?;
                path = &[];
                continue;
            }
            let middle = Middle::take(texts, &mut walk);
            middle.write(&mut entries)?;
            break middle.end;
        };
        match entries.change(walk.index, (old, new), path)? {
            End::At(old, new) => walk.go_to(old, new),
            end @ End::InSuffix => break end,
        }
        walk.index += 1;
        path = &[];
    };
    Some((entries.close()?, end))
}
