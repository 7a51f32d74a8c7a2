//! Quiet: everything arrives, and in the end everybody goes.

use super::super::client::Client;
use super::super::property::{Breach, Property};
use super::World;

/// So many rounds of everything arriving are enough for anything.
const ROUNDS_MAX: usize = 60;

/// After so many no time passes.
const ROUNDS_AT_ONCE: usize = 5;

impl World {
    /// Ends the run: lets everything arrive, looks at everything, and lets everybody go.
    pub(in crate::sim) fn end(&mut self) -> Result<(), Breach> {
        if self.server.store.is_dead() {
            self.restart(0)?;
        }
        self.server.store.revive();
        self.settle()?;
        // What the store has failed is tried again in the next turn.
        self.turn()?;
        self.settle()?;
        for at in 0..self.clients.len() {
            self.check_view(at, true)?;
        }
        self.check_rows()?;
        self.await_jobs()?;
        self.let_go()
    }

    /// Lets everything arrive, until nothing is on its way.
    pub(super) fn settle(&mut self) -> Result<(), Breach> {
        for client in &mut self.clients {
            client.acknowledges = true;
        }
        for round in 0..ROUNDS_MAX {
            self.make_ready()?;
            let posted = self.post_unanswered()?;
            if round >= ROUNDS_AT_ONCE && self.makes_room {
                // Whoever is told that there is no room tries again later.
                self.set_clock(5 * 60 * 1_000);
            }
            self.server.notice();
            for at in 0..self.clients.len() {
                self.connect(at);
                self.clients[at].send_refused();
                self.clients[at].acknowledge();
                self.post(at);
                if let Some(link) = self.clients[at].link {
                    self.up(link, usize::MAX)?;
                    self.look()?;
                }
            }
            self.turn()?;
            for at in 0..self.clients.len() {
                self.down(at, usize::MAX)?;
            }
            let is_quiet = |client: &Client| client.link.is_some() && client.is_quiet();
            if self.clients.iter().all(is_quiet) && !posted {
                return Ok(());
            }
        }
        let waiting: Vec<_> = self
            .clients
            .iter()
            .filter(|client| !client.is_quiet())
            .collect();
        Err(Breach::new(
            Property::Live,
            format!("no answer comes: {waiting:#?}"),
        ))
    }

    /// Lets time pass until all jobs have come.
    fn await_jobs(&mut self) -> Result<(), Breach> {
        for _ in 0..ROUNDS_MAX {
            let jobs = &self.history.last().jobs;
            let Some(due_ms) = jobs.iter().map(|waiting| waiting.due_ms).max() else {
                return Ok(());
            };
            let now_ms = self.server.now_ms;
            self.set_clock((due_ms - now_ms).max(60 * 1_000));
            self.turn()?;
            self.settle()?;
        }
        let text = format!(
            "nobody does what was put off: {:#?}",
            self.history.last().jobs
        );
        Err(Breach::new(Property::Live, text))
    }

    /// Lets everybody go, and time pass: nothing may be left.
    fn let_go(&mut self) -> Result<(), Breach> {
        for at in 0..self.clients.len() {
            self.lose(at);
        }
        self.server.notice();
        self.turn()?;
        self.server.now_ms = self.latest_ms + self.server.config.record_ms + 1;
        self.turn()?;
        let size = self.server.engine.live_size();
        let kept = [("_zeroback_live", "key"), ("_zeroback_attachments", "key")];
        let rows: usize = kept
            .iter()
            .filter(|_| self.server.config.hibernates)
            .map(|(table, key)| {
                self.server
                    .store
                    .rows(&format!("SELECT {key} FROM {table}"))
                    .len()
            })
            .sum();
        if size.queries > 0 || size.bytes > 0 || rows > 0 {
            let text = format!("nobody is there, and {size:?} and {rows} rows are kept");
            return Err(Breach::new(Property::Bounded, text));
        }
        Ok(())
    }
}
