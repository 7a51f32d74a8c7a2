//! The transcripts that the TypeScript client replays too: what the app does, what is sent, what the server says, and
//! what is shown. `zeroback-protocol/golden/transcripts/README.md` lists the steps.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde_json::{Value, json};
use zeroback_protocol::{FunctionKind, Outcome, WireError};

use super::world::{Heard, Promise, World, append};
use crate::{CallError, Phase, QueryState};

#[test]
fn all_are_replayed() {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../zeroback-protocol/golden/transcripts"
    );
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|end| end == "json"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 20, "the transcripts are there");
    for path in paths {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let steps: Vec<Value> =
            serde_json::from_str(&text).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let mut replay = Replay::new();
        for (at, step) in steps.iter().enumerate() {
            let taken = catch_unwind(AssertUnwindSafe(|| replay.step(step)));
            assert!(taken.is_ok(), "{name}, step {at}: {step}");
        }
        let left = replay.world.sent();
        assert!(left.is_empty(), "{name}: sent and not told of: {left:?}");
    }
}

struct Replay {
    world: World,
    heard: BTreeMap<String, Heard>,
    promises: BTreeMap<String, Promise>,
    /// What placeholders stand for.
    names: BTreeMap<String, Value>,
}

impl Replay {
    fn new() -> Self {
        Self {
            world: World::new(),
            heard: BTreeMap::new(),
            promises: BTreeMap::new(),
            names: BTreeMap::new(),
        }
    }

    fn step(&mut self, step: &Value) {
        let (verb, what) = only(step);
        match verb {
            "do" => self.act(what),
            "server" => match what.as_str() {
                Some(frame) => self.world.say(frame),
                None => {
                    let message = self.filled(what);
                    self.world.say_json(&message);
                }
            },
            "sent" => self.expect_sent(what),
            "quiet" => assert_eq!(self.next_sent(), None),
            "socket" if what == "open" => self.world.open(),
            "socket" => self.world.lose(),
            "afterMs" => self.world.advance(what.as_u64().unwrap()),
            "wake" => self.world.wake(),
            "token" => {
                let (_, is_forced) = *self.world.asked_tokens.back().expect("one is asked for");
                assert_eq!(Value::from(is_forced), what["forceRefresh"]);
                self.world.give(what["give"].as_str());
            }
            "asksForToken" => {
                assert_eq!(!self.world.asked_tokens.is_empty(), what.as_bool().unwrap());
            }
            "state" => each(what, |name, expected| {
                assert_eq!(
                    shown(&self.world.state(&self.heard[name])),
                    *expected,
                    "{name}"
                );
            }),
            "changes" => each(what, |name, expected| {
                assert_eq!(Value::from(self.heard[name].changes()), *expected, "{name}");
            }),
            "settled" => each(what, |name, expected| {
                let outcome = self.promises[name].outcome();
                assert_eq!(told(outcome.as_ref()), *expected, "{name}");
            }),
            "connection" => self.expect_connection(what),
            other => panic!("no step is \"{other}\""),
        }
    }

    fn act(&mut self, what: &Value) {
        let now_ms = self.world.now_ms;
        if let Some(all) = what.as_array() {
            self.world.is_busy = true;
            all.iter().for_each(|what| self.act(what));
            self.world.is_busy = false;
            return self.world.settle();
        }
        if let Some(word) = what.as_str() {
            match word {
                "setAuth" => self.world.engine.set_auth(now_ms),
                "clearAuth" => self.world.engine.clear_auth(now_ms),
                "reconnect" => self.world.engine.reconnect(now_ms),
                "close" => self.world.engine.close(now_ms),
                other => panic!("nothing is done by \"{other}\""),
            }
            return self.world.settle();
        }
        let (verb, what) = only(what);
        let name = what["as"].as_str().unwrap_or_default().to_owned();
        let (path, args) = (what["path"].as_str().unwrap_or_default(), &what["args"]);
        let kind = match verb {
            "subscribe" => {
                let heard = self.world.listen(path, args);
                self.heard.insert(name, heard);
                return;
            }
            "unsubscribe" => return self.world.stop(&self.heard[what.as_str().unwrap()]),
            "query" => FunctionKind::Query,
            "mutation" => FunctionKind::Mutation,
            "action" => FunctionKind::Action,
            other => panic!("nothing is done by \"{other}\""),
        };
        let guess = what.get("guess").map(|guess| {
            let append_to = &guess["append"];
            append(
                append_to["project"].as_str().unwrap(),
                append_to["value"].clone(),
            )
        });
        let promise = self.world.request(kind, path, args, guess);
        self.promises.insert(name, promise);
    }

    fn next_sent(&mut self) -> Option<Value> {
        let (_, socket) = self.world.socket();
        let text = socket.sent.pop_front()?;
        Some(serde_json::from_str(&text).unwrap_or(Value::String(text)))
    }

    fn expect_sent(&mut self, expected: &Value) {
        let sent = self.next_sent().expect("something was sent");
        self.bind(expected, &sent);
        assert_eq!(sent, self.filled(expected));
    }

    /// Notes what the placeholders stand for that are named for the first time.
    fn bind(&mut self, expected: &Value, found: &Value) {
        match (expected, found) {
            (Value::String(name), _) if name.starts_with('$') => {
                self.names
                    .entry(name.clone())
                    .or_insert_with(|| found.clone());
            }
            (Value::Object(members), Value::Object(found)) => {
                for (key, value) in members {
                    self.bind(value, found.get(key).unwrap_or(&Value::Null));
                }
            }
            (Value::Array(elements), Value::Array(found)) => {
                for (value, found) in elements.iter().zip(found) {
                    self.bind(value, found);
                }
            }
            _ => {}
        }
    }

    /// Returns a message with what its placeholders stand for.
    fn filled(&self, message: &Value) -> Value {
        match message {
            Value::String(name) if name.starts_with('$') => self.names[name].clone(),
            Value::Array(elements) => elements.iter().map(|value| self.filled(value)).collect(),
            Value::Object(members) => {
                let filled = members
                    .iter()
                    .map(|(key, value)| (key.clone(), self.filled(value)));
                Value::Object(filled.collect())
            }
            other => other.clone(),
        }
    }

    fn expect_connection(&self, expected: &Value) {
        let state = self.world.engine.connection_state();
        let phase = match state.phase {
            Phase::Connecting => "connecting",
            Phase::Connected => "connected",
            Phase::Disconnected => "disconnected",
        };
        let retry_in_ms = state.next_retry_at_ms.map(|at| at - self.world.now_ms);
        let found = json!({
            "state": phase,
            "hasEverConnected": state.has_ever_connected,
            "inflightMutations": state.inflight_mutations,
            "retryInMs": retry_in_ms,
        });
        each(expected, |name, expected| {
            assert_eq!(found[name], *expected, "{name}");
        });
    }
}

fn only(step: &Value) -> (&str, &Value) {
    let members = step.as_object().expect("a step is an object");
    assert_eq!(members.len(), 1, "a step has one verb");
    let (verb, what) = members.iter().next().unwrap();
    (verb, what)
}

fn each(what: &Value, mut check: impl FnMut(&str, &Value)) {
    for (name, expected) in what.as_object().expect("they are named") {
        check(name, expected);
    }
}

fn shown(state: &super::world::State) -> Value {
    match state {
        QueryState::Skipped | QueryState::Loading => json!({ "status": "loading" }),
        QueryState::Ready { data, .. } => json!({ "status": "success", "value": **data }),
        QueryState::Error(error) => match &**error {
            CallError::System(error) => failure(error),
            CallError::App(_) => unreachable!("no error is of this type"),
        },
    }
}

fn told(outcome: Option<&Outcome>) -> Value {
    match outcome {
        None => "pending".into(),
        Some(Outcome::Success(value)) => {
            json!({ "value": serde_json::from_str::<Value>(value.as_str()).unwrap() })
        }
        Some(Outcome::Error(error)) => failure(error),
    }
}

fn failure(error: &WireError) -> Value {
    let mut failure =
        json!({ "status": "error", "code": error.code.as_str(), "message": error.message });
    if let Some(data) = &error.data {
        failure["data"] = serde_json::from_str(data.as_str()).unwrap();
    }
    if let Some(id) = error.request_id {
        failure["requestId"] = id.to_string().into();
    }
    failure
}
