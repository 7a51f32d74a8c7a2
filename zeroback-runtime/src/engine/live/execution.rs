//! One execution: what is known of its result, and who holds what of it.

use std::collections::{BTreeMap, BTreeSet};

use zeroback_protocol::{EncodedUpdate, Outcome, QueryId, QueryResult, RawJson, Tag};

use super::by_age::Stamp;
use super::recent::RecentDeltas;
use crate::engine::delta::diff;
use crate::engine::outbox::ConnectionId;
use crate::engine::read_set::ReadSet;
use crate::engine::viewer::Viewer;

/// What an execution takes that has next to no arguments and reads little.
const UPKEEP_BYTES: usize = 1_024;

/// A query of a connection.
pub(in crate::engine) type Subscriber = (ConnectionId, QueryId);

/// What a subscriber has of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Held {
    /// Nothing, or nothing that could be built on.
    Nothing,
    /// The result with this tag.
    Result(Tag),
    /// Whatever the result was when the object fell asleep.
    AsOfSleep,
}

/// One function with one set of arguments, run for all who subscribe to it.
#[derive(Debug)]
pub(in crate::engine) struct Execution {
    pub(in crate::engine) path: &'static str,
    pub(in crate::engine) args: String,
    /// As whom it runs, and for whom alone it is; nothing where it has not asked, and is for all.
    pub(in crate::engine) viewer: Option<Viewer>,
    pub(super) subscribers: BTreeMap<Subscriber, Held>,
    /// Those of them who are told nothing, until it is known who they are.
    pub(super) suspended: BTreeSet<Subscriber>,
    /// Those who have not been told the result yet.
    pub(super) newcomers: BTreeSet<Subscriber>,
    pub(super) result: Option<Known>,
    /// Whether the result is that of the current version.
    pub(super) fresh: bool,
    pub(super) read_set: ReadSet,
    pub(super) recent: RecentDeltas,
    /// When it was last used: those longest ago are the first to be forgotten.
    pub(super) stamp: Stamp,
    /// Until when it is kept without subscribers.
    pub(super) kept_until: Option<i64>,
    /// Whether it has not run since the object woke: then its result is still that of before.
    pub(super) asleep: bool,
}

/// What is known of a result.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) tag: Tag,
    /// Nothing where it was forgotten for want of room.
    pub(super) outcome: Option<Outcome>,
}

impl Execution {
    pub(super) fn new(path: &'static str, args: String, viewer: Option<Viewer>) -> Self {
        Self {
            path,
            args,
            viewer,
            subscribers: BTreeMap::new(),
            suspended: BTreeSet::new(),
            newcomers: BTreeSet::new(),
            result: None,
            fresh: false,
            read_set: ReadSet::default(),
            recent: RecentDeltas::default(),
            stamp: Stamp::default(),
            kept_until: None,
            asleep: false,
        }
    }

    /// Returns all who subscribe to it.
    pub(in crate::engine) fn subscribers(&self) -> impl Iterator<Item = &Subscriber> {
        self.subscribers.keys()
    }

    /// Tells whether anybody is told what it comes to.
    pub(super) fn is_wanted(&self) -> bool {
        self.subscribers.len() > self.suspended.len()
    }

    /// Tells whether more than one subscribe to it.
    pub(in crate::engine) fn is_shared(&self) -> bool {
        self.subscribers.len() > 1
    }

    /// Tells whether the result of the current version is at hand.
    /// Tells whether it has come to anything yet.
    pub(in crate::engine) fn has_run(&self) -> bool {
        self.result.is_some()
    }

    pub(in crate::engine) fn has_fresh_result(&self) -> bool {
        self.fresh && self.outcome().is_some()
    }

    pub(in crate::engine) fn outcome(&self) -> Option<&Outcome> {
        self.result.as_ref()?.outcome.as_ref()
    }

    /// Returns how many bytes are kept of its results.
    pub(super) fn bytes(&self) -> usize {
        self.whole_bytes() + self.recent.bytes()
    }

    /// Returns about how many bytes it takes beside its results: its arguments are there twice, and
    /// mostly in its read set again.
    pub(super) fn upkeep_bytes(&self) -> usize {
        UPKEEP_BYTES + 4 * self.args.len()
    }

    /// Takes in a result; returns whether it is another one than before.
    pub(super) fn take_result(
        &mut self,
        tag: Tag,
        outcome: Outcome,
        delta_bytes_max: usize,
    ) -> bool {
        self.fresh = true;
        if std::mem::take(&mut self.asleep) {
            for held in self.subscribers.values_mut() {
                if *held == Held::AsOfSleep {
                    *held = Held::Result(tag);
                }
            }
        }
        let before = self.result.replace(Known {
            tag,
            outcome: Some(outcome),
        });
        let Some(before) = before else {
            return true;
        };
        if before.tag == tag {
            return false;
        }
        match delta_between(before.outcome.as_ref(), self.outcome()) {
            Some(delta) => self.recent.push(before.tag, delta, delta_bytes_max),
            None => self.recent.clear(),
        }
        true
    }

    /// Lets go of the result's text; its tag still tells whether another one is the same.
    pub(super) fn forget_outcome(&mut self) {
        if let Some(known) = &mut self.result {
            known.outcome = None;
        }
        self.recent.clear();
    }

    /// Returns which result its subscriber holds, where it is not the present one.
    pub(in crate::engine) fn behind(&self, subscriber: Subscriber) -> Option<Option<Tag>> {
        let tag = self.result.as_ref()?.tag;
        match self.subscribers.get(&subscriber)? {
            Held::Result(held) if *held == tag => None,
            Held::Result(held) => Some(Some(*held)),
            Held::Nothing | Held::AsOfSleep => Some(None),
        }
    }

    /// Returns about how many bytes it takes to tell a subscriber the present result.
    pub(in crate::engine) fn bytes_to_tell(&self, subscriber: Subscriber) -> usize {
        match self.behind(subscriber) {
            None => 0,
            Some(Some(held)) if self.recent.leads_from(held) => {
                self.recent.bytes().min(self.whole_bytes())
            }
            Some(_) => self.whole_bytes(),
        }
    }

    fn whole_bytes(&self) -> usize {
        self.outcome().map_or(0, value_bytes)
    }

    /// Encodes the present result for whoever holds another one.
    pub(in crate::engine) fn update_from(&self, held: Option<Tag>) -> Option<EncodedUpdate> {
        let known = self.result.as_ref()?;
        let outcome = known.outcome.as_ref()?;
        let deltas = held.and_then(|base| Some((base, self.recent.since(base)?)));
        if let Some((base, deltas)) = deltas {
            let bytes: usize = deltas.iter().map(|delta| delta.as_str().len()).sum();
            if bytes < value_bytes(outcome) {
                let tag = known.tag;
                return Some(EncodedUpdate::new(&QueryResult::Deltas {
                    base,
                    tag,
                    deltas,
                }));
            }
        }
        Some(EncodedUpdate::new(&QueryResult::Whole {
            tag: Some(known.tag),
            outcome: outcome.clone(),
        }))
    }
}

fn delta_between(old: Option<&Outcome>, new: Option<&Outcome>) -> Option<RawJson> {
    match (old?, new?) {
        (Outcome::Success(old), Outcome::Success(new)) => {
            diff(old.as_str(), new.as_str()).map(RawJson::from_encoded)
        }
        _ => None,
    }
}

fn value_bytes(outcome: &Outcome) -> usize {
    match outcome {
        Outcome::Success(value) => value.as_str().len(),
        Outcome::Error(error) => {
            error.message.len() + error.data.as_ref().map_or(0, |data| data.as_str().len())
        }
    }
}
