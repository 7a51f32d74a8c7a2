//! Frames: what clients may send an engine, in any order, over several connections, with turns,
//! restarts and time between.
//!
//! An input is a script, a few bytes a step. A step that begins with `{` is a frame as it stands, up
//! to the end of the line; so a golden message is an input. A frame is either spelled by the script's
//! choices or then spoilt in some bytes. Beside the engine goes what each client knows by
//! `PROTOCOL.md` (`peer`), and what an honest client's queue of mutations must come to (`queue`).

mod peer;
mod queue;
mod script;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use zeroback_protocol::{ClientMessage, FunctionKind, Outcome, Tag, Timestamp};
use zeroback_runtime::engine::{ConnectionId, Engine, EngineConfig, Output, Ticket, WorkLimits};

use crate::calls::is_bounded;
use crate::database::{Database, START_MS};
use crate::input::Input;
use peer::{Peer, check_same};
use queue::Queue;

/// Runs a script.
///
/// # Panics
///
/// Panics where the engine breaks a promise.
pub fn check(bytes: &[u8]) {
    Database::with(|database| {
        let mut input = Input::new(bytes);
        let config = config(&mut input);
        let mut world = World::new(database, config);
        while !input.is_empty() {
            script::step(&mut world, &mut input);
        }
        world.settle();
    });
}

/// How long the engine keeps records even where there are too many.
const RECORDS_KEPT_MS: i64 = 20 * 60 * 1_000;

/// Limits that a script of some hundred bytes can reach, or those that are the default; a server that
/// may sleep, or one that may not.
fn config(input: &mut Input<'_>) -> EngineConfig {
    let choice = match input.peek() {
        Some(b'{') => 0,
        _ => input.byte(),
    };
    let hibernates = choice & 1 == 1;
    if choice & 6 == 6 {
        return EngineConfig {
            hibernates,
            ..EngineConfig::default()
        };
    }
    EngineConfig {
        message_bytes_max: 2_048,
        queries_max: 6,
        transition_bytes_max: 8_192,
        live_args_bytes_max: 512,
        unacknowledged_bytes_max: 4_096,
        live_result_bytes_max: 8_192,
        delta_bytes_max: 512,
        records_max: 16,
        hibernates,
        work: WorkLimits {
            documents_read_max: 64,
            bytes_read_max: 16_384,
            documents_written_max: 8,
            document_bytes_max: 2_048,
            array_elements_max: 16,
            result_bytes_max: 4_096,
            mutation_result_bytes_max: 256,
            database_calls_max: 64,
            bytes_written_max: 8_192,
            ..WorkLimits::default()
        },
        ..EngineConfig::default()
    }
}

/// An engine, its clients, and the time.
struct World<'d> {
    database: &'d Database,
    config: EngineConfig,
    engine: Engine<Database>,
    restarts: u64,
    now_ms: i64,
    last_id: u64,
    peers: Vec<Option<Peer>>,
    /// Whose turn it is to say something.
    at: usize,
    /// Bytes that are put into the next frame.
    spoil: Vec<(u8, u8)>,
    replies: BTreeMap<Ticket, Outcome>,
    /// Results by their tags: equal tags name equal results.
    results: BTreeMap<Tag, Value>,
    /// What is kept with the sockets.
    attachments: BTreeMap<ConnectionId, String>,
    /// Ids of items.
    items: Vec<String>,
    queue: Queue,
    records: usize,
    has_ended_actions: bool,
}

impl<'d> World<'d> {
    /// How many connections there are at once.
    const PEERS: usize = 4;

    /// How many turns it takes at most until nothing is due: there are few crons.
    const TURNS: usize = 8;

    fn new(database: &'d Database, config: EngineConfig) -> Self {
        Self {
            database,
            config,
            engine: database.engine(config, 1),
            restarts: 0,
            now_ms: START_MS,
            last_id: 0,
            peers: (0..Self::PEERS).map(|_| None).collect(),
            at: 0,
            spoil: Vec::new(),
            replies: BTreeMap::new(),
            results: BTreeMap::new(),
            attachments: BTreeMap::new(),
            items: Vec::new(),
            queue: Queue::default(),
            records: 0,
            has_ended_actions: false,
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_unix_ms(self.now_ms)
    }

    fn new_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    /// Returns the connection whose turn it is; opens it, and introduces the client if it is polite.
    fn peer(&mut self, is_polite: bool) -> &mut Peer {
        if self.peers[self.at].is_none() {
            let connection = ConnectionId(self.new_id());
            self.engine.handle_open(connection);
            self.peers[self.at] = Some(Peer::new(connection));
            if is_polite {
                self.send(r#"{"type":"connect","protocol":1}"#);
            }
        }
        self.peers[self.at].get_or_insert_with(|| Peer::new(ConnectionId(0)))
    }

    /// Sends what the script has put together, or what it has made of that.
    fn say(&mut self, message: &Value) {
        let mut bytes = message.to_string().into_bytes();
        for (place, byte) in std::mem::take(&mut self.spoil) {
            // The wider of two is behind a hundred bytes.
            let place = usize::from(place) * bytes.len() / 256;
            bytes[place] = byte;
        }
        if let Ok(text) = String::from_utf8(bytes) {
            self.send(&text);
        }
    }

    /// Hands a frame to the engine.
    fn send(&mut self, text: &str) {
        let parsed = ClientMessage::parse(text);
        if let Ok(message) = &parsed
            && !paths(message).all(is_bounded)
        {
            return;
        }
        let is_polite = !matches!(parsed, Ok(ClientMessage::Connect { .. }));
        self.peer(is_polite);
        let taken = (text.len() <= self.config.message_bytes_max)
            .then_some(parsed.ok())
            .flatten()
            .filter(|_| !text.trim_start().starts_with('['));
        // Whoever was not polite may be gone.
        let Some(peer) = &mut self.peers[self.at] else {
            return;
        };
        if let Some(ClientMessage::Authenticate { .. }) = &taken {
            // The model knows no identities: what follows would wait until they are known.
            return;
        }
        if let Some(message) = &taken {
            peer.say(message, text, &self.config, &self.results);
        }
        self.engine.handle_message(peer.connection, text);
        self.drain();
    }

    /// Notes that another answer may be recorded.
    fn note_record(&mut self) {
        self.records += 1;
        self.note_age();
    }

    /// Lets time pass, and the engine notice.
    fn pass(&mut self, by_ms: i64) {
        self.now_ms += by_ms;
        self.note_age();
        self.turn();
    }

    /// Finds out whether records may be forgotten: where there are too many, or after long.
    fn note_age(&mut self) {
        let age_ms = self.now_ms - START_MS;
        let is_full = self.records > self.config.records_max;
        if age_ms >= self.config.record_ms || (is_full && age_ms >= RECORDS_KEPT_MS) {
            self.queue.grow_old();
        }
    }

    fn turn(&mut self) {
        let now = self.now();
        self.engine.turn(now);
        self.drain();
        // Actions that have ended at once, and jobs: after days a cron is due, and what it then does.
        let mut turns = 1;
        while std::mem::take(&mut self.has_ended_actions) || self.engine.has_due_jobs() {
            self.engine.turn(now);
            self.drain();
            turns += 1;
            assert!(turns <= Self::TURNS, "jobs are due after {turns} turns");
        }
        assert!(!self.engine.needs_turn(), "a turn leaves nothing to do");
    }

    /// Carries out what the engine asks for, as a host does.
    fn drain(&mut self) {
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Send { connection, frame } => self.deliver(connection, frame.as_str()),
                Output::Close {
                    connection, code, ..
                } => {
                    assert!(matches!(code, 4400 | 4408), "closed with {code}");
                    self.attachments.remove(&connection);
                    self.forget(connection);
                }
                Output::Reply { ticket, body, .. } => {
                    let outcome = Outcome::parse(&body).expect("a reply is an outcome");
                    let before = self.replies.insert(ticket, outcome);
                    assert!(before.is_none(), "answered twice");
                }
                Output::Attach {
                    connection,
                    attachment,
                } => {
                    assert!(
                        self.config.hibernates,
                        "nothing is kept where nobody sleeps"
                    );
                    self.attachments.insert(connection, attachment);
                }
                // No action gets anywhere here.
                Output::Start { action } => {
                    if self.engine.take_action(action).is_some() {
                        let error = zeroback_runtime::Error::internal("not run");
                        self.engine.handle_action_end(action, Err(error));
                        self.has_ended_actions = true;
                    }
                }
                Output::Route { .. } => unreachable!("there are no requests"),
                Output::Answer { .. } => unreachable!("no action asks for anything"),
                Output::Fetch { .. } => unreachable!("there are no tokens"),
                Output::Log { .. } => {}
            }
        }
    }

    fn deliver(&mut self, connection: ConnectionId, frame: &str) {
        let peer = self.peers.iter_mut().flatten();
        let peer = { peer }.find(|peer| peer.connection == connection);
        let peer = peer.expect("the engine speaks to open connections");
        for (request_id, outcome) in peer.hear(frame, &self.config, &mut self.results) {
            if let Outcome::Success(value) = &outcome
                && let Some(id) = value.as_str().strip_prefix("\"items_")
            {
                let id = id.trim_end_matches('"');
                self.items.push(format!("items_{id}"));
            }
            self.queue.hear(connection, request_id, &outcome);
        }
    }

    fn forget(&mut self, connection: ConnectionId) {
        for peer in &mut self.peers {
            if peer
                .as_ref()
                .is_some_and(|peer| peer.connection == connection)
            {
                *peer = None;
            }
        }
    }

    /// Ends the engine and opens another one on the database; all connections are gone.
    fn restart(&mut self) {
        self.peers.fill_with(|| None);
        self.attachments.clear();
        self.restarts += 1;
        self.engine = self.database.engine(self.config, 1 + self.restarts);
    }

    /// Loses the engine when it has nothing to do, and brings it back with its sockets open.
    fn hibernate(&mut self) {
        self.turn();
        self.restarts += 1;
        self.engine = self.database.engine(self.config, 1 + self.restarts);
        let open: Vec<_> = self
            .peers
            .iter()
            .flatten()
            .map(|peer| peer.connection)
            .collect();
        self.attachments
            .retain(|connection, _| open.contains(connection));
        for connection in open {
            let is_kept = self.attachments.contains_key(&connection);
            assert!(is_kept, "an open socket is not known");
        }
        let sockets = self.attachments.clone().into_iter().collect();
        self.engine
            .handle_wake(sockets)
            .expect("the store does not fail");
        for peer in self.peers.iter_mut().flatten() {
            peer.note_wake();
        }
        self.drain();
        for at in 0..self.peers.len() {
            let again = self.peers[at].as_mut().map(Peer::take_again);
            self.at = at;
            for text in again.unwrap_or_default() {
                self.send(&text);
            }
        }
    }

    /// Makes a call over HTTP.
    fn call(&mut self, kind: FunctionKind, key: Option<&str>, path: &str, args: &Value) -> Outcome {
        let ticket = Ticket(self.new_id());
        let body = json!({ "path": path, "args": args }).to_string();
        self.engine.handle_call(ticket, kind, key, &body);
        self.turn();
        self.replies.remove(&ticket).expect("a call is answered")
    }

    /// Lets all clients read to the end, and compares what they hold with what they would be told.
    fn settle(&mut self) {
        loop {
            self.turn();
            let mut has_news = false;
            for at in 0..self.peers.len() {
                self.at = at;
                let ack = self.peers[at].as_ref().and_then(Peer::acknowledge_all);
                if let Some(ack) = ack {
                    has_news = true;
                    self.send(&ack);
                }
                // One that has said too much after a sleep cannot say what it has any more.
                let peer = self.peers[at].take_if(|peer| peer.acknowledge_all().is_some());
                if let Some(peer) = peer {
                    self.engine.handle_close(peer.connection);
                }
            }
            if !has_news {
                break;
            }
        }
        let peers: Vec<_> = self.peers.iter().flatten().cloned().collect();
        for peer in &peers {
            peer.check_is_settled();
            for holding in peer.holdings() {
                let told = self.call(FunctionKind::Query, None, &holding.0, &holding.1);
                check_same(&holding, &told);
            }
        }
        let counters = self.queue.counters();
        for (name, expected) in counters {
            let args = json!({ "name": name });
            let told = self.call(FunctionKind::Query, None, "counters:value", &args);
            let Outcome::Success(value) = told else {
                panic!("{name} cannot be read");
            };
            let value = value.as_str();
            assert!(expected.contains(&value), "{name} was made {value} times");
        }
    }
}

/// Returns the functions that a message names.
fn paths(message: &ClientMessage) -> impl Iterator<Item = &str> {
    let (one, several) = match message {
        ClientMessage::Query { call, .. }
        | ClientMessage::Mutation { call, .. }
        | ClientMessage::Action { call, .. } => (Some(call), [].as_slice()),
        ClientMessage::QuerySet { add, .. } => (None, add.as_slice()),
        ClientMessage::Connect { .. }
        | ClientMessage::Authenticate { .. }
        | ClientMessage::Ack { .. } => (None, [].as_slice()),
    };
    let several = several.iter().map(|query| &query.call);
    one.into_iter()
        .chain(several)
        .map(|call| call.path.as_str())
}
