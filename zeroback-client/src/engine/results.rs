//! What the server said: the latest result of every live query with its tag, and of those what is shown,
//! all of one version. Results stay when the connection drops, until newer ones come.

use std::borrow::Cow;

use zeroback_protocol::{Outcome, QueryResult, RawJson, Tag, Version, WireError, changed_by_delta};

use super::QueryKey;
use super::content::{Content, Shown};
use super::sorted::{SortedMap, SortedSet};

/// A result and its name.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) tag: Option<Tag>,
    pub(crate) shown: Shown,
}

/// Order of calls: `move_to` and `take` for what a transition has; `show` when all of one version is there.
#[derive(Default)]
pub(crate) struct Results {
    /// The newest of each query, which a delta and the next connection begin from.
    held: SortedMap<QueryKey, Held>,
    shown: SortedMap<QueryKey, Held>,
    /// What is known from elsewhere of queries of which the server has said nothing.
    kept: SortedMap<QueryKey, Held>,
    /// The queries of which something was taken in since the last `show`.
    fresh: SortedSet<QueryKey>,
    /// What the queries show of which nothing is known.
    otherwise: Option<Shown>,
    version: Option<Version>,
}

impl Results {
    /// Returns what the query shows; nothing while it has no result.
    pub(crate) fn of(&self, key: &QueryKey) -> Option<&Shown> {
        let known = self.shown.get(key).or_else(|| self.kept.get(key));
        known.map(|held| &held.shown).or(self.otherwise.as_ref())
    }

    /// Returns the newest result of the query, whether it is shown or not.
    pub(crate) fn newest(&self, key: &QueryKey) -> Option<&Held> {
        self.held.get(key).or_else(|| self.kept.get(key))
    }

    /// Takes in what is known from elsewhere, unless the server has said more.
    pub(crate) fn keep(&mut self, key: QueryKey, tag: Option<Tag>, value: RawJson) -> bool {
        if self.held.contains_key(&key) {
            return false;
        }
        let mut shown = Shown::new(Content::result(value));
        shown.is_stale = true;
        self.kept.insert(key, Held { tag, shown });
        true
    }

    /// Tells whether there is something from elsewhere that the server has said nothing of.
    pub(crate) fn has_kept(&self) -> bool {
        !self.kept.is_empty()
    }

    /// Takes in that what is kept of a query is what the server has. Returns whether it was not known.
    pub(crate) fn confirm(&mut self, key: &QueryKey) -> bool {
        let Some(mut held) = self.kept.remove(key) else {
            return false;
        };
        if self.held.contains_key(key) {
            return false;
        }
        held.shown.is_stale = false;
        self.held.insert(key.clone(), held);
        self.fresh.add(key.clone());
        true
    }

    /// Takes in an update without showing it. Returns whether it belongs to the result that is held; if it
    /// does not, that one is given up, and the whole is needed.
    pub(crate) fn take(&mut self, key: &QueryKey, update: QueryResult) -> bool {
        let taken = match update {
            QueryResult::Whole { tag, outcome } => {
                let shown = Shown::new(content_of(outcome));
                self.hold(key, Held { tag, shown });
                true
            }
            QueryResult::Deltas { base, tag, deltas } => self.take_deltas(key, base, tag, &deltas),
        };
        if !taken {
            self.held.remove(key);
            if let Some(kept) = self.kept.get_mut(key) {
                kept.tag = None;
            }
        }
        taken
    }

    fn take_deltas(&mut self, key: &QueryKey, base: Tag, tag: Tag, deltas: &[RawJson]) -> bool {
        let held = self.newest(key).filter(|held| held.tag == Some(base));
        let Some(json) = held.and_then(|held| held.shown.content.json()) else {
            return false;
        };
        let mut changed = Cow::Borrowed(json.as_str());
        for delta in deltas {
            match changed_by_delta(&changed, delta.as_str()) {
                Ok(next) => changed = next.into(),
                Err(_) => return false,
            }
        }
        let json = RawJson::from_encoded(changed);
        let shown = Shown::new(Content::result(json));
        let tag = Some(tag);
        self.hold(key, Held { tag, shown });
        true
    }

    fn hold(&mut self, key: &QueryKey, held: Held) {
        self.held.insert(key.clone(), held);
        self.fresh.add(key.clone());
    }

    /// Takes in an error of the client's own, in the place of a result.
    pub(crate) fn fail(&mut self, key: &QueryKey, error: WireError) {
        let outcome = Outcome::Error(error);
        self.take(key, QueryResult::Whole { tag: None, outcome });
    }

    /// Lets a query of which nothing is known begin with what is shown of another one, and with its tag.
    pub(crate) fn lend(&mut self, from: &QueryKey, to: &QueryKey) {
        if self.held.contains_key(to) {
            return;
        }
        if let Some(shown) = self.shown.get(from).cloned() {
            self.held.insert(to.clone(), shown.clone());
            self.shown.insert(to.clone(), shown);
        } else if let Some(kept) = self.kept.get(from).cloned() {
            // It is stale until the server has said that it has it.
            self.kept.insert(to.clone(), kept);
        }
    }

    /// Shows all that was taken in. Returns the queries that show something else now.
    pub(crate) fn show(&mut self) -> Vec<QueryKey> {
        let mut changed = Vec::new();
        for key in std::mem::take(&mut self.fresh).into_keys() {
            let Some(held) = self.held.get(&key) else {
                continue;
            };
            let shown = self.shown.get(&key);
            let is_same = shown.is_some_and(|shown| {
                shown.tag.is_some() && shown.tag == held.tag && !shown.shown.is_stale
            });
            match shown.cloned().filter(|_| is_same) {
                // What went and came back unseen has not changed.
                Some(shown) => {
                    self.held.insert(key, shown);
                }
                None => {
                    self.shown.insert(key.clone(), held.clone());
                    self.kept.remove(&key);
                    changed.push(key);
                }
            }
        }
        changed
    }

    /// Gives all queries, also those to come, the same error.
    pub(crate) fn fail_all(&mut self, error: WireError) {
        self.clear();
        self.otherwise = Some(Shown::new(Content::failure(error)));
    }

    pub(crate) fn forget(&mut self, key: &QueryKey) {
        self.held.remove(key);
        self.shown.remove(key);
        self.kept.remove(key);
        self.fresh.remove(key);
    }

    /// Moves to the version of a transition.
    ///
    /// # Errors
    ///
    /// Fails where it lies before the present one.
    pub(crate) fn move_to(&mut self, version: Version) -> Result<(), String> {
        if let Some(present) = self.version
            && present.epoch == version.epoch
            && version.counter < present.counter
        {
            return Err(format!("version: {version:?} is before {present:?}"));
        }
        self.version = Some(version);
        Ok(())
    }

    /// The next connection may lead to a server that is not as far yet.
    pub(crate) fn handle_drop(&mut self) {
        self.version = None;
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

fn content_of(outcome: Outcome) -> Content {
    match outcome {
        Outcome::Success(value) => Content::result(value),
        Outcome::Error(error) => Content::failure(error),
    }
}
