//! An app in memory with a clock of its own, for authors' tests.

mod web;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Waker};
use std::time::Duration;

use zeroback_protocol::{
    ActionCall, Call, ClientMessage, FunctionCall, MutationCall, Outcome, PROTOCOL_VERSION,
    QueryCall, QueryId, QueryResult, RawJson, ServerMessage, SubscribedQuery, Timestamp, encode,
};

use crate::context::{Fetched, Filed};
use crate::engine::{
    ActionDesk, ConnectionId, Engine, EngineConfig, Output, Outside, Ticket, Viewer,
};
use crate::function::typed;
use crate::host::native::{Files, NativeStore, entropy, resolve};
use crate::web::{Body, FetchOptions, Request};
use crate::{App, CallError, FunctionError, Identity, Value};

pub use web::TestResponse;

/// When the clock of a new [`TestApp`] stands: 2026-01-01T00:00:00Z.
const START: Timestamp = Timestamp::from_unix_ms(1_767_225_600_000);

/// An app on a database in memory, with a clock that only [`TestApp::advance`] moves.
///
/// It is the engine that both hosts run; only sockets are missing. Internal functions can be
/// called too.
///
/// ```ignore
/// let t = TestApp::new(my_backend::app());
/// let id = t.mutation(tasks::create::Args { text: "x".into() }).unwrap();
/// let mut list = t.subscribe(tasks::list::Args);
/// assert_eq!(list.next().unwrap().unwrap()[0].id(), &id);
/// ```
#[derive(Clone, Debug)]
pub struct TestApp {
    state: Rc<RefCell<State>>,
    viewer: Viewer,
}

/// A live query of a [`TestApp`]; ends when it is dropped.
#[derive(Debug)]
pub struct TestSubscription<C> {
    state: Rc<RefCell<State>>,
    connection: ConnectionId,
    call: PhantomData<C>,
}

#[derive(Debug)]
struct State {
    engine: Engine<NativeStore>,
    now: Rc<Cell<Timestamp>>,
    next: u64,
    replies: BTreeMap<Ticket, String>,
    actions: ActionDesk,
    started: Vec<RunningAction>,
    inboxes: BTreeMap<ConnectionId, Inbox>,
    world: web::PlayedWorld,
}

/// What a subscription was sent.
#[derive(Debug, Default)]
struct Inbox {
    transitions: u64,
    outcomes: VecDeque<Outcome>,
}

impl TestApp {
    /// Opens the app on an empty database.
    ///
    /// # Panics
    ///
    /// Panics where the app cannot be served.
    #[must_use]
    pub fn new(app: App) -> Self {
        Self::with_files(app, Files::in_memory())
    }

    fn with_files(app: App, files: Files) -> Self {
        let opened = NativeStore::in_memory()
            .map_err(|error| error.to_string())
            .and_then(|store| {
                Engine::open_checked(store, app, EngineConfig::default(), START, 0)
                    .map_err(|error| error.to_string())
            });
        let engine = opened.unwrap_or_else(|error| panic!("{error}"));
        let now = Rc::new(Cell::new(START));
        let world = web::PlayedWorld::default();
        let outsider = Outsider {
            world: world.clone(),
            files,
            clock: Rc::clone(&now),
        };
        let mut state = State {
            engine,
            now,
            next: 0,
            replies: BTreeMap::new(),
            actions: ActionDesk::new(Rc::new(outsider)),
            started: Vec::new(),
            inboxes: BTreeMap::new(),
            world,
        };
        // What runs by the clock is counted from here.
        state.turn();
        Self {
            state: Rc::new(RefCell::new(state)),
            viewer: Viewer::default(),
        }
    }

    /// Returns the same app as somebody who is signed in uses it: what is called and subscribed to
    /// through it has this identity.
    ///
    /// ```ignore
    /// let ada = t.as_user(Identity { subject: "ada".into(), ..Identity::default() });
    /// ada.mutation(tasks::create::Args { text: "x".into() }).unwrap();
    /// ```
    #[must_use]
    pub fn as_user(&self, identity: Identity) -> Self {
        Self {
            state: Rc::clone(&self.state),
            viewer: Viewer::of(identity),
        }
    }

    /// Runs a query once.
    ///
    /// # Errors
    ///
    /// Fails as the function does, and where its arguments or its result cannot be encoded.
    pub fn query<C>(&self, call: C) -> Result<C::Output, CallError<C::Error>>
    where
        C: QueryCall<Output: Value, Error: FunctionError>,
    {
        self.call(&call)
    }

    /// Runs a mutation, and brings every subscription up to date.
    ///
    /// # Errors
    ///
    /// As [`TestApp::query`].
    pub fn mutation<C>(&self, call: C) -> Result<C::Output, CallError<C::Error>>
    where
        C: MutationCall<Output: Value, Error: FunctionError>,
    {
        self.call(&call)
    }

    /// Runs an action to its end, with all that it calls.
    ///
    /// # Errors
    ///
    /// As [`TestApp::query`].
    ///
    /// # Panics
    ///
    /// Panics where the action waits for something that is not of the app: nothing else goes on
    /// meanwhile.
    pub fn action<C>(&self, call: C) -> Result<C::Output, CallError<C::Error>>
    where
        C: ActionCall<Output: Value, Error: FunctionError>,
    {
        self.call(&call)
    }

    /// Subscribes to a query, as a client would: internal ones cannot be.
    ///
    /// # Panics
    ///
    /// Panics where the arguments cannot be encoded.
    #[must_use]
    pub fn subscribe<C>(&self, call: C) -> TestSubscription<C>
    where
        C: QueryCall<Output: Value, Error: FunctionError>,
    {
        let args = encode(&call).unwrap_or_else(|error| panic!("the arguments: {error}"));
        let mut state = self.state.borrow_mut();
        state.next += 1;
        let connection = ConnectionId(state.next);
        state.inboxes.insert(connection, Inbox::default());
        state.engine.handle_open(connection);
        state.engine.set_viewer(connection, self.viewer.clone());
        let connect = ClientMessage::Connect {
            protocol: PROTOCOL_VERSION,
        };
        let query_set = ClientMessage::QuerySet {
            set: None,
            add: vec![SubscribedQuery {
                query_id: QueryId(0),
                call: Call {
                    path: C::PATH.to_owned(),
                    args: RawJson::from_encoded(args),
                },
                tag: None,
            }],
            remove: Vec::new(),
        };
        for message in [connect, query_set] {
            state.engine.handle_message(connection, &message.encode());
        }
        state.turn();
        TestSubscription {
            state: Rc::clone(&self.state),
            connection,
            call: PhantomData,
        }
    }

    /// Moves the clock on, from one time at which something that was scheduled falls due to the next:
    /// all of it runs, in order, and each at its own time.
    ///
    /// What schedules itself again at once, with no time in between, goes on for ever.
    pub fn advance(&self, by: Duration) {
        let end = self.now() + by;
        while let Some(due) = self.next_wake().filter(|due| *due <= end) {
            self.move_to(due.max(self.now()));
        }
        self.move_to(end);
    }

    /// Returns the time of the clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.state.borrow().now.get()
    }

    fn call<C>(&self, call: &C) -> Result<C::Output, CallError<C::Error>>
    where
        C: FunctionCall<Output: Value, Error: FunctionError>,
    {
        let args = encode(call).map_err(|error| CallError::System(error.into()))?;
        let mut state = self.state.borrow_mut();
        state.next += 1;
        let ticket = Ticket(state.next);
        let call = Call {
            path: C::PATH.to_owned(),
            args: RawJson::from_encoded(args),
        };
        let viewer = self.viewer.clone();
        state.engine.handle_operator_call_as(ticket, viewer, &call);
        state.turn();
        drop(state);
        self.run_actions();
        let body = self.state.borrow_mut().replies.remove(&ticket);
        let body = body.expect("a turn answers every call");
        let outcome = Outcome::parse(&body).expect("the engine writes what it reads");
        typed::<C>(outcome)
    }
}

impl TestApp {
    fn next_wake(&self) -> Option<Timestamp> {
        self.state.borrow_mut().engine.next_wake()
    }

    fn move_to(&self, now: Timestamp) {
        let mut state = self.state.borrow_mut();
        state.now.set(now);
        state.turn();
        drop(state);
        self.run_actions();
    }
}

impl TestApp {
    /// Runs all actions to their end, side by side.
    fn run_actions(&self) {
        let mut running: Vec<RunningAction> = Vec::new();
        loop {
            let mut state = self.state.borrow_mut();
            running.append(&mut state.started);
            if running.is_empty() {
                return;
            }
            // Nothing is borrowed while an author's code runs.
            drop(state);
            let mut cx = Context::from_waker(Waker::noop());
            running.retain_mut(|action| action.0.as_mut().poll(&mut cx).is_pending());
            let state = &mut *self.state.borrow_mut();
            let has_asked = state.actions.hand_over(&mut state.engine);
            assert!(
                has_asked,
                "an action waits for something that is not of the app"
            );
            state.turn();
        }
    }
}

/// An action that runs.
struct RunningAction(Pin<Box<dyn Future<Output = ()>>>);

impl fmt::Debug for RunningAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RunningAction")
    }
}

/// The test, as actions see it.
#[derive(Debug)]
struct Outsider {
    files: Files,
    world: web::PlayedWorld,
    clock: Rc<Cell<Timestamp>>,
}

impl Outside for Outsider {
    fn fetch(&self, request: Request, _: FetchOptions) -> Fetched {
        self.world.fetch(request)
    }

    fn resolve(&self, base: &str, location: &str) -> Option<String> {
        resolve(base, location)
    }

    fn put_file(&self, key: String, body: Body) -> Filed<()> {
        Box::pin(self.files.clone().put(key, body))
    }

    fn get_file(&self, key: String, range: Range<u64>) -> Filed<Body> {
        Box::pin(self.files.clone().get(key, range))
    }

    fn delete_file(&self, key: String) -> Filed<()> {
        Box::pin(self.files.clone().delete(key))
    }

    fn entropy(&self) -> [u8; 32] {
        entropy()
    }

    fn env(&self, name: &str) -> Option<String> {
        self.world.env(name)
    }

    fn now(&self) -> Timestamp {
        self.clock.get()
    }
}

impl<C: QueryCall<Output: Value, Error: FunctionError>> TestSubscription<C> {
    /// Returns the next result that the subscription was sent, if there is one.
    ///
    /// The first is that at the time of subscribing; then there is one for each commit that
    /// changed the result.
    #[expect(
        clippy::should_implement_trait,
        reason = "it may return something after nothing"
    )]
    pub fn next(&mut self) -> Option<Result<C::Output, CallError<C::Error>>> {
        let mut state = self.state.borrow_mut();
        let inbox = state.inboxes.get_mut(&self.connection)?;
        let outcome = inbox.outcomes.pop_front()?;
        Some(typed::<C>(outcome))
    }
}

impl<C> Drop for TestSubscription<C> {
    fn drop(&mut self) {
        let mut state = self.state.borrow_mut();
        state.engine.handle_close(self.connection);
        state.inboxes.remove(&self.connection);
    }
}

impl State {
    fn turn(&mut self) {
        self.engine.turn(self.now.get());
        self.drain();
        while self.engine.needs_turn() {
            self.engine.turn(self.now.get());
            self.drain();
        }
    }

    fn drain(&mut self) {
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Reply { ticket, body, .. } => {
                    self.replies.insert(ticket, body);
                }
                Output::Start { action } => {
                    if let Some(taken) = self.engine.take_action(action) {
                        let future = self.actions.clone().run(action, taken);
                        self.started.push(RunningAction(Box::pin(future)));
                    }
                }
                Output::Answer {
                    action,
                    call,
                    outcome,
                } => {
                    self.actions.answer(action, call, outcome);
                }
                Output::Send { connection, frame } => {
                    self.take_frame(connection, frame.as_str());
                }
                Output::Log { path, cause, .. } => eprintln!("{path}: {cause}"),
                // Nobody has a token here: who it is, is said by `as_user`.
                Output::Attach { .. }
                | Output::Close { .. }
                | Output::Fetch { .. }
                | Output::Route { .. } => {}
            }
        }
    }

    fn take_frame(&mut self, connection: ConnectionId, frame: &str) {
        let message = ServerMessage::parse(frame).expect("the engine writes what it reads");
        let ServerMessage::Transition(transition) = message else {
            return;
        };
        let Some(inbox) = self.inboxes.get_mut(&connection) else {
            return;
        };
        inbox.transitions += 1;
        let ack = ClientMessage::Ack {
            transitions: inbox.transitions,
        };
        for update in transition.queries {
            // What has changed is of no interest here: whoever subscribes is given the whole.
            let outcome = match update.result {
                QueryResult::Whole { outcome, .. } => Some(outcome),
                QueryResult::Deltas { .. } => self.engine.live_result(connection, update.query_id),
            };
            inbox.outcomes.extend(outcome);
        }
        self.engine.handle_message(connection, &ack.encode());
    }
}
