//! Whether the engine takes calls: the one place that refuses them while the schema is not the app's.

use std::rc::Rc;

use zeroback_protocol::{ErrorCode, Version, WireError};

use super::Engine;
use super::outbox::Output;
use super::schema::{self, Move, RecordsMove, SchemaReport, StepEnd, Steps};
use super::store::{Store, StoreError, Verdict};
use crate::planted::{self, Bug};

/// Whether an engine takes calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It does.
    Ready,
    /// A large database is being brought in line with the app's schema; calls are answered with
    /// `migrating`, and live queries run when it is done. The host calls [`Engine::migrate`].
    Migrating,
    /// The database does not fit the app's schema; calls are answered with `schema_conflict`.
    Refused,
    /// Another engine has written to the database or has changed its schema. Calls are answered
    /// with `unavailable`, and the host is to drop the engine and to open another one.
    OutOfDate,
}

#[derive(Debug)]
pub(super) enum SchemaState {
    Ready,
    Changing(Box<Steps>),
    Refused(SchemaReport),
    OutOfDate,
}

impl SchemaState {
    /// Tells whether the steps of a change have written nothing yet.
    pub(super) fn is_checking(&self) -> bool {
        matches!(self, Self::Changing(steps) if steps.is_checking())
    }
}

impl<S: Store> Engine<S> {
    /// Returns whether the engine takes calls.
    #[must_use]
    pub fn status(&self) -> Status {
        match self.schema {
            SchemaState::Ready => Status::Ready,
            SchemaState::Changing(_) => Status::Migrating,
            SchemaState::Refused(_) => Status::Refused,
            SchemaState::OutOfDate => Status::OutOfDate,
        }
    }

    /// Returns why the schema is refused.
    #[must_use]
    pub fn schema_report(&self) -> Option<&SchemaReport> {
        match &self.schema {
            SchemaState::Refused(report) => Some(report),
            _ => None,
        }
    }

    /// Returns what every call is answered with, while there is something.
    #[must_use]
    pub fn refusal(&self) -> Option<WireError> {
        match &self.schema {
            SchemaState::Ready => None,
            SchemaState::Changing(_) => {
                let text = "the database is being brought in line with a new version; try again";
                Some(WireError::new(ErrorCode::MIGRATING, text))
            }
            SchemaState::Refused(report) => Some(report.to_wire()),
            SchemaState::OutOfDate => {
                let text = "another server has taken over the database; nothing was written";
                Some(WireError::new(ErrorCode::UNAVAILABLE, text))
            }
        }
    }

    /// Makes one step of a change that is made in steps, in a transaction of its own. Returns
    /// whether the host should go on at once; where the store has failed it should not.
    pub fn migrate(&mut self) -> bool {
        if let Err(error) = self.step() {
            self.outputs.push_back(Output::Log {
                path: "migrate".to_owned(),
                told: WireError::new(ErrorCode::MIGRATING, "a step of the change failed"),
                cause: error.to_string(),
            });
            return false;
        }
        self.status() == Status::Migrating
    }

    pub(super) fn step(&mut self) -> Result<(), StoreError> {
        let SchemaState::Changing(steps) = &mut self.schema else {
            return Ok(());
        };
        let before = steps.place();
        let mut end = Err(StoreError::new("the transaction did not run"));
        let rows_max = self.config.schema_rows_per_step;
        let committed = self.store.transaction(&mut || {
            end = steps.step(&*self.store, rows_max);
            match end {
                Ok(_) => Verdict::Commit,
                Err(_) => Verdict::Rollback,
            }
        });
        let end = match committed.and(end) {
            Ok(end) => end,
            Err(error) => {
                steps.go_back(before);
                return Err(error);
            }
        };
        match end {
            StepEnd::Goes => {}
            StepEnd::Done(state) => {
                let before = std::mem::replace(&mut self.version, state.version);
                self.generation = state.generation;
                let steps = std::mem::replace(&mut self.schema, SchemaState::Ready);
                if let SchemaState::Changing(steps) = steps {
                    self.catalog = Rc::new(steps.into_catalog());
                }
                if self.version != before {
                    self.tell_sleepers();
                }
                self.check_sessions();
                self.look_again();
            }
            StepEnd::Refused(report) => {
                self.schema = SchemaState::Refused(report);
                self.tell_refusal();
            }
            StepEnd::Overtaken => self.schema = SchemaState::OutOfDate,
        }
        Ok(())
    }

    /// Keeps where the database will stand, inside the transaction that brings it there; fails
    /// where it does not stand any more where this engine has left it.
    pub(super) fn write_state(
        &self,
        to: Version,
        records: Option<RecordsMove>,
    ) -> Result<(), StoreError> {
        let commit = Move {
            generation: self.generation,
            from: self.version,
            to,
            last_id: self.ids.borrow().last(),
            records,
        };
        if schema::write_commit(&*self.store, &commit)? || planted::has(Bug::WritesOvertaken) {
            return Ok(());
        }
        self.is_overtaken.set(true);
        Err(StoreError::new(
            "another engine has written to the database",
        ))
    }

    /// Finds out whether a store has failed because another engine has changed the schema.
    pub(super) fn check_overtaken(&self) -> Result<(), StoreError> {
        match schema::generation(&*self.store) {
            Ok(generation) if generation != self.generation => {
                self.is_overtaken.set(true);
                Err(StoreError::new("another engine has changed the schema"))
            }
            // Whatever else it was, its run has failed by it.
            _ => Ok(()),
        }
    }

    /// Stops taking calls, if the last transaction has found that the database is another's.
    pub(super) fn note_overtaken(&mut self) {
        if self.is_overtaken.get() {
            self.schema = SchemaState::OutOfDate;
        }
    }

    /// Tells those who have subscribed meanwhile that nothing will come.
    fn tell_refusal(&mut self) {
        let Some(error) = self.refusal() else {
            return;
        };
        for (connection, query_id) in self.subscribed() {
            self.fail_query(connection, query_id, error.clone());
        }
    }
}
