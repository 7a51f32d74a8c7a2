//! Opening an engine on a database, new or old.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::rc::Rc;

use zeroback_protocol::{RawId, Timestamp, Version};

use super::cursor::CursorKey;
use super::ids::IdSource;
use super::live::LiveQueries;
use super::store::{SqlParam, Store, StoreError, Verdict};
use super::{Engine, EngineConfig, schema};
use crate::{App, AppError};

/// The name under which the last id is kept: its text is a TypeID like any other.
const LAST_ID_TABLE: &str = "last";

/// Why an engine could not open.
#[derive(Debug)]
pub enum OpenError {
    /// The app contradicts itself.
    App(AppError),
    /// The store failed, or holds what the app's schema cannot be applied to.
    Store(StoreError),
}

impl<S: Store> Engine<S> {
    /// Opens an engine: checks the app, brings the tables in line with it, reads where the
    /// database stands.
    ///
    /// `now` is the time that migrations are told. `seed` is for the random parts of ids; two engines
    /// must not share one.
    ///
    /// # Errors
    ///
    /// Fails where the app contradicts itself or the store fails; the database is as before then.
    pub fn open(
        store: S,
        app: App,
        config: EngineConfig,
        _now: Timestamp,
        seed: u64,
    ) -> Result<Self, OpenError> {
        app.check().map_err(OpenError::App)?;
        let mut opened = Err(StoreError::new("the transaction did not run"));
        store.transaction(&mut || {
            opened = schema::apply(&store, &app)
                .and_then(|catalog| Ok((catalog, read_state(&store)?, CursorKey::load(&store)?)));
            match opened {
                Ok(_) => Verdict::Commit,
                Err(_) => Verdict::Rollback,
            }
        })?;
        let (catalog, (version, last_id), cursor_key) = opened?;
        Ok(Self {
            app,
            config,
            store: Rc::new(store),
            catalog: Rc::new(catalog),
            ids: Rc::new(RefCell::new(IdSource::new(last_id, seed))),
            cursor_key: Rc::new(cursor_key),
            version,
            sessions: BTreeMap::new(),
            with_news: BTreeSet::new(),
            live: LiveQueries::new(seed),
            waiting_mutations: VecDeque::new(),
            waiting_reads: VecDeque::new(),
            outputs: VecDeque::new(),
        })
    }

    /// Keeps where the database will stand, inside the transaction that brings it there.
    pub(super) fn write_state(&self, version: Version) -> Result<(), StoreError> {
        let last_id = self.ids.borrow().last().to_text(LAST_ID_TABLE);
        self.store.execute(
            "UPDATE _zeroback_state SET counter = ?, last_id = ?",
            &[
                SqlParam::Integer(i64::try_from(version.counter).unwrap_or(i64::MAX)),
                SqlParam::Text(&last_id),
            ],
        )
    }
}

fn read_state<S: Store>(store: &S) -> Result<(Version, RawId), StoreError> {
    let first_id = RawId::from_u128(0).to_text(LAST_ID_TABLE);
    store.execute(
        "INSERT INTO _zeroback_state (only, epoch, counter, last_id) VALUES (0, 1, 0, ?)
         ON CONFLICT DO NOTHING",
        &[SqlParam::Text(&first_id)],
    )?;
    let rows = store.query("SELECT epoch, counter, last_id FROM _zeroback_state", &[])?;
    let read = rows.first().and_then(|row| {
        let version = Version {
            epoch: u64::try_from(row[0].as_integer()?).ok()?,
            counter: u64::try_from(row[1].as_integer()?).ok()?,
        };
        let last_id = RawId::from_text(row[2].as_text()?, LAST_ID_TABLE)?;
        Some((version, last_id))
    });
    read.ok_or_else(|| StoreError::new("the row of _zeroback_state is damaged"))
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
        }
    }
}

impl std::error::Error for OpenError {}
