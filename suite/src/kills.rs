//! The native server, killed at random moments while several clients send: what they send again
//! until it is answered is made once, in the order of each queue.
//!
//! What each mutation is answered with follows from those before it in its queue, so every answer is
//! held against what it must be: one that was made twice, or lost, or out of its order shows at once.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};
use zeroback_protocol::{
    ClientMessage, Outcome, PROTOCOL_VERSION, QueryId, RequestId, ServerMessage, Tag,
};

use crate::client::{Client, Event};
use crate::queue::{Queue, told};
use crate::target::native::Native;
use crate::target::socket::RealSocket;
use crate::target::{End, Target as _};
use crate::transcript;

/// How often the server is killed where nothing else is said.
const KILLS: usize = 200;

/// Says how often, for a longer run by hand.
const KILLS_VARIABLE: &str = "ZEROBACK_KILLS";

/// Says with which seed.
const SEED_VARIABLE: &str = "ZEROBACK_KILLS_SEED";

const CLIENTS: usize = 4;

/// How many mutations a client has in flight at most.
const WINDOW: usize = 8;

/// How many mutations of a client write to the same list.
const BLOCK: u64 = 100;

/// A counter that all clients add to.
const COMMON: &str = "common";

/// Shows it, or panics.
pub fn each_is_made_once_over_kills() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let kills = number(KILLS_VARIABLE).map_or(KILLS, |kills: u64| kills as usize);
    let seed = number(SEED_VARIABLE).unwrap_or(1);
    transcript::note("kills", "!", &format!("seed {seed}"));
    let mut rng = Rng::with_seed(seed);
    let mut native = Native::process();
    let shared = Shared::default();
    shared.state().address = Some(native.address());
    let loads: Vec<Load> = std::thread::scope(|scope| {
        let shared = &shared;
        let clients: Vec<_> = (1..=CLIENTS)
            .map(|number| scope.spawn(move || Load::new(number, seed).run(shared)))
            .collect();
        for _ in 0..kills {
            // Some kills come amid starts and resends, others when all have gone on for a while.
            let patience_us = if rng.bool() { 100_000 } else { 1_000_000 };
            let patience = Duration::from_micros(rng.u64(..patience_us));
            shared.wait_for_answers(rng.u64(..150), patience);
            shared.state().address = None;
            native.restart(End::Kill);
            shared.state().begin_life(native.address());
            shared.changed.notify_all();
        }
        shared.wait_for_answers(100, Duration::from_secs(1));
        shared.state().is_ending = true;
        let ended = clients.into_iter().map(|client| client.join());
        ended
            .map(|load| load.expect("the client has seen nothing wrong"))
            .collect()
    });
    check_all(&loads, native.address());
    let made: u64 = loads.iter().map(|load| load.answered).sum();
    let sent: u64 = loads.iter().map(|load| load.sent).sum();
    println!(
        "{kills} kills, {made} mutations of {CLIENTS} clients, sent {sent} times, seed {seed}"
    );
}

/// What the clients and the killer know of each other.
#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Nothing while the server is being killed.
    address: Option<SocketAddr>,
    /// How often it was killed.
    life: u64,
    /// How many mutations were answered in this life.
    answers: u64,
    is_ending: bool,
}

impl State {
    fn begin_life(&mut self, address: SocketAddr) {
        self.address = Some(address);
        self.life += 1;
        self.answers = 0;
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until so many mutations were answered, or so much time has gone by.
    fn wait_for_answers(&self, answers: u64, patience: Duration) {
        let too_few = |state: &mut State| state.answers < answers;
        let waited = self
            .changed
            .wait_timeout_while(self.state(), patience, too_few);
        drop(waited);
    }

    fn note_answer(&self) {
        self.state().answers += 1;
        self.changed.notify_all();
    }

    /// Waits for a life after this one.
    fn next_life(&self, life: Option<u64>) -> (u64, SocketAddr) {
        let state = self
            .changed
            .wait_while(self.state(), |state| {
                state.address.is_none() || Some(state.life) == life
            })
            .unwrap_or_else(PoisonError::into_inner);
        (state.life, state.address.expect("it was waited for"))
    }
}

/// One client, over all its connections.
struct Load {
    number: usize,
    name: String,
    queue: Queue,
    /// The mutations without an answer, and what they must be answered with.
    open: BTreeMap<u64, Mutation>,
    next: u64,
    /// How many of each kind have been made by then.
    adds: i64,
    pushes: BTreeMap<String, Vec<String>>,
    answered: u64,
    sent: u64,
    /// What it holds of its live queries.
    held: BTreeMap<String, (Tag, Outcome)>,
}

struct Mutation {
    path: &'static str,
    args: Value,
    answer: Answer,
}

enum Answer {
    Is(String),
    /// A number: others add to the counter too.
    Grows,
}

impl Load {
    fn new(number: usize, seed: u64) -> Self {
        let name = format!("client {number}");
        Self {
            number,
            queue: Queue::new(&format!("{name} of seed {seed}")),
            name,
            open: BTreeMap::new(),
            next: 1,
            adds: 0,
            pushes: BTreeMap::new(),
            answered: 0,
            sent: 0,
            held: BTreeMap::new(),
        }
    }

    fn run(mut self, shared: &Shared) -> Self {
        let mut life = None;
        loop {
            let (now, address) = shared.next_life(life);
            life = Some(now);
            // The transcript is of the last connections.
            drop(transcript::take());
            let Some(socket) = RealSocket::try_open(address) else {
                continue;
            };
            let mut client = Client::new(self.number, Box::new(socket));
            if self.speak(&mut client, shared) {
                return self;
            }
            let state = shared.state();
            let was_killed = state.life != now || state.address.is_none();
            assert!(was_killed, "{}: closed by a server that lives", self.name);
        }
    }

    /// Speaks on one connection; tells whether it has nothing more to say.
    fn speak(&mut self, client: &mut Client, shared: &Shared) -> bool {
        client.send(&ClientMessage::Connect {
            protocol: PROTOCOL_VERSION,
        });
        let live = self.subscribe(client);
        let mut in_flight = BTreeMap::new();
        let unanswered: Vec<_> = self.open.keys().copied().collect();
        for sequence in unanswered {
            // A queue that has no answer yet is young.
            let is_again = self.answered > 0;
            in_flight.insert(self.send(client, sequence, is_again), sequence);
        }
        loop {
            let is_ending = shared.state().is_ending;
            while in_flight.len() < WINDOW && !is_ending {
                let sequence = self.next;
                let mutation = self.mutation(sequence);
                self.open.insert(sequence, mutation);
                self.next += 1;
                in_flight.insert(self.send(client, sequence, false), sequence);
            }
            if in_flight.is_empty() {
                client.settle();
                self.keep_held(client, &live);
                return true;
            }
            match client.event() {
                Event::Message(ServerMessage::Transition(transition)) => {
                    for answer in transition.answers {
                        let sequence = in_flight.remove(&answer.request_id);
                        let sequence = sequence.expect("it was sent on this connection");
                        self.check_answer(sequence, &answer.outcome);
                        shared.note_answer();
                    }
                    self.keep_held(client, &live);
                }
                Event::Message(ServerMessage::Connected { .. }) => {}
                Event::Closed(_) => return false,
                other => panic!("{}: {other:?}", self.name),
            }
        }
    }

    fn send(&mut self, client: &mut Client, sequence: u64, is_again: bool) -> RequestId {
        self.queue.acked_through = self.open.keys().next().map_or(0, |first| first - 1);
        self.sent += 1;
        let Mutation { path, args, .. } = &self.open[&sequence];
        match is_again {
            true => self.queue.send_again(client, sequence, path, args),
            false => self.queue.send(client, sequence, path, args),
        }
    }

    /// Says what the mutation with a sequence is, and what must come of it.
    fn mutation(&mut self, sequence: u64) -> Mutation {
        let own = json!({ "name": self.name });
        let (path, args, answer) = match sequence % 6 {
            0 => (
                "failing:fails_after_writing",
                own,
                Answer::Is("conflict".to_owned()),
            ),
            1 => (
                "failing:panics_after_writing",
                own,
                Answer::Is("internal".to_owned()),
            ),
            2 | 3 => {
                let list = format!("{} {}", self.name, sequence / BLOCK);
                let titles = self.pushes.entry(list.clone()).or_default();
                let answer = Answer::Is(titles.len().to_string());
                let title = sequence.to_string();
                titles.push(title.clone());
                (
                    "items:push",
                    json!({ "list": list, "title": title }),
                    answer,
                )
            }
            4 => {
                let args = json!({ "name": COMMON, "by": 1 });
                ("counters:add", args, Answer::Grows)
            }
            _ => {
                self.adds += 1;
                let args = json!({ "name": self.name, "by": 1 });
                ("counters:add", args, Answer::Is(self.adds.to_string()))
            }
        };
        Mutation { path, args, answer }
    }

    fn check_answer(&mut self, sequence: u64, outcome: &Outcome) {
        let mutation = self.open.remove(&sequence).expect("it was not answered");
        let told = told(outcome);
        match mutation.answer {
            Answer::Is(expected) => assert_eq!(told, expected, "{}: {sequence}", self.name),
            Answer::Grows => assert!(told.parse::<u64>().is_ok(), "{}: {told}", self.name),
        }
        self.answered += 1;
    }

    /// Subscribes to what it writes, and goes on from what it holds.
    fn subscribe(&self, client: &mut Client) -> Vec<(String, QueryId)> {
        let live = live_queries(&self.name).map(|(path, args)| {
            let key = format!("{path} {args}");
            let query = match self.held.get(&key) {
                Some(held) => client.resume(path, args, held),
                None => client.subscribe(path, args),
            };
            (key, query)
        });
        live.into()
    }

    fn keep_held(&mut self, client: &Client, live: &[(String, QueryId)]) {
        for (key, query) in live {
            if client.tags.contains_key(query) {
                self.held.insert(key.clone(), client.held(*query));
            }
        }
    }
}

fn live_queries(name: &str) -> [(&'static str, Value); 3] {
    [
        ("counters:value", json!({ "name": name })),
        ("counters:value", json!({ "name": COMMON })),
        ("items:all", json!({ "list": format!("{name} 0") })),
    ]
}

/// Holds what there is in the end against what was answered.
fn check_all(loads: &[Load], address: SocketAddr) {
    let mut common = 0;
    for load in loads {
        let socket = RealSocket::try_open(address).expect("the server lives");
        let mut client = Client::new(load.number, Box::new(socket));
        client.connect();
        assert!(load.open.is_empty(), "all was answered");
        let counter = client.query("counters:value", json!({ "name": load.name }));
        assert_eq!(counter, load.adds, "{}", load.name);
        common += (1..load.next).filter(|sequence| sequence % 6 == 4).count();
        for (list, titles) in &load.pushes {
            let items = client.query("items:all", json!({ "list": list }));
            let items = items.as_array().expect("a list");
            let found: Vec<_> = items
                .iter()
                .filter_map(|item| item["title"].as_str())
                .collect();
            assert_eq!(&found, titles, "{}: each once, in their order", load.name);
        }
        let failed = client.query("items:all", json!({ "list": load.name }));
        assert_eq!(failed, json!([]), "{}: what failed is gone", load.name);
        let live = load.subscribe(&mut client);
        client.settle();
        for ((_, query), (path, args)) in live.into_iter().zip(live_queries(&load.name)) {
            let [held, fresh] = client.compare(query, path, args);
            assert_eq!(held, fresh, "{}: {path}", load.name);
        }
    }
    let socket = RealSocket::try_open(address).expect("the server lives");
    let mut client = Client::new(1, Box::new(socket));
    client.connect();
    let counter = client.query("counters:value", json!({ "name": COMMON }));
    assert_eq!(counter, common, "all clients have added to it");
}
