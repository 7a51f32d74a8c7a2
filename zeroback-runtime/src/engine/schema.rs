//! Brings the database's tables in line with the app's, when an engine opens.
//!
//! What the database has is kept in its own tables, so that an unchanged app changes nothing and
//! reads little. Nothing of an author's is ever deleted: a table or a field that is gone from the
//! code keeps what it holds. What is deleted are indexes, which are made of documents and can be
//! made again.
//!
//! 1. `fingerprint`: tells whether anything has changed;
//! 2. `stored`: what the database has, and `state`, where it stands;
//! 3. `migrations`: an author's own changes come first;
//! 4. `change`: what each table has to become;
//! 5. `work`: the change, piece by piece: `check`, `backfill` with `defaults`, `indexes`, `tables`;
//! 6. `steps`: the change of a large database, one transaction for each piece;
//! 7. `report`: why a schema is refused.

mod backfill;
mod change;
mod check;
mod defaults;
mod documents;
mod fingerprint;
mod indexes;
mod migrations;
mod report;
mod state;
mod steps;
mod stored;
mod tables;
mod work;

use std::rc::Rc;

use zeroback_protocol::Timestamp;

use super::EngineConfig;
use super::catalog::Catalog;
use super::store::{SqlParam, Store, StoreError, Verdict};
use crate::App;
use crate::key::KeyPart;
use change::TableChange;
use fingerprint::Target;
use state::State;
use stored::{Stored, StoredColumns};
use work::{Phase, Position, Work};

pub(super) use defaults::with_defaults;
pub use report::SchemaReport;
pub(super) use state::{Move, RecordsMove, generation, write_commit};
pub(super) use steps::{StepEnd, Steps};
pub(super) use stored::tables_of;

/// What an engine opens on, and with.
#[derive(Debug)]
pub(super) struct Opening<'a, S> {
    pub(super) store: Rc<S>,
    pub(super) app: &'a App,
    pub(super) config: &'a EngineConfig,
    pub(super) now: Timestamp,
    pub(super) seed: u64,
}

/// Where the database stands once an engine has opened on it.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) state: State,
    pub(super) outcome: Outcome,
}

/// Whether the database has the app's schema.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It has.
    Ready(Catalog),
    /// It will have, when all steps have been made.
    Changing(Box<Steps>),
    /// It cannot have.
    Refused(SchemaReport),
}

/// Why a change was not made.
#[derive(Debug)]
enum Failure {
    Store(StoreError),
    Refused(SchemaReport),
}

/// Opens the database: changes nothing where its schema is the app's, and otherwise changes what
/// there is, or begins to. Runs inside a transaction, which is to end as this says.
pub(super) fn open<S: Store>(opening: &Opening<'_, S>) -> Result<(Opened, Verdict), StoreError> {
    let store = &*opening.store;
    let target = Target::of(opening.app);
    if let Some(opened) = unchanged(opening, &target)? {
        return Ok((opened, Verdict::Commit));
    }
    stored::create_system_tables(store)?;
    let state = State::read_or_create(store)?;
    if let Some(outcome) = steps::resume(opening, &target, &state)? {
        return Ok((Opened { state, outcome }, Verdict::Commit));
    }
    match change(opening, &target, state.clone()) {
        Ok(opened) => Ok((opened, Verdict::Commit)),
        Err(Failure::Refused(report)) => {
            let outcome = Outcome::Refused(report);
            Ok((Opened { state, outcome }, Verdict::Rollback))
        }
        Err(Failure::Store(error)) => Err(error),
    }
}

/// The way of every start after the first: three statements, however many tables there are.
fn unchanged<S: Store>(
    opening: &Opening<'_, S>,
    target: &Target,
) -> Result<Option<Opened>, StoreError> {
    let store = &*opening.store;
    if !stored::has_system_tables(store)? {
        return Ok(None);
    }
    let state = State::read(store)?;
    if state.fingerprint != target.fingerprint {
        return Ok(None);
    }
    let columns = StoredColumns::read(store)?;
    let mut plans = Vec::new();
    for entry in opening.app.table_entries() {
        let plan = columns.plan(&entry.def).ok_or_else(|| {
            StoreError::new(format!("a column of \"{}\" is not known", entry.def.name))
        })?;
        plans.push(plan);
    }
    let outcome = Outcome::Ready(Catalog::new(plans));
    Ok(Some(Opened { state, outcome }))
}

fn change<S: Store>(
    opening: &Opening<'_, S>,
    target: &Target,
    mut state: State,
) -> Result<Opened, Failure> {
    let store = &*opening.store;
    let mut stored = Stored::read(store)?;
    let pending = migrations::pending(opening)?;
    let is_empty = stored.is_new();
    let migrates = !is_empty && !pending.is_empty();
    if migrates {
        state.last_id = migrations::run(opening, &pending, &stored, state.last_id)?;
        stored = Stored::read(store)?;
    } else {
        // What is born with the newest schema needs none of them.
        for entry in pending {
            migrations::keep_done(opening, entry)?;
        }
    }
    let mut work = begin(
        opening,
        target,
        &stored,
        Position::start(),
        SchemaReport::default(),
    );
    if !fits_in_one_transaction(opening, &work)? {
        if migrates {
            state.leave();
            state.write(store)?;
        }
        let outcome = Outcome::Changing(steps::begin(store, target, &state, work)?);
        return Ok(Opened { state, outcome });
    }
    while work.position.phase != Phase::Done {
        work.advance(store, usize::MAX)?;
        if work.position.phase == Phase::Refused {
            return Err(Failure::Refused(work.report));
        }
    }
    if !is_empty {
        state.leave();
    }
    arrive(store, target, &mut state)?;
    let outcome = Outcome::Ready(work.into_catalog());
    Ok(Opened { state, outcome })
}

/// Plans the work, from the beginning or from where it has come to.
fn begin<S: Store>(
    opening: &Opening<'_, S>,
    target: &Target,
    stored: &Stored,
    position: Position,
    report: SchemaReport,
) -> Work {
    let entries = opening.app.table_entries();
    let changes = entries.map(|entry| TableChange::new(entry, target, stored));
    let document_bytes_max = opening.config.work.document_bytes_max;
    Work::new(changes.collect(), position, report, document_bytes_max)
}

fn fits_in_one_transaction<S: Store>(
    opening: &Opening<'_, S>,
    work: &Work,
) -> Result<bool, StoreError> {
    let mut rows_left = opening.config.schema_rows_in_one_transaction_max;
    for table in work.affected() {
        let rows = documents::count_up_to(&*opening.store, table, rows_left.saturating_add(1))?;
        match rows_left.checked_sub(rows) {
            Some(left) => rows_left = left,
            None => return Ok(false),
        }
    }
    Ok(true)
}

/// Ends a change: the database has the schema.
fn arrive<S: Store>(store: &S, target: &Target, state: &mut State) -> Result<(), StoreError> {
    steps::forget(store)?;
    // A table that is gone from the code is not looked after: when it comes back it is checked.
    for table in Stored::read(store)?.tables.keys() {
        if !target.has(table) {
            stored::keep_shape(store, table, "")?;
        }
    }
    state.fingerprint.clone_from(&target.fingerprint);
    state.generation += 1;
    state.write(store)
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<SchemaReport> for Failure {
    fn from(report: SchemaReport) -> Self {
        Self::Refused(report)
    }
}

impl<'k> From<&'k KeyPart> for SqlParam<'k> {
    fn from(part: &'k KeyPart) -> Self {
        match part {
            KeyPart::Null => Self::Null,
            KeyPart::Integer(value) => Self::Integer(*value),
            KeyPart::Real(value) => Self::Real(*value),
            KeyPart::Text(text) => Self::Text(text),
            KeyPart::Blob(bytes) => Self::Blob(bytes),
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
