//! Opening an engine on a database, new or old.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::rc::Rc;

use zeroback_protocol::Timestamp;

use super::actions::Actions;
use super::calls::Calls;
use super::catalog::Catalog;
use super::cursor::CursorKey;
use super::ids::IdSource;
use super::jobs::Jobs;
use super::live::LiveQueries;
use super::queues::{FingerprintKey, Queues};
use super::rate::People;
use super::schema::{self, Opened, Opening, Outcome, SchemaReport};
use super::sleep::Sleep;
use super::standing::Authority;
use super::status::SchemaState;
use super::store::{Store, StoreError, Verdict};
use super::tags::TagKey;
use super::transfer::staging;
use super::trapped::TrappedQueries;
use super::watches::Watches;
use super::{Engine, EngineConfig, Status};
use crate::{App, AppError};

/// Why an engine could not open.
#[derive(Debug)]
pub enum OpenError {
    /// The app contradicts itself.
    App(AppError),
    /// The store failed.
    Store(StoreError),
    /// The database does not fit the app's schema; it is as it was before.
    Schema(Box<SchemaReport>),
}

impl<S: Store> Engine<S> {
    /// Opens an engine: checks the app, brings the tables in line with it, reads where the
    /// database stands.
    ///
    /// [`Engine::status`] tells how that has ended: where the database is large it is brought in
    /// line by [`Engine::migrate`], step by step, and where it does not fit the app's schema,
    /// the engine is there to say so.
    ///
    /// `now` is the time that migrations are told. `seed` is for the random parts of ids; two
    /// engines must not share one.
    ///
    /// # Errors
    ///
    /// Fails where the app contradicts itself or the store fails; the database is as before then.
    pub fn open(
        store: S,
        app: App,
        config: EngineConfig,
        now: Timestamp,
        seed: u64,
    ) -> Result<Self, OpenError> {
        app.check().map_err(OpenError::App)?;
        let store = Rc::new(store);
        let opening = Opening {
            store: Rc::clone(&store),
            app: &app,
            config: &config,
            now,
            seed,
        };
        let mut opened = Err(StoreError::new("the transaction did not run"));
        store.transaction(&mut || {
            opened = staging::drop_all(&*store)
                .and_then(|()| schema::open(&opening))
                .and_then(|(opened, verdict)| {
                    let sleep = config.hibernates.then(|| Sleep::load(&*store));
                    let kept = (CursorKey::load(&*store)?, sleep.transpose()?);
                    Ok((opened, kept, verdict))
                });
            match opened {
                Ok((.., verdict)) => verdict,
                Err(_) => Verdict::Rollback,
            }
        })?;
        let (Opened { state, outcome }, (cursor_key, sleep), _) = opened?;
        let (catalog, schema) = match outcome {
            Outcome::Ready(catalog) => (catalog, SchemaState::Ready),
            Outcome::Changing(steps) => (Catalog::new(Vec::new()), SchemaState::Changing(steps)),
            Outcome::Refused(report) => (Catalog::new(Vec::new()), SchemaState::Refused(report)),
        };
        // Ids are made of the seed by a generator that is no cipher, and clients see them.
        let secret = u128::from_le_bytes(cursor_key.derive("live")) as u64;
        Ok(Self {
            app,
            config,
            store,
            catalog: Rc::new(catalog),
            ids: Rc::new(RefCell::new(IdSource::new(state.last_id, seed))),
            tag_key: TagKey::new(&cursor_key.derive("tags")),
            queues: Queues::new(FingerprintKey(cursor_key.derive("fingerprints"))),
            cursor_key: Rc::new(cursor_key),
            version: state.version,
            generation: state.generation,
            schema,
            is_overtaken: Cell::new(false),
            sessions: BTreeMap::new(),
            now_ms: now.unix_ms(),
            with_news: BTreeSet::new(),
            folded: BTreeSet::new(),
            sleep,
            live: LiveQueries::new(seed ^ secret),
            trapped: TrappedQueries::default(),
            waiting_mutations: VecDeque::new(),
            waiting_reads: VecDeque::new(),
            actions: Actions::default(),
            watches: Watches::new(seed ^ secret),
            authority: Authority::default(),
            calls: Calls::new(secret.rotate_left(32) ^ seed, config.noted),
            people: People::new(seed ^ secret),
            jobs: Jobs::default(),
            outputs: VecDeque::new(),
        })
    }

    /// Opens an engine whose schema fits the database: makes the steps that only look, so that
    /// what is left cannot be refused.
    ///
    /// # Errors
    ///
    /// As [`Engine::open`], and where the schema is refused.
    pub fn open_checked(
        store: S,
        app: App,
        config: EngineConfig,
        now: Timestamp,
        seed: u64,
    ) -> Result<Self, OpenError> {
        let mut engine = Self::open(store, app, config, now, seed)?;
        while engine.schema.is_checking() {
            engine.step()?;
        }
        match (engine.status(), engine.schema) {
            (Status::OutOfDate, _) => Err(StoreError::new("somebody else writes to it").into()),
            (_, SchemaState::Refused(report)) => Err(OpenError::Schema(Box::new(report))),
            (_, schema) => {
                engine.schema = schema;
                Ok(engine)
            }
        }
    }
}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::App(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
            Self::Schema(report) => report.fmt(f),
        }
    }
}

impl std::error::Error for OpenError {}
