//! The change of a database that is too large for one transaction: a transaction for each piece of
//! work, and a row that tells how far it has come.

use super::fingerprint::Target;
use super::report::SchemaReport;
use super::state::{State, integer};
use super::stored::Stored;
use super::work::{Phase, Position, Work};
use super::{Opening, Outcome, arrive, begin as begin_work};
use crate::engine::catalog::Catalog;
use crate::engine::store::{SqlParam, Store, StoreError};

/// A change that is under way.
#[derive(Debug)]
pub(in crate::engine) struct Steps {
    work: Work,
    state: State,
    target: Target,
}

/// Where the steps of a change stand.
#[derive(Debug)]
pub(in crate::engine) struct Place {
    position: Position,
    report: SchemaReport,
    state: State,
}

/// What a step has come to.
#[derive(Debug)]
pub(in crate::engine) enum StepEnd {
    /// There are more.
    Goes,
    /// It was the last one.
    Done(State),
    /// The documents do not fit the schema.
    Refused(SchemaReport),
    /// Another engine has written to the database.
    Overtaken,
}

/// The row of `_zeroback_progress`.
struct Progress {
    position: Position,
    report: SchemaReport,
}

/// Begins: from now on the database knows of the change, and nothing else has been written.
pub(super) fn begin<S: Store>(
    store: &S,
    target: &Target,
    state: &State,
    work: Work,
) -> Result<Box<Steps>, StoreError> {
    let steps = Steps {
        work,
        state: state.clone(),
        target: target.clone(),
    };
    steps.keep(store)?;
    Ok(Box::new(steps))
}

/// Goes on with a change to the app's schema, if one was under way; one to another schema, or one
/// behind whose back somebody has written, is forgotten.
pub(super) fn resume<S: Store>(
    opening: &Opening<'_, S>,
    target: &Target,
    state: &State,
) -> Result<Option<Outcome>, StoreError> {
    let store = &*opening.store;
    let Some(progress) = Progress::read(store, target, state)? else {
        forget(store)?;
        return Ok(None);
    };
    let Progress { position, report } = progress;
    if position.phase == Phase::Refused {
        return Ok(Some(Outcome::Refused(report)));
    }
    let stored = Stored::read(store)?;
    let work = begin_work(opening, target, &stored, position, report);
    Ok(Some(Outcome::Changing(Box::new(Steps {
        work,
        state: state.clone(),
        target: target.clone(),
    }))))
}

/// Forgets how far a change has come.
pub(super) fn forget<S: Store>(store: &S) -> Result<(), StoreError> {
    for table in ["_zeroback_progress", "_zeroback_seen_keys"] {
        store.execute(&format!("DELETE FROM {table}"), &[])?;
    }
    Ok(())
}

impl Steps {
    /// Returns where the steps stand, to go back there when a transaction was rolled back.
    pub(in crate::engine) fn place(&self) -> Place {
        Place {
            position: self.work.position.clone(),
            report: self.work.report.clone(),
            state: self.state.clone(),
        }
    }

    pub(in crate::engine) fn go_back(&mut self, place: Place) {
        let Place {
            position,
            report,
            state,
        } = place;
        (self.work.position, self.work.report, self.state) = (position, report, state);
    }

    /// Tells whether nothing has been written yet.
    pub(in crate::engine) fn is_checking(&self) -> bool {
        self.work.position.phase == Phase::Check
    }

    /// Makes one step, inside a transaction.
    pub(in crate::engine) fn step<S: Store>(
        &mut self,
        store: &S,
        rows_max: usize,
    ) -> Result<StepEnd, StoreError> {
        let state = State::read(store)?;
        if (state.generation, state.version) != (self.state.generation, self.state.version) {
            return Ok(StepEnd::Overtaken);
        }
        let phase = self.work.position.phase;
        if phase > Phase::Check && !self.state.fingerprint.is_empty() {
            self.state.leave();
            self.state.write(store)?;
        }
        self.work.advance(store, rows_max)?;
        match self.work.position.phase {
            Phase::Done => {
                arrive(store, &self.target, &mut self.state)?;
                Ok(StepEnd::Done(self.state.clone()))
            }
            Phase::Refused => {
                self.keep(store)?;
                Ok(StepEnd::Refused(self.work.report.clone()))
            }
            _ => {
                self.keep(store)?;
                Ok(StepEnd::Goes)
            }
        }
    }

    /// Returns how the tables lie when all steps are made.
    pub(in crate::engine) fn into_catalog(self) -> Catalog {
        self.work.into_catalog()
    }

    fn keep<S: Store>(&self, store: &S) -> Result<(), StoreError> {
        let json = |value: serde_json::Result<String>| {
            value.map_err(|error| StoreError::new(error.to_string()))
        };
        store.execute(
            "INSERT INTO _zeroback_progress
                (only, fingerprint, generation, counter, position, report)
             VALUES (0, ?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET fingerprint = excluded.fingerprint,
                generation = excluded.generation, counter = excluded.counter,
                position = excluded.position, report = excluded.report",
            &[
                SqlParam::Text(&self.target.fingerprint),
                integer(self.state.generation),
                integer(self.state.version.counter),
                SqlParam::Text(&json(serde_json::to_string(&self.work.position))?),
                SqlParam::Text(&json(serde_json::to_string(&self.work.report))?),
            ],
        )
    }
}

impl Progress {
    /// Reads the row, where it is of this target and of this state.
    fn read<S: Store>(
        store: &S,
        target: &Target,
        state: &State,
    ) -> Result<Option<Self>, StoreError> {
        let rows = store.query(
            "SELECT position, report FROM _zeroback_progress
             WHERE fingerprint = ? AND generation = ? AND counter = ?",
            &[
                SqlParam::Text(&target.fingerprint),
                integer(state.generation),
                integer(state.version.counter),
            ],
        )?;
        let read = |row: &Vec<_>| {
            let json = |at: usize| -> Option<&str> { crate::engine::SqlValue::as_text(&row[at]) };
            Some(Self {
                position: serde_json::from_str(json(0)?).ok()?,
                report: serde_json::from_str(json(1)?).ok()?,
            })
        };
        // One that cannot be read was written by another version: the work begins anew.
        Ok(rows.first().and_then(read))
    }
}
