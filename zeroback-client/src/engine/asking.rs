//! What the app wants: live queries, calls, somebody to be, and at last the end.

use zeroback_protocol::{Call, FunctionKind, RawJson, Tag};

use super::content::Shown;
use super::guesses::Guess;
use super::{Engine, Listener, ListenerId, Listening, Pending, QueryKey, Question, Settle};
use crate::ConnectionState;

impl Engine {
    /// Keeps a query live, and calls back when its state has changed.
    pub(crate) fn listen(
        &mut self,
        now_ms: u64,
        question: Question,
        listening: &Listening,
        listener: Listener,
    ) -> ListenerId {
        self.at(now_ms);
        let id = self.next_listener();
        if self.is_closed {
            return id;
        }
        let key = question.key.clone();
        self.show_kept(&key);
        self.asked.listen(&mut self.env, question, id, listener);
        match &listening.from {
            None => self.wants_flush = true,
            Some(from) => {
                self.results.lend(from, &key);
                let changed = vec![key.clone()];
                self.show(changed);
                self.await_also();
            }
        }
        if self.shown(&key).is_some() && !self.versions.contains_key(&key) {
            self.note_change(&key);
        }
        self.settle_down();
        id
    }

    /// Takes a listener away. Without `linger_ms` the query stays for as long as any does, and one that has failed
    /// ends at once: who comes back to it wants to have it tried again.
    pub(crate) fn stop(
        &mut self,
        now_ms: u64,
        key: &QueryKey,
        id: ListenerId,
        linger_ms: Option<u64>,
    ) {
        self.at(now_ms);
        let own_ms = linger_ms.unwrap_or(self.config.linger_ms);
        self.asked.stop(&mut self.env, key, id, own_ms);
        let has_failed = self.results.of(key).is_some_and(Shown::is_failure);
        if linger_ms.is_none() && has_failed {
            self.end_query(key);
        }
        self.settle_down();
    }

    /// Returns what the query shows, and the number of its last change; nothing while it has no result.
    pub(crate) fn shown(&self, key: &QueryKey) -> Option<&Shown> {
        self.guesses.of(&self.results, key)
    }

    /// Returns the number of the last change of what the query shows; 0 where there was none.
    pub(crate) fn version(&self, key: &QueryKey) -> u64 {
        self.versions.get(key).copied().unwrap_or(0)
    }

    /// Takes in what is known from elsewhere of a query, unless the server has said more.
    pub(crate) fn keep(&mut self, now_ms: u64, key: &QueryKey, tag: Option<Tag>, value: RawJson) {
        self.at(now_ms);
        if !self.is_closed && self.results.keep(key.clone(), tag, value) {
            self.show(vec![key.clone()]);
        }
        self.settle_down();
    }

    /// Returns the newest result of a query that the server has said something of, with its tag.
    pub(crate) fn held(&self, key: &QueryKey) -> Option<(Option<Tag>, RawJson)> {
        let held = self.results.newest(key)?;
        Some((held.tag, held.shown.content.json()?.clone()))
    }

    /// Makes a call; what is guessed of it is shown at once.
    pub(crate) fn request(
        &mut self,
        now_ms: u64,
        kind: FunctionKind,
        call: Call,
        guess: Option<Guess>,
        settle: Settle,
    ) {
        self.at(now_ms);
        let is_over = self.is_closed || self.refusal.is_some();
        let guess = guess.filter(|_| !is_over);
        let is_guessed = guess.is_some();
        if let Some(guess) = guess {
            // First, since it may panic.
            let id = self.requests.next_id();
            let (env, guesses) = (&mut self.env, &mut self.guesses);
            let changed = guesses.add(env, &self.asked, &self.results, id, guess);
            self.notify(&changed);
        }
        self.make(kind, call, is_guessed, settle);
        if is_over {
            self.requests.close(&mut self.env, self.refusal.as_ref());
        } else {
            self.wants_flush = true;
        }
        self.settle_down();
    }

    fn make(&mut self, kind: FunctionKind, call: Call, is_guessed: bool, settle: Settle) {
        let Self { requests, env, .. } = self;
        #[cfg(feature = "offline")]
        if kind == FunctionKind::Mutation
            && self.refusal.is_none()
            && let Some(keeper) = &self.offline
            && !keeper.is_closed()
        {
            let id = requests.make_held(env, call.clone(), is_guessed, settle);
            return self.keep_mutation(id, call);
        }
        requests.make(env, kind, call, is_guessed, settle);
    }

    /// There is another source of tokens.
    pub(crate) fn set_auth(&mut self, now_ms: u64) {
        self.at(now_ms);
        if !self.is_closed {
            let steps = self.auth.set(&mut self.env);
            self.tell_identity();
            self.take_steps(steps);
        }
        self.settle_down();
    }

    /// Nobody is signed in from now on.
    pub(crate) fn clear_auth(&mut self, now_ms: u64) {
        self.at(now_ms);
        if !self.is_closed {
            self.wipe_kept();
            let steps = self.auth.clear(&mut self.env);
            self.tell_identity();
            self.take_steps(steps);
        }
        self.settle_down();
    }

    /// Connects anew, at once.
    pub(crate) fn reconnect(&mut self, now_ms: u64) {
        self.at(now_ms);
        if !self.is_closed && self.refusal.is_none() {
            self.connection.renew(&mut self.env);
            self.handle_drop();
        }
        self.settle_down();
    }

    /// Calls back when the state of the connection has changed.
    pub(crate) fn watch_connection(&mut self, listener: Listener) -> ListenerId {
        let id = self.next_listener();
        self.connection_listeners.insert(id, listener);
        id
    }

    pub(crate) fn unwatch_connection(&mut self, id: ListenerId) {
        self.connection_listeners.remove(&id);
    }

    pub(crate) fn connection_state(&self) -> ConnectionState {
        ConnectionState {
            phase: self.connection.phase(),
            has_ever_connected: self.connection.has_ever_connected(),
            inflight_mutations: self.requests.mutations(),
            next_retry_at_ms: self.connection.next_retry_at_ms(),
            is_authenticated: self.auth.is_authenticated(),
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Ends it for good.
    pub(crate) fn close(&mut self, now_ms: u64) {
        self.at(now_ms);
        if std::mem::replace(&mut self.is_closed, true) {
            return;
        }
        self.close_kept();
        self.auth.handle_drop(&mut self.env);
        // Once more, so that whoever waits for a change waits no longer.
        let listeners = self.asked.all().flat_map(|query| query.listeners.values());
        let listeners = listeners.cloned().map(Pending::Listener);
        self.notices.extend(listeners);
        self.asked.clear(&mut self.env);
        self.connection.close(&mut self.env);
        self.settle();
        self.requests.close(&mut self.env, None);
        self.results.clear();
        self.guesses.clear();
        self.settle_down();
    }
}
