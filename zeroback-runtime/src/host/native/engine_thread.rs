//! The thread that owns the engine: events in by one channel, outputs out by one per socket.

use std::collections::BTreeMap;
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use zeroback_protocol::FunctionKind;

use super::clock::now;
use super::outbox::Outbox;
use super::store::NativeStore;
use crate::engine::{ConnectionId, Engine, OpenError, Output, Ticket};

/// How many events may wait for the engine; senders wait when it is full.
const EVENTS_MAX: usize = 4_096;

/// How many bytes of messages may wait for the engine; senders wait when there are more.
const EVENT_BYTES_MAX: u32 = 64 << 20;

/// How many events one turn takes at most, so that a flood does not hold answers back for ever.
const BATCH_MAX: usize = 1_024;

/// Closes the sockets of a server that stops.
const CLOSE_RESTART: u16 = 1012;

/// Closes the socket of a client that does not read.
const CLOSE_SLOW_CLIENT: u16 = 4408;

/// How tokio's side speaks to the engine's thread.
#[derive(Clone, Debug)]
pub(super) struct EngineHandle {
    events: mpsc::Sender<Event>,
    room: Arc<Semaphore>,
    next_connection: Arc<AtomicU64>,
}

/// The answer of a call that did not come through a socket.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: String,
}

/// Held by an event that waits: the room that it takes up.
type Room = OwnedSemaphorePermit;

/// Why a call has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unanswered {
    /// The engine has not taken it: it has had no effect.
    Stopped,
    /// The engine has failed while it had it: it may have had its effect.
    Lost,
}

enum Event {
    Open(ConnectionId, Outbox),
    Message(ConnectionId, String, Room),
    Binary(ConnectionId),
    Close(ConnectionId),
    Call(FunctionKind, String, Room, oneshot::Sender<Reply>),
    Stop,
    #[cfg(test)]
    Panic,
}

impl EngineHandle {
    /// Takes in a socket and returns the name under which it is known.
    pub(super) async fn open(&self, outbox: Outbox) -> ConnectionId {
        let id = ConnectionId(self.next_connection.fetch_add(1, Ordering::Relaxed));
        self.send(Event::Open(id, outbox)).await;
        id
    }

    pub(super) async fn message(&self, connection: ConnectionId, json: String) {
        if let Some(room) = self.room_for(&json).await {
            self.send(Event::Message(connection, json, room)).await;
        }
    }

    pub(super) async fn binary(&self, connection: ConnectionId) {
        self.send(Event::Binary(connection)).await;
    }

    pub(super) async fn close(&self, connection: ConnectionId) {
        self.send(Event::Close(connection)).await;
    }

    /// Runs a function.
    pub(super) async fn call(&self, kind: FunctionKind, body: String) -> Result<Reply, Unanswered> {
        let room = self.room_for(&body).await.ok_or(Unanswered::Stopped)?;
        let (reply, answer) = oneshot::channel();
        let event = Event::Call(kind, body, room, reply);
        if self.events.send(event).await.is_err() {
            return Err(Unanswered::Stopped);
        }
        answer.await.map_err(|_| Unanswered::Lost)
    }

    /// Waits until there is room for an event of this size.
    async fn room_for(&self, text: &str) -> Option<Room> {
        let bytes = u32::try_from(text.len()).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room);
        room.acquire_many_owned(bytes.min(EVENT_BYTES_MAX))
            .await
            .ok()
    }

    /// Tells whether there is an engine to take events.
    pub(super) fn is_alive(&self) -> bool {
        !self.events.is_closed()
    }

    /// Tells the engine to finish what waits and close every socket.
    pub(super) async fn stop(&self) {
        self.send(Event::Stop).await;
    }

    async fn send(&self, event: Event) {
        // A stopped engine takes nothing; whoever waits for an answer sees its channel closed.
        let _ = self.events.send(event).await;
    }
}

/// Starts the thread; `open` makes the engine on it, and again after a panic of the engine.
///
/// The lock on the data folder is held until the engine has ended, whoever has given up the server
/// before.
pub(super) async fn start(
    lock: File,
    open: impl Fn() -> Result<Engine<NativeStore>, OpenError> + Send + 'static,
) -> Result<(EngineHandle, JoinHandle<()>), OpenError> {
    let (events, waiting) = mpsc::channel(EVENTS_MAX);
    let (opened, is_open) = oneshot::channel();
    let thread = std::thread::Builder::new()
        .name("zeroback-engine".to_owned())
        .spawn(move || match open() {
            Ok(engine) => {
                let _ = opened.send(Ok(()));
                run(engine, waiting, open);
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
    let handle = EngineHandle {
        events,
        room: Arc::new(Semaphore::new(EVENT_BYTES_MAX as usize)),
        next_connection: Arc::default(),
    };
    Ok((handle, thread))
}

/// Runs the engine until the server stops. A panic that is not an author's is a broken invariant:
/// then every client is told to connect again, and a new engine goes on from what is committed.
fn run(
    mut engine: Engine<NativeStore>,
    mut events: mpsc::Receiver<Event>,
    open: impl Fn() -> Result<Engine<NativeStore>, OpenError>,
) {
    loop {
        let mut turns = EngineLoop::new(engine, &mut events);
        let ended = catch_unwind(AssertUnwindSafe(|| turns.run()));
        turns.close_all();
        drop(turns);
        if ended.is_ok() {
            return;
        }
        tracing::error!("the engine panicked; it is opened anew from what is committed");
        engine = match open() {
            Ok(engine) => engine,
            Err(error) => {
                tracing::error!("the engine could not be opened anew: {error}");
                return;
            }
        };
    }
}

struct EngineLoop<'e> {
    engine: Engine<NativeStore>,
    events: &'e mut mpsc::Receiver<Event>,
    outboxes: BTreeMap<ConnectionId, Outbox>,
    replies: BTreeMap<Ticket, oneshot::Sender<Reply>>,
    last_ticket: u64,
}

impl<'e> EngineLoop<'e> {
    fn new(engine: Engine<NativeStore>, events: &'e mut mpsc::Receiver<Event>) -> Self {
        Self {
            engine,
            events,
            outboxes: BTreeMap::new(),
            replies: BTreeMap::new(),
            last_ticket: 0,
        }
    }

    fn run(&mut self) {
        while let Some(event) = self.events.blocking_recv() {
            let mut goes_on = self.handle(event);
            for _ in 1..BATCH_MAX {
                match self.events.try_recv() {
                    Ok(event) => goes_on &= self.handle(event),
                    Err(_) => break,
                }
            }
            self.engine.turn(now());
            self.drain();
            if !goes_on {
                break;
            }
        }
    }

    fn close_all(&self) {
        for outbox in self.outboxes.values() {
            outbox.close(CLOSE_RESTART, "connect again");
        }
    }

    /// Hands an event to the engine; returns whether the engine goes on.
    fn handle(&mut self, event: Event) -> bool {
        match event {
            Event::Open(connection, outbox) => {
                self.outboxes.insert(connection, outbox);
                self.engine.handle_open(connection);
            }
            Event::Message(connection, json, _room) => {
                self.engine.handle_message(connection, &json);
            }
            Event::Binary(connection) => self.engine.handle_binary(connection),
            Event::Close(connection) => {
                self.outboxes.remove(&connection);
                self.engine.handle_close(connection);
            }
            Event::Call(kind, body, _room, reply) => {
                self.last_ticket += 1;
                let ticket = Ticket(self.last_ticket);
                self.replies.insert(ticket, reply);
                self.engine.handle_call(ticket, kind, &body);
            }
            Event::Stop => return false,
            #[cfg(test)]
            Event::Panic => panic!("planted"),
        }
        true
    }

    fn drain(&mut self) {
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Send { connection, frame } => self.send(connection, frame),
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
                } => {
                    if let Some(reply) = self.replies.remove(&ticket) {
                        // Whoever asked may have gone.
                        let _ = reply.send(Reply { status, body });
                    }
                }
                Output::Log { path, told, cause } => {
                    tracing::error!(function = path, told = told.code.as_str(), "{cause}");
                }
            }
        }
    }

    fn send(&mut self, connection: ConnectionId, frame: String) {
        let Some(outbox) = self.outboxes.get(&connection) else {
            return;
        };
        if outbox.send(frame).is_err() {
            outbox.cut_off(CLOSE_SLOW_CLIENT, "the client does not read");
            self.outboxes.remove(&connection);
            self.engine.handle_close(connection);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::outbox::Outgoing;
    use super::*;
    use crate::App;
    use crate::engine::EngineConfig;

    #[tokio::test]
    async fn a_panic_of_the_engine_sends_clients_away_and_the_server_goes_on() {
        let lock = File::open(".").unwrap();
        let (engine, thread) = start(lock, || {
            let store = NativeStore::in_memory()?;
            Engine::open(store, App::collect(&[]), EngineConfig::default(), now(), 1)
        })
        .await
        .unwrap();
        let (outbox, mut frames) = Outbox::new(1 << 20);
        engine.open(outbox).await;
        engine.send(Event::Panic).await;
        let sent = frames.next().await;
        assert!(matches!(sent, Some(Outgoing::Close(CLOSE_RESTART, _))));
        let body = r#"{"path":"none"}"#.to_owned();
        let reply = engine.call(FunctionKind::Query, body).await.unwrap();
        assert_eq!(reply.status, 404);
        engine.stop().await;
        thread.join().unwrap();
        assert!(!engine.is_alive());
    }
}
