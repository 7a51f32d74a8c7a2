//! A script: what clients, the network and the server do, one step after another.
//!
//! A step says all that it needs and is left out where it makes no sense, so that a script with
//! fewer steps is a script too.

mod maker;

use std::fmt::Write as _;

use fastrand::Rng;
use suite_fixture_sim::Question;
use zeroback_runtime::engine::EngineConfig;

use super::model::{Edition, Mutation, Piece};
use super::server::Deployment;
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
    pub(super) records_max: usize,
    pub(super) record_bytes_max: usize,
    pub(super) record_ms: i64,
}

const MINUTE_MS: i64 = 60 * 1_000;

impl Limits {
    /// Tells whether records go before their time, where there are too many.
    pub(super) fn makes_room(&self) -> bool {
        self.records_max < 100 || self.record_bytes_max < 1_000
    }
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
    /// Somebody calls over HTTP for a mutation, under a key that others may use too.
    Post(usize, Mutation),
    /// Somebody calls for one of the mutations of a key once more.
    PostAgain(usize, usize),
    /// Somebody asks a query over HTTP.
    Call(Question),
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
    /// The server starts again, with another version of the app or the same.
    Deploy(Deployment),
    /// An archive with these pieces comes in.
    BeginImport(Vec<Piece>),
    /// What has come in is put in the place of all pieces.
    FinishImport,
    /// Another server with its own version of the app opens the database meanwhile, and goes again.
    Overtake(Edition),
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
            records_max: if rng.u8(..4) == 0 {
                rng.usize(4..12)
            } else {
                1_000
            },
            record_bytes_max: if rng.u8(..8) == 0 { 600 } else { 1 << 20 },
            record_ms: if rng.u8(..4) == 0 { 30 } else { 14 * 24 * 60 } * MINUTE_MS,
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
            records_max: self.limits.records_max,
            record_bytes_max: self.limits.record_bytes_max,
            record_ms: self.limits.record_ms,
            ..EngineConfig::default()
        }
    }

    /// Returns for how long what a mutation has come to is recorded, whatever else is.
    pub(super) fn keep_ms(&self) -> i64 {
        if self.limits.makes_room() {
            20 * MINUTE_MS
        } else {
            self.limits.record_ms
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
