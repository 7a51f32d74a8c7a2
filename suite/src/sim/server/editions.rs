//! Versions of the app: a server starts with another one, or another server does meanwhile.

use std::collections::BTreeSet;

use zeroback_protocol::Timestamp;
use zeroback_runtime::App;
use zeroback_runtime::engine::{Engine, EngineConfig, OpenError, Status};

use super::super::model::Edition;
use super::super::store::{At, Disaster, SimStore};
use super::Server;

/// How a server looks from outside.
#[derive(Clone, Debug, Default)]
pub(in crate::sim) struct Sight {
    /// The version of the app that it runs.
    pub(in crate::sim) edition: Edition,
    /// What it may have answered everything with, for a while.
    pub(in crate::sim) refusals: BTreeSet<&'static str>,
}

/// What a server starts with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::sim) struct Deployment {
    pub(in crate::sim) edition: Edition,
    /// Whether a change of the schema is made in many small steps.
    pub(in crate::sim) in_steps: bool,
    /// What goes wrong while it starts.
    pub(in crate::sim) plan: Option<(At, u32, Disaster)>,
}

impl Server {
    /// Opens an engine on the database, once more where that goes wrong, and hands it the sockets.
    pub(super) fn reopen(&mut self) {
        if let Some(edition) = self.overtaken_by.take() {
            self.deployment.edition = edition;
        }
        let plan = self.deployment.plan.take();
        self.store.revive();
        if let Some((at, count, disaster)) = plan {
            self.store.plan(at, count, disaster);
        }
        while self.open().is_err() {
            self.store.revive();
        }
        self.awaits_turn = false;
        self.drain();
    }

    fn open(&mut self) -> Result<(), OpenError> {
        self.engines += 1;
        let seed = self.seed.wrapping_mul(1_000).wrapping_add(self.engines);
        let Deployment {
            edition, in_steps, ..
        } = self.deployment;
        let config = match in_steps {
            true => EngineConfig {
                schema_rows_in_one_transaction_max: 0,
                schema_rows_per_step: 2,
                ..self.config
            },
            false => self.config,
        };
        self.engine = open(&self.store, edition, config, self.now_ms, seed)?;
        self.sight = Sight {
            edition,
            refusals: BTreeSet::new(),
        };
        let sockets = self.links.iter().filter(|(_, link)| link.is_served);
        let sockets = sockets.map(|(id, link)| (*id, link.attachment.clone()));
        self.engine.handle_wake(sockets.collect())?;
        Ok(())
    }

    /// Lets another server bring the database in line with its version of the app, and go again.
    pub(in crate::sim) fn overtake(&mut self, edition: Edition) {
        let generation = |store: &SimStore| store.number("generation");
        let before = generation(&self.store);
        self.engines += 1;
        let seed = self.seed.wrapping_mul(1_000).wrapping_add(self.engines);
        let other = open(&self.store, edition, self.config, self.now_ms, seed);
        drop(other);
        if generation(&self.store) != before {
            self.overtaken_by = Some(edition);
        }
    }

    /// Tells whether another server has changed the schema since this one has started.
    pub(in crate::sim) fn is_overtaken(&self) -> bool {
        self.overtaken_by.is_some()
    }

    /// Notes what everything may be answered with now.
    pub(super) fn note_status(&mut self) {
        let refusal = match self.engine.status() {
            Status::Migrating => "migrating",
            Status::Refused => "schema_conflict",
            Status::Ready if !self.is_overtaken() => return,
            Status::Ready | Status::OutOfDate => "unavailable",
        };
        self.sight.refusals.insert(refusal);
        for link in self.links.values_mut().filter(|link| link.is_served) {
            link.sight.refusals.insert(refusal);
        }
    }
}

pub(super) fn open(
    store: &SimStore,
    edition: Edition,
    config: EngineConfig,
    now_ms: i64,
    seed: u64,
) -> Result<Engine<SimStore>, OpenError> {
    let now = Timestamp::from_unix_ms(now_ms);
    Engine::open(store.clone(), app(edition), config, now, seed)
}

fn app(edition: Edition) -> App {
    match edition {
        Edition::First => suite_fixture_sim::app(),
        Edition::Next => suite_fixture_sim_next::app(),
    }
}
