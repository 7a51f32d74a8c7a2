//! Ranges of keys, to be found by a key that they hold.
//!
//! A treap (Seidel and Aragon, 1996) ordered by where ranges start, in which each node knows the
//! range below it that ends last (Cormen et al., "Interval trees"): a subtree whose ranges all end
//! before the key is not entered. Priorities come from a seeded counter through a mixing function:
//! the tree is the same for the same seed and history, and a client that does not know the seed
//! cannot choose its ranges so that the tree becomes a list.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use crate::engine::key_bytes::{KeyBytes, KeyRange};

/// Many owners' ranges.
#[derive(Debug)]
pub(super) struct IntervalTree<T> {
    nodes: Vec<Node<T>>,
    free: Vec<usize>,
    root: Link,
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
            root: None,
            made: seed,
        }
    }

    /// Adds a range of an owner.
    pub(super) fn insert(&mut self, range: KeyRange, owner: T) {
        if let Some(node) = self.find(&range) {
            self.nodes[node].owners.insert(owner);
            return;
        }
        let (left, right) = self.split(self.root, &range, Cut::Before);
        let node = self.make(range, owner);
        let left = self.merge(left, Some(node));
        self.root = self.merge(left, right);
    }

    /// Takes a range of an owner out again.
    pub(super) fn remove(&mut self, range: &KeyRange, owner: T) {
        let Some(node) = self.find(range) else {
            return;
        };
        self.nodes[node].owners.remove(&owner);
        if !self.nodes[node].owners.is_empty() {
            return;
        }
        let (left, rest) = self.split(self.root, range, Cut::Before);
        let (_, right) = self.split(rest, range, Cut::After);
        self.root = self.merge(left, right);
        self.free.push(node);
    }

    /// Tells whether there are no ranges.
    pub(super) fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    /// Calls `hit` with the owner of each range that holds the key, and with a number that stands
    /// for the range.
    pub(super) fn visit(&self, key: &KeyBytes, hit: &mut impl FnMut(usize, T)) {
        self.visit_below(self.root, key, hit);
    }

    /// Calls `hit` with the owner of each range.
    pub(super) fn visit_all(&self, hit: &mut impl FnMut(T)) {
        let mut links = vec![self.root];
        while let Some(link) = links.pop() {
            let Some(at) = link else { continue };
            let node = &self.nodes[at];
            node.owners.iter().copied().for_each(&mut *hit);
            links.extend([node.left, node.right]);
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

    fn find(&self, range: &KeyRange) -> Link {
        let mut link = self.root;
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
        let mut owners = Vec::new();
        tree.visit(&key(at), &mut |_, owner| owners.push(owner));
        owners.sort_unstable();
        owners
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
        let entered = entered(&tree, tree.root, &key(500_003));
        assert!(entered < 200, "{entered} of 100,000 ranges were looked at");
    }
}
