//! Other versions of the app, and the database on its way between them.

use zeroback_runtime::engine::Status;

use super::super::model::Edition;
use super::super::property::{Breach, Property};
use super::super::server::Deployment;
use super::World;
use crate::transcript;

/// So many steps are enough for any change.
const STEPS_MAX: usize = 200;

impl World {
    /// Starts the server again, with another version of the app or the same.
    pub(super) fn deploy(&mut self, deployment: Deployment) -> Result<(), Breach> {
        transcript::note("server", "!", &format!("{deployment:?}"));
        self.look_at_store()?;
        self.server.deploy(deployment);
        self.restart(0)
    }

    /// Lets another server with its own version of the app open the database and go again.
    pub(super) fn overtake(&mut self, edition: Edition) -> Result<(), Breach> {
        self.look_at_store()?;
        if !self.server.store.is_dead() {
            self.server.overtake(edition);
            self.note_versions();
        }
        Ok(())
    }

    /// Makes a step of a change of the schema, where one is under way.
    pub(super) fn migrate(&mut self) {
        if self.server.engine.status() == Status::Migrating {
            self.server.engine.migrate();
            self.note_versions();
        }
    }

    /// Lets the server come to where it takes calls, with an older version of the app if need be.
    pub(super) fn make_ready(&mut self) -> Result<(), Breach> {
        if self.server.is_overtaken() {
            self.restart(0)?;
        }
        for _ in 0..STEPS_MAX {
            if self.server.engine.status() != Status::Migrating {
                break;
            }
            self.turn()?;
        }
        match self.server.engine.status() {
            Status::Refused => self.deploy(Deployment::default()),
            Status::Migrating => Err(Breach::new(Property::Live, "a change comes to no end")),
            Status::Ready | Status::OutOfDate => Ok(()),
        }
    }

    /// Checks that the schema is refused where the pieces do not fit it, and only there.
    pub(super) fn check_status(&self) -> Result<(), Breach> {
        let edition = self.server.sight.edition;
        let fits = edition == Edition::First || !self.history.last().has_twins();
        let status = self.server.engine.status();
        let is_right = match status {
            Status::Ready => fits || self.server.is_overtaken(),
            Status::Refused => !fits,
            Status::Migrating | Status::OutOfDate => true,
        };
        if is_right {
            return Ok(());
        }
        let text = format!("{status:?} with {edition:?}, and the pieces fit: {fits}");
        Err(Breach::new(Property::Migrated, text))
    }

    /// Takes in the versions that a change of the schema has made; the pieces are the same in them.
    pub(super) fn note_versions(&mut self) {
        self.history.go_on_to(self.server.store.counter());
    }
}
