//! What one page does for all: takes the mutations of all pages out of the storage, gives them places in the queue, in
//! their order, sends them, and takes them away when they are answered.

use serde_json::{Value, json};
use zeroback_protocol::Outcome;

use super::entries::{Entry, queue_of};
use super::outbox::{OutboxTask, removing};
use super::storing::{BACKOFF, StoreCall, Stored};
use crate::engine::Engine;
use crate::engine::env::Due;
use crate::engine::requests::Queue;

/// How often the page that sends looks for what nobody has told it of.
const LOOK_EVERY_MS: u64 = 30_000;

impl Engine {
    /// This page is the one that sends.
    pub(crate) fn handle_lock(&mut self, now_ms: u64, number: u64) {
        self.at(now_ms);
        if let Some(outbox) = self.outbox().filter(|outbox| outbox.number == number) {
            outbox.sender.is_holder = true;
            self.look();
        }
        self.settle_down();
    }

    /// Sends what there is, now and then: a page may end between writing and saying so.
    pub(in crate::engine) fn look(&mut self) {
        self.take_entries(&[]);
        let look = self.env.set(LOOK_EVERY_MS, Due::Look);
        if let Some(outbox) = self.outbox() {
            outbox.sender.look = Some(look);
        }
    }

    /// The storage is asked again for mutations.
    pub(in crate::engine) fn handle_outbox_retry(&mut self) {
        if let Some(outbox) = self.outbox() {
            outbox.sender.retry = None;
            outbox.sender.is_removing = false;
            self.take_entries(&[]);
        }
    }

    /// It is known who is here: what has its place may be sent, and what has none gets one.
    pub(super) fn handle_sender_ready(&mut self) {
        let Some(outbox) = self.outbox() else {
            return;
        };
        outbox.sender.is_ready = true;
        let placed = outbox.sender.placed();
        self.release(&placed, true);
        self.take_entries(&[]);
    }

    /// Nothing more is sent until it is known again who is here.
    pub(super) fn handle_sender_doubt(&mut self) {
        let Some(outbox) = self.outbox() else {
            return;
        };
        outbox.sender.is_ready = false;
        let ids: Vec<_> = outbox.sender.name_of.keys().copied().collect();
        self.requests.hold(ids);
    }

    /// Has what is in the storage sent, if this is the page for it: the one with this name, or all.
    pub(super) fn take_entries(&mut self, names: &[String]) {
        let Some(outbox) = self.outbox().filter(|outbox| outbox.sender.is_holder) else {
            return;
        };
        if std::mem::replace(&mut outbox.sender.is_taking, true) {
            outbox.sender.takes_more = true;
            return;
        }
        let entries = &outbox.entries;
        let prefix = match names {
            [name] if outbox.sender.has_all => entries.key_of(name),
            _ => entries.prefix.clone(),
        };
        let queue_key = entries.queue_key.clone();
        match self.requests.kept_queue() {
            Some(_) => self.ask_storage(OutboxTask::Entries, StoreCall::Read(prefix), false),
            None => self.ask_storage(OutboxTask::Queue, StoreCall::Read(queue_key), false),
        }
    }

    /// The same, for what this page has just written, while it was the one that sends.
    pub(super) fn take_own(&mut self, names: &[String]) {
        let Some(outbox) = self.outbox() else {
            return;
        };
        let sender = &mut outbox.sender;
        if !sender.has_all || sender.is_taking {
            return self.take_entries(&[]);
        }
        sender.is_taking = true;
        let written = names.iter().filter_map(|name| {
            let (_, call) = outbox.own.get(name)?;
            let call = call.clone();
            Some((
                name.clone(),
                Entry {
                    call,
                    sequence: None,
                },
            ))
        });
        let written = written.collect();
        self.take_in(written);
    }

    /// Takes in what the storage has answered.
    pub(super) fn take_outbox(&mut self, number: u64, task: OutboxTask, stored: Stored) {
        let Some(outbox) = self.outbox().filter(|outbox| outbox.number == number) else {
            return;
        };
        match (task, stored) {
            (OutboxTask::Written(names, as_sender), Ok(_)) => {
                self.handle_written(&names, as_sender);
            }
            (OutboxTask::Written(names, _), Err(_)) => self.fall(&names),
            (OutboxTask::Queue, Ok(found)) => {
                let prefix = outbox.entries.prefix.clone();
                let found = found
                    .first()
                    .and_then(|(_, text)| queue_of(text, self.env.now_ms));
                let queue = found.unwrap_or_else(|| Queue::new(self.env.bits()));
                *self.requests.kept_queue() = Some(queue);
                self.ask_storage(OutboxTask::Entries, StoreCall::Read(prefix), true);
            }
            (OutboxTask::Entries, Ok(found)) => {
                outbox.sender.has_all = true;
                let found = outbox.entries.parse(&found);
                self.take_in(found);
            }
            (OutboxTask::Placed(names, queue), Ok(_)) => self.handle_placed(&names, queue),
            (OutboxTask::Placed(..), Err(_)) => self.take_back(),
            (OutboxTask::TakenBack(names), Ok(_)) => {
                self.fall(&names);
                self.take_later();
            }
            (OutboxTask::Removed(names), Ok(_)) => self.handle_removed(&names),
            (OutboxTask::Removed(_), Err(_)) => self.retry_later(),
            (OutboxTask::Queue | OutboxTask::Entries | OutboxTask::TakenBack(_), Err(_)) => {
                self.take_later();
            }
        }
    }

    /// Tells other pages what theirs have come to, all at once.
    pub(super) fn tell_outcomes(&mut self) {
        let Some(outbox) = self
            .outbox()
            .filter(|outbox| !outbox.sender.untold.is_empty())
        else {
            return;
        };
        let told = std::mem::take(&mut outbox.sender.untold).into_iter();
        let told = told.map(|(name, outcome): (String, Outcome)| {
            let outcome: Value = serde_json::from_str(&outcome.encode()).expect("it is JSON");
            json!([name, outcome])
        });
        let outcomes: Vec<Value> = told.collect();
        self.post(&json!({ "type": "outcomes", "outcomes": outcomes }));
    }

    /// Removes those that are answered, all at once; until that is done the server remembers their answers.
    pub(super) fn remove_answered(&mut self) {
        let Some(queue) = self.requests.kept_queue().clone() else {
            return;
        };
        let Some(outbox) = self.outbox() else {
            return;
        };
        let sender = &mut outbox.sender;
        // Where the queue is must not be written as it was before places are given that are about to be written.
        if sender.answered.is_empty() || sender.is_taking || sender.is_removing {
            return;
        }
        sender.is_removing = true;
        let names: Vec<_> = sender.answered.keys().cloned().collect();
        let mut changes = removing(&outbox.entries, &names);
        changes.push(outbox.entries.put_queue(&queue));
        self.ask_storage(OutboxTask::Removed(names), StoreCall::Write(changes), false);
    }

    fn handle_removed(&mut self, names: &[String]) {
        let Some(outbox) = self.outbox() else {
            return;
        };
        outbox.sender.is_removing = false;
        for name in names {
            outbox.sender.answered.remove(name);
            outbox.sender.places.remove(name);
        }
        self.acknowledge_kept();
    }

    pub(super) fn end_taking(&mut self) {
        let Some(outbox) = self.outbox() else {
            return;
        };
        outbox.sender.is_taking = false;
        outbox.sender.retries = 0;
        if std::mem::take(&mut outbox.sender.takes_more) {
            self.take_entries(&[]);
        }
    }

    /// Has all read again after a while.
    pub(super) fn take_later(&mut self) {
        if let Some(outbox) = self.outbox() {
            outbox.sender.is_taking = false;
            outbox.sender.has_all = false;
        }
        self.retry_later();
    }

    fn retry_later(&mut self) {
        let Some(outbox) = self.outbox().filter(|outbox| outbox.sender.retry.is_none()) else {
            return;
        };
        let retries = outbox.sender.retries;
        outbox.sender.retries += 1;
        let delay_ms = BACKOFF.delay_ms(retries, &mut self.env);
        let retry = self.env.set(delay_ms, Due::OutboxRetry);
        if let Some(outbox) = self.outbox() {
            outbox.sender.retry = Some(retry);
        }
    }
}
