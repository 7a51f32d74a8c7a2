//! The client without I/O: a synchronous state machine. What the app wants, what the server says and what time it
//! is go in by `handle_*`; what is to be done outside comes out by `poll_output`, and what the app is to be told by
//! `poll_notice`. Time and entropy are arguments.
//!
//! It joins its layers, which know no sockets: what was asked (`asked`), what the server said (`results`), what is in
//! flight (`requests`), what is guessed (`guesses`), who is here (`auth`), and the connection that comes and goes
//! (`connection`); with the feature `offline` also what outlives the page (`offline`). `asking` is what the app wants; `incoming` takes in what the server says; `outgoing` decides when
//! something is sent. `pages` stands on all of them.
//!
//! Whoever drives it may do so from several threads, behind one lock: outputs are taken by one of them, so that what
//! is sent keeps its order, and notices by whoever has caused them.

pub(crate) mod asked;
mod asking;
mod auth;
mod backoff;
mod connection;
pub(crate) mod content;
pub(crate) mod env;
pub(crate) mod guesses;
mod incoming;
#[cfg(not(feature = "offline"))]
mod no_offline;
#[cfg(feature = "offline")]
pub(crate) mod offline;
mod outgoing;
mod outputs;
pub(crate) mod pages;
mod requests;
pub(crate) mod results;
mod showing;
mod sorted;

use std::collections::VecDeque;

use zeroback_protocol::{Limits, WireError};

use crate::ConnectionState;

use asked::AskedQueries;
pub(crate) use asked::{Listener, ListenerId, QueryKey, Question};
use auth::{Auth, Step};
pub(crate) use backoff::Backoff;
pub(crate) use connection::ConnectionTimes;
use connection::{After, Connection};
use env::{Due, Entropy, Env};
use guesses::Guesses;
use outputs::Pending;
pub(crate) use outputs::{Notice, Output, SocketId};
use requests::Requests;
pub(crate) use requests::{Settle, Settlement};
use results::Results;
use sorted::SortedMap;

/// How a query is listened to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listening {
    /// A live query that has the same result: it is shown, and sent only if it is not the same any more.
    pub(crate) from: Option<QueryKey>,
}

/// How an engine behaves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EngineConfig {
    pub(crate) times: ConnectionTimes,
    /// How long a query stays live after its last listener has gone.
    pub(crate) linger_ms: u64,
}

/// Order of calls: `open`; everything else; at last `close`. Behind each call `poll_output` and `poll_notice`, until
/// they have nothing more, and `handle_time` no later than `next_timeout_ms` says.
pub(crate) struct Engine {
    config: EngineConfig,
    env: Env,
    asked: AskedQueries,
    results: Results,
    requests: Requests,
    guesses: Guesses,
    auth: Auth,
    connection: Connection,
    #[cfg(feature = "offline")]
    offline: Option<offline::Keeper>,
    outputs: VecDeque<Output>,
    notices: VecDeque<Pending>,
    connection_listeners: SortedMap<ListenerId, Listener>,
    last_listener: u64,
    /// Counts what was shown: each query has the number of its last change.
    changes: u64,
    versions: SortedMap<QueryKey, u64>,
    told_state: ConnectionState,
    limits: Limits,
    /// Whether nothing was asked on this connection yet.
    is_new: bool,
    /// The number of the newest `querySet` that asked for something.
    set: u64,
    /// Nothing new is shown before the transition with this set has come.
    awaited_set: u64,
    /// What settles the promises of answers that have come, when all that came with them is shown.
    settlements: Vec<Settlement>,
    /// How many transitions came on this connection.
    transitions: u64,
    unacknowledged_bytes: u64,
    wants_flush: bool,
    /// Why the server will not speak with this client.
    refusal: Option<WireError>,
    is_closed: bool,
}

impl Engine {
    pub(crate) fn new(config: EngineConfig, entropy: Box<dyn Entropy>) -> Self {
        let mut env = Env::new(entropy);
        Self {
            requests: Requests::new(&mut env, config.times.backoff),
            connection: Connection::new(config.times),
            config,
            env,
            asked: AskedQueries::default(),
            results: Results::default(),
            guesses: Guesses::default(),
            auth: Auth::default(),
            #[cfg(feature = "offline")]
            offline: None,
            outputs: VecDeque::new(),
            notices: VecDeque::new(),
            connection_listeners: SortedMap::default(),
            last_listener: 0,
            changes: 0,
            versions: SortedMap::default(),
            told_state: ConnectionState::default(),
            limits: Limits::default(),
            is_new: false,
            set: 0,
            awaited_set: 0,
            settlements: Vec::new(),
            transitions: 0,
            unacknowledged_bytes: 0,
            wants_flush: false,
            refusal: None,
            is_closed: false,
        }
    }

    /// Begins to connect.
    pub(crate) fn open(&mut self, now_ms: u64) {
        self.at(now_ms);
        self.connection.open(&mut self.env);
        self.settle_down();
    }

    // --- What the world says. ---

    /// Does all that is due.
    pub(crate) fn handle_time(&mut self, now_ms: u64) {
        self.at(now_ms);
        while let Some(due) = self.env.take_due() {
            match due {
                Due::EndOfQuery(key) => self.end_query(&key),
                Due::Mutations => self.requests.handle_retry(),
                Due::Request(id) => self.requests.handle_retry_of(id),
                Due::Connection => {
                    let after = self.connection.handle_timer(&mut self.env);
                    self.note_loss(after);
                }
                Due::Token => {
                    let steps = self.auth.handle_refresh(&mut self.env);
                    self.take_steps(steps);
                }
                #[cfg(feature = "offline")]
                Due::Storage => self.handle_storage_time(),
                #[cfg(feature = "offline")]
                Due::CacheWrite => self.write_cache(),
                #[cfg(feature = "offline")]
                Due::Patience => self.end_loading(),
                #[cfg(feature = "offline")]
                Due::Look => self.look(),
                #[cfg(feature = "offline")]
                Due::OutboxRetry => self.handle_outbox_retry(),
                #[cfg(feature = "offline")]
                Due::Doubt => self.handle_doubt_time(),
            }
        }
        self.settle_down();
    }

    /// Returns the Unix milliseconds at which something is due.
    pub(crate) fn next_timeout_ms(&self) -> Option<u64> {
        self.env.next_ms()
    }

    // --- Steps that several of these have in common. ---

    fn at(&mut self, now_ms: u64) {
        self.env.now_ms = now_ms;
    }

    fn next_listener(&mut self) -> ListenerId {
        self.last_listener += 1;
        ListenerId(self.last_listener)
    }

    fn end_query(&mut self, key: &QueryKey) {
        if self.asked.end_if_unheard(&mut self.env, key) {
            self.keep_newest(key);
            self.results.forget(key);
            self.show(vec![key.clone()]);
            self.versions.remove(key);
            self.wants_flush = true;
        }
    }

    fn take_steps(&mut self, steps: Vec<Step>) {
        for step in steps {
            match step {
                Step::Fetch {
                    turn,
                    force_refresh,
                } => {
                    self.take_outputs();
                    self.outputs.push_back(Output::FetchToken {
                        turn,
                        force_refresh,
                    });
                }
                Step::Say(token) => self.say_who(token),
                Step::GoOn => self.go_on(),
            }
        }
    }

    fn note_loss(&mut self, after: After) {
        if after == After::Lost {
            self.handle_drop();
        }
    }

    /// The socket is gone, and all that was sent on it without an answer.
    fn handle_drop(&mut self) {
        self.auth.handle_drop(&mut self.env);
        self.tell_identity();
        self.asked.handle_drop();
        self.results.handle_drop();
        self.requests.handle_loss();
    }

    /// Hands on what the layers have left behind, at the end of each event.
    fn settle_down(&mut self) {
        self.take_request_changes();
        self.take_outputs();
        let warnings = std::mem::take(&mut self.env.warnings);
        self.notices
            .extend(warnings.into_iter().map(Pending::Warning));
        let gone = self.guesses.take_gone();
        self.notices.extend(gone.into_iter().map(Pending::Gone));
        let state = self.connection_state();
        if state != self.told_state {
            self.told_state = state;
            let ids = self.connection_listeners.keys();
            self.notices.extend(ids.map(|id| Pending::Connection(*id)));
        }
    }

    /// Takes in what became of requests: their guesses go with the next results, and promises settle.
    fn take_request_changes(&mut self) {
        let changes = self.requests.take_changes();
        for id in changes.ended {
            self.guesses.end(id);
        }
        #[cfg(feature = "offline")]
        for (id, outcome) in changes.left {
            self.handle_left(id, &outcome);
        }
        self.wants_flush |= changes.is_ready;
        self.notices
            .extend(changes.settled.into_iter().map(Pending::Settled));
    }

    fn take_outputs(&mut self) {
        self.outputs.extend(self.connection.take_outputs());
        #[cfg(feature = "offline")]
        if let Some(keeper) = &mut self.offline {
            self.outputs.extend(keeper.take_outputs());
        }
    }
}

#[cfg(test)]
mod tests;
