//! What the server makes of calls, and of what its clients hold.

use serde_json::{Value, json};
use zeroback_protocol::{Call, ErrorCode, Outcome, QueryResult, QueuePlace, Tag, WireError};

use super::{Server, raw};

impl Server {
    pub(super) fn mutate(&mut self, call: &Call, place: QueuePlace) -> Outcome {
        let QueuePlace {
            queue: id,
            sequence,
            acked_through,
            attempted,
        } = place;
        if let Some(code) = self.refuse_next.take() {
            return refusal(code);
        }
        let queue = self.database.queues.get(&id).cloned();
        // A queue with answers that were never recorded is not known either.
        let known = queue.filter(|queue| acked_through <= queue.last);
        if known.is_none() && attempted {
            return failure("outcome_unknown");
        }
        let last = known.as_ref().map_or(acked_through, |queue| queue.last);
        if sequence > last + 1 {
            return refusal("out_of_order");
        }
        let mut queue = known.unwrap_or_default();
        queue.records.retain(|made, _| *made > acked_through);
        let is_new = sequence > queue.last;
        let outcome = match queue.records.get(&sequence) {
            _ if is_new => self.run(call),
            None => failure("outcome_unknown"),
            Some((made, outcome)) if made == call => outcome.clone(),
            Some(_) => failure("key_reused"),
        };
        if is_new {
            queue.last = sequence;
            queue
                .records
                .insert(sequence, (call.clone(), outcome.clone()));
        }
        self.database.queues.insert(id, queue);
        outcome
    }

    fn run(&mut self, call: &Call) -> Outcome {
        if call.path != "tasks:create" {
            return failure("function_not_found");
        }
        let args: Value = serde_json::from_str(call.args.as_str()).expect("it is JSON");
        let text = args["text"].as_str().expect("a text");
        if text.starts_with("bad") {
            return failure("too_long");
        }
        self.last_id += 1;
        let id = format!("tasks_{}", self.last_id);
        self.database.log.push(json!({ "_id": id, "text": text }));
        self.version.counter += 1;
        Outcome::Success(raw(&id.into()))
    }

    /// Returns what leads from the result with a tag to the present one: nothing, a delta or the whole.
    pub(super) fn update(&mut self, path: &str, from: Option<Tag>) -> Option<(Tag, QueryResult)> {
        let value = self.value_of(path);
        let tag = self.tag_of(&value);
        if from == Some(tag) {
            return None;
        }
        let whole = QueryResult::Whole {
            tag: Some(tag),
            outcome: Outcome::Success(raw(&value)),
        };
        let before = from.and_then(|from| self.values.get(&from));
        let (Some(Value::Array(before)), Value::Array(now)) = (before, &value) else {
            return Some((tag, whole));
        };
        let at = before.len().min(now.len());
        if before[..at] != now[..at] {
            return Some((tag, whole));
        }
        let first = before
            .get(at)
            .map_or(Value::Null, |task| task["_id"].clone());
        let entry = json!([at, first, before.len() - at, now[at..]]);
        let is_wrong = std::mem::take(&mut self.wrong_base_next);
        let base = if is_wrong {
            Tag(u64::MAX)
        } else {
            from.expect("there is one")
        };
        let deltas = vec![raw(&json!({ "list": [entry] }))];
        Some((tag, QueryResult::Deltas { base, tag, deltas }))
    }

    fn tag_of(&mut self, value: &Value) -> Tag {
        let fresh = Tag(self.tags.len() as u64);
        let tag = *self.tags.entry(value.to_string()).or_insert(fresh);
        self.values.insert(tag, value.clone());
        tag
    }
}

fn failure(code: &'static str) -> Outcome {
    Outcome::Error(WireError::new(ErrorCode::new(code), "so it is"))
}

fn refusal(code: &'static str) -> Outcome {
    Outcome::Error(WireError::new(ErrorCode::new(code), "so it is").to_be_resent())
}
