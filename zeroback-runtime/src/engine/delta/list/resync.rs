//! Where two lists go on alike behind a few documents that only one of them has.

use super::super::Texts;
use super::super::scan::{Parts, id_at};
use super::super::walk::Walk;

/// How many documents are looked at in each list.
const AHEAD_MAX: usize = 8;

/// How many times as much the lists must have in common there as they have not before it. Then what
/// is skipped may well belong elsewhere, but little would be won by finding out.
const COMMON_TIMES_MIN: usize = 4;

/// Goes to where both lists go on alike, if that is near. Returns how many documents of the old list
/// were skipped.
///
/// So a document that came or went costs little more than what it moves aside: the rest need not be
/// compared as sets.
pub(super) fn resync<'t>(texts: &Texts<'t>, walk: &mut Walk<'t>) -> Option<usize> {
    let old = ahead(texts.old, walk.old);
    let new = ahead(texts.new, walk.new);
    let pairs = (0..old.len()).flat_map(|o| (0..new.len()).map(move |n| (o, n)));
    let same = pairs.filter(|(o, n)| old[*o].0 == new[*n].0);
    let (skipped, at) = same.min_by_key(|(o, n)| o + n)?;
    let (old, new) = (old[skipped].1, new[at].1);
    let bytes_skipped = (old.edge - walk.old.edge) + (new.edge - walk.new.edge);
    // Behind the edge, which may be a bracket in the one and a comma in the other.
    let enough = COMMON_TIMES_MIN * bytes_skipped;
    let old_next = old.rest().get(1..=enough)?;
    if new.rest().get(1..=enough) != Some(old_next) {
        return None;
    }
    (walk.old, walk.new) = (old, new);
    walk.index += skipped;
    Some(skipped)
}

/// Returns the ids of the next documents, and the place before each; none from where an element is no
/// document.
fn ahead<'t>(text: &'t [u8], mut parts: Parts<'t>) -> Vec<(&'t [u8], Parts<'t>)> {
    let mut ahead = Vec::with_capacity(AHEAD_MAX);
    while ahead.len() < AHEAD_MAX
        && let Some(id) = parts.next_start().and_then(|start| id_at(text, start))
    {
        ahead.push((id, parts));
        parts.next_part();
    }
    ahead
}
