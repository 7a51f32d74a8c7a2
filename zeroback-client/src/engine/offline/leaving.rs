//! Who comes, and what becomes of what is kept of those who go.

use zeroback_protocol::Outcome;

use super::storing::StoreCall;
use super::{Present, TabsCall, Task, channel_of};
use crate::engine::{Engine, Output, QueryKey};
use crate::error::{client_closed, outcome_unknown};

impl Engine {
    /// Forgets all that is kept of whoever is here.
    pub(in crate::engine) fn wipe_kept(&mut self) {
        let Some(keeper) = &mut self.offline else {
            return;
        };
        keeper.wipes_last = keeper.is_starting && keeper.present.is_none();
        let Some(present) = &keeper.present else {
            return;
        };
        let who = serde_json::to_string(&present.identity).expect("a text is JSON");
        let post = TabsCall::Post(channel_of(&keeper.config), who);
        keeper.outputs.push(Output::Tabs(post));
        keeper.said = None;
        self.wipe_here();
    }

    /// Leaves what is kept for another time.
    pub(in crate::engine) fn close_kept(&mut self) {
        self.write_cache();
        if let Some((_, lock)) = self.leave() {
            self.unlock(lock);
        }
        if let Some(keeper) = &mut self.offline {
            keeper.is_closed = true;
            let leave = TabsCall::Leave(channel_of(&keeper.config));
            keeper.outputs.push(Output::Tabs(leave));
        }
    }

    /// Tells whether it was closed, and nothing is to be written any more.
    pub(crate) fn is_over(&self) -> bool {
        let is_idle = self
            .offline
            .as_ref()
            .is_none_or(|keeper| keeper.storing.is_idle());
        self.is_closed && is_idle
    }

    pub(super) fn enter_who_is_said(&mut self) {
        let Some(keeper) = &self.offline else {
            return;
        };
        let Some(said) = keeper.said.clone().filter(|said| !keeper.is_of(said)) else {
            return;
        };
        self.write_cache();
        if let Some((_, lock)) = self.leave() {
            self.unlock(lock);
        }
        let Some(keeper) = &mut self.offline else {
            return;
        };
        keeper.enter(&mut self.env, said.clone());
        let note = keeper.note_identity(Some(said));
        keeper
            .storing
            .ask(Task::Write, StoreCall::Write(vec![note]));
        // What was taken away is asked for anew.
        self.go_on();
    }

    pub(super) fn wipe_here(&mut self) {
        let Some((identity, lock)) = self.leave() else {
            return;
        };
        if let Some(keeper) = &mut self.offline {
            keeper.clear(identity, lock);
        }
        self.enter_who_is_said();
    }

    /// Takes away what is shown of somebody, asks the server for it anew, and ends what is waited for. Returns who it
    /// was, and their lock.
    fn leave(&mut self) -> Option<(String, u64)> {
        let keeper = self.offline.as_mut()?;
        let Present {
            identity,
            outbox,
            write,
            ..
        } = keeper.present.take()?;
        let leave = TabsCall::Leave(outbox.name.clone());
        keeper.outputs.push(Output::Tabs(leave));
        self.env.cancel(write);
        outbox
            .timers()
            .into_iter()
            .for_each(|timer| self.env.cancel(timer));
        let (kept, unkept) = outbox.left();
        for (id, outcome) in outbox.elsewhere.told {
            self.end_mutation(id, outcome, false);
        }
        for id in kept {
            self.end_mutation(id, Outcome::Error(outcome_unknown()), false);
        }
        for id in unkept {
            self.end_mutation(id, Outcome::Error(client_closed()), false);
        }
        *self.requests.kept_queue() = None;
        let is_lost = |key: &QueryKey| {
            let newest = self.results.newest(key);
            newest.is_none_or(|held| held.shown.is_stale)
        };
        let asked = self.asked.all().map(|query| query.question.key.clone());
        let lost: Vec<_> = asked.filter(is_lost).collect();
        for key in &lost {
            self.results.forget(key);
            self.asked.renew(key);
        }
        self.show(lost);
        Some((identity, outbox.number))
    }

    pub(super) fn unlock(&mut self, lock: u64) {
        if let Some(keeper) = &mut self.offline {
            keeper.outputs.push(Output::Tabs(TabsCall::Unlock(lock)));
        }
    }
}
