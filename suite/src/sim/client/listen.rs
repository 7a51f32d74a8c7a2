//! What a client makes of the server's frames.

use serde_json::Value;
use zeroback_protocol::{
    ClientMessage, Outcome, QueryResult, QueryUpdate, RawJson, ServerMessage, Tag, Transition,
    apply_delta,
};

use super::super::property::{Breach, Property};
use super::{Client, Held, Learned};

impl Client {
    /// Takes in a frame.
    pub(in crate::sim) fn take(&mut self, frame: &str) -> Result<Learned, Breach> {
        let message = ServerMessage::parse(frame)
            .map_err(|error| Breach::new(Property::Sound, format!("{error}: {frame}")))?;
        let mut learned = Learned::default();
        match message {
            ServerMessage::Connected { limits, .. } => {
                let share = usize::try_from(limits.unacknowledged_bytes_max / 16);
                self.acknowledged_bytes = share.expect("it fits").min(64 << 10);
            }
            ServerMessage::Transition(transition) => {
                self.transitions += 1;
                learned = self.take_transition(transition)?;
            }
            ServerMessage::Resend => self.send_unanswered(),
            ServerMessage::Authentication(told) => {
                let text = format!("nobody has said who it is: {told:?}");
                return Err(Breach::new(Property::Sound, text));
            }
            ServerMessage::Other { kind } => {
                let text = format!("nobody knows \"{kind}\": {frame}");
                return Err(Breach::new(Property::Sound, text));
            }
            ServerMessage::Error { error, .. } => {
                let text = format!("a good message was refused: {error}");
                return Err(Breach::new(Property::Sound, text));
            }
        }
        self.unacknowledged_bytes += frame.len();
        if self.acknowledges && self.unacknowledged_bytes >= self.acknowledged_bytes {
            self.acknowledge();
        }
        Ok(learned)
    }

    /// Says what has been read.
    pub(in crate::sim) fn acknowledge(&mut self) {
        self.unacknowledged_bytes = 0;
        self.send(&ClientMessage::Ack {
            transitions: self.transitions,
        });
    }

    fn take_transition(&mut self, transition: Transition) -> Result<Learned, Breach> {
        if transition.version < self.version {
            let text = format!("from {:?} back to {:?}", self.version, transition.version);
            return Err(Breach::new(Property::Ordered, text));
        }
        self.version = transition.version;
        for asked in self.asked.values_mut() {
            asked.was_patched = false;
        }
        for update in transition.queries {
            self.take_update(update)?;
        }
        if let Some(set) = transition.set {
            for asked in self.asked.values_mut() {
                asked.is_told |= asked.set <= set;
            }
        }
        let mut learned = Learned {
            version: Some(transition.version),
            ..Learned::default()
        };
        for answer in transition.answers {
            let said = said(&answer.outcome);
            if let Some((question, since)) = self.reads.remove(&answer.request_id) {
                learned.reads.push((question, since, said));
            } else if let Some(sequence) = self.sent.remove(&answer.request_id)
                && let Some(entry) = self.queue.settle(sequence, &answer.outcome)
            {
                learned.mutations.push((entry, said));
            }
        }
        Ok(learned)
    }

    fn take_update(&mut self, update: QueryUpdate) -> Result<(), Breach> {
        // One that has ended may be told once more.
        let Some(asked) = self.asked.get_mut(&update.query_id) else {
            return Ok(());
        };
        asked.is_told = true;
        match update.result {
            QueryResult::Whole { tag, outcome } => {
                let said = said(&outcome);
                asked.held = Some(Held { tag, said });
            }
            QueryResult::Deltas { base, tag, deltas } => {
                asked.was_patched = true;
                let applied = asked
                    .held
                    .as_mut()
                    .map(|held| held.apply(base, tag, &deltas));
                applied
                    .unwrap_or_else(|| Err("nothing is held".to_owned()))
                    .map_err(|error| {
                        let text = format!("a delta of {:?}: {error}", asked.question);
                        Breach::new(Property::Sound, text)
                    })?;
            }
        }
        Ok(())
    }
}

impl Held {
    fn apply(&mut self, base: Tag, tag: Tag, deltas: &[RawJson]) -> Result<(), String> {
        if self.tag != Some(base) {
            return Err(format!("its base is {base:?}, and {:?} is held", self.tag));
        }
        let value = self
            .said
            .as_mut()
            .map_err(|code| format!("error {code} is held"))?;
        for delta in deltas {
            apply_delta(value, &parsed(delta)).map_err(|error| error.to_string())?;
        }
        self.tag = Some(tag);
        Ok(())
    }
}

fn said(outcome: &Outcome) -> Result<Value, String> {
    match outcome {
        Outcome::Success(value) => Ok(parsed(value)),
        Outcome::Error(error) => Err(error.code.as_str().to_owned()),
    }
}

fn parsed(json: &RawJson) -> Value {
    serde_json::from_str(json.as_str()).expect("the server writes JSON")
}
