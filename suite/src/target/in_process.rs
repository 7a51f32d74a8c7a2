//! The engine alone, in memory and in virtual time.
//!
//! Whatever was sent before somebody waits for an answer arrives together: it is one turn. Nothing
//! comes by itself, so waiting for what does not come ends at once.

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::io::Cursor;
use std::rc::Rc;

use zeroback_protocol::{FunctionKind, Outcome, RawJson, Timestamp};
use zeroback_runtime::AuthSettings;
use zeroback_runtime::engine::transfer::{
    Archive, ExportLimits, ImportLimits, TransferError, export,
};
use zeroback_runtime::engine::{
    ConnectionId, Credentials, Engine, EngineConfig, FetchId, Fetched, Frame as EngineFrame,
    LiveSize, Output, Ticket,
};

use super::actions::Actions;
use super::http::{Request, Response};
use super::store::SharedStore;
use super::{End, Frame, Socket, Target};
use crate::issuer;

/// When virtual time begins.
const START_MS: i64 = 1_790_000_000_000;

/// How far ahead a job may be for a test to wait for it.
const WAITED_MS_MAX: i64 = 60_000;

/// How often actions may ask for something before a test goes on.
const ACTION_ROUNDS: usize = 1_000;

/// The engine as a target.
#[derive(Clone, Debug)]
pub struct InProcess {
    machine: Rc<RefCell<Machine>>,
}

impl Default for InProcess {
    fn default() -> Self {
        Self::new(EngineConfig::default())
    }
}

/// The engine and what a host keeps beside it.
#[derive(Debug)]
struct Machine {
    engine: Engine<SharedStore>,
    store: SharedStore,
    config: EngineConfig,
    now_ms: i64,
    inboxes: BTreeMap<ConnectionId, VecDeque<Frame>>,
    /// What is kept with each socket.
    attachments: BTreeMap<ConnectionId, String>,
    replies: BTreeMap<Ticket, Response>,
    logs: Vec<String>,
    last_id: u64,
    actions: Actions,
    /// Documents that were asked for.
    fetches: VecDeque<(FetchId, String)>,
    /// Whether they come only when the test says so.
    holds_fetches: bool,
    fails_fetches: bool,
}

#[derive(Debug)]
struct InProcessSocket {
    machine: Rc<RefCell<Machine>>,
    connection: ConnectionId,
}

impl InProcess {
    /// Starts an engine with these limits on an empty database.
    #[must_use]
    pub fn new(config: EngineConfig) -> Self {
        Self::on(SharedStore::new(), config)
    }

    fn on(store: SharedStore, config: EngineConfig) -> Self {
        let mut machine = Machine {
            engine: open(&store, config),
            store,
            config,
            now_ms: START_MS,
            inboxes: BTreeMap::new(),
            attachments: BTreeMap::new(),
            replies: BTreeMap::new(),
            logs: Vec::new(),
            last_id: 0,
            actions: Actions::new(),
            fetches: VecDeque::new(),
            holds_fetches: false,
            fails_fetches: false,
        };
        // A new engine looks after the jobs of one before it.
        machine.turn();
        Self {
            machine: Rc::new(RefCell::new(machine)),
        }
    }

    /// Starts another engine on the same database, as one that is being replaced meets it.
    #[must_use]
    pub fn beside(&self) -> Self {
        let machine = self.machine.borrow();
        let (store, config, now_ms) = (machine.store.clone(), machine.config, machine.now_ms);
        let other = Self::on(store, config);
        other.machine.borrow_mut().now_ms = now_ms;
        other
    }

    /// Returns the engine's store.
    #[must_use]
    pub fn store(&self) -> SharedStore {
        self.machine.borrow().store.clone()
    }

    /// Lets virtual time pass, or go back.
    pub fn advance_ms(&self, by: i64) {
        self.machine.borrow_mut().now_ms += by;
    }

    /// Tells whether the engine has something to do.
    #[must_use]
    pub fn needs_turn(&self) -> bool {
        self.machine.borrow().engine.needs_turn()
    }

    /// Tells whether the engine has something to do after a pause.
    #[must_use]
    pub fn needs_turn_later(&self) -> bool {
        self.machine.borrow().engine.needs_turn_later()
    }

    /// Commits what waits, as a host does that gives each message a transaction of its own.
    pub fn commit(&self) {
        let machine = &mut *self.machine.borrow_mut();
        let now = Timestamp::from_unix_ms(machine.now_ms);
        machine.engine.commit(now);
    }

    /// Lets the engine take its turn.
    pub fn turn(&self) {
        self.machine.borrow_mut().turn();
    }

    /// Loses the engine as a Durable Object does that hibernates: sockets stay, what is kept with
    /// them and what is committed. What it still had to do is lost too.
    pub fn hibernate(&self) {
        let machine = &mut *self.machine.borrow_mut();
        machine.reopen();
        let sockets = machine.attachments.clone().into_iter().collect();
        let woken = machine.engine.handle_wake(sockets);
        woken.expect("the store does not fail");
    }

    /// Has documents that the engine asks for come when [`InProcess::fetch`] is called, and not before.
    pub fn hold_fetches(&self) {
        self.machine.borrow_mut().holds_fetches = true;
    }

    /// Has every document fail that the engine asks for.
    pub fn fail_fetches(&self) {
        self.machine.borrow_mut().fails_fetches = true;
    }

    /// Returns the virtual time.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.machine.borrow().now_ms
    }

    /// Returns in how many milliseconds the engine wants a turn, if it does.
    #[must_use]
    pub fn wants_turn_in_ms(&self) -> Option<i64> {
        let machine = self.machine.borrow();
        let at = machine.engine.wants_turn_at()?;
        Some(at.unix_ms() - machine.now_ms)
    }

    /// Gets the documents that were asked for.
    pub fn fetch(&self) {
        self.machine.borrow_mut().fetch();
    }

    /// Opens a socket with cookies.
    #[must_use]
    pub fn open_with(&mut self, cookies: &str) -> Box<dyn Socket> {
        let socket = self.open();
        let machine = &mut *self.machine.borrow_mut();
        let connection = ConnectionId(machine.last_id);
        machine.tell_time();
        machine.engine.handle_cookie(connection, cookies);
        socket
    }

    /// Returns how much the engine keeps of live queries.
    #[must_use]
    pub fn live_size(&self) -> LiveSize {
        self.machine.borrow().engine.live_size()
    }

    /// Lets the engine take its turn, and returns what it sends.
    #[must_use]
    pub fn turn_frames(&self) -> Vec<EngineFrame> {
        let machine = &mut *self.machine.borrow_mut();
        machine.engine.turn(Timestamp::from_unix_ms(machine.now_ms));
        let mut frames = Vec::new();
        while let Some(output) = machine.engine.poll_output() {
            if let Output::Send { frame, .. } = output {
                frames.push(frame);
            }
        }
        frames
    }

    /// Makes all steps of a schema change, and returns how many there were.
    pub fn migrate(&self) -> usize {
        let machine = &mut *self.machine.borrow_mut();
        let mut steps = 1;
        while machine.engine.migrate() {
            steps += 1;
        }
        machine.turn();
        steps
    }

    /// Makes one step of a schema change; returns whether another one follows.
    #[must_use]
    pub fn migrate_once(&self) -> bool {
        self.machine.borrow_mut().engine.migrate()
    }

    /// Returns how many commits the database has seen.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.machine.borrow().engine.version().counter
    }

    /// Takes what the engine wrote to its log.
    #[must_use]
    pub fn take_logs(&self) -> Vec<String> {
        std::mem::take(&mut self.machine.borrow_mut().logs)
    }
}

impl Target for InProcess {
    fn open(&mut self) -> Box<dyn Socket> {
        let mut machine = self.machine.borrow_mut();
        machine.last_id += 1;
        let connection = ConnectionId(machine.last_id);
        machine.engine.handle_open(connection);
        machine.inboxes.insert(connection, VecDeque::new());
        Box::new(InProcessSocket {
            machine: Rc::clone(&self.machine),
            connection,
        })
    }

    fn request(&mut self, request: &Request) -> Response {
        let machine = &mut *self.machine.borrow_mut();
        if request.path == "/api/admin/run" {
            return machine.operate(request);
        }
        let kind = match request.path.as_str() {
            "/api/query" => FunctionKind::Query,
            "/api/mutation" => FunctionKind::Mutation,
            "/api/action" => FunctionKind::Action,
            "/api/admin/export" => return machine.export(),
            "/api/admin/import" => return machine.import(&request.body),
            other => panic!("the engine alone does not serve {other}"),
        };
        machine.last_id += 1;
        let ticket = Ticket(machine.last_id);
        let body = String::from_utf8(request.body.clone()).expect("text");
        let key = request.idempotency_key.as_deref();
        machine.tell_time();
        let credentials = Credentials {
            authorization: request.authorization.as_deref(),
            cookie: request
                .headers
                .iter()
                .find(|(name, _)| *name == "cookie")
                .map(|(_, value)| value.as_str()),
        };
        machine
            .engine
            .handle_call_of(credentials, ticket, kind, key, &body);
        machine.turn();
        machine.fetch();
        machine.run_actions();
        let reply = machine.replies.remove(&ticket);
        reply.expect("the engine answers")
    }

    fn restart(&mut self, _end: End) {
        let machine = &mut *self.machine.borrow_mut();
        for inbox in machine.inboxes.values_mut() {
            inbox.push_back(Frame::Close(1012));
        }
        machine.attachments.clear();
        machine.reopen();
    }

    fn restart_edited(&mut self, statements: &[&str]) -> Result<(), String> {
        self.store().edit(statements);
        self.restart(End::Stop);
        Ok(())
    }
}

impl Socket for InProcessSocket {
    fn send(&mut self, frame: Frame) {
        let mut machine = self.machine.borrow_mut();
        machine.tell_time();
        match frame {
            Frame::Text(text) => machine.engine.handle_message(self.connection, &text),
            Frame::Binary(_) => machine.engine.handle_binary(self.connection),
            Frame::Close(_) => machine.close(self.connection),
        }
    }

    fn receive(&mut self) -> Option<Frame> {
        let mut machine = self.machine.borrow_mut();
        machine.drain();
        if machine.inboxes[&self.connection].is_empty() && machine.engine.needs_turn() {
            machine.turn();
        }
        if machine.inboxes[&self.connection].is_empty() && !machine.holds_fetches {
            machine.fetch();
        }
        if machine.inboxes[&self.connection].is_empty() {
            machine.run_actions();
        }
        while machine.inboxes[&self.connection].is_empty() && machine.pass_time() {}
        machine.inboxes.get_mut(&self.connection)?.pop_front()
    }
}

impl Drop for InProcessSocket {
    fn drop(&mut self) {
        // While a behaviour fails the machine may be in use; nobody looks at it again then.
        if let Ok(mut machine) = self.machine.try_borrow_mut() {
            machine.close(self.connection);
        }
    }
}

impl Machine {
    fn close(&mut self, connection: ConnectionId) {
        self.attachments.remove(&connection);
        self.engine.handle_close(connection);
    }

    /// Opens another engine on the same database; what ran in the one before is gone.
    fn reopen(&mut self) {
        self.engine = open(&self.store, self.config);
        self.actions = Actions::new();
    }

    /// Lets actions go on, but not for ever: one may wait for what the test does next.
    fn run_actions(&mut self) {
        for _ in 0..ACTION_ROUNDS {
            if !self.actions.poll(&mut self.engine) {
                return;
            }
            self.turn();
        }
    }

    /// Goes on to the time at which a job is due; returns whether there is one before long.
    fn pass_time(&mut self) -> bool {
        let wake = self.engine.next_wake().map(Timestamp::unix_ms);
        let Some(wake) = wake.filter(|wake| *wake - self.now_ms <= WAITED_MS_MAX) else {
            return false;
        };
        self.now_ms = self.now_ms.max(wake);
        self.turn();
        self.run_actions();
        true
    }

    /// Gets the documents that were asked for.
    fn fetch(&mut self) {
        while let Some((fetch, url)) = self.fetches.pop_front() {
            let fetched = match issuer::answer(&url) {
                (200, body) if !self.fails_fetches => Ok(Fetched {
                    body,
                    max_age_ms: Some(300_000),
                }),
                (status, _) => Err(format!("{url} answered {status}")),
            };
            self.tell_time();
            self.engine.handle_fetched(fetch, fetched);
            self.turn();
        }
    }

    /// Says what time it is, as a host does before each event.
    fn tell_time(&mut self) {
        let now = Timestamp::from_unix_ms(self.now_ms);
        self.engine.handle_time(now);
    }

    fn turn(&mut self) {
        self.engine.turn(Timestamp::from_unix_ms(self.now_ms));
        self.drain();
        // Those that one turn has left.
        while self.engine.has_due_jobs() {
            self.engine.turn(Timestamp::from_unix_ms(self.now_ms));
            self.drain();
        }
        assert!(!self.engine.needs_turn(), "a turn leaves nothing to do");
    }

    /// Answers as a host does that has seen the key.
    fn operate(&mut self, request: &Request) -> Response {
        self.last_id += 1;
        let ticket = Ticket(self.last_id);
        let body = String::from_utf8(request.body.clone()).expect("text");
        self.engine.handle_operator_request(ticket, &body);
        self.turn();
        self.run_actions();
        let reply = self.replies.remove(&ticket);
        reply.expect("the engine answers")
    }

    /// Answers as a host does.
    fn export(&self) -> Response {
        let now = Timestamp::from_unix_ms(self.now_ms);
        let mut archive = Vec::new();
        match export(&self.store, now, ExportLimits::NONE, &mut archive) {
            Ok(_) => Response::new(200, archive),
            Err(error) => refused(&error),
        }
    }

    /// Answers as a host does.
    fn import(&mut self, archive: &[u8]) -> Response {
        let now = Timestamp::from_unix_ms(self.now_ms);
        let limits = ImportLimits::default();
        let imported = Archive::open(Cursor::new(archive))
            .and_then(|archive| self.engine.import(&archive, limits, now));
        self.turn();
        match imported {
            Ok(report) => {
                let report = serde_json::to_string(&report).expect("it is JSON");
                let outcome = Outcome::Success(RawJson::from_encoded(report));
                Response::new(200, outcome.encode().into_bytes())
            }
            Err(error) => refused(&error),
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Send { connection, frame } => {
                    self.inbox(connection)
                        .push_back(Frame::Text(frame.as_str().to_owned()));
                }
                Output::Attach {
                    connection,
                    attachment,
                } => {
                    self.attachments.insert(connection, attachment);
                }
                Output::Close {
                    connection, code, ..
                } => {
                    self.attachments.remove(&connection);
                    self.inbox(connection).push_back(Frame::Close(code));
                }
                Output::Reply {
                    ticket,
                    status,
                    body,
                    tag,
                } => {
                    let mut response = Response::new(status, body.into_bytes());
                    if let Some(tag) = tag {
                        response = response.with_header("zeroback-tag", tag.to_text());
                    }
                    self.replies.insert(ticket, response);
                }
                Output::Start { action } => {
                    if let Some(taken) = self.engine.take_action(action) {
                        self.actions.begin(action, taken);
                    }
                }
                Output::Answer {
                    action,
                    call,
                    outcome,
                } => self.actions.answer(action, call, outcome),
                Output::Route { .. } => unreachable!("there is no host to answer requests"),
                Output::Fetch { fetch, url } => self.fetches.push_back((fetch, url)),
                Output::Log { path, told, cause } => {
                    self.logs.push(format!("{path}: {told}: {cause}"));
                }
            }
        }
    }

    fn inbox(&mut self, connection: ConnectionId) -> &mut VecDeque<Frame> {
        let inbox = self.inboxes.get_mut(&connection);
        inbox.expect("the engine speaks to sockets it was given")
    }
}

fn refused(error: &TransferError) -> Response {
    let told = error.to_wire();
    let status = told.code.http_status();
    Response::new(status, Outcome::Error(told).encode().into_bytes())
}

fn open(store: &SharedStore, config: EngineConfig) -> Engine<SharedStore> {
    let now = Timestamp::from_unix_ms(START_MS);
    let auth = AuthSettings::parse(&issuer::setting()).expect("it is a setting");
    Engine::open(store.clone(), suite_fixture::app(), config, now, 7)
        .expect("the fixture opens")
        .with_auth(auth)
}
