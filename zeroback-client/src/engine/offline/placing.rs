//! What the page that sends does with mutations that it has read: gives them places in the queue, in the storage first.

use serde_json::json;

use super::entries::{Entry, Named};
use super::outbox::{OutboxTask, Taken, removing};
use super::storing::StoreCall;
use crate::engine::Engine;
use crate::engine::requests::Queue;

impl Engine {
    pub(super) fn take_in(&mut self, entries: Vec<Named<Entry>>) {
        let Self {
            offline,
            requests,
            env,
            ..
        } = self;
        let present = offline.as_mut().and_then(|keeper| keeper.present.as_mut());
        let Some(outbox) = present.map(|present| &mut present.outbox) else {
            return;
        };
        let mut placed = Vec::new();
        for (name, Entry { call, sequence }) in entries {
            outbox.names.see(&name);
            let sender = &mut outbox.sender;
            if sender.taken.contains_key(&name) || sender.answered.contains_key(&name) {
                continue;
            }
            let id = match outbox.own.get(&name) {
                Some((id, _)) => *id,
                // Another page has left it: its refusal is reported, and nobody else waits for it.
                None => requests.make_held(env, call.clone(), false, Box::new(|_| {})),
            };
            sender.name_of.insert(id, name.clone());
            if let Some(sequence) = sequence {
                sender.places.insert(name.clone(), sequence);
                placed.push(name.clone());
            }
            sender.taken.insert(name, Taken { call, id, sequence });
        }
        self.acknowledge_kept();
        self.release(&placed, true);
        self.place();
    }

    /// Gives places to those that have none, in the order of their names, in the storage first.
    fn place(&mut self) {
        let now_ms = self.env.now_ms;
        let Some(mut queue) = self.requests.kept_queue().clone() else {
            return;
        };
        let Some(outbox) = self.outbox() else {
            return;
        };
        let fresh = outbox.sender.fresh();
        if !outbox.sender.is_ready || fresh.is_empty() {
            return self.end_taking();
        }
        if queue.next == 1 {
            queue.begun_at_ms = now_ms;
        }
        let mut changes = Vec::new();
        for name in &fresh {
            let taken = outbox.sender.taken.get(name).expect("it is fresh");
            changes.push(outbox.entries.put(name, &taken.call, Some(queue.next)));
            queue.next += 1;
        }
        changes.push(outbox.entries.put_queue(&queue));
        let is_next = !outbox.sender.is_removing;
        self.announce(&fresh);
        let placed = OutboxTask::Placed(fresh, queue);
        self.ask_storage(placed, StoreCall::Write(changes), is_next);
    }

    pub(super) fn handle_placed(&mut self, names: &[String], placed: Queue) {
        let first = placed.next - names.len() as u64;
        let Some(outbox) = self.outbox() else {
            return;
        };
        for (sequence, name) in (first..).zip(names) {
            if let Some(taken) = outbox.sender.taken.get_mut(name) {
                taken.sequence = Some(sequence);
                outbox.sender.places.insert(name.clone(), sequence);
            }
        }
        if let Some(queue) = self.requests.kept_queue() {
            (queue.next, queue.begun_at_ms) = (placed.next, placed.begun_at_ms);
        }
        self.acknowledge_kept();
        self.release(names, false);
        self.end_taking();
    }

    /// Takes this page's own of what can be given no place out of the storage, so that it can be sent from memory.
    pub(super) fn take_back(&mut self) {
        let Some(outbox) = self.outbox() else {
            return;
        };
        let has_no_place = |name: &&String| !outbox.sender.places.contains_key(name);
        let own: Vec<_> = outbox.own.keys().filter(has_no_place).cloned().collect();
        if own.is_empty() {
            return self.take_later();
        }
        let changes = removing(&outbox.entries, &own);
        self.ask_storage(OutboxTask::TakenBack(own), StoreCall::Write(changes), true);
    }

    /// Has those that have places sent.
    pub(super) fn release(&mut self, names: &[String], attempted: bool) {
        let has_queue = self.requests.kept_queue().is_some();
        let Some(outbox) = self
            .outbox()
            .filter(|outbox| has_queue && outbox.sender.is_ready)
        else {
            return;
        };
        let taken = names
            .iter()
            .filter_map(|name| outbox.sender.taken.get(name));
        let taken: Vec<_> = taken.map(|taken| (taken.id, taken.sequence)).collect();
        if attempted {
            self.announce(names);
        }
        for (id, sequence) in taken {
            self.requests.release(id, sequence, attempted);
        }
    }

    /// Tells the pages that have made them that these may be made from now on.
    fn announce(&mut self, names: &[String]) {
        let Some(outbox) = self.outbox() else {
            return;
        };
        let others = names.iter().filter(|name| !outbox.own.contains_key(name));
        let others: Vec<_> = others.cloned().collect();
        if !others.is_empty() {
            self.post(&json!({ "type": "sending", "names": others }));
        }
    }

    pub(super) fn acknowledge_kept(&mut self) {
        let Some(mut queue) = self.requests.kept_queue().take() else {
            return;
        };
        if let Some(outbox) = self.outbox() {
            outbox.sender.acknowledge(&mut queue);
        }
        *self.requests.kept_queue() = Some(queue);
    }
}
