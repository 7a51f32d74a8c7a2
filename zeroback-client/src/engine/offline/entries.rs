//! The mutations of one identity as the storage has them: what is in them, their order, and where their queue is.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use zeroback_protocol::{Call, QueueId, RawJson};

use super::keys::{key_in, name_in, prefix_of};
use super::storing::Change;
use crate::engine::requests::Queue;

/// A mutation that is kept. With a place it may have been sent: that is written before it is.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) call: Call,
    pub(crate) sequence: Option<u64>,
}

/// Names are in the order of the calls.
pub(crate) type Named<T> = (String, T);

#[derive(Serialize, Deserialize)]
struct EntryForm {
    path: String,
    args: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct QueueForm {
    id: String,
    next: u64,
    begun_at: u64,
    is_known: bool,
}

/// Where they are kept.
pub(crate) struct Entries {
    pub(crate) prefix: String,
    pub(crate) queue_key: String,
}

/// Names of one page: each comes behind all that were seen before, whatever a clock says.
pub(crate) struct Names {
    page: String,
    last: u64,
}

impl Entries {
    pub(crate) fn new(url: &str, identity: &str) -> Self {
        Self {
            prefix: prefix_of(&["mutation", url, identity]),
            queue_key: key_in(&prefix_of(&["queue", url]), identity),
        }
    }

    pub(crate) fn key_of(&self, name: &str) -> String {
        key_in(&self.prefix, name)
    }

    /// Returns those that have places first, in the order of these; then the others in that of their names. What is no
    /// JSON was not written by this, and must not hold up the rest.
    pub(crate) fn parse(&self, entries: &[(String, String)]) -> Vec<Named<Entry>> {
        let read = |(key, text): &(String, String)| {
            let form: EntryForm = serde_json::from_str(text).ok()?;
            let call = Call {
                path: form.path,
                args: RawJson::from_encoded(form.args.get()),
            };
            let sequence = form.sequence;
            Some((name_in(&self.prefix, key)?, Entry { call, sequence }))
        };
        let mut found: Vec<_> = entries.iter().filter_map(read).collect();
        found.sort_by(|(one, first), (other, second)| {
            let place = |entry: &Entry| entry.sequence.unwrap_or(u64::MAX);
            place(first)
                .cmp(&place(second))
                .then_with(|| one.cmp(other))
        });
        found
    }

    /// Returns what writes an entry.
    pub(crate) fn put(&self, name: &str, call: &Call, sequence: Option<u64>) -> Change {
        let args = RawValue::from_string(call.args.as_str().to_owned());
        let form = EntryForm {
            path: call.path.clone(),
            args: args.expect("arguments are JSON"),
            sequence,
        };
        let text = serde_json::to_string(&form).expect("it is JSON");
        (self.key_of(name), Some(text))
    }

    /// Returns what writes where the queue is.
    pub(crate) fn put_queue(&self, queue: &Queue) -> Change {
        let form = QueueForm {
            id: queue.id.to_text(),
            next: queue.next,
            begun_at: queue.begun_at_ms,
            is_known: queue.is_known,
        };
        let text = serde_json::to_string(&form).expect("it is JSON");
        (self.queue_key.clone(), Some(text))
    }
}

/// Returns the queue as it goes on; nothing where there is none.
pub(crate) fn queue_of(text: &str, now_ms: u64) -> Option<Queue> {
    let form: QueueForm = serde_json::from_str(text).ok()?;
    Some(Queue {
        id: QueueId::from_text(&form.id)?,
        next: form.next,
        begun_at_ms: form.begun_at,
        // A clock that was set back says nothing of the queue's age.
        is_known: form.is_known || form.begun_at > now_ms,
        acked_through: None,
    })
}

impl Names {
    /// `page` is a word that no other page has.
    pub(crate) fn new(page: String) -> Self {
        Self { page, last: 0 }
    }

    pub(crate) fn next(&mut self, now_ms: u64) -> String {
        self.last = now_ms.max(self.last + 1);
        format!("{:016} {}", self.last, self.page)
    }

    pub(crate) fn see(&mut self, name: &str) {
        let time = name.split(' ').next().and_then(|time| time.parse().ok());
        self.last = self.last.max(time.unwrap_or(0));
    }
}
