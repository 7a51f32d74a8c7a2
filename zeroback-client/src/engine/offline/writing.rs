//! What each page does with its own mutations: writes them, and hears what they have come to.

use zeroback_protocol::{Call, Outcome, RequestId};

use super::outbox::{Message, Outbox, OutboxTask};
use super::storing::{Change, StoreCall};
use super::{Keeper, TabsCall, Task};
use crate::engine::outputs::Pending;
use crate::engine::{Engine, Output};

impl Engine {
    /// Takes in a mutation, which is held until it may be sent.
    pub(in crate::engine) fn keep_mutation(&mut self, id: RequestId, call: Call) {
        let Some(keeper) = &mut self.offline else {
            return;
        };
        match &mut keeper.present {
            None => keeper.early.push((id, call)),
            Some(present) if present.outbox.is_fallen => {
                present.outbox.unkept.push((id, call));
                self.release_unkept();
            }
            Some(present) => present.outbox.unwritten.push((id, call)),
        }
    }

    /// Does what has come together since the last time, all at once.
    pub(in crate::engine) fn keep_up(&mut self, now_ms: u64) {
        self.at(now_ms);
        self.write_mutations();
        self.tell_outcomes();
        self.remove_answered();
        self.settle_after_showing();
        self.settle_down();
    }

    /// Takes in what a mutation has come to that was kept.
    pub(in crate::engine) fn handle_left(&mut self, id: RequestId, outcome: &Outcome) {
        let Some(outbox) = self.outbox() else {
            return;
        };
        let sender = &mut outbox.sender;
        let name = sender.name_of.get(&id).cloned();
        let call = match &name {
            Some(name) => {
                if !outbox.own.contains_key(name) {
                    sender.untold.push((name.clone(), outcome.clone()));
                }
                sender.answered.add(name.clone());
                sender.drop(name).map(|taken| taken.call)
            }
            None => outbox.released.remove(&id),
        };
        if let Some(name) = name {
            outbox.own.remove(&name);
            self.release_unkept();
        }
        if let (Some(call), Outcome::Error(error)) = (call, outcome) {
            self.notices
                .push_back(Pending::Refused(call, error.clone()));
        }
    }

    /// Takes in what another page says of mutations.
    pub(super) fn hear_of_mutations(&mut self, message: Message) {
        let Some(outbox) = self.outbox() else {
            return;
        };
        match message.kind.as_str() {
            "added" => self.take_entries(&message.names),
            "sending" => {
                let names = message.names.iter();
                let ids = names.filter_map(|name| outbox.elsewhere_id(name)).collect();
                self.handle_sending(ids);
            }
            "outcomes" => {
                let mut told = Vec::new();
                for (name, outcome) in message.outcomes {
                    if let Some(id) = outbox.elsewhere_id(&name)
                        && let Ok(outcome) = Outcome::parse(outcome.get())
                    {
                        outbox.own.remove(&name);
                        told.push((id, outcome));
                    }
                }
                self.release_unkept();
                self.handle_outcomes(told);
            }
            _ => {}
        }
    }

    /// Those of these names are written.
    pub(super) fn handle_written(&mut self, names: &[String], as_sender: bool) {
        let Some(outbox) = self.outbox() else {
            return;
        };
        outbox.is_writing = false;
        if as_sender {
            // If this is the sender only since then, the one before it may have sent them already.
            self.take_own(names);
        } else {
            self.post(&serde_json::json!({ "type": "added", "names": names }));
        }
    }

    /// From now on this page's mutations are in memory only, those of these names too.
    pub(super) fn fall(&mut self, names: &[String]) {
        let Some(outbox) = self.outbox() else {
            return;
        };
        outbox.is_fallen = true;
        outbox.is_writing = false;
        for name in names {
            outbox.unkept.extend(outbox.own.remove(name));
            outbox.sender.drop(name);
        }
        outbox.unkept.append(&mut outbox.unwritten);
        // In the order of their calls.
        outbox.unkept.sort_by_key(|(id, _)| *id);
        self.release_unkept();
    }

    pub(super) fn outbox(&mut self) -> Option<&mut Outbox> {
        let present = self.offline.as_mut()?.present.as_mut()?;
        Some(&mut present.outbox)
    }

    /// Asks for something of mutations.
    pub(super) fn ask_storage(&mut self, task: OutboxTask, call: StoreCall, is_next: bool) {
        let Some(Keeper {
            present: Some(present),
            storing,
            ..
        }) = &mut self.offline
        else {
            return;
        };
        let task = Task::Outbox(present.outbox.number, task);
        match is_next {
            true => storing.ask_next(task, call),
            false => storing.ask(task, call),
        }
    }

    /// Says something to those who use the same queue.
    pub(super) fn post(&mut self, message: &serde_json::Value) {
        if let Some(name) = self.outbox().map(|outbox| outbox.name.clone())
            && let Some(keeper) = &mut self.offline
        {
            let post = TabsCall::Post(name, message.to_string());
            keeper.outputs.push(Output::Tabs(post));
        }
    }

    /// Writes the mutations of this page that are not written yet, all at once.
    fn write_mutations(&mut self) {
        let now_ms = self.env.now_ms;
        let Some(outbox) = self.outbox() else {
            return;
        };
        // What comes next waits until it is known what became of those before: whether they are written, and, where this
        // page sends them, have their places.
        let is_busy = outbox.is_writing || outbox.sender.is_taking;
        if outbox.unwritten.is_empty() || is_busy {
            return;
        }
        let mut names = Vec::new();
        let mut changes: Vec<Change> = Vec::new();
        for (id, call) in std::mem::take(&mut outbox.unwritten) {
            let name = outbox.names.next(now_ms);
            changes.push(outbox.entries.put(&name, &call, None));
            outbox.own.insert(name.clone(), (id, call));
            names.push(name);
        }
        outbox.is_writing = true;
        let written = OutboxTask::Written(names, outbox.sender.is_holder);
        self.ask_storage(written, StoreCall::Write(changes), false);
    }

    /// Those that are kept were made before those that are not.
    fn release_unkept(&mut self) {
        let Some(outbox) = self.outbox().filter(|outbox| outbox.own.is_empty()) else {
            return;
        };
        let unkept = std::mem::take(&mut outbox.unkept);
        for (id, call) in &unkept {
            outbox.released.insert(*id, call.clone());
        }
        for (id, _) in unkept {
            self.requests.release(id, None, false);
        }
    }
}
