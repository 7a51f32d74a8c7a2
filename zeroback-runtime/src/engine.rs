//! The engine: a synchronous state machine that runs an app on a store, with no I/O of its own.
//!
//! A host feeds it events (`handle_*`), lets it work (`commit`, `turn`) and carries out what it
//! asks for (`poll_output`). Time and randomness are arguments. The way of a change through it:
//!
//! 1. `session`: a message becomes a waiting mutation, a one-shot read or a live query;
//! 2. `commit`: the waiting mutations run in one transaction, each behind its own savepoint unless it
//!    is alone;
//! 3. `run`: one function run; what it reads and writes is recorded as index keys;
//! 4. `live`: the written keys are looked up among the read ranges, and what they hit is stale;
//! 5. `turn`: stale and new queries run once each;
//! 6. `transition`: every connection is told in one frame, by `delta`s from what it holds.
//!
//! `standing` knows who is at the other end of each connection, and lets wait what comes before that is
//! known; `callers` does the same for calls, and `key_sets` has the keys of those who issue tokens;
//! `accounts` has the sessions of those who have signed in with the app itself.
//! `queues` decides in `commit` which of the mutations that were sent again have been made.
//! `sleep` keeps what a Durable Object that hibernates must know of its sockets when it wakes.
//! `actions` are what the host runs beside the engine, and `watches` what those have read.
//! `jobs` runs what was scheduled, when it is due.
//! `calls` says of each what the log has of it.
//! `trapped` sees to it that a function which has ended its wasm module does not end the next one.
//! `transfer` stands beside that: what goes out as a backup, and comes in as one or as a seed.

mod accounts;
mod action_desk;
mod actions;
mod callers;
mod calls;
mod catalog;
mod commit;
mod config;
mod cursor;
mod delta;
mod document;
mod filter;
mod flow;
mod ids;
mod jobs;
mod key_bytes;
mod key_sets;
mod live;
mod news;
mod open;
mod outbox;
mod queues;
mod rate;
mod read_set;
mod run;
mod schema;
mod search_terms;
mod seeded_hash;
mod session;
mod sleep;
mod standing;
mod status;
mod store;
mod tags;
mod tokens;
pub mod transfer;
mod transition;
mod trapped;
mod turn;
mod viewer;
mod watches;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use zeroback_protocol::Version;

use crate::App;
pub use crate::db::Documents;
use actions::Actions;
use calls::Calls;
use catalog::Catalog;
use commit::WaitingMutation;
use cursor::CursorKey;
use ids::IdSource;
use jobs::Jobs;
use live::LiveQueries;
use queues::Queues;
use rate::People;
use session::Session;
use sleep::{Sleep, Urgency};
use standing::Authority;
use status::SchemaState;
use tags::TagKey;
use trapped::TrappedQueries;
use turn::WaitingRead;
use watches::Watches;

pub use action_desk::{ActionDesk, Outside};
#[cfg(not(target_family = "wasm"))]
pub(crate) use actions::guarded_route;
pub use actions::{Action, ActionId, CallId, guarded_action};
pub use callers::Credentials;
pub(crate) use callers::{bearer, cookie, cookies_of};
pub use calls::{CallKind, CallLine, Noted};
pub use config::{EngineConfig, FileLimits, JobLimits, WorkLimits};
pub use key_sets::Fetched;
pub use live::LiveSize;
pub use open::OpenError;
pub use outbox::{ConnectionId, FetchId, Frame, Output, Ticket};
pub(crate) use run::panicked;
pub use schema::SchemaReport;
pub use status::Status;
pub use store::{Running, Select, SqlParam, SqlValue, Store, StoreError, Verdict};
#[cfg(not(target_family = "wasm"))]
pub(crate) use viewer::Viewer;

/// The delta between two results; see `delta`.
#[cfg(fuzzing)]
#[doc(hidden)]
#[must_use]
pub fn delta_between(old: &str, new: &str) -> Option<String> {
    delta::diff(old, new)
}

/// An app running on a store.
///
/// # Order of calls
///
/// [`Engine::open`] once; [`Engine::migrate`] while its status says so; then any number of `handle_*` calls, each of which only notes what is to
/// be done; then [`Engine::turn`], which does it; then [`Engine::poll_output`] until it returns
/// nothing. [`Engine::commit`] may come between `handle_*` calls, where a host wants each message's
/// mutations in a transaction of their own. No output is an acknowledgement before the store's
/// transaction has returned.
#[derive(Debug)]
pub struct Engine<S: Store> {
    app: App,
    config: EngineConfig,
    store: Rc<S>,
    catalog: Rc<Catalog>,
    ids: Rc<RefCell<IdSource>>,
    cursor_key: Rc<CursorKey>,
    version: Version,
    /// Counts the changes of the schema that the database has seen, as far as this engine knows.
    generation: u64,
    schema: SchemaState,
    /// Set inside a transaction that found the database to be another engine's.
    is_overtaken: Cell<bool>,
    sessions: BTreeMap<ConnectionId, Session>,
    /// When the last event came.
    now_ms: i64,
    /// The connections that the next turn has something to tell.
    with_news: BTreeSet<ConnectionId>,
    /// The connections whose clients must read before they are told more.
    folded: BTreeSet<ConnectionId>,
    live: LiveQueries,
    tag_key: TagKey,
    /// What is kept for an engine that wakes, where there may be one.
    sleep: Option<Sleep>,
    queues: Queues,
    trapped: TrappedQueries,
    waiting_mutations: VecDeque<WaitingMutation>,
    waiting_reads: VecDeque<WaitingRead>,
    actions: Actions,
    watches: Watches,
    jobs: Jobs,
    authority: Authority,
    calls: Calls,
    people: People,
    outputs: VecDeque<Output>,
}

impl<S: Store> Engine<S> {
    /// Returns the next thing that the host must do, if there is one.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Takes what was noted of calls for the log since the last time; of which, is a setting.
    pub fn take_calls(&mut self) -> Vec<CallLine> {
        self.calls.take()
    }

    /// Returns the version of the database: how many commits it has seen.
    #[must_use]
    pub fn version(&self) -> Version {
        self.version
    }

    /// Returns how much is kept of live queries.
    #[must_use]
    pub fn live_size(&self) -> LiveSize {
        self.live.size()
    }

    /// Tells whether a turn would have anything to do.
    #[must_use]
    pub fn needs_turn(&self) -> bool {
        !self.waiting_mutations.is_empty()
            || !self.waiting_reads.is_empty()
            || (self.status() == Status::Ready && self.live.needs_run())
            || !self.with_news.is_empty()
            || self.needs_save() == Some(Urgency::Now)
            || self.has_due_jobs()
    }

    /// Tells whether a turn is to be made though nothing comes, after a pause: the store has failed
    /// to keep what an engine that wakes must know, and the host must not lose this one before.
    #[must_use]
    pub fn needs_turn_later(&self) -> bool {
        self.needs_save() == Some(Urgency::Later)
    }
}
