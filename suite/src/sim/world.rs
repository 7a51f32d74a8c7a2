//! The world: clients, a network and a server in virtual time, and a model beside them.

mod calls;
mod check;
mod editions;
mod import;
mod quiet;

use suite_fixture_sim::Question;
use zeroback_protocol::QueueId;

use super::client::{Client, Queue};
use super::history::{History, Under};
use super::model::Mutation;
use super::names::Names;
use super::property::{Breach, Property};
use super::runs::Runs;
use super::script::{Script, Step};
use super::server::{Down, LinkId, Server};
use super::store::StoreEvent;
use crate::transcript;
use calls::Posted;
use import::Importing;

/// Nothing is under way for longer.
const UNDER_WAY_MS_MAX: i64 = 10 * 60 * 1_000;

/// A run of a script.
#[derive(Debug)]
pub(super) struct World {
    server: Server,
    clients: Vec<Client>,
    history: History,
    names: Names,
    runs: Runs,
    seed: u64,
    last_queue: u64,
    posted: Posted,
    importing: Option<Importing>,
    /// Whether records go before their time, where there are too many.
    makes_room: bool,
    /// How much time has passed in all, whatever the server's clock shows.
    elapsed_ms: i64,
    /// The latest that the clock has ever shown.
    latest_ms: i64,
}

impl World {
    pub(super) fn new(script: &Script) -> Self {
        let config = script.config();
        let server = Server::new(config, script.seed);
        let mut world = Self {
            latest_ms: server.now_ms,
            server,
            clients: Vec::new(),
            history: History::new(script.keep_ms()),
            names: Names::default(),
            runs: Runs::new(config.live_result_bytes_max >= 1 << 20),
            seed: script.seed,
            last_queue: 0,
            posted: Posted::default(),
            importing: None,
            makes_room: script.limits.makes_room(),
            elapsed_ms: 0,
        };
        for _ in 0..script.clients {
            let queue = world.new_queue();
            world.clients.push(Client::new(queue, 0));
        }
        world
    }

    /// Makes a step, and looks at what came of it.
    pub(super) fn step(&mut self, step: &Step) -> Result<(), Breach> {
        match step {
            Step::Connect(at) => self.connect(*at),
            Step::Subscribe(at, question) => self.ask(*at, Some(question), None),
            Step::Unsubscribe(at, which) => self.ask(*at, None, Some(*which)),
            Step::Exchange(at, which, question) => self.ask(*at, Some(question), Some(*which)),
            Step::TurnPage(at, which) => {
                self.clients[*at].turn_page(*which);
                self.post(*at);
            }
            Step::LeadAstray(at, which, list) => {
                self.clients[*at].lead_astray(*which, list);
                self.post(*at);
            }
            Step::Mutate(at, mutation) => self.mutate(*at, mutation),
            Step::Ask(at, question) => {
                self.clients[*at].ask_once(question.clone());
                self.post(*at);
            }
            Step::Post(key, mutation) => self.post_mutation(*key, mutation)?,
            Step::PostAgain(key, which) => self.post_again(*key, *which)?,
            Step::Call(question) => self.call(question),
            Step::Up(at, count) => {
                if let Some(link) = self.clients[*at].link {
                    self.up(link, *count)?;
                }
            }
            Step::Down(at, count) => self.down(*at, *count)?,
            Step::Lose(at) => self.lose(*at),
            Step::LateUp(count) => {
                if let Some(link) = self.server.lost_link() {
                    self.up(link, *count)?;
                }
            }
            Step::Notice => self.server.notice(),
            Step::Reload(at, keeps_disk) => self.reload(*at, *keeps_disk),
            Step::SendAgain(at) => {
                self.clients[*at].send_again();
                self.post(*at);
            }
            Step::Acknowledge(at, does) => self.clients[*at].acknowledges = *does,
            Step::Commit => self.server.commit(),
            Step::Turn => self.turn()?,
            Step::Deploy(deployment) => self.deploy(*deployment)?,
            Step::BeginImport(pieces) => self.begin_import(pieces)?,
            Step::FinishImport => self.finish_import()?,
            Step::Overtake(edition) => self.overtake(*edition)?,
            Step::Restart => self.restart(0)?,
            Step::Kill(lost_frames) => self.restart(*lost_frames)?,
            Step::Plan(at, count, disaster) => self.server.store.plan(*at, *count, *disaster),
            Step::Clock(by_ms) => self.set_clock(*by_ms),
            Step::Hibernate => self.hibernate()?,
            Step::Settle => self.settle()?,
        }
        self.look()
    }

    // --- Clients. ---

    fn connect(&mut self, at: usize) {
        if self.clients[at].link.is_some() {
            return;
        }
        let link = self.server.connect();
        self.clients[at].connect(link);
        self.post(at);
    }

    /// Changes what a client asks for.
    fn ask(&mut self, at: usize, question: Option<&Question>, in_place_of: Option<usize>) {
        self.clients[at].change_set(question.cloned(), in_place_of);
        self.post(at);
    }

    fn mutate(&mut self, at: usize, mutation: &Mutation) {
        let queue = &self.clients[at].queue;
        let (id, sequence) = (queue.id, queue.next_sequence());
        let under = Under::Queue(id, sequence);
        let token = self.history.intend(under, mutation.clone());
        self.clients[at].mutate(token, mutation.clone());
        self.post(at);
    }

    fn lose(&mut self, at: usize) {
        if let Some(link) = self.clients[at].link {
            self.server.lose(link);
            self.clients[at].disconnect();
        }
    }

    fn reload(&mut self, at: usize, keeps_disk: bool) {
        self.lose(at);
        let mut fresh = Client::new(self.new_queue(), self.elapsed_ms);
        if keeps_disk {
            std::mem::swap(&mut fresh.queue, &mut self.clients[at].queue);
        }
        self.clients[at] = fresh;
    }

    fn new_queue(&mut self) -> Queue {
        self.last_queue += 1;
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.seed.to_be_bytes());
        id[8..].copy_from_slice(&self.last_queue.to_be_bytes());
        // Some clients rely on it that a young queue is known to a server that was ever reached.
        let relies_on_youth = self.last_queue.is_multiple_of(2);
        Queue::new(QueueId(id), self.elapsed_ms, relies_on_youth)
    }

    /// Puts what a client says on its way.
    fn post(&mut self, at: usize) {
        let frames = self.clients[at].take_outbox();
        let link = self.clients[at].link;
        if let Some(link) = link.and_then(|link| self.server.links.get_mut(&link)) {
            link.up.extend(frames);
        }
    }

    /// Lets a client take in frames.
    fn down(&mut self, at: usize, count: usize) -> Result<(), Breach> {
        for _ in 0..count {
            let Some(id) = self.clients[at].link else {
                return Ok(());
            };
            let link = self.server.links.get_mut(&id);
            match link.and_then(|link| link.down.pop_front()) {
                None => return Ok(()),
                Some(Down::Close) => {
                    self.server.lose(id);
                    self.clients[at].disconnect();
                }
                Some(Down::Frame(frame)) => {
                    transcript::note(&format!("client {at}"), "←", frame.as_str());
                    let learned = self.clients[at].take(frame.as_str())?;
                    self.check_learned(at, learned)?;
                    self.post(at);
                }
            }
        }
        Ok(())
    }

    // --- The server. ---

    fn up(&mut self, link: LinkId, count: usize) -> Result<(), Breach> {
        for _ in 0..count {
            let Some(frame) = self.server.receive(link) else {
                return Ok(());
            };
            transcript::note(&format!("{link:?}"), "→", &frame);
            let links = &self.server.links;
            let is_served = |id: LinkId| links.get(&id).is_some_and(|link| link.is_served);
            self.runs.note_frame(link, &frame, is_served);
            if self.server.config.hibernates {
                self.server.commit();
                self.look()?;
            }
        }
        Ok(())
    }

    fn turn(&mut self) -> Result<(), Breach> {
        transcript::note("server", "!", "turn");
        self.migrate();
        self.server.turn();
        if self.server.engine.needs_turn_later() || self.server.engine.has_due_jobs() {
            // The store may have failed once, and what was just put off may be due.
            self.look()?;
            self.server.turn();
        }
        if !self.server.is_over() && self.server.engine.needs_turn() {
            return Err(Breach::new(Property::Live, "a turn leaves something to do"));
        }
        self.look()?;
        self.check_wake()
    }

    fn set_clock(&mut self, by_ms: i64) {
        self.server.now_ms += by_ms;
        self.latest_ms = self.latest_ms.max(self.server.now_ms);
        self.history.note_time(self.server.now_ms);
        self.elapsed_ms += by_ms.max(0);
        for client in &mut self.clients {
            client.now_ms = self.elapsed_ms;
        }
        if by_ms >= UNDER_WAY_MS_MAX {
            for link in self.server.lose_what_is_late() {
                let of = self
                    .clients
                    .iter_mut()
                    .find(|client| client.link == Some(link));
                of.expect("its client is there").disconnect();
            }
        }
    }

    fn hibernate(&mut self) -> Result<(), Breach> {
        if !self.server.may_hibernate() {
            self.turn()?;
        }
        if self.server.may_hibernate() && !self.server.is_overtaken() {
            self.server.hibernate();
            self.note_versions();
            self.lose_calls();
            self.runs.forget();
        }
        Ok(())
    }

    fn restart(&mut self, lost_frames: usize) -> Result<(), Breach> {
        self.look_at_store()?;
        self.look_at_replies()?;
        self.server.restart(lost_frames);
        self.note_versions();
        self.lose_calls();
        self.runs.forget();
        self.check_rows()
    }

    /// Takes in what the store has seen, and starts the server again where it has ended.
    fn look(&mut self) -> Result<(), Breach> {
        self.look_at_store()?;
        self.look_at_replies()?;
        if self.server.is_over() {
            self.restart(1)?;
        }
        self.check_status()?;
        for (id, link) in &self.server.links {
            let bytes = link.unacknowledged_bytes();
            if link.is_served && bytes > self.server.config.unacknowledged_bytes_max {
                let text = format!("{bytes} bytes are on their way to {id:?}");
                return Err(Breach::new(Property::Bounded, text));
            }
        }
        Ok(())
    }

    fn look_at_store(&mut self) -> Result<(), Breach> {
        for event in self.server.store.take_events() {
            match event {
                StoreEvent::Committed(runs, counter) => {
                    if self.server.is_overtaken() {
                        let text = "code that was overtaken has written";
                        return Err(Breach::new(Property::Migrated, text));
                    }
                    let (by, now_ms) = (self.server.sight.edition, self.server.now_ms);
                    self.history.commit(&runs, counter, by, now_ms)?;
                    for (before, after) in self.history.take_changes() {
                        self.runs.note_change(&before, &after, &self.names.places);
                    }
                }
                StoreEvent::Asked(question, is_faulted) => {
                    self.runs.note_run(question, is_faulted)?;
                }
                StoreEvent::Undone => {}
            }
        }
        Ok(())
    }
}
