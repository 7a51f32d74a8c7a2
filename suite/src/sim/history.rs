//! What has happened to the database: every version of it, and what became of every mutation.

mod intent;
mod jobs;

use std::collections::BTreeMap;

use serde_json::Value;
use suite_fixture_sim::Question;
use zeroback_protocol::QueueId;

use super::model::{Edition, Mutation, Piece, Places, Said, State};
use super::property::{Breach, Property};
use super::store::{By, Changed};
pub(super) use intent::Under;
use intent::{Intent, Record};
use jobs::come;

/// All versions, and all mutations.
#[derive(Debug)]
pub(super) struct History {
    /// By the counter of the version.
    states: Vec<State>,
    /// What each mutation has changed since the last look.
    changes: Vec<(State, State)>,
    /// By their tokens.
    mutations: Vec<Intent>,
    queues: BTreeMap<QueueId, Progress>,
    /// The last mutation that ran under each key, and the one before it.
    keys: BTreeMap<usize, (u64, Option<u64>)>,
    /// For how long what a mutation has come to is known for certain.
    keep_ms: i64,
}

/// How far the server has come in a queue.
#[derive(Clone, Copy, Debug)]
struct Progress {
    /// The first of it that ran.
    first: u64,
    sequence: u64,
    record: Record,
    /// Whether so much time has passed once that its records may be gone.
    may_be_forgotten: bool,
}

impl History {
    pub(super) fn new(keep_ms: i64) -> Self {
        Self {
            states: vec![State::default()],
            changes: Vec::new(),
            mutations: Vec::new(),
            queues: BTreeMap::new(),
            keys: BTreeMap::new(),
            keep_ms,
        }
    }

    /// Notes that a user wants a mutation; returns its token.
    pub(super) fn intend(&mut self, under: Under, mutation: Mutation) -> u64 {
        self.mutations.push(Intent::new(under, mutation));
        self.mutations.len() as u64 - 1
    }

    pub(super) fn last(&self) -> &State {
        self.states.last().expect("it begins with one")
    }

    pub(super) fn counter(&self) -> u64 {
        self.states.len() as u64 - 1
    }

    /// Takes in versions that hold the same pieces.
    pub(super) fn go_on_to(&mut self, counter: u64) {
        while self.counter() < counter {
            self.states.push(self.last().clone());
        }
    }

    /// Takes in an import that was committed.
    pub(super) fn import(
        &mut self,
        (pieces, first): (&[Piece], u64),
        counter: u64,
        by: Edition,
    ) -> Result<(), Breach> {
        let state = self.last().imported(pieces, first, by);
        match state.filter(|_| counter == self.counter() + 1) {
            Some(state) => self.states.push(state),
            None => {
                let text = format!("{pieces:?} were imported, in version {counter}");
                return Err(Breach::new(Property::Atomic, text));
            }
        }
        Ok(())
    }

    /// Notes that pieces are given their ids, which an import will bring in or not.
    pub(super) fn reserve(&mut self, pieces: usize) -> u64 {
        let last = self.states.last_mut().expect("it begins with one");
        last.reserve(pieces)
    }

    /// Takes what has changed since the last call.
    pub(super) fn take_changes(&mut self) -> Vec<(State, State)> {
        std::mem::take(&mut self.changes)
    }

    /// Returns what a query says at a version.
    pub(super) fn answer(
        &self,
        counter: u64,
        question: &Question,
        edition: Edition,
        places: &Places,
    ) -> Result<Said, Breach> {
        let at = usize::try_from(counter).expect("few commits");
        match self.states.get(at) {
            Some(state) => Ok(state.answer(question, edition, places)),
            None => {
                let last = self.counter();
                let text = format!("version {counter} was told, and the last is {last}");
                Err(Breach::new(Property::Durable, text))
            }
        }
    }

    /// Takes in a transaction that the store has committed.
    pub(super) fn commit(
        &mut self,
        runs: &[Changed],
        counter: u64,
        by: Edition,
        now_ms: i64,
    ) -> Result<(), Breach> {
        let mut state = self.last().clone();
        for run in runs {
            let after = match run.by {
                By::Mutation(token) => self.run(token, run, &state, counter, by, now_ms)?,
                By::Job(job) => come(job, run, &state, by, now_ms)?,
            };
            if after != state {
                let before = std::mem::replace(&mut state, after);
                self.changes.push((before, state.clone()));
            }
        }
        let last = self.counter();
        if counter == last + 1 {
            self.states.push(state);
        } else if counter != last || state != *self.last() {
            let text = format!("a commit has led from version {last} to {counter}");
            return Err(Breach::new(Property::Ordered, text));
        }
        Ok(())
    }

    /// Takes in a run of a mutation; returns what the database is after it.
    fn run(
        &mut self,
        token: u64,
        run: &Changed,
        before: &State,
        counter: u64,
        by: Edition,
        now_ms: i64,
    ) -> Result<State, Breach> {
        let intent = &mut self.mutations[at(token)];
        intent.run(token)?;
        intent.was_faulted = run.is_faulted;
        intent.record = Some(Record::new(now_ms));
        let mut state = before.clone();
        let said = state.apply(&intent.mutation, by, now_ms);
        // One that has failed may stand without a savepoint, where there is nothing to undo.
        let is_kept = run.is_kept && (said.is_ok() || run.has_written);
        match (said, is_kept) {
            (Ok(value), true) => intent.made = Some((counter, value)),
            (Err(code), false) => {
                intent.failed = Some(if run.is_faulted { "internal" } else { code });
            }
            (Ok(_), false) if run.is_faulted => {
                intent.failed = Some("internal");
                state = before.clone();
            }
            (Ok(_), false) => {
                let text = format!("mutation {token} was undone");
                return Err(Breach::new(Property::Atomic, text));
            }
            (Err(code), true) => {
                let text = format!("mutation {token} fails with {code}, and was kept");
                return Err(Breach::new(Property::Atomic, text));
            }
        }
        match intent.under {
            Under::Queue(queue, sequence) => self.go_on(token, (queue, sequence), now_ms)?,
            Under::Key(key) => self.take_key(token, key)?,
        }
        Ok(state)
    }

    /// Takes in that a queue's mutation runs, behind all before it.
    fn go_on(
        &mut self,
        token: u64,
        (queue, sequence): (QueueId, u64),
        now_ms: i64,
    ) -> Result<(), Breach> {
        let record = Record::new(now_ms);
        let known = self.queues.entry(queue).or_insert(Progress {
            first: sequence,
            sequence,
            record,
            may_be_forgotten: false,
        });
        known.record = record;
        let last = std::mem::replace(&mut known.sequence, sequence);
        if last > sequence {
            let text =
                format!("mutation {token}, at {sequence} of its queue, is made after {last}");
            return Err(Breach::new(Property::Ordered, text));
        }
        Ok(())
    }

    /// Takes in that a mutation runs under a key, which no other may have while it is recorded.
    fn take_key(&mut self, token: u64, key: usize) -> Result<(), Breach> {
        let before = self.keys.get(&key).map(|(last, _)| *last);
        let Some(before) = before.filter(|before| *before != token) else {
            self.keys.entry(key).or_insert((token, None));
            return Ok(());
        };
        self.keys.insert(key, (token, Some(before)));
        if self.mutations[at(before)].may_be_forgotten() {
            return Ok(());
        }
        let text = format!("mutation {token} is run under the key of mutation {before}");
        Err(Breach::new(Property::Once, text))
    }

    /// Takes in what a user was told of a mutation, in a transition to a version.
    pub(super) fn told(
        &mut self,
        token: u64,
        said: Result<Value, String>,
        counter: u64,
    ) -> Result<(), Breach> {
        let may_be_unknown = self.may_be_unknown(token);
        let is_taken = self.is_key_taken(token);
        let intent = &mut self.mutations[at(token)];
        let breach = |property, text: &str| {
            let text = format!("mutation {token} was answered with {said:?}, and {text}");
            Err(Breach::new(property, text))
        };
        if said.as_ref().is_err_and(|code| code == "key_reused") {
            return match is_taken {
                true => Ok(()),
                false => breach(Property::Once, "no other one has its key"),
            };
        }
        intent.told = Some(said.as_ref().map(|_| ()).map_err(Clone::clone));
        match (&said, &intent.made) {
            (Ok(_), None) => breach(Property::Durable, "it was not made"),
            (Ok(_), Some((at, _))) if *at > counter => {
                breach(Property::Ordered, "its effect is not seen yet")
            }
            (Ok(value), Some((_, made))) if value != made => {
                breach(Property::Once, &format!("it had said {made}"))
            }
            (Ok(_), Some(_)) => Ok(()),
            (Err(code), _) if code == "outcome_unknown" => match may_be_unknown {
                true => Ok(()),
                false => breach(Property::Once, "its queue is known"),
            },
            (Err(_), Some(_)) => breach(Property::Atomic, "it was made"),
            (Err(code), None) if intent.failed == Some(code.as_str()) => Ok(()),
            (Err(_), None) if intent.failed.is_none() => {
                breach(Property::Durable, "no commit has it")
            }
            (Err(_), None) => breach(
                Property::Atomic,
                &format!("it had said {:?}", intent.failed),
            ),
        }
    }

    /// Notes what the clock shows, and what may be forgotten from then on.
    pub(super) fn note_time(&mut self, now_ms: i64) {
        let keep_ms = self.keep_ms;
        let records = self.mutations.iter_mut();
        for record in records.filter_map(|intent| intent.record.as_mut()) {
            record.note_time(now_ms, keep_ms);
        }
        for known in self.queues.values_mut() {
            known.record.note_time(now_ms, keep_ms);
            known.may_be_forgotten |= known.record.may_be_gone();
        }
    }

    /// Tells whether a mutation of a queue may be given up: where its record may be gone, or nothing
    /// of its queue that ran before it is known.
    fn may_be_unknown(&self, token: u64) -> bool {
        let intent = &self.mutations[at(token)];
        let Under::Queue(queue, sequence) = intent.under else {
            return false;
        };
        intent.may_be_forgotten()
            || self.queues.get(&queue).is_none_or(|known| {
                // It may have been given up before anything of its queue ran.
                known.may_be_forgotten || known.first > sequence
            })
    }

    /// Tells whether another mutation has run under a mutation's key. It may have been the one before:
    /// its record may go with the transaction in which it stood in the way.
    fn is_key_taken(&self, token: u64) -> bool {
        match self.mutations[at(token)].under {
            Under::Queue(..) => false,
            Under::Key(key) => self
                .keys
                .get(&key)
                .is_some_and(|(last, before)| *last != token || before.is_some()),
        }
    }
}

fn at(token: u64) -> usize {
    usize::try_from(token).expect("few mutations")
}
