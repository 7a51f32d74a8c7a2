//! A client's queue of mutations, as plain as can be: behaviours say what is sent when.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::{Value, json};
use zeroback_protocol::{Outcome, QueueId, QueuePlace, RequestId};

use crate::client::Client;

/// A queue, and up to where its client says that it has all answers.
#[derive(Clone, Copy, Debug)]
pub struct Queue {
    /// Its name.
    pub id: QueueId,
    /// What `ackedThrough` says from now on.
    pub acked_through: u64,
}

impl Queue {
    /// Makes a queue that no other name has.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let half = |salt: u64| {
            let mut hasher = DefaultHasher::new();
            (salt, name).hash(&mut hasher);
            hasher.finish()
        };
        let bits = (u128::from(half(1)) << 64) | u128::from(half(2));
        Self {
            id: QueueId(bits.to_be_bytes()),
            acked_through: 0,
        }
    }

    /// Returns the place of a mutation that was not sent before.
    #[must_use]
    pub fn place(&self, sequence: u64) -> QueuePlace {
        QueuePlace {
            queue: self.id,
            sequence,
            acked_through: self.acked_through,
            attempted: false,
        }
    }

    /// Sends a mutation for the first time.
    pub fn send(&self, client: &mut Client, sequence: u64, path: &str, args: &Value) -> RequestId {
        client.mutation_at(Some(self.place(sequence)), path, args)
    }

    /// Sends a mutation again.
    pub fn send_again(
        &self,
        client: &mut Client,
        sequence: u64,
        path: &str,
        args: &Value,
    ) -> RequestId {
        let place = QueuePlace {
            attempted: true,
            ..self.place(sequence)
        };
        client.mutation_at(Some(place), path, args)
    }

    /// Adds one to a counter, for the first time; returns what is told in short.
    pub fn add(&self, client: &mut Client, sequence: u64, name: &str) -> String {
        let request = self.send(client, sequence, "counters:add", &one(name));
        told(&client.answer(request))
    }

    /// Adds one to a counter, again; returns what is told in short.
    pub fn add_again(&self, client: &mut Client, sequence: u64, name: &str) -> String {
        let request = self.send_again(client, sequence, "counters:add", &one(name));
        told(&client.answer(request))
    }
}

/// The arguments that add one to a counter.
#[must_use]
pub fn one(name: &str) -> Value {
    json!({ "name": name, "by": 1 })
}

/// Returns the value of an outcome, or the code of its error.
#[must_use]
pub fn told(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Success(value) => value.as_str().to_owned(),
        Outcome::Error(error) => error.code.as_str().to_owned(),
    }
}
