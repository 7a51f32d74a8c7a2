//! Which readers (executions of live queries, or actions) have read a key: an interval tree for each
//! index and aspect.
//!
//! A look-up costs the readers that it hits, times the logarithm of how many ranges there are;
//! those that read other parts of the index cost nothing.

mod interval_tree;

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::Error;
use crate::engine::catalog::TablePlan;
use crate::engine::document::Fields;
use crate::engine::key_bytes::KeyBytes;
use crate::engine::read_set::{
    Aspect, Change, Image, IndexRef, Interest, Predicate, PredicateId, ReadSet, searched_tokens,
};
use crate::engine::search_terms::FieldTokens;
use crate::planted::{self, Bug};
use interval_tree::IntervalTree;

#[derive(Debug)]
pub(in crate::engine) struct RangeIndex<Id> {
    trees: BTreeMap<(IndexRef, Aspect), IntervalTree<Reader<Id>>>,
    seed: u64,
}

/// Who has read, and which documents of the range matter to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::engine) struct Reader<Id> {
    pub(in crate::engine) id: Id,
    pub(in crate::engine) predicate: Option<PredicateId>,
}

/// Whether a document matters to a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Matters {
    Yes,
    No,
    /// The document was not kept.
    Unknown,
}

/// A changed document and its table, with what is derived from it kept for all readers.
pub(in crate::engine) struct Written<'w> {
    plan: &'w TablePlan,
    table: usize,
    id: &'w str,
    old: Option<Side<'w>>,
    new: Option<Side<'w>>,
}

struct Side<'w> {
    image: &'w Image,
    fields: OnceCell<Option<Fields<'w>>>,
}

impl<Id: Copy + Ord> RangeIndex<Id> {
    pub(in crate::engine) fn new(seed: u64) -> Self {
        Self {
            trees: BTreeMap::new(),
            seed,
        }
    }

    pub(in crate::engine) fn insert(&mut self, id: Id, read_set: &ReadSet) {
        for (interest, range) in read_set.iter() {
            let tree = self
                .trees
                .entry((interest.index, interest.aspect))
                .or_insert_with(|| IntervalTree::new(self.seed));
            tree.insert(range.clone(), Reader::new(id, interest));
        }
    }

    pub(in crate::engine) fn remove(&mut self, id: Id, read_set: &ReadSet) {
        for (interest, range) in read_set.iter() {
            let place = (interest.index, interest.aspect);
            let Some(tree) = self.trees.get_mut(&place) else {
                continue;
            };
            tree.remove(range, Reader::new(id, interest));
            if tree.is_empty() {
                self.trees.remove(&place);
            }
        }
    }

    /// Calls `hit` for each reader who may read something else because of a change, at least once.
    /// `predicate_of` finds the predicate of a reader.
    pub(in crate::engine) fn hits<'p>(
        &self,
        written: &Written<'_>,
        predicate_of: impl Fn(Reader<Id>) -> Option<&'p Predicate>,
        mut hit: impl FnMut(Id),
    ) {
        for index in written.plan.all_indexes(written.table) {
            let tree_of = |aspect| self.trees.get(&(index, aspect)).map(|tree| (aspect, tree));
            let trees = [Aspect::Contents, Aspect::Membership].map(tree_of);
            if trees.iter().all(Option::is_none) {
                continue;
            }
            // Where it stood and stands is the same for all who have read the index.
            let forgets = planted::has(Bug::ForgetsOldWords)
                && written.plan.search_at(index).is_some()
                && written.new.is_some();
            let old = written.old.as_ref().filter(|_| !forgets);
            let old = written.standing(index, old);
            let new = written.standing(index, written.new.as_ref());
            for (aspect, tree) in trees.into_iter().flatten() {
                let (Some(old), Some(new)) = (&old, &new) else {
                    tree.visit_all(&mut |reader| hit(reader.id));
                    continue;
                };
                let before = old.readers(tree, &predicate_of);
                let after = new.readers(tree, &predicate_of);
                // A document that was in a range and still is has not changed how many there are.
                let certain: Vec<_> = match aspect {
                    Aspect::Contents => before.certain.union(&after.certain).collect(),
                    Aspect::Membership => before
                        .certain
                        .symmetric_difference(&after.certain)
                        .collect(),
                };
                for (reader, _) in certain {
                    hit(reader.id);
                }
                for reader in before.unknown.union(&after.unknown) {
                    hit(reader.id);
                }
            }
        }
    }
}

/// The readers that have looked at a document as it is on one side of a change.
struct Readers<Id> {
    /// Each with the place of the range in which it has.
    certain: BTreeSet<(Reader<Id>, usize)>,
    unknown: BTreeSet<Reader<Id>>,
}

/// The keys of one side of a change in one index; none where the document was not there.
#[derive(Default)]
struct Standing<'s, 'w> {
    side: Option<&'s Side<'w>>,
    keys: BTreeSet<KeyBytes>,
    /// Of each field, in a search index.
    tokens: Vec<FieldTokens>,
}

impl<'w> Written<'w> {
    pub(in crate::engine) fn new(
        (table, plan): (usize, &'w TablePlan),
        id: &'w str,
        change: &'w Change,
    ) -> Self {
        Self {
            plan,
            table,
            id,
            old: change.old.as_ref().map(Side::new),
            new: change.new.as_ref().map(Side::new),
        }
    }

    /// Returns nothing where it is not known under which keys the document stands.
    fn standing<'s>(
        &self,
        index: IndexRef,
        side: Option<&'s Side<'w>>,
    ) -> Option<Standing<'s, 'w>> {
        let Some(side) = side else {
            return Some(Standing::default());
        };
        let tokens = self.tokens(index, side)?;
        Some(Standing {
            keys: self.keys(index, side, &tokens),
            side: Some(side),
            tokens,
        })
    }

    /// Returns the tokens of each field of a search index; an index of columns has none.
    fn tokens(&self, index: IndexRef, side: &Side<'_>) -> Option<Vec<FieldTokens>> {
        let Some(search) = self.plan.search_at(index) else {
            return Some(Vec::new());
        };
        let fields = side.fields()?;
        let tokens = search.fields.iter().map(|field| {
            let tokens = searched_tokens(fields, field)?;
            Ok::<_, Error>(FieldTokens::new(tokens))
        });
        tokens.collect::<Result<_, _>>().ok()
    }

    fn keys(&self, index: IndexRef, side: &Side<'_>, tokens: &[FieldTokens]) -> BTreeSet<KeyBytes> {
        match self.plan.index_at(index) {
            Some(plan) => BTreeSet::from([plan.key(self.id, &side.image.values)]),
            None => {
                let tokens = tokens.iter().flat_map(FieldTokens::distinct);
                tokens.map(KeyBytes::of_token).collect()
            }
        }
    }
}

impl Standing<'_, '_> {
    fn readers<'p, Id: Copy + Ord>(
        &self,
        tree: &IntervalTree<Reader<Id>>,
        predicate_of: &impl Fn(Reader<Id>) -> Option<&'p Predicate>,
    ) -> Readers<Id> {
        let mut readers = Readers {
            certain: BTreeSet::new(),
            unknown: BTreeSet::new(),
        };
        let Some(side) = self.side else {
            return readers;
        };
        for key in &self.keys {
            tree.visit(key, &mut |range, reader| match side
                .matters(predicate_of(reader), &self.tokens)
            {
                Matters::Yes => drop(readers.certain.insert((reader, range))),
                Matters::No => {}
                Matters::Unknown => drop(readers.unknown.insert(reader)),
            });
        }
        readers
    }
}

impl<'w> Side<'w> {
    fn new(image: &'w Image) -> Self {
        Self {
            image,
            fields: OnceCell::new(),
        }
    }

    fn fields(&self) -> Option<&Fields<'w>> {
        let parse = || Fields::parse(self.image.document.as_deref()?).ok();
        self.fields.get_or_init(parse).as_ref()
    }

    fn matters(&self, predicate: Option<&Predicate>, tokens: &[FieldTokens]) -> Matters {
        let Some(predicate) = predicate else {
            return Matters::Yes;
        };
        match self.fields().map(|fields| predicate.passes(fields, tokens)) {
            Some(Ok(true)) => Matters::Yes,
            Some(Ok(false)) => Matters::No,
            Some(Err(_)) | None => Matters::Unknown,
        }
    }
}

impl<Id> Reader<Id> {
    fn new(id: Id, interest: Interest) -> Self {
        Self {
            id,
            predicate: interest.predicate,
        }
    }
}
