//! Which queries may be run: those that are new to the engine, and those that could have changed.

use std::collections::{BTreeMap, BTreeSet};

use suite_fixture_sim::Question;
use zeroback_protocol::{Call, ClientMessage, QueryId};

use super::calls;
use super::model::{Places, State};
use super::property::{Breach, Property};
use super::server::LinkId;

/// How often which query may be run.
#[derive(Debug)]
pub(super) struct Runs {
    known: BTreeMap<Question, Known>,
    subscribers: BTreeMap<(String, String), BTreeSet<(LinkId, QueryId)>>,
    /// Runs that somebody has asked for, by path and arguments.
    asked: BTreeMap<(String, String), u32>,
    /// Those that the store has failed.
    faulted: BTreeSet<Question>,
    /// Whether runs are counted: where results are forgotten for want of room, there are more.
    are_counted: bool,
}

/// What is known of a query that this engine has run.
#[derive(Debug, Default)]
struct Known {
    /// Whether it could have changed since.
    is_stale: bool,
}

impl Runs {
    pub(super) fn new(are_counted: bool) -> Self {
        Self {
            known: BTreeMap::new(),
            subscribers: BTreeMap::new(),
            asked: BTreeMap::new(),
            faulted: BTreeSet::new(),
            are_counted,
        }
    }

    /// Notes a frame that has reached the server.
    pub(super) fn note_frame(
        &mut self,
        link: LinkId,
        frame: &str,
        is_served: impl Fn(LinkId) -> bool,
    ) {
        match ClientMessage::parse(frame) {
            Ok(ClientMessage::Query { call, .. }) => *self.asked.entry(key(call)).or_default() += 1,
            Ok(ClientMessage::QuerySet { add, remove, .. }) => {
                for subscribers in self.subscribers.values_mut() {
                    subscribers
                        .retain(|(of, id)| is_served(*of) && !(*of == link && remove.contains(id)));
                }
                for query in add {
                    let key = key(query.call);
                    let subscribers = self.subscribers.entry(key.clone()).or_default();
                    if subscribers.is_empty() {
                        // The engine may have forgotten it.
                        *self.asked.entry(key).or_default() += 1;
                    }
                    subscribers.insert((link, query.query_id));
                }
            }
            _ => {}
        }
    }

    /// Notes a query that was asked over HTTP.
    pub(super) fn note_call(&mut self, question: &Question) {
        let asked = self.asked.entry(key(calls::question(question)));
        *asked.or_default() += 1;
    }

    /// Notes a change that was committed.
    pub(super) fn note_change(&mut self, before: &State, after: &State, places: &Places) {
        for (question, known) in &mut self.known {
            known.is_stale |= State::could_change(before, after, question, places);
        }
    }

    /// Notes that the engine is another one, which knows nothing.
    pub(super) fn forget(&mut self) {
        self.known.clear();
    }

    /// Notes a run.
    pub(super) fn note_run(&mut self, question: Question, is_faulted: bool) -> Result<(), Breach> {
        if is_faulted {
            self.known.remove(&question);
            self.faulted.insert(question);
            return Ok(());
        }
        let Some(known) = self.known.get_mut(&question) else {
            self.known.insert(question, Known::default());
            return Ok(());
        };
        if std::mem::take(&mut known.is_stale) || !self.are_counted {
            return Ok(());
        }
        if let Some(asked) = self.asked.get_mut(&key(calls::question(&question)))
            && *asked > 0
        {
            *asked -= 1;
            return Ok(());
        }
        let text = format!("{question:?} is run, and cannot have changed");
        Err(Breach::new(Property::Sound, text))
    }

    /// Tells whether the store has ever failed a run of a query.
    pub(super) fn was_faulted(&self, question: &Question) -> bool {
        self.faulted.contains(question)
    }
}

fn key(call: Call) -> (String, String) {
    (call.path, call.args.as_str().to_owned())
}
