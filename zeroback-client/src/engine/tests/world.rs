//! A world for the engine: a clock that stands still until told, sockets whose other end a test is.

mod server;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use zeroback_protocol::{Call, FunctionKind, RawJson};

use super::calls_of::{List, Untyped};
pub(super) use super::promise::Promise;
use crate::engine::env::Entropy;
use crate::engine::guesses::Guess;
#[cfg(feature = "offline")]
use crate::engine::offline::{StoreCall, StoreId, TabsCall};
use crate::engine::{
    Engine, ListenerId, Listening, Notice, Output, QueryKey, Question, Settlement, SocketId,
};
use crate::{CallError, ClientOptions, QueryState};

/// What a query shows, with nothing typed.
pub(super) type State = QueryState<Value, Untyped>;

/// When worlds begin.
pub(super) const START_MS: u64 = 1_790_000_000_000;

/// A socket of the client, from the other end.
#[derive(Debug, Default)]
pub(super) struct FakeSocket {
    pub(super) sent: VecDeque<String>,
    pub(super) is_open: bool,
    pub(super) is_closed: bool,
}

/// A query that somebody listens to.
#[derive(Clone)]
pub(super) struct Heard {
    pub(super) key: QueryKey,
    pub(super) id: ListenerId,
    changes: Arc<Mutex<u32>>,
}

pub(super) struct World {
    pub(super) engine: Engine,
    pub(super) now_ms: u64,
    pub(super) sockets: BTreeMap<SocketId, FakeSocket>,
    /// The turns for which a token was asked, and whether it has to be a new one.
    pub(super) asked_tokens: VecDeque<(u64, bool)>,
    pub(super) warnings: Vec<String>,
    /// Whether the app does several things in one go.
    pub(super) is_busy: bool,
    /// What the app does behind what it is told; each tells whether it has done anything.
    pub(super) steps: Vec<Step>,
    /// What is asked of the storage.
    #[cfg(feature = "offline")]
    pub(super) stores: VecDeque<(StoreId, StoreCall)>,
    /// What is done with other pages.
    #[cfg(feature = "offline")]
    pub(super) tabs: VecDeque<TabsCall>,
}

type Step = Box<dyn FnMut(&mut Engine, u64) -> bool>;

/// 0, 1, 2, …: so the first queue is that of the golden messages.
struct Counted {
    next: u8,
    luck: f64,
}

impl Entropy for Counted {
    fn bits(&mut self) -> [u8; 16] {
        std::array::from_fn(|_| {
            self.next = self.next.wrapping_add(1);
            self.next.wrapping_sub(1)
        })
    }

    fn luck(&mut self) -> f64 {
        self.luck
    }
}

impl World {
    pub(super) fn new() -> Self {
        Self::with(&ClientOptions::new("ws://test/ws"), 0.999_999)
    }

    pub(super) fn with(options: &ClientOptions, luck: f64) -> Self {
        Self::begin(options, luck, START_MS, 0, |_| {})
    }

    /// Begins at a time, with something done to the engine before it connects.
    pub(super) fn begin(
        options: &ClientOptions,
        luck: f64,
        now_ms: u64,
        first_byte: u8,
        prepare: impl FnOnce(&mut Engine),
    ) -> Self {
        let entropy = Box::new(Counted {
            next: first_byte,
            luck,
        });
        let mut engine = Engine::new(options.engine(), entropy);
        prepare(&mut engine);
        engine.open(now_ms);
        let mut world = Self {
            engine,
            now_ms,
            sockets: BTreeMap::new(),
            asked_tokens: VecDeque::new(),
            warnings: Vec::new(),
            is_busy: false,
            steps: Vec::new(),
            #[cfg(feature = "offline")]
            stores: VecDeque::new(),
            #[cfg(feature = "offline")]
            tabs: VecDeque::new(),
        };
        world.settle();
        world
    }

    /// Lets everything happen that waits for nothing but its turn.
    pub(super) fn settle(&mut self) {
        if self.is_busy {
            return;
        }
        loop {
            let output = self.engine.poll_output(self.now_ms);
            self.tell();
            let Some(output) = output else {
                return;
            };
            match output {
                Output::Open(id) => {
                    self.sockets.insert(id, FakeSocket::default());
                }
                Output::Send(id, text) => self.at(id).sent.push_back(text),
                Output::Close(id) => self.at(id).is_closed = true,
                Output::FetchToken {
                    turn,
                    force_refresh,
                } => self.asked_tokens.push_back((turn, force_refresh)),
                #[cfg(feature = "offline")]
                Output::Store(id, call) => self.stores.push_back((id, call)),
                #[cfg(feature = "offline")]
                Output::Tabs(call) => self.tabs.push_back(call),
            }
        }
    }

    fn tell(&mut self) {
        loop {
            while let Some(notice) = self.engine.poll_notice() {
                match notice {
                    Notice::Changed(listener) => listener(),
                    Notice::Settled(Settlement { settle, outcome }) => settle(outcome),
                    Notice::Warning(text) => self.warnings.push(text),
                    Notice::Gone(guess) => drop(guess),
                    #[cfg(feature = "offline")]
                    Notice::Refused(on_refused, call, error) => on_refused(call, error),
                }
            }
            let (engine, now_ms) = (&mut self.engine, self.now_ms);
            let steps = self.steps.iter_mut();
            if steps
                .filter_map(|step| step(engine, now_ms).then_some(()))
                .count()
                == 0
            {
                return;
            }
        }
    }

    fn at(&mut self, id: SocketId) -> &mut FakeSocket {
        self.sockets.get_mut(&id).expect("it was opened")
    }

    /// Returns the newest socket.
    pub(super) fn socket(&mut self) -> (SocketId, &mut FakeSocket) {
        let (id, socket) = self.sockets.iter_mut().next_back().expect("there is one");
        (*id, socket)
    }

    /// Lets time pass; what is due happens in its order.
    pub(super) fn advance(&mut self, ms: u64) {
        let end_ms = self.now_ms + ms;
        while let Some(at_ms) = self.engine.next_timeout_ms().filter(|at| *at <= end_ms) {
            self.now_ms = self.now_ms.max(at_ms);
            self.engine.handle_time(self.now_ms);
            self.settle();
        }
        self.now_ms = end_ms;
    }

    // --- What the app does. ---

    pub(super) fn listen(&mut self, path: &str, args: &Value) -> Heard {
        self.listen_from(path, args, None)
    }

    pub(super) fn listen_from(&mut self, path: &str, args: &Value, from: Option<&Heard>) -> Heard {
        let question = Question::new(call(path, args));
        let key = question.key.clone();
        let changes = Arc::new(Mutex::new(0));
        let counted = Arc::clone(&changes);
        let listener = Arc::new(move || *counted.lock().unwrap() += 1);
        let listening = Listening {
            from: from.map(|from| from.key.clone()),
        };
        let id = self
            .engine
            .listen(self.now_ms, question, &listening, listener);
        self.settle();
        Heard { key, id, changes }
    }

    pub(super) fn stop(&mut self, heard: &Heard) {
        self.engine.stop(self.now_ms, &heard.key, heard.id, None);
        self.settle();
    }

    pub(super) fn state(&self, heard: &Heard) -> State {
        match self.engine.shown(&heard.key) {
            None => QueryState::Loading,
            Some(shown) => shown.state(),
        }
    }

    /// Returns the value that a query shows.
    pub(super) fn value(&self, heard: &Heard) -> Value {
        match self.state(heard) {
            QueryState::Ready { data, .. } => (*data).clone(),
            other => panic!("no value: {other:?}"),
        }
    }

    pub(super) fn request(
        &mut self,
        kind: FunctionKind,
        path: &str,
        args: &Value,
        guess: Option<Guess>,
    ) -> Promise {
        let promise = Promise::default();
        let settled = promise.clone();
        self.engine.request(
            self.now_ms,
            kind,
            call(path, args),
            guess,
            Box::new(move |outcome| settled.settle(outcome)),
        );
        self.settle();
        promise
    }

    pub(super) fn mutate(&mut self, path: &str, args: &Value) -> Promise {
        self.request(FunctionKind::Mutation, path, args, None)
    }
}

impl Heard {
    /// Returns how often the listener was called since the last time.
    pub(super) fn changes(&self) -> u32 {
        std::mem::take(&mut *self.changes.lock().unwrap())
    }
}

pub(super) fn call(path: &str, args: &Value) -> Call {
    Call {
        path: path.to_owned(),
        args: RawJson::from_encoded(args.to_string()),
    }
}

/// Guesses that a mutation will put a value at the end of the list of a project.
pub(super) fn append(project: &str, value: Value) -> Guess {
    let list = List {
        project: project.to_owned(),
    };
    Arc::new(move |store| {
        store.update(&list, |tasks| {
            tasks.as_array_mut().expect("a list").push(value.clone());
        });
    })
}

/// Returns the code of an error that a query shows.
pub(super) fn code_of(state: &State) -> String {
    match state {
        QueryState::Error(error) => match &**error {
            CallError::System(error) => error.code.to_string(),
            CallError::App(error) => format!("{error:?}"),
        },
        other => format!("{other:?}"),
    }
}
