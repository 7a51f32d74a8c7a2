//! The engine, its sockets and what a host keeps with them.

mod editions;

use std::collections::{BTreeMap, VecDeque};

use zeroback_protocol::{FunctionKind, Timestamp, Version};
use zeroback_runtime::engine::{ConnectionId, Engine, EngineConfig, Frame, Output, Status, Ticket};

use zeroback_runtime::engine::transfer::Import;

use super::model::Edition;
use super::store::SimStore;
pub(super) use editions::{Deployment, Sight};

/// When virtual time begins.
const START_MS: i64 = 1_790_000_000_000;

const MUTATION: &str = r#"{"type":"mutation""#;

pub(super) type LinkId = ConnectionId;

/// A connection, as the network sees it.
#[derive(Debug, Default)]
pub(super) struct Link {
    /// What is on its way to the server.
    pub(super) up: VecDeque<String>,
    /// What is on its way to the client.
    pub(super) down: VecDeque<Down>,
    /// Whether the server's end is open.
    pub(super) is_served: bool,
    /// Whether the client's end is open.
    pub(super) is_used: bool,
    attachment: String,
    /// How its server has looked.
    pub(super) sight: Sight,
    /// Bytes of frames that were sent, each with the count of transitions up to it.
    unacknowledged: VecDeque<(u64, usize)>,
    transitions: u64,
}

/// What goes to a client.
#[derive(Clone, Debug)]
pub(super) enum Down {
    Frame(Frame),
    Close,
}

/// A server.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) engine: Engine<SimStore>,
    pub(super) store: SimStore,
    pub(super) config: EngineConfig,
    pub(super) links: BTreeMap<LinkId, Link>,
    pub(super) now_ms: i64,
    /// How many engines there were.
    pub(super) engines: u64,
    pub(super) sight: Sight,
    deployment: Deployment,
    /// The version of the app of another server that has changed the schema since.
    overtaken_by: Option<Edition>,
    seed: u64,
    last_link: u64,
    /// Whether something waits for a turn that an engine which is lost would not know of.
    awaits_turn: bool,
    /// The version at the last turn.
    told: Version,
    /// Answers to calls over HTTP: their status and their text.
    replies: Vec<(Ticket, u16, String)>,
}

impl Server {
    pub(super) fn new(config: EngineConfig, seed: u64) -> Self {
        let store = SimStore::new();
        Self {
            engine: editions::open(&store, Edition::First, config, START_MS, seed)
                .expect("nothing is planned for it"),
            store,
            config,
            links: BTreeMap::new(),
            now_ms: START_MS,
            engines: 1,
            sight: Sight::default(),
            deployment: Deployment::default(),
            overtaken_by: None,
            seed,
            last_link: 0,
            awaits_turn: false,
            told: Version::default(),
            replies: Vec::new(),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from_unix_ms(self.now_ms)
    }

    /// Takes in a new socket of a client.
    pub(super) fn connect(&mut self) -> LinkId {
        self.last_link += 1;
        let id = ConnectionId(self.last_link);
        let link = Link {
            is_served: true,
            is_used: true,
            sight: self.sight.clone(),
            ..Link::default()
        };
        self.links.insert(id, link);
        self.engine.handle_open(id);
        self.awaits_turn = true;
        self.drain();
        id
    }

    /// Takes in the next frame of a connection; returns it.
    pub(super) fn receive(&mut self, id: LinkId) -> Option<String> {
        let link = self.links.get_mut(&id).filter(|link| link.is_served)?;
        let frame = link.up.pop_front()?;
        link.note_acknowledged(&frame);
        let is_kept = frame.starts_with(MUTATION) || frame.starts_with(r#"{"type":"ack""#);
        self.awaits_turn |= !is_kept;
        self.engine.handle_message(id, &frame);
        self.drain();
        Some(frame)
    }

    /// Notes that a client's end is gone.
    pub(super) fn lose(&mut self, id: LinkId) {
        if let Some(link) = self.links.get_mut(&id) {
            link.lose();
        }
    }

    /// Takes in a call over HTTP.
    pub(super) fn call(
        &mut self,
        ticket: Ticket,
        kind: FunctionKind,
        key: Option<&str>,
        body: &str,
    ) {
        self.awaits_turn |= kind == FunctionKind::Query;
        self.engine.handle_call(ticket, kind, key, body);
        self.drain();
    }

    /// Ends an import; returns whether it was made.
    pub(super) fn finish_import(&mut self, import: Import) -> bool {
        let finished = self.engine.finish_import(import, self.now());
        self.awaits_turn = true;
        self.drain();
        finished.is_ok()
    }

    pub(super) fn take_replies(&mut self) -> Vec<(Ticket, u16, String)> {
        std::mem::take(&mut self.replies)
    }

    /// Loses what is under way to the server, and the connections that it is under way on; returns
    /// those that were in use.
    pub(super) fn lose_what_is_late(&mut self) -> Vec<LinkId> {
        let late = self
            .links
            .iter_mut()
            .filter(|(_, link)| !link.up.is_empty());
        let mut lost = Vec::new();
        for (id, link) in late {
            link.up.clear();
            if link.is_used {
                link.lose();
                lost.push(*id);
            }
        }
        lost
    }

    /// Finds out which connections are lost.
    pub(super) fn notice(&mut self) {
        for (id, link) in &mut self.links {
            if link.is_served && !link.is_used {
                link.is_served = false;
                self.engine.handle_close(*id);
            }
        }
        self.links.retain(|_, link| link.is_served || link.is_used);
        self.drain();
    }

    /// Tells whether it has crashed, or believes that another server has taken over.
    pub(super) fn is_over(&self) -> bool {
        self.store.is_dead() || self.engine.status() == Status::OutOfDate
    }

    /// Returns a connection that is lost and still has frames on their way.
    pub(super) fn lost_link(&self) -> Option<LinkId> {
        let lost = |link: &Link| !link.is_used && !link.up.is_empty();
        let mut links = self.links.iter().rev();
        links.find(|(_, link)| lost(link)).map(|(id, _)| *id)
    }

    /// Tells whether functions run on it.
    pub(super) fn takes_calls(&self) -> bool {
        self.engine.status() == Status::Ready && !self.is_overtaken() && !self.store.is_dead()
    }

    pub(super) fn commit(&mut self) {
        self.engine.commit(self.now());
        self.drain();
    }

    pub(super) fn turn(&mut self) {
        self.engine.turn(self.now());
        self.awaits_turn = false;
        self.told = self.engine.version();
        self.drain();
    }

    /// Decides what the server starts with from now on.
    pub(super) fn deploy(&mut self, deployment: Deployment) {
        self.overtaken_by = None;
        self.deployment = deployment;
    }

    /// Opens another engine, whose sockets are new; the last frames of the old ones may be lost.
    pub(super) fn restart(&mut self, lost_frames: usize) {
        for link in self.links.values_mut().filter(|link| link.is_served) {
            link.is_served = false;
            link.up.clear();
            let kept = link.down.len().saturating_sub(lost_frames);
            link.down.truncate(kept);
            link.down.push_back(Down::Close);
        }
        self.links.retain(|_, link| link.is_used);
        self.reopen();
    }

    /// Tells whether the engine may be lost with its sockets open. An object does not sleep while it
    /// awaits its next turn; it is only that what it has committed may not have been told.
    pub(super) fn may_hibernate(&self) -> bool {
        let waits = self.engine.needs_turn() || self.engine.needs_turn_later();
        let is_told = !waits || self.engine.version() != self.told;
        self.config.hibernates && !self.awaits_turn && is_told && !self.store.is_dead()
    }

    /// Loses the engine and opens another one, which takes over the sockets.
    pub(super) fn hibernate(&mut self) {
        self.reopen();
        for link in self.links.values_mut() {
            link.unacknowledged.clear();
        }
    }

    /// Carries out what the engine asks for. What a dead process asks for is not heard.
    fn drain(&mut self) {
        self.note_status();
        while let Some(output) = self.engine.poll_output() {
            if self.store.is_dead() {
                continue;
            }
            match output {
                Output::Send { connection, frame } => {
                    if let Some(link) = self.links.get_mut(&connection) {
                        link.send(frame);
                    }
                }
                Output::Attach {
                    connection,
                    attachment,
                } => {
                    if let Some(link) = self.links.get_mut(&connection) {
                        link.attachment = attachment;
                    }
                }
                Output::Close { connection, .. } => {
                    if let Some(link) = self.links.get_mut(&connection) {
                        link.is_served = false;
                        link.down.push_back(Down::Close);
                    }
                }
                Output::Reply {
                    ticket,
                    status,
                    body,
                    ..
                } => self.replies.push((ticket, status, body)),
                Output::Start { .. } | Output::Answer { .. } | Output::Route { .. } => {
                    unreachable!("the app has no actions")
                }
                Output::Fetch { .. } => unreachable!("there are no tokens"),
                Output::Log { .. } => {}
            }
        }
        self.links.retain(|_, link| link.is_served || link.is_used);
    }
}

impl Link {
    fn lose(&mut self) {
        self.is_used = false;
        self.down.clear();
    }

    fn send(&mut self, frame: Frame) {
        self.transitions += u64::from(frame.as_str().starts_with(r#"{"type":"transition""#));
        let bytes = frame.as_str().len();
        self.unacknowledged.push_back((self.transitions, bytes));
        if self.is_used {
            self.down.push_back(Down::Frame(frame));
        }
    }

    fn note_acknowledged(&mut self, frame: &str) {
        let Some(count) = frame.strip_prefix(r#"{"type":"ack","transitions":"#) else {
            return;
        };
        let count: u64 = count.trim_end_matches('}').parse().expect("a count");
        self.unacknowledged.retain(|(number, _)| *number > count);
    }

    /// Returns how many bytes are on their way, the newest frame aside.
    pub(super) fn unacknowledged_bytes(&self) -> usize {
        let all: usize = self.unacknowledged.iter().map(|(_, bytes)| bytes).sum();
        all - self.unacknowledged.back().map_or(0, |(_, bytes)| *bytes)
    }
}
