//! What has happened to the database: every version of it, and what became of every mutation.

use std::collections::BTreeMap;

use serde_json::Value;
use suite_fixture_sim::Question;
use zeroback_protocol::QueueId;

use super::model::{Mutation, Places, Said, State};
use super::property::{Breach, Property};
use super::store::Changed;

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
}

/// A mutation that a user wanted.
#[derive(Debug)]
struct Intent {
    queue: QueueId,
    sequence: u64,
    mutation: Mutation,
    /// The version that has it, and what it said.
    made: Option<(u64, Value)>,
    /// What it failed with.
    failed: Option<&'static str>,
    /// Whether it was the store that failed, after which it may be run again.
    was_faulted: bool,
    /// What its user was told in the end: the code of an error, or that it was made.
    told: Option<Result<(), String>>,
}

/// How far the server has come in a queue.
#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    /// The first of it that ran.
    first: Option<u64>,
    sequence: u64,
    /// Whether so much time has passed once that its records may be gone.
    may_be_forgotten: bool,
}

impl History {
    pub(super) fn new() -> Self {
        Self {
            states: vec![State::default()],
            changes: Vec::new(),
            mutations: Vec::new(),
            queues: BTreeMap::new(),
        }
    }

    /// Notes that a user wants a mutation; returns its token.
    pub(super) fn intend(&mut self, queue: QueueId, sequence: u64, mutation: Mutation) -> u64 {
        self.mutations.push(Intent {
            queue,
            sequence,
            mutation,
            made: None,
            failed: None,
            was_faulted: false,
            told: None,
        });
        self.mutations.len() as u64 - 1
    }

    pub(super) fn last(&self) -> &State {
        self.states.last().expect("it begins with one")
    }

    pub(super) fn counter(&self) -> u64 {
        self.states.len() as u64 - 1
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
        places: &Places,
    ) -> Result<Said, Breach> {
        let at = usize::try_from(counter).expect("few commits");
        match self.states.get(at) {
            Some(state) => Ok(state.answer(question, places)),
            None => {
                let last = self.counter();
                let text = format!("version {counter} was told, and the last is {last}");
                Err(Breach::new(Property::Durable, text))
            }
        }
    }

    /// Takes in a transaction that the store has committed.
    pub(super) fn commit(&mut self, runs: &[Changed], counter: u64) -> Result<(), Breach> {
        let mut state = self.last().clone();
        for run in runs {
            let after = self.run(run, &state, counter)?;
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
    fn run(&mut self, run: &Changed, before: &State, counter: u64) -> Result<State, Breach> {
        let token = run.token;
        let intent = &mut self.mutations[usize::try_from(token).expect("few mutations")];
        intent.check_may_run(token)?;
        intent.was_faulted = run.is_faulted;
        let mut state = before.clone();
        let said = state.apply(&intent.mutation);
        match (said, run.is_kept) {
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
        let (queue, sequence) = (intent.queue, intent.sequence);
        let known = self.queues.entry(queue).or_default();
        known.first.get_or_insert(sequence);
        let last = std::mem::replace(&mut known.sequence, sequence);
        if last > sequence {
            let text =
                format!("mutation {token}, at {sequence} of its queue, is made after {last}");
            return Err(Breach::new(Property::Ordered, text));
        }
        Ok(state)
    }

    /// Takes in what a user was told of a mutation, in a transition to a version.
    pub(super) fn told(
        &mut self,
        token: u64,
        said: Result<Value, String>,
        counter: u64,
    ) -> Result<(), Breach> {
        let progress = self.progress_of(token);
        let intent = &mut self.mutations[usize::try_from(token).expect("few mutations")];
        intent.told = Some(said.as_ref().map(|_| ()).map_err(Clone::clone));
        let breach = |property, text: &str| {
            let text = format!("mutation {token} was answered with {said:?}, and {text}");
            Err(Breach::new(property, text))
        };
        match (&said, &intent.made) {
            (Ok(_), None) => breach(Property::Durable, "it was not made"),
            (Ok(_), Some((at, _))) if *at > counter => {
                breach(Property::Ordered, "its effect is not seen yet")
            }
            (Ok(value), Some((_, made))) if value != made => {
                breach(Property::Once, &format!("it had said {made}"))
            }
            (Ok(_), Some(_)) => Ok(()),
            // It may have been given up before anything of its queue ran.
            (Err(code), _) if code == "outcome_unknown" => match progress {
                Some(known)
                    if !known.may_be_forgotten
                        && known.first.is_some_and(|first| first <= intent.sequence) =>
                {
                    breach(Property::Once, "its queue is known")
                }
                _ => Ok(()),
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

    /// Notes that so much time passes that records may be forgotten.
    pub(super) fn lapse(&mut self) {
        for known in self.queues.values_mut() {
            known.may_be_forgotten = true;
        }
    }

    fn progress_of(&self, token: u64) -> Option<Progress> {
        let intent = &self.mutations[usize::try_from(token).expect("few mutations")];
        self.queues.get(&intent.queue).copied()
    }
}

impl Intent {
    fn check_may_run(&self, token: u64) -> Result<(), Breach> {
        let text = match (&self.made, &self.told) {
            (Some((counter, _)), _) => format!("it was made in version {counter}"),
            (None, Some(Err(code))) => format!("its user was told {code}"),
            (None, None) if self.failed.is_some() && !self.was_faulted => {
                format!("it has failed with {:?}", self.failed)
            }
            _ => return Ok(()),
        };
        let text = format!("mutation {token} is run, and {text}");
        Err(Breach::new(Property::Once, text))
    }
}
