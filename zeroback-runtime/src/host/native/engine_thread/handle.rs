//! How the rest of the host speaks to the engine's thread: by events, and by answers to them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};
use zeroback_protocol::{ErrorCode, FunctionKind, Outcome, Tag, WireError};

use super::super::outbox::Outbox;
use super::routes::RouteStep;
use crate::engine::transfer::{
    ArchiveContents, ArchiveLines, ImportLimits, TransferError, TransferReport,
};
use crate::engine::{ActionId, ConnectionId, FetchId, Fetched};
use crate::{Asked, Error, Scope};

/// How many events may wait for the engine; senders wait when it is full.
const EVENTS_MAX: usize = 4_096;

/// How many bytes of messages may wait for the engine; senders wait when there are more.
const EVENT_BYTES_MAX: u32 = 64 << 20;

/// How tokio's side speaks to the engine's thread.
#[derive(Clone, Debug)]
pub(in crate::host::native) struct EngineHandle {
    events: mpsc::Sender<Event>,
    room: Arc<Semaphore>,
    next_connection: Arc<AtomicU64>,
    pub(super) refusal: watch::Receiver<Option<WireError>>,
}

/// The answer of a call that did not come through a socket.
#[derive(Debug)]
pub(in crate::host::native) struct Reply {
    pub(in crate::host::native) status: u16,
    pub(in crate::host::native) body: String,
    pub(in crate::host::native) tag: Option<Tag>,
}

/// Held by an event that waits: the room that it takes up.
type Room = OwnedSemaphorePermit;

/// Why a call has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::host::native) enum Unanswered {
    /// The engine has not taken it: it has had no effect.
    Stopped,
    /// The engine has failed while it had it: it may have had its effect.
    Lost,
}

/// A call that has come by HTTP.
#[derive(Debug)]
pub(in crate::host::native) struct HttpCall {
    pub(in crate::host::native) kind: FunctionKind,
    /// Its `Idempotency-Key`.
    pub(in crate::host::native) key: Option<String>,
    /// Its `Authorization`.
    pub(in crate::host::native) authorization: Option<String>,
    /// Its cookies, if they count.
    pub(in crate::host::native) cookies: Option<String>,
    pub(in crate::host::native) body: String,
}

/// A step of an import; each waits for the one before it, and other events come between them.
#[derive(Debug)]
pub(in crate::host::native) enum ImportStep {
    Begin(ArchiveContents, ImportLimits),
    Stage(ArchiveLines),
    Finish,
    /// It is given up.
    Drop,
}

/// What a step is answered with; only the last has something to report.
pub(super) type Imported = Result<TransferReport, TransferError>;

/// An action, and of which life of the engine it is.
#[derive(Clone, Copy, Debug)]
pub(in crate::host::native) struct ActionName {
    pub(super) life: u64,
    pub(super) id: ActionId,
}

pub(super) enum Event {
    /// A socket, and the cookies with which it was opened.
    Open(ConnectionId, Arc<Outbox>, Option<String>),
    Messages(ConnectionId, Vec<String>, Room),
    Binary(ConnectionId),
    Close(ConnectionId),
    Call(HttpCall, Room, oneshot::Sender<Reply>),
    Operate(String, oneshot::Sender<Reply>),
    Import(ImportStep, oneshot::Sender<Imported>),
    ActionCall(ActionName, Asked, oneshot::Sender<Outcome>),
    ActionForgets(ActionName, Scope),
    ActionEnded(ActionName, Result<String, Error>),
    Route(RouteStep),
    /// A document that an engine's life has asked for.
    Fetched(u64, FetchId, Result<Fetched, String>),
    /// A time has come that the engine has waited for.
    Time,
    Stop,
    #[cfg(test)]
    Panic,
}

impl Event {
    /// Returns for how many it counts in a batch.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Messages(_, messages, _) => messages.len(),
            _ => 1,
        }
    }
}

impl EngineHandle {
    /// Makes one, and what the engine's thread takes events from.
    pub(super) fn new(
        refusal: watch::Receiver<Option<WireError>>,
    ) -> (Self, mpsc::Receiver<Event>) {
        let (events, waiting) = mpsc::channel(EVENTS_MAX);
        let handle = Self {
            events,
            room: Arc::new(Semaphore::new(EVENT_BYTES_MAX as usize)),
            next_connection: Arc::default(),
            refusal,
        };
        (handle, waiting)
    }

    /// Returns by what events come that do not keep the engine.
    pub(super) fn downgrade(&self) -> mpsc::WeakSender<Event> {
        self.events.downgrade()
    }

    /// Takes in a socket and returns the name under which it is known.
    pub(in crate::host::native) async fn open(
        &self,
        outbox: Arc<Outbox>,
        cookies: Option<String>,
    ) -> ConnectionId {
        let id = ConnectionId(self.next_connection.fetch_add(1, Ordering::Relaxed));
        self.send(Event::Open(id, outbox, cookies)).await;
        id
    }

    /// Hands over what a socket has said at once, in so many bytes.
    pub(in crate::host::native) async fn messages(
        &self,
        connection: ConnectionId,
        messages: Vec<String>,
        bytes: usize,
    ) {
        if let Some(room) = self.room_for(bytes).await {
            self.send(Event::Messages(connection, messages, room)).await;
        }
    }

    pub(in crate::host::native) async fn binary(&self, connection: ConnectionId) {
        self.send(Event::Binary(connection)).await;
    }

    pub(in crate::host::native) async fn close(&self, connection: ConnectionId) {
        self.send(Event::Close(connection)).await;
    }

    /// Runs a function.
    pub(in crate::host::native) async fn call(&self, call: HttpCall) -> Result<Reply, Unanswered> {
        let bytes = call.body.len();
        let room = self.room_for(bytes).await.ok_or(Unanswered::Stopped)?;
        let (reply, answer) = oneshot::channel();
        let event = Event::Call(call, room, reply);
        if self.events.send(event).await.is_err() {
            return Err(Unanswered::Stopped);
        }
        answer.await.map_err(|_| Unanswered::Lost)
    }

    /// Runs a function for the operator, as the body of a request names it, once a schema change has been made.
    pub(in crate::host::native) async fn operate(&self, body: String) -> Result<Reply, Unanswered> {
        let mut refusal = self.refusal.clone();
        let is_migrating = |refusal: &Option<WireError>| {
            refusal
                .as_ref()
                .is_some_and(|error| error.code == ErrorCode::MIGRATING)
        };
        let ready = refusal.wait_for(|refusal| !is_migrating(refusal)).await;
        ready.map_err(|_| Unanswered::Stopped)?;
        let (reply, answer) = oneshot::channel();
        self.send(Event::Operate(body, reply)).await;
        answer.await.map_err(|_| Unanswered::Lost)
    }

    /// Takes a step of an import, on a thread that may wait.
    pub(in crate::host::native) fn import_blocking(&self, step: ImportStep) -> Imported {
        let (reply, answer) = oneshot::channel();
        let sent = self.events.blocking_send(Event::Import(step, reply));
        sent.map_err(|_| TransferError::Lost)?;
        answer.blocking_recv().unwrap_or(Err(TransferError::Lost))
    }

    /// Waits until there is room for an event of this size.
    async fn room_for(&self, bytes: usize) -> Option<Room> {
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.room);
        room.acquire_many_owned(bytes.min(EVENT_BYTES_MAX))
            .await
            .ok()
    }

    /// Tells whether there is an engine to take events.
    pub(in crate::host::native) fn is_alive(&self) -> bool {
        !self.events.is_closed()
    }

    /// Returns what every call is answered with, while the engine takes none.
    pub(in crate::host::native) fn refusal(&self) -> Option<WireError> {
        self.refusal.borrow().clone()
    }

    /// Waits until there is no engine any more.
    pub(in crate::host::native) async fn ended(&self) {
        self.events.closed().await;
    }

    /// Tells the engine to finish what waits and close every socket.
    pub(in crate::host::native) async fn stop(&self) {
        self.send(Event::Stop).await;
    }

    pub(super) async fn send(&self, event: Event) {
        // A stopped engine takes nothing; whoever waits for an answer sees its channel closed.
        let _ = self.events.send(event).await;
    }
}

/// How actions reach the engine, without keeping it.
#[derive(Clone, Debug)]
pub(in crate::host::native) struct ActionDoor(pub(super) mpsc::WeakSender<Event>);

impl ActionDoor {
    /// Makes a call of an action's; returns nothing where there is no engine to answer it.
    pub(in crate::host::native) async fn call(
        &self,
        action: ActionName,
        asked: Asked,
    ) -> Option<Outcome> {
        let (reply, answer) = oneshot::channel();
        let event = Event::ActionCall(action, asked, reply);
        self.0.upgrade()?.send(event).await.ok()?;
        answer.await.ok()
    }

    /// Says that what an action has read in a scope is of no interest any more. Where there is no
    /// room for it, that is kept until the action ends.
    pub(in crate::host::native) fn forget(&self, action: ActionName, scope: Scope) {
        if let Some(events) = self.0.upgrade() {
            let _ = events.try_send(Event::ActionForgets(action, scope));
        }
    }

    /// Says what an action has come to.
    pub(in crate::host::native) async fn ended(
        &self,
        action: ActionName,
        result: Result<String, Error>,
    ) {
        if let Some(events) = self.0.upgrade() {
            // Without an engine nobody waits for it.
            let _ = events.send(Event::ActionEnded(action, result)).await;
        }
    }
}
