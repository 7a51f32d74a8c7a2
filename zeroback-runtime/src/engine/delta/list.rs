//! The delta of an array: where elements are replaced, and which are changed by a delta of their own.

mod entries;
mod middle;

use super::scan::{Parts, id_at};
use super::{Room, common};
use entries::Entries;
use middle::Middle;

/// Returns the delta; nothing where it would not be smaller than the new array.
///
/// Both arrays are gone through together as long as the same elements stand in both: equal ones are
/// skipped, of whatever form, and one that is another text under the same `_id` is changed. From
/// where that ends to what both have in common at their end, the elements are compared as sets.
pub(super) fn diff(old: &[u8], new: &[u8], room: Room) -> Option<Vec<u8>> {
    let mut entries = Entries::new(old, new, room);
    let mut old_parts = Parts::of(old);
    let mut new_parts = Parts::of(new);
    let mut at = 0;
    let mut bytes_common = None;
    loop {
        at += skip_common(&mut old_parts, &mut new_parts);
        // What both end with, but not what lies behind us in one of them.
        let suffix =
            bytes_common.get_or_insert_with(|| common::suffix(old_parts.rest(), new_parts.rest()));
        let bytes_left = (old_parts.bytes_left(), new_parts.bytes_left());
        if bytes_left.0 == bytes_left.1 && bytes_left.0 <= *suffix {
            return entries.close();
        }
        let (Some(old_start), Some(new_start)) = (old_parts.next_start(), new_parts.next_start())
        else {
            break;
        };
        let old_id = id_at(old, old_start);
        if old_id.is_none() || old_id != id_at(new, new_start) {
            break;
        }
        let element = old_parts.next_element().zip(new_parts.next_element());
        let (old_element, new_element) = element?;
        entries.change(at, old_element, new_element)?;
        at += 1;
    }
    let suffix = bytes_common?
        .min(old_parts.bytes_left())
        .min(new_parts.bytes_left());
    Middle::take(at, (old, old_parts), (new, new_parts), suffix)?.write(&mut entries)?;
    entries.close()
}

/// Goes over the elements that both have next; returns how many they are.
fn skip_common(old: &mut Parts<'_>, new: &mut Parts<'_>) -> usize {
    let bytes = common::prefix(old.rest(), new.rest());
    // An element may end where the texts part: the one list goes on, and the other is at its end.
    let new_ends = matches!(new.rest().get(bytes), Some(b',' | b']'));
    let bytes_left = old.bytes_left();
    let skipped = old.skip_elements(bytes + usize::from(new_ends));
    new.skip_bytes(bytes_left - old.bytes_left());
    skipped
}
