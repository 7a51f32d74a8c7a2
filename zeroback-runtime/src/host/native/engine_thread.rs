//! The thread that owns the engine: events in by one channel, outputs out by an outbox per socket.

mod handle;
mod routes;

use std::collections::BTreeMap;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};
use zeroback_protocol::{Outcome, Timestamp, WireError};

use super::actions::{self, ActionsHandle, Surroundings};
use super::clock::now;
use super::fetch_keys;
use super::log::log;
use super::outbox::{Outbox, SlowClient};
use super::routes::RouteJob;
use super::store::NativeStore;
use crate::engine::transfer::{Import, TransferError, TransferReport};
use crate::engine::{
    ActionId, CallId, ConnectionId, Credentials, Engine, FetchId, Frame, OpenError, Output, Status,
    Ticket,
};
use crate::host::log::failed;
pub(super) use handle::{
    ActionDoor, ActionName, EngineHandle, HttpCall, ImportStep, Reply, Unanswered,
};
use handle::{Event, Imported};

/// How many messages and other events one turn takes at most, or a lot more, so that a flood does not hold answers back for ever.
const BATCH_MAX: usize = 1_024;

/// How many sockets the engine's thread writes to by itself behind a turn.
const WRITTEN_HERE_MAX: usize = 4;

/// How many sockets a thread of tokio's writes to before it looks what else there is to do.
const WRITTEN_AT_ONCE: usize = 64;

/// How long the thread waits at most for a time of the wall clock, which may be set meanwhile.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// Closes the sockets of a server that stops.
const CLOSE_RESTART: u16 = 1012;

/// Closes the socket of a client that does not read.
const CLOSE_SLOW_CLIENT: u16 = 4408;

/// Starts the thread; `open` makes the engine on it, and again after a panic of the engine.
///
/// The lock on the data folder is held until the engine has ended, whoever has given up the server
/// before.
pub(super) async fn start(
    lock: File,
    around: Surroundings,
    open: impl Fn() -> Result<Engine<NativeStore>, OpenError> + Send + 'static,
) -> Result<(EngineHandle, JoinHandle<()>), OpenError> {
    let (opened, is_open) = oneshot::channel();
    let (refusal_now, refusal) = watch::channel(None);
    let (handle, waiting) = EngineHandle::new(refusal);
    let runtime = Handle::current();
    let actions = actions::start(ActionDoor(handle.downgrade()), around);
    let back = handle.downgrade();
    let thread = std::thread::Builder::new()
        .name("zeroback-engine".to_owned())
        .spawn(move || match open() {
            Ok(engine) => {
                refusal_now.send_replace(engine.refusal());
                let _ = opened.send(Ok(()));
                let host = Around {
                    refusal: &refusal_now,
                    runtime: &runtime,
                    actions: &actions,
                    back: &back,
                };
                run(engine, waiting, host, open);
                // Closing the file would not do: a process that is being started at this moment
                // still holds a copy of it. Where unlocking fails, the end of this process does it.
                let _ = lock.unlock();
            }
            Err(error) => {
                let _ = opened.send(Err(error));
            }
        })
        .expect("the operating system gives a thread");
    is_open
        .await
        .expect("the engine's thread says whether it opened")?;
    Ok((handle, thread))
}

/// Runs the engine until the server stops. A panic that is not an author's is a broken invariant:
/// then every client is told to connect again, and a new engine goes on from what is committed. So
/// it is where another process has written to the database.
fn run(
    mut engine: Engine<NativeStore>,
    mut events: mpsc::Receiver<Event>,
    host: Around<'_>,
    open: impl Fn() -> Result<Engine<NativeStore>, OpenError>,
) {
    for life in 0.. {
        let mut turns = EngineLoop::new(engine, &mut events, host, life);
        let ended = catch_unwind(AssertUnwindSafe(|| turns.run()));
        turns.close_all();
        drop(turns);
        match ended {
            Ok(End::Stopped) => return,
            Ok(End::OutOfDate) => {
                tracing::error!("another process writes to the database; it is opened anew");
            }
            Err(_) => {
                tracing::error!("the engine panicked; it is opened anew from what is committed");
            }
        }
        engine = match open() {
            Ok(engine) => engine,
            Err(error) => {
                tracing::error!("the engine could not be opened anew: {error}");
                return;
            }
        };
        host.refusal.send_replace(engine.refusal());
    }
}

/// Why the engine was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Stopped,
    OutOfDate,
}

/// What there is around the engine's thread.
#[derive(Clone, Copy)]
struct Around<'e> {
    refusal: &'e watch::Sender<Option<WireError>>,
    runtime: &'e Handle,
    actions: &'e ActionsHandle,
    /// By which what was asked for outside comes back.
    back: &'e mpsc::WeakSender<Event>,
}

/// What the engine's thread goes on with.
enum Waited {
    Event(Event),
    /// The engine has something to do by itself.
    Nothing,
    Closed,
}

struct EngineLoop<'e> {
    engine: Engine<NativeStore>,
    events: &'e mut mpsc::Receiver<Event>,
    host: Around<'e>,
    outboxes: BTreeMap<ConnectionId, Arc<Outbox>>,
    /// Those that frames were put into and that nobody writes yet.
    unwritten: Vec<Arc<Outbox>>,
    replies: BTreeMap<Ticket, oneshot::Sender<Reply>>,
    last_ticket: u64,
    import: Option<Import>,
    /// How many engines there were before this one.
    life: u64,
    action_calls: BTreeMap<(ActionId, CallId), oneshot::Sender<Outcome>>,
    last_call: u64,
    /// Of which it is not known yet who makes them.
    requests: BTreeMap<ActionId, Box<RouteJob>>,
    /// When the engine is told the time, though nothing comes.
    alarm: Option<Timestamp>,
}

impl<'e> EngineLoop<'e> {
    fn new(
        engine: Engine<NativeStore>,
        events: &'e mut mpsc::Receiver<Event>,
        host: Around<'e>,
        life: u64,
    ) -> Self {
        Self {
            engine,
            events,
            host,
            outboxes: BTreeMap::new(),
            unwritten: Vec::new(),
            replies: BTreeMap::new(),
            last_ticket: 0,
            import: None,
            life,
            action_calls: BTreeMap::new(),
            last_call: 0,
            requests: BTreeMap::new(),
            alarm: None,
        }
    }

    fn run(&mut self) -> End {
        // A step of a schema change that has failed is made again behind the next event.
        let mut steps_go_on = true;
        loop {
            let steps = steps_go_on && self.engine.status() == Status::Migrating;
            let waited = self.wait(steps);
            self.engine.handle_time(now());
            let is_stopped = match waited {
                Waited::Event(event) => !self.handle_batch(event),
                Waited::Nothing => false,
                Waited::Closed => return End::Stopped,
            };
            if self.engine.status() == Status::Migrating && !is_stopped {
                steps_go_on = self.engine.migrate();
                self.host.refusal.send_replace(self.engine.refusal());
            }
            self.engine.turn(now());
            self.drain();
            self.write_out();
            self.set_alarm();
            if is_stopped || self.events.is_closed() {
                return End::Stopped;
            }
            if self.engine.status() == Status::OutOfDate {
                return End::OutOfDate;
            }
        }
    }

    /// Waits for an event, or for the time at which the engine has something to do by itself; not at
    /// all where it has that already.
    fn wait(&mut self, has_steps: bool) -> Waited {
        if has_steps || self.engine.has_due_jobs() {
            return self
                .events
                .try_recv()
                .map_or(Waited::Nothing, Waited::Event);
        }
        let received = match self.engine.next_wake() {
            None => self.events.blocking_recv(),
            Some(at) => {
                let left_ms = at.unix_ms().saturating_sub(now().unix_ms()).max(0);
                let left = Duration::from_millis(left_ms.unsigned_abs()).min(WAIT_MAX);
                // The timer belongs to the runtime that it is made in.
                let received = async { tokio::time::timeout(left, self.events.recv()).await };
                match self.host.runtime.block_on(received) {
                    Ok(received) => received,
                    Err(_) => return Waited::Nothing,
                }
            }
        };
        received.map_or(Waited::Closed, Waited::Event)
    }

    /// Hands an event and those that wait behind it to the engine; returns whether it goes on.
    fn handle_batch(&mut self, first: Event) -> bool {
        self.engine.handle_time(now());
        let mut taken = first.weight();
        let mut goes_on = self.handle(first);
        while taken < BATCH_MAX {
            let Ok(event) = self.events.try_recv() else {
                break;
            };
            taken += event.weight();
            goes_on &= self.handle(event);
        }
        goes_on
    }

    fn close_all(&self) {
        for outbox in self.outboxes.values() {
            outbox.close(CLOSE_RESTART, "connect again");
        }
    }

    /// Hands an event to the engine; returns whether the engine goes on.
    fn handle(&mut self, event: Event) -> bool {
        match event {
            Event::Open(connection, outbox, cookies) => {
                self.outboxes.insert(connection, outbox);
                self.engine.handle_open(connection);
                if let Some(cookies) = cookies {
                    self.engine.handle_cookie(connection, &cookies);
                }
            }
            Event::Messages(connection, messages, _room) => {
                for json in &messages {
                    self.engine.handle_message(connection, json);
                }
            }
            Event::Binary(connection) => self.engine.handle_binary(connection),
            Event::Close(connection) => {
                self.outboxes.remove(&connection);
                self.engine.handle_close(connection);
            }
            Event::Operate(body, reply) => {
                let ticket = self.expect_reply(reply);
                self.engine.handle_operator_request(ticket, &body);
            }
            Event::Call(call, _room, reply) => {
                let ticket = self.expect_reply(reply);
                let credentials = Credentials {
                    authorization: call.authorization.as_deref(),
                    cookie: call.cookies.as_deref(),
                };
                let (key, body) = (call.key.as_deref(), &call.body);
                self.engine
                    .handle_call_of(credentials, ticket, call.kind, key, body);
            }
            Event::Import(step, reply) => {
                // Whoever asked may have gone.
                let _ = reply.send(self.import(step));
            }
            Event::ActionCall(action, asked, reply) => {
                if action.life == self.life {
                    self.last_call += 1;
                    let id = CallId(self.last_call);
                    self.action_calls.insert((action.id, id), reply);
                    self.engine.handle_action_call(action.id, id, asked);
                }
            }
            Event::ActionForgets(action, scope) => {
                if action.life == self.life {
                    self.engine.handle_action_forgets(action.id, scope);
                }
            }
            Event::ActionEnded(action, result) => {
                if action.life == self.life {
                    self.engine.handle_action_end(action.id, result);
                }
            }
            Event::Route(step) => self.route(step),
            Event::Fetched(life, fetch, result) => {
                if life == self.life {
                    self.engine.handle_fetched(fetch, result);
                }
            }
            Event::Time => self.alarm = None,
            Event::Stop => return false,
            #[cfg(test)]
            Event::Panic => panic!("planted"),
        }
        true
    }

    fn expect_reply(&mut self, reply: oneshot::Sender<Reply>) -> Ticket {
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        self.replies.insert(ticket, reply);
        ticket
    }

    fn import(&mut self, step: ImportStep) -> Imported {
        let none = TransferError::Conflict("the import has ended");
        match step {
            ImportStep::Begin(contents, limits) => {
                self.import = None;
                self.import = Some(self.engine.begin_import(&contents, limits)?);
            }
            ImportStep::Stage(lines) => {
                let import = self.import.as_mut().ok_or(none)?;
                self.engine.stage(import, &lines, now())?;
            }
            ImportStep::Finish => {
                let import = self.import.take().ok_or(none)?;
                return self.engine.finish_import(import, now());
            }
            ImportStep::Drop => {
                if let Some(import) = self.import.take() {
                    self.engine.drop_import(import);
                }
            }
        }
        Ok(TransferReport::default())
    }

    fn drain(&mut self) {
        // Whoever has an answer finds its line.
        log().calls(self.engine.take_calls());
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Send { connection, frame } => self.send(connection, frame),
                // Nothing outlives this engine's process.
                Output::Attach { .. } => {}
                Output::Close {
                    connection,
                    code,
                    reason,
                } => {
                    if let Some(outbox) = self.outboxes.remove(&connection) {
                        outbox.close(code, reason);
                    }
                }
                Output::Reply {
                    ticket,
                    status,
                    body,
                    tag,
                } => {
                    if let Some(reply) = self.replies.remove(&ticket) {
                        // Whoever asked may have gone.
                        let _ = reply.send(Reply { status, body, tag });
                    }
                }
                Output::Start { action } => {
                    if let Some(started) = self.engine.take_action(action) {
                        let name = ActionName {
                            life: self.life,
                            id: action,
                        };
                        self.host.actions.run(name, started);
                    }
                }
                Output::Route { action } => self.begin_route(action),
                Output::Answer {
                    action,
                    call,
                    outcome,
                } => {
                    if let Some(reply) = self.action_calls.remove(&(action, call)) {
                        // The action may have given up waiting.
                        let _ = reply.send(outcome);
                    }
                }
                Output::Fetch { fetch, url } => self.fetch(fetch, url),
                Output::Log { path, told, cause } => failed(&path, &told, &cause),
            }
        }
    }

    /// Gets a document for the engine.
    fn fetch(&self, fetch: FetchId, url: String) {
        let (life, back) = (self.life, self.host.back.clone());
        self.host.runtime.spawn(async move {
            let fetched = fetch_keys::fetch(&url).await;
            if let Some(events) = back.upgrade() {
                let _ = events.send(Event::Fetched(life, fetch, fetched)).await;
            }
        });
    }

    /// Sees to it that the engine is told the time when it waits for one. An alarm that has become too
    /// early rings for nothing.
    fn set_alarm(&mut self) {
        let Some(at) = self.engine.wants_turn_at() else {
            return;
        };
        if self.alarm.is_some_and(|alarm| alarm <= at) {
            return;
        }
        self.alarm = Some(at);
        let left_ms = at.unix_ms().saturating_sub(now().unix_ms());
        let left = Duration::from_millis(u64::try_from(left_ms).unwrap_or(0));
        let back = self.host.back.clone();
        self.host.runtime.spawn(async move {
            tokio::time::sleep(left).await;
            if let Some(events) = back.upgrade() {
                let _ = events.send(Event::Time).await;
            }
        });
    }

    fn send(&mut self, connection: ConnectionId, frame: Frame) {
        let Some(outbox) = self.outboxes.get(&connection) else {
            return;
        };
        match outbox.send(frame) {
            Ok(true) => self.unwritten.push(Arc::clone(outbox)),
            Ok(false) => {}
            Err(SlowClient) => {
                outbox.cut_off(CLOSE_SLOW_CLIENT, "the client does not read");
                self.outboxes.remove(&connection);
                self.engine.handle_close(connection);
            }
        }
    }

    /// Sees to it that what was put into outboxes is written. Where it is little and nothing else
    /// waits, this thread does it: waking another one takes longer than writing.
    fn write_out(&mut self) {
        if self.unwritten.len() <= WRITTEN_HERE_MAX && self.events.is_empty() {
            for outbox in self.unwritten.drain(..) {
                outbox.flush();
            }
            return;
        }
        let mut unwritten = self.unwritten.drain(..);
        loop {
            let some: Vec<_> = unwritten.by_ref().take(WRITTEN_AT_ONCE).collect();
            if some.is_empty() {
                return;
            }
            self.host.runtime.spawn(async move {
                for outbox in some {
                    outbox.flush();
                }
            });
        }
    }
}

#[cfg(test)]
mod tests;
