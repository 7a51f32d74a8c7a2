//! Ranges of keys, to be found by a key that they hold.
//!
//! Most ranges lie below equal values of an index's first columns. Those below the same values
//! are a tree of their own, found by a hash of these values: for a key one look-up for each number
//! of columns that any range shares, however many ranges there are.
//!
//! A tree is a treap (Seidel and Aragon, 1996) ordered by where ranges start, in which each node knows the
//! range below it that ends last (Cormen et al., "Interval trees"): a subtree whose ranges all end
//! before the key is not entered. Priorities come from a seeded counter through a mixing function:
//! the tree is the same for the same seed and history, and a client that does not know the seed
//! cannot choose its ranges so that the tree becomes a list.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};

use crate::engine::key_bytes::{KeyBytes, KeyRange};
use crate::engine::seeded_hash::SeededHash;

/// Many owners' ranges.
#[derive(Debug)]
pub(super) struct IntervalTree<T> {
    nodes: Vec<Node<T>>,
    free: Vec<usize>,
    /// The tree of those ranges whose keys begin with these whole parts, and share no more.
    roots: HashMap<Box<[u8]>, usize, SeededHash>,
    /// How many trees there are whose keys share so many parts.
    depths: Vec<usize>,
    made: u64,
}

type Link = Option<usize>;

/// One distinct range.
#[derive(Debug)]
struct Node<T> {
    range: KeyRange,
    owners: BTreeSet<T>,
    priority: u64,
    left: Link,
    right: Link,
    /// The node at or below this one whose range ends last.
    last_end: usize,
}

/// Where a subtree is cut in two.
#[derive(Clone, Copy)]
enum Cut {
    /// Ranges equal to the given one go right.
    Before,
    /// They go left.
    After,
}

impl<T: Copy + Ord> IntervalTree<T> {
    /// Begins without ranges.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            nodes: Vec::new(),
            free: Vec::new(),
            roots: HashMap::with_hasher(SeededHash::new(seed)),
            depths: Vec::new(),
            made: seed,
        }
    }

    /// Adds a range of an owner.
    pub(super) fn insert(&mut self, range: KeyRange, owner: T) {
        let (parts, shared) = range.shared_prefix();
        let Some(root) = self.roots.get(shared).copied() else {
            let shared = shared.into();
            let node = self.make(range, owner);
            self.roots.insert(shared, node);
            if self.depths.len() <= parts {
                self.depths.resize(parts + 1, 0);
            }
            self.depths[parts] += 1;
            return;
        };
        if let Some(node) = self.find(root, &range) {
            self.nodes[node].owners.insert(owner);
            return;
        }
        let (left, right) = self.split(Some(root), &range, Cut::Before);
        let node = self.make(range, owner);
        let left = self.merge(left, Some(node));
        if let Some(root) = self.merge(left, right) {
            self.set_root(node, root);
        }
    }

    /// Takes a range of an owner out again.
    pub(super) fn remove(&mut self, range: &KeyRange, owner: T) {
        let (parts, shared) = range.shared_prefix();
        let Some(root) = self.roots.get(shared).copied() else {
            return;
        };
        let Some(node) = self.find(root, range) else {
            return;
        };
        self.nodes[node].owners.remove(&owner);
        if !self.nodes[node].owners.is_empty() {
            return;
        }
        let (left, rest) = self.split(Some(root), range, Cut::Before);
        let (_, right) = self.split(rest, range, Cut::After);
        match self.merge(left, right) {
            Some(root) => self.set_root(node, root),
            None => {
                self.roots.remove(shared);
                self.depths[parts] -= 1;
            }
        }
        self.nodes[node].range = KeyRange::default();
        self.free.push(node);
    }

    /// Tells whether there are no ranges.
    pub(super) fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }

    /// Calls `hit` with the owner of each range that holds the key, and with a number that stands
    /// for the range.
    pub(super) fn visit(&self, key: &KeyBytes, hit: &mut impl FnMut(usize, T)) {
        for root in self.roots_above(key) {
            self.visit_below(Some(root), key, hit);
        }
    }

    /// Calls `hit` with the owner of each range.
    pub(super) fn visit_all(&self, hit: &mut impl FnMut(T)) {
        let mut links: Vec<_> = self.roots.values().copied().map(Some).collect();
        while let Some(link) = links.pop() {
            let Some(at) = link else { continue };
            let node = &self.nodes[at];
            node.owners.iter().copied().for_each(&mut *hit);
            links.extend([node.left, node.right]);
        }
    }

    /// Returns the trees in which a range may hold the key.
    fn roots_above<'t>(&'t self, key: &'t KeyBytes) -> impl Iterator<Item = usize> + 't {
        let ends = std::iter::once(0).chain(key.part_ends());
        let with_trees = self
            .depths
            .iter()
            .zip(ends)
            .filter(|(trees, _)| **trees > 0);
        with_trees.filter_map(|(_, end)| self.roots.get(&key.as_bytes()[..end]).copied())
    }

    /// Notes the root of the tree in which a node is or was.
    fn set_root(&mut self, node: usize, root: usize) {
        let (_, shared) = self.nodes[node].range.shared_prefix();
        if let Some(link) = self.roots.get_mut(shared) {
            *link = root;
        }
    }

    fn visit_below(&self, link: Link, key: &KeyBytes, hit: &mut impl FnMut(usize, T)) {
        let Some(at) = link else {
            return;
        };
        let node = &self.nodes[at];
        if self.nodes[node.last_end].range.end <= *key {
            return;
        }
        self.visit_below(node.left, key, hit);
        if node.range.start > *key {
            return;
        }
        if node.range.contains(key) {
            node.owners.iter().for_each(|owner| hit(at, *owner));
        }
        self.visit_below(node.right, key, hit);
    }

    fn find(&self, root: usize, range: &KeyRange) -> Link {
        let mut link = Some(root);
        while let Some(at) = link {
            let node = &self.nodes[at];
            link = match range.cmp(&node.range) {
                Ordering::Less => node.left,
                Ordering::Greater => node.right,
                Ordering::Equal => return link,
            };
        }
        None
    }

    fn make(&mut self, range: KeyRange, owner: T) -> usize {
        self.made = self.made.wrapping_add(1);
        let at = self.free.pop().unwrap_or(self.nodes.len());
        let node = Node {
            range,
            owners: BTreeSet::from([owner]),
            priority: mix(self.made),
            left: None,
            right: None,
            last_end: at,
        };
        if at == self.nodes.len() {
            self.nodes.push(node);
        } else {
            self.nodes[at] = node;
        }
        at
    }

    /// Cuts a subtree in two at a range.
    fn split(&mut self, link: Link, range: &KeyRange, cut: Cut) -> (Link, Link) {
        let Some(at) = link else {
            return (None, None);
        };
        let goes_left = match self.nodes[at].range.cmp(range) {
            Ordering::Less => true,
            Ordering::Equal => matches!(cut, Cut::After),
            Ordering::Greater => false,
        };
        if goes_left {
            let (inner, right) = self.split(self.nodes[at].right, range, cut);
            self.nodes[at].right = inner;
            self.update(at);
            (Some(at), right)
        } else {
            let (left, inner) = self.split(self.nodes[at].left, range, cut);
            self.nodes[at].left = inner;
            self.update(at);
            (left, Some(at))
        }
    }

    /// Joins two subtrees, of which the first has the lesser ranges.
    fn merge(&mut self, left: Link, right: Link) -> Link {
        let (Some(l), Some(r)) = (left, right) else {
            return left.or(right);
        };
        if self.nodes[l].priority > self.nodes[r].priority {
            self.nodes[l].right = self.merge(self.nodes[l].right, right);
            self.update(l);
            left
        } else {
            self.nodes[r].left = self.merge(left, self.nodes[r].left);
            self.update(r);
            right
        }
    }

    /// Finds anew which range at or below a node ends last.
    fn update(&mut self, at: usize) {
        let node = &self.nodes[at];
        let below = [node.left, node.right].into_iter().flatten();
        let last_end = below
            .map(|child| self.nodes[child].last_end)
            .chain([at])
            .max_by_key(|candidate| &self.nodes[*candidate].range.end)
            .expect("the node itself is a candidate");
        self.nodes[at].last_end = last_end;
    }
}

/// Spreads a counter over all 64 bits (the finalizer of SplitMix64).
fn mix(mut bits: u64) -> u64 {
    bits = bits.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;
    use crate::key::KeyPart;

    fn key(number: i64) -> KeyBytes {
        let mut key = KeyBytes::new();
        key.push(&KeyPart::Integer(number));
        key
    }

    fn range(start: i64, end: i64) -> KeyRange {
        KeyRange {
            start: key(start),
            end: key(end),
        }
    }

    fn hits(tree: &IntervalTree<u32>, at: i64) -> Vec<u32> {
        hits_of(tree, &key(at))
    }

    fn hits_of(tree: &IntervalTree<u32>, key: &KeyBytes) -> Vec<u32> {
        let mut owners = Vec::new();
        tree.visit(key, &mut |_, owner| owners.push(owner));
        owners.sort_unstable();
        owners
    }

    /// A key of two parts.
    fn pair(first: i64, second: i64) -> KeyBytes {
        let mut both = key(first);
        both.push(&KeyPart::Integer(second));
        both
    }

    /// The edge of what begins with a value, or with two.
    fn edge() -> impl Strategy<Value = KeyBytes> {
        let values = (0..4_i64, prop::option::of(0..4_i64), any::<bool>());
        values.prop_map(|(first, second, after)| {
            let edge = second.map_or_else(|| key(first), |second| pair(first, second));
            if after { edge.after_prefix() } else { edge }
        })
    }

    proptest! {
        #[test]
        fn a_tree_finds_what_a_list_finds(
            steps in prop::collection::vec((any::<bool>(), 0..12_i64, 1..8_i64, 0..6_u32), 1..120),
        ) {
            let mut tree = IntervalTree::new(7);
            let mut list = BTreeSet::new();
            for (adds, start, len, owner) in steps {
                if adds {
                    tree.insert(range(start, start + len), owner);
                    list.insert((start, start + len, owner));
                } else {
                    tree.remove(&range(start, start + len), owner);
                    list.remove(&(start, start + len, owner));
                }
                let mut all = BTreeSet::new();
                tree.visit_all(&mut |owner| {
                    all.insert(owner);
                });
                prop_assert_eq!(all, list.iter().map(|(_, _, owner)| *owner).collect());
                for at in -1..21 {
                    let expected = list.iter().filter(|(start, end, _)| (*start..*end).contains(&at));
                    let mut expected: Vec<_> = expected.map(|(_, _, owner)| *owner).collect();
                    expected.sort_unstable();
                    prop_assert_eq!(hits(&tree, at), expected);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn ranges_below_equal_values_are_found_as_a_list_finds_them(
            steps in prop::collection::vec((any::<bool>(), edge(), edge(), 0..6_u32), 1..120),
        ) {
            let mut tree = IntervalTree::new(7);
            let mut list = BTreeSet::new();
            for (adds, one, other, owner) in steps {
                let range = KeyRange { start: one.clone().min(other.clone()), end: one.max(other) };
                if adds && range.start < range.end {
                    tree.insert(range.clone(), owner);
                    list.insert((range, owner));
                } else {
                    tree.remove(&range, owner);
                    list.remove(&(range, owner));
                }
                for at in (0..5).flat_map(|first| (0..5).map(move |second| pair(first, second))) {
                    let expected = list.iter().filter(|(range, _)| range.contains(&at));
                    let mut expected: Vec<_> = expected.map(|(_, owner)| *owner).collect();
                    expected.sort_unstable();
                    prop_assert_eq!(hits_of(&tree, &at), expected);
                }
            }
            for (range, owner) in &list {
                tree.remove(range, *owner);
            }
            prop_assert!(tree.is_empty());
            prop_assert!(tree.depths.iter().all(|trees| *trees == 0));
        }
    }

    /// Counts the nodes that a look-up enters.
    fn entered(tree: &IntervalTree<u32>, link: Link, key: &KeyBytes) -> usize {
        let Some(at) = link else { return 0 };
        let node = &tree.nodes[at];
        if tree.nodes[node.last_end].range.end <= *key {
            return 1;
        }
        let right = if node.range.start > *key {
            0
        } else {
            entered(tree, node.right, key)
        };
        1 + entered(tree, node.left, key) + right
    }

    #[test]
    fn a_look_up_costs_its_hits_and_not_what_is_subscribed() {
        let mut tree = IntervalTree::new(7);
        for owner in 0..100_000 {
            let start = i64::from(owner) * 10;
            tree.insert(range(start, start + 5), owner);
        }
        assert_eq!(hits(&tree, 500_003), [50_000]);
        assert!(hits(&tree, 500_007).is_empty());
        let entered = all_entered(&tree, &key(500_003));
        assert!(entered < 200, "{entered} of 100,000 ranges were looked at");
    }

    #[test]
    fn a_look_up_enters_no_range_below_other_values() {
        let mut tree = IntervalTree::new(7);
        for owner in 0..100_000 {
            let first = i64::from(owner);
            let range = KeyRange {
                start: pair(first, 5),
                end: key(first).after_prefix(),
            };
            tree.insert(range, owner);
        }
        assert_eq!(hits_of(&tree, &pair(500, 7)), [500]);
        assert!(hits_of(&tree, &pair(500, 4)).is_empty());
        assert_eq!(all_entered(&tree, &pair(500, 7)), 1);
        assert_eq!(all_entered(&tree, &pair(100_001, 7)), 0);
    }

    fn all_entered(tree: &IntervalTree<u32>, key: &KeyBytes) -> usize {
        let roots = tree.roots_above(key);
        roots.map(|root| entered(tree, Some(root), key)).sum()
    }
}
