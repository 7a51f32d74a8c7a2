//! What the engine does with what is kept.

use super::storing::{StoreCall, StoreId, Stored};
use super::{Keeper, OfflineConfig, Task, channel_of};
use crate::Phase;
use crate::engine::{Engine, QueryKey};

impl Engine {
    /// Has results kept, from the beginning on.
    pub(crate) fn keep_offline(&mut self, now_ms: u64, config: OfflineConfig) {
        self.at(now_ms);
        self.offline = Some(Keeper::begin(&mut self.env, config));
        self.settle_down();
    }

    // --- What the world says. ---

    /// Takes in an answer of the storage.
    pub(crate) fn handle_stored(&mut self, now_ms: u64, id: StoreId, stored: Stored) {
        self.at(now_ms);
        let Some(keeper) = &mut self.offline else {
            return;
        };
        if let Some((task, call)) = keeper.storing.handle(id, stored.is_ok()) {
            if let Err(fault) = &stored {
                keeper.warn(&mut self.env, fault);
            }
            self.take_stored(task, call, stored);
        }
        self.settle_down();
    }

    /// Takes in what another page says.
    pub(crate) fn handle_heard(&mut self, now_ms: u64, channel: &str, text: &str) {
        self.at(now_ms);
        let Some(keeper) = &self.offline else {
            return;
        };
        if channel != channel_of(&keeper.config) {
            let is_own = self.outbox().is_some_and(|outbox| outbox.name == channel);
            if let Some(message) = serde_json::from_str(text).ok().filter(|_| is_own) {
                self.hear_of_mutations(message);
            }
        } else if serde_json::from_str::<String>(text).is_ok_and(|who| keeper.is_of(&who)) {
            self.wipe_here();
        }
        self.settle_down();
    }

    // --- What happens in the engine. ---

    /// Tells whether it is not known yet who is here, or what is kept.
    pub(in crate::engine) fn waits(&self) -> bool {
        let is_loading = self
            .offline
            .as_ref()
            .is_some_and(|keeper| keeper.is_loading);
        self.auth.waits() || is_loading
    }

    /// The server has named whoever is here; nobody has no name.
    pub(in crate::engine) fn name(&mut self, identity: Option<String>) {
        if let Some(keeper) = &mut self.offline {
            keeper.named = identity;
        }
    }

    /// Takes in who is here, as far as that is certain.
    pub(in crate::engine) fn tell_identity(&mut self) {
        let is_certain = self.connection.phase() == Phase::Connected && self.auth.is_answered();
        let Some(keeper) = self.offline.as_mut().filter(|keeper| !keeper.is_closed) else {
            return;
        };
        keeper.said = is_certain.then(|| keeper.named.clone().unwrap_or_default());
        if !is_certain {
            self.handle_elsewhere_doubt();
            return self.handle_sender_doubt();
        }
        self.enter_who_is_said();
        self.handle_elsewhere_ready();
        self.handle_sender_ready();
    }

    /// Shows what is kept of a query of which the server has said nothing.
    pub(in crate::engine) fn show_kept(&mut self, key: &QueryKey) {
        if self.results.newest(key).is_some() {
            return;
        }
        let keeper = self.offline.as_mut();
        if let Some((tag, json)) = keeper.and_then(|keeper| keeper.kept(&mut self.env, key)) {
            self.results.keep(key.clone(), Some(tag), json);
            self.show(vec![key.clone()]);
        }
    }

    /// Notes that other results of these queries are shown.
    pub(in crate::engine) fn keep_shown(&mut self, changed: &[QueryKey]) {
        self.handle_elsewhere_shown();
        let Some(keeper) = self.offline.as_mut().filter(|keeper| keeper.said.is_some()) else {
            return;
        };
        let Some(present) = &mut keeper.present else {
            return;
        };
        for key in changed {
            match self.results.newest(key) {
                Some(held) if !held.shown.is_failure() => match held.tag {
                    Some(tag) => present.cache.put(self.env.now_ms, key, tag),
                    None => present.cache.drop(key),
                },
                _ => present.cache.drop(key),
            }
        }
        keeper.write_later(&mut self.env);
    }

    /// A query is about to end, and its result with it.
    pub(in crate::engine) fn keep_newest(&mut self, key: &QueryKey) {
        if let Some(present) = self
            .offline
            .as_mut()
            .and_then(|keeper| keeper.present.as_mut())
        {
            let newest = self.results.newest(key);
            let newest =
                newest.and_then(|held| Some((held.tag?, held.shown.content.json()?.clone())));
            present.cache.gather(key, newest);
        }
    }

    /// Writes what has changed.
    pub(in crate::engine) fn write_cache(&mut self) {
        let Some(present) = self
            .offline
            .as_mut()
            .and_then(|keeper| keeper.present.as_mut())
        else {
            return;
        };
        self.env.cancel(present.write.take());
        for key in present.cache.ungathered() {
            self.keep_newest(&key);
        }
        let Some(keeper) = &mut self.offline else {
            return;
        };
        let changes = keeper.present.as_mut().map(|present| present.cache.write());
        if let Some(changes) = changes.filter(|changes| !changes.is_empty()) {
            keeper.storing.ask(Task::Write, StoreCall::Write(changes));
        }
    }

    /// The storage is tried again.
    pub(in crate::engine) fn handle_storage_time(&mut self) {
        if let Some(keeper) = &mut self.offline {
            keeper.storing.handle_time();
        }
    }

    /// What is kept has come, or was waited for long enough.
    pub(in crate::engine) fn end_loading(&mut self) {
        let Some(keeper) = &mut self.offline else {
            return;
        };
        self.env.cancel(keeper.patience.take());
        if std::mem::take(&mut keeper.is_loading) && !keeper.is_closed {
            self.go_on();
        }
    }

    // --- Steps of these. ---

    fn take_stored(&mut self, task: Task, call: StoreCall, stored: Stored) {
        let Some(keeper) = &mut self.offline else {
            return;
        };
        match (task, stored) {
            (Task::Identity, stored) => {
                keeper.is_starting = false;
                let last = stored.ok().and_then(|entries| entries.into_iter().next());
                match last.filter(|_| keeper.present.is_none() && !keeper.is_closed) {
                    Some((_, last)) => keeper.enter(&mut self.env, last),
                    None if keeper.present.is_none() => self.end_loading(),
                    None => {}
                }
                if self
                    .offline
                    .as_ref()
                    .is_some_and(|keeper| keeper.wipes_last)
                {
                    self.wipe_kept();
                }
            }
            (Task::Load(entered), Ok(entries)) => {
                if keeper.entered == entered {
                    keeper.take_in(self.env.now_ms, entries);
                    let asked = self.asked.all().map(|query| query.question.key.clone());
                    for key in asked.collect::<Vec<_>>() {
                        self.show_kept(&key);
                    }
                }
                self.end_loading();
            }
            (Task::Load(_), Err(_)) => self.end_loading(),
            (Task::Wipe(identity, lock), Ok(entries)) => {
                let changes = keeper.clearing(&identity, &entries);
                keeper.clear_mutations(identity, lock, changes);
            }
            (Task::WipeMutations(identity, lock, changes), Ok(entries)) => {
                keeper.clear_all(&identity, lock, changes, entries);
            }
            (Task::Wiped(lock), Ok(_)) => self.unlock(lock),
            (task @ (Task::Wipe(..) | Task::WipeMutations(..) | Task::Wiped(_)), Err(_)) => {
                keeper.storing.ask_again(&mut self.env, task, call);
            }
            (Task::Outbox(number, task), stored) => self.take_outbox(number, task, stored),
            (Task::Write, _) => {}
        }
    }
}
