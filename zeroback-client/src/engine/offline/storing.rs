//! What is asked of the storage, one thing after another: so what was asked later is never overtaken.

use std::collections::VecDeque;

use crate::engine::env::{Due, Env, TimerId};
use crate::engine::{Backoff, Output};

/// When a storage that has failed is tried again.
pub(super) const BACKOFF: Backoff = Backoff {
    base_ms: 250,
    max_ms: 15_000,
};

/// Sets the text of a key, or without one takes the key away.
pub(crate) type Change = (String, Option<String>);

/// Names what was asked of the storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StoreId(pub(crate) u64);

/// What is asked of the storage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StoreCall {
    /// Return all entries whose keys begin so.
    Read(String),
    /// Make all of the changes or none of them.
    Write(Vec<Change>),
}

/// What the storage has answered: entries, which a write has none of.
pub(crate) type Stored = Result<Vec<(String, String)>, String>;

/// What is asked, and what for: `T` is taken back with the answer.
pub(crate) struct Storing<T> {
    waiting: VecDeque<(T, StoreCall)>,
    running: Option<StoreId>,
    last: u64,
    retries: u32,
    retry: Option<TimerId>,
    outputs: Vec<Output>,
}

impl<T> Storing<T> {
    pub(crate) fn new() -> Self {
        Self {
            waiting: VecDeque::new(),
            running: None,
            last: 0,
            retries: 0,
            retry: None,
            outputs: Vec::new(),
        }
    }

    /// Asks for something, behind all that was asked before.
    pub(crate) fn ask(&mut self, what_for: T, call: StoreCall) {
        self.waiting.push_back((what_for, call));
    }

    /// Asks for something before all else that is to be asked: in the moment in which an answer was taken in.
    pub(crate) fn ask_next(&mut self, what_for: T, call: StoreCall) {
        debug_assert!(self.running.is_none(), "what is asked has its place");
        self.waiting.push_front((what_for, call));
    }

    /// Asks the same again after a while, before all else.
    pub(crate) fn ask_again(&mut self, env: &mut Env, what_for: T, call: StoreCall) {
        self.ask_next(what_for, call);
        let delay_ms = BACKOFF.delay_ms(self.retries, env);
        self.retries += 1;
        self.retry = Some(env.set(delay_ms, Due::Storage));
    }

    /// The wait is over.
    pub(crate) fn handle_time(&mut self) {
        self.retry = None;
    }

    /// Takes in an answer. Returns what it is for; nothing of one that nobody waits for.
    pub(crate) fn handle(&mut self, id: StoreId, is_done: bool) -> Option<(T, StoreCall)> {
        self.running.take_if(|running| *running == id)?;
        if is_done {
            self.retries = 0;
        }
        self.waiting.pop_front()
    }

    /// Tells whether nothing is asked.
    pub(crate) fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    fn go_on(&mut self) {
        if self.running.is_some() || self.retry.is_some() {
            return;
        }
        if let Some((_, call)) = self.waiting.front() {
            self.last += 1;
            let id = StoreId(self.last);
            self.running = Some(id);
            self.outputs.push(Output::Store(id, call.clone()));
        }
    }

    /// Returns what is to be done outside, once it is decided what comes next.
    pub(crate) fn take_outputs(&mut self) -> Vec<Output> {
        self.go_on();
        std::mem::take(&mut self.outputs)
    }
}
