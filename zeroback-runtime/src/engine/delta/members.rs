//! The members of an object, and the way from a key to its member.

use super::scan::Parts;

/// One member: its key, in its quotes, and its value.
#[derive(Clone, Copy)]
pub(super) struct Member<'t> {
    pub(super) key: &'t [u8],
    pub(super) value: &'t [u8],
}

/// All members of an object, in its order.
pub(super) struct Members<'t> {
    all: Vec<Member<'t>>,
    /// The positions in `all` by the order of the keys.
    by_key: Vec<usize>,
}

impl<'t> Members<'t> {
    /// Splits an object; nothing where a key stands in it twice, so that it is not clear what to
    /// change: an enum's tag may meet a field of the same name.
    pub(super) fn split(object: &'t [u8]) -> Option<Self> {
        let mut parts = Parts::of(object);
        let mut all = Vec::new();
        while let Some((key, value)) = parts.next_member() {
            all.push(Member {
                key: &object[key],
                value: &object[value],
            });
        }
        let mut by_key: Vec<usize> = (0..all.len()).collect();
        by_key.sort_unstable_by_key(|at| all[*at].key);
        let is_twice = |at: &[usize]| all[at[0]].key == all[at[1]].key;
        if by_key.windows(2).any(is_twice) {
            return None;
        }
        Some(Self { all, by_key })
    }

    /// Returns the member with a key, trying the one at `position` first.
    pub(super) fn find(&self, position: usize, key: &[u8]) -> Option<Member<'t>> {
        if let Some(member) = self.all.get(position).filter(|member| member.key == key) {
            return Some(*member);
        }
        let found = self
            .by_key
            .binary_search_by_key(&key, |at| self.all[*at].key);
        found.ok().map(|found| self.all[self.by_key[found]])
    }

    /// Returns them with their positions.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, Member<'t>)> {
        self.all.iter().copied().enumerate()
    }
}
