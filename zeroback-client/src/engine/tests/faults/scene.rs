//! A client and its server, and what must hold of them at any time.

use std::sync::Arc;

use serde_json::{Value, json};
use zeroback_protocol::{FunctionKind, Outcome};

use crate::engine::guesses::Guess;
use crate::engine::tests::calls_of::{Count, List};
use crate::engine::tests::model::{Database, Server};
use crate::engine::tests::world::{Heard, Promise, State, World};
use crate::{ClientOptions, Phase, QueryState};

/// Which faults there are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Faults {
    /// Messages that are not taken.
    pub(super) bad: bool,
    /// A database that is restored.
    pub(super) restore: bool,
    /// Mutations whose effects are guessed.
    pub(super) guesses: bool,
}

struct Call {
    text: String,
    promise: Promise,
    /// Whether its guess was shown from the call on.
    is_guessed: bool,
    has_settled: bool,
}

pub(super) struct Scene {
    pub(super) world: World,
    pub(super) server: Server,
    pub(super) faults: Faults,
    calls: Vec<Call>,
    reads: Vec<Promise>,
    heard: Vec<(Heard, State)>,
    /// Set where what was answered may be lost again.
    pub(super) is_restored: bool,
    pub(super) backup: Database,
    size_before: usize,
}

pub(super) fn project(number: usize) -> String {
    // Long enough for a few queries not to fit one message.
    let letter = ["a", "b", "c", "d"][number];
    format!("projects_{}", letter.repeat(60))
}

impl Scene {
    pub(super) fn new(faults: Faults) -> Self {
        let options =
            ClientOptions::new("ws://test/ws").linger(std::time::Duration::from_millis(10));
        let mut scene = Self {
            world: World::with(&options, 0.999_999),
            server: Server::default(),
            faults,
            calls: Vec::new(),
            reads: Vec::new(),
            heard: Vec::new(),
            is_restored: false,
            backup: Database::default(),
            size_before: 0,
        };
        for number in 0..4 {
            let args = json!({ "project": project(number) });
            let heard = scene.world.listen("tasks:list", &args);
            scene.heard.push((heard, QueryState::Loading));
        }
        let heard = scene.world.listen("projects:count", &json!({}));
        scene.heard.push((heard, QueryState::Loading));
        scene
    }

    pub(super) fn phase(&self) -> Phase {
        self.world.engine.connection_state().phase
    }

    /// The newest socket opens.
    pub(super) fn accept(&mut self) {
        let (_, socket) = self.world.socket();
        if !socket.is_open && !socket.is_closed {
            self.server.accept();
            self.world.open();
        }
    }

    pub(super) fn create(&mut self, kind: &str) {
        let text = format!("{kind}{}", self.calls.len());
        let has_list = self.world.state(&self.heard[0].0).data().is_some();
        let guess = self.faults.guesses.then(|| guess(&text));
        let args = json!({ "project": project(0), "text": text });
        let promise = self
            .world
            .request(FunctionKind::Mutation, "tasks:create", &args, guess);
        self.calls.push(Call {
            text,
            promise,
            is_guessed: self.faults.guesses && has_list && kind == "task",
            has_settled: false,
        });
    }

    pub(super) fn read_once(&mut self) {
        let kind = FunctionKind::Query;
        let promise = self.world.request(kind, "projects:count", &json!({}), None);
        self.reads.push(promise);
    }

    /// Loses the connection; `more` messages that were under way are still read, and their answers lost.
    pub(super) fn drop_socket(&mut self, more: usize) {
        let (id, socket) = self.world.socket();
        if socket.is_closed {
            return;
        }
        self.server.lose();
        self.world.engine.handle_socket_lost(self.world.now_ms, id);
        self.world.settle();
        for _ in 0..more {
            self.server.read();
        }
    }

    /// Carries frames both ways, and holds what is shown against what must be.
    pub(super) fn carry(&mut self) {
        let (_, socket) = self.world.socket();
        let sent: Vec<_> = socket.sent.drain(..).collect();
        sent.into_iter().for_each(|text| self.server.deliver(text));
        while let Some(text) = self.server.says.pop_front() {
            let (_, socket) = self.world.socket();
            if socket.is_closed {
                break;
            }
            self.world.say(&text);
            self.check();
        }
        self.check();
    }

    /// Goes on without faults until nothing is left to be said.
    pub(super) fn heal(&mut self) {
        self.server.bad_next = false;
        self.server.wrong_base_next = false;
        self.server.refuse_next = None;
        for _ in 0..60 {
            if self.phase() == Phase::Disconnected {
                self.world.wake();
            }
            if self.phase() == Phase::Connecting {
                self.accept();
            }
            self.carry();
            while self.server.waiting() > 0 {
                self.server.read();
                self.carry();
            }
            self.server.flush();
            self.carry();
            self.world.advance(1_000);
            self.carry();
        }
    }

    /// What is shown is of one version, never goes back, and news is news; what is guessed is seen once.
    pub(super) fn check(&mut self) {
        for (heard, before) in &mut self.heard {
            let state = self.world.state(heard);
            match heard.changes() {
                0 => assert_eq!(state, *before, "nobody was told"),
                // A guess that was right may be told of again: the types of values need not be comparable.
                1 if !self.faults.guesses => assert_ne!(state, *before, "it is no news"),
                _ => {}
            }
            *before = state;
        }
        let sizes: Vec<_> = self
            .heard
            .iter()
            .filter_map(|(_, state)| size_of(state))
            .collect();
        assert!(
            sizes.windows(2).all(|pair| pair[0] == pair[1]),
            "of one version: {sizes:?}"
        );
        if let Some(size) = sizes.first().copied() {
            let may_go_back = self.is_restored || self.faults.guesses;
            assert!(may_go_back || size >= self.size_before, "never back");
            self.size_before = size;
        }
        self.check_calls();
    }

    pub(super) fn check_calls(&mut self) {
        let Some(list) = self.heard[0].1.data().cloned() else {
            return;
        };
        let list = list.as_array().expect("a list");
        for call in &mut self.calls {
            let outcome = call.promise.outcome();
            if let Some(Outcome::Success(id)) = &outcome
                && !std::mem::replace(&mut call.has_settled, true)
                && !self.is_restored
            {
                let id: Value = serde_json::from_str(id.as_str()).unwrap();
                assert!(
                    list.iter().any(|task| task["_id"] == id),
                    "{} is shown",
                    call.text
                );
            }
            let shown = list.iter().filter(|task| task["text"] == call.text).count();
            assert!(shown <= 1, "{} is shown {shown} times", call.text);
            if call.is_guessed {
                assert_eq!(shown, 1, "{} is seen from the call on", call.text);
            }
        }
    }

    pub(super) fn check_end(&self) {
        let log = &self.server.database.log;
        for Call { text, promise, .. } in &self.calls {
            let made: Vec<_> = log.iter().filter(|task| task["text"] == *text).collect();
            match promise.text().as_str() {
                "pending" => panic!("{text} is pending"),
                "too_long" | "bad_message" => assert!(made.is_empty(), "{text}"),
                "outcome_unknown" => assert!(made.len() <= 1, "{text}"),
                id if self.is_restored => assert!(id.starts_with('"'), "{text}: {id}"),
                id => {
                    let made: Vec<_> = made.iter().map(|task| task["_id"].to_string()).collect();
                    assert_eq!(made, [id], "{text}");
                }
            }
        }
        let places = log.iter().map(|task| {
            let is_of = |call: &Call| task["text"] == call.text;
            self.calls.iter().position(is_of)
        });
        assert!(places.is_sorted(), "they were made in their order");
        for read in &self.reads {
            assert!(read.text().parse::<u64>().is_ok(), "{}", read.text());
        }
        for (heard, _) in &self.heard {
            let path = if self.world.value(heard).is_array() {
                "tasks:list"
            } else {
                "projects:count"
            };
            assert_eq!(self.world.value(heard), self.server.value_of(path));
        }
        let state = self.world.engine.connection_state();
        assert_eq!(
            (state.phase, state.inflight_mutations),
            (Phase::Connected, 0)
        );
    }

    pub(super) fn unknown(&self) -> usize {
        let unknown = |call: &&Call| call.promise.text() == "outcome_unknown";
        self.calls.iter().filter(unknown).count()
    }
}

/// Guesses that the task will be in all lists, and counted.
fn guess(text: &str) -> Guess {
    let text = text.to_owned();
    Arc::new(move |store| {
        let task = json!({ "_id": format!("guess of {text}"), "text": text });
        for number in 0..4 {
            let project = project(number);
            store.update(&List { project }, |tasks| {
                tasks.as_array_mut().unwrap().push(task.clone());
            });
        }
        store.update(&Count {}, |count| {
            *count = (count.as_u64().unwrap() + 1).into();
        });
    })
}

fn size_of(state: &State) -> Option<usize> {
    let data = state.data()?;
    let size = data.as_array().map(Vec::len);
    size.or_else(|| data.as_u64().and_then(|size| usize::try_from(size).ok()))
}
