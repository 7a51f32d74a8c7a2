//! A script: what clients, the network and the server do, one step after another.
//!
//! A step says all that it needs and is left out where it makes no sense, so that a script with
//! fewer steps is a script too.

mod maker;

use std::fmt::Write as _;

use fastrand::Rng;
use suite_fixture_sim::Question;
use zeroback_runtime::engine::EngineConfig;

use super::model::Mutation;
use super::store::{At, Disaster};
use maker::Maker;

/// A whole run.
#[derive(Clone, Debug)]
pub struct Script {
    pub(super) seed: u64,
    pub(super) clients: usize,
    pub(super) limits: Limits,
    pub(super) steps: Vec<Step>,
}

/// The limits of an engine that decide what it keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) hibernates: bool,
    pub(super) unacknowledged_bytes_max: usize,
    pub(super) live_result_bytes_max: usize,
    pub(super) delta_bytes_max: usize,
}

/// One step; most name a client by its number.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// A client without a connection opens one, and says what it holds and what is unanswered.
    Connect(usize),
    Subscribe(usize, Question),
    /// A client ends one of its live queries.
    Unsubscribe(usize, usize),
    /// A client asks something else in the place of one of its live queries.
    Exchange(usize, usize, Question),
    /// A client goes on behind one of its pages.
    TurnPage(usize, usize),
    /// A client asks for a page of another list behind one of its pages.
    LeadAstray(usize, usize, String),
    Mutate(usize, Mutation),
    Ask(usize, Question),
    /// So many frames of a client reach the server.
    Up(usize, usize),
    /// So many frames of the server reach a client.
    Down(usize, usize),
    /// A client's connection is lost, and what is on its way to it.
    Lose(usize),
    /// Frames that were sent over a lost connection reach the server late.
    LateUp(usize),
    /// The server finds out that a connection is lost.
    Notice,
    /// A client's program starts again: with the queue on its disk, or without.
    Reload(usize, bool),
    /// A client sends its oldest unanswered mutation again.
    SendAgain(usize),
    /// A client says what it has read from now on, or does not.
    Acknowledge(usize, bool),
    Commit,
    Turn,
    /// The server is stopped in order, and starts again.
    Restart,
    /// The server is killed; so many of its last frames are lost on their way.
    Kill(usize),
    /// Something goes wrong, so many statements or commits from now.
    Plan(At, u32, Disaster),
    /// Time passes; where it is negative, the clock is set back.
    Clock(i64),
    /// The engine is lost; its sockets stay.
    Hibernate,
    /// Everything that is on its way arrives.
    Settle,
}

impl Script {
    /// Makes the script of a seed.
    #[must_use]
    pub fn of_seed(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let clients = rng.usize(2..=5);
        let limits = Limits {
            hibernates: rng.bool(),
            unacknowledged_bytes_max: if rng.u8(..3) == 0 { 3_000 } else { 1 << 20 },
            live_result_bytes_max: if rng.u8(..4) == 0 { 1_500 } else { 1 << 20 },
            delta_bytes_max: if rng.u8(..4) == 0 { 300 } else { 64 << 10 },
        };
        let steps = Maker::new(rng, clients).steps();
        Self {
            seed,
            clients,
            limits,
            steps,
        }
    }

    /// Returns the engine's settings.
    pub(super) fn config(&self) -> EngineConfig {
        EngineConfig {
            hibernates: self.limits.hibernates,
            unacknowledged_bytes_max: self.limits.unacknowledged_bytes_max,
            live_result_bytes_max: self.limits.live_result_bytes_max,
            delta_bytes_max: self.limits.delta_bytes_max,
            ..EngineConfig::default()
        }
    }

    /// Writes it for people.
    #[must_use]
    pub fn written(&self) -> String {
        let mut text = format!("  {} clients, {:?}\n", self.clients, self.limits);
        for step in &self.steps {
            let _ = writeln!(text, "  {step:?}");
        }
        text
    }
}
