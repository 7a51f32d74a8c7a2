//! A script: what clients, the network and the server do, one step after another.
//!
//! A step says all that it needs and is left out where it makes no sense, so that a script with
//! fewer steps is a script too.

use std::fmt::Write as _;

use fastrand::Rng;
use suite_fixture_sim::Question;
use suite_fixture_sim::pieces::{Change, End};
use zeroback_runtime::engine::EngineConfig;

use super::model::Mutation;
use super::store::{At, Disaster};

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

const LISTS: [&str; 3] = ["a", "b", "c"];
const NOTES: [Option<&str>; 3] = [None, Some("x"), Some("y")];
const KEYS: i64 = 10;
const RANKS: i64 = 8;

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
        let mut maker = Maker {
            disasters: rng.u8(..3) > 0,
            rng,
            clients,
        };
        let count = maker.rng.usize(60..150);
        let mut steps: Vec<_> = (0..clients).map(Step::Connect).collect();
        while steps.len() < count {
            maker.add(&mut steps);
        }
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

/// Makes steps at random.
struct Maker {
    rng: Rng,
    clients: usize,
    disasters: bool,
}

impl Maker {
    fn add(&mut self, steps: &mut Vec<Step>) {
        let client = self.rng.usize(..self.clients);
        let step = match self.rng.u8(..100) {
            0..9 => Step::Subscribe(client, self.question()),
            9..11 => Step::Unsubscribe(client, self.rng.usize(..4)),
            11..13 => Step::Exchange(client, self.rng.usize(..4), self.question()),
            13..33 => Step::Mutate(client, self.mutation()),
            33..36 => Step::Ask(client, self.question()),
            36..52 => Step::Up(client, self.rng.usize(1..6)),
            52..64 => Step::Down(client, self.rng.usize(1..6)),
            64..70 => Step::Connect(client),
            70..72 => Step::SendAgain(client),
            72..74 => Step::Acknowledge(client, self.rng.u8(..3) > 0),
            74..77 => Step::Commit,
            77..87 => Step::Turn,
            87..89 => Step::Settle,
            _ => self.trouble(client),
        };
        if matches!(step, Step::Lose(_) | Step::Reload(..)) && self.rng.bool() {
            steps.push(step);
            steps.push(Step::Connect(client));
            return;
        }
        steps.push(step);
    }

    fn trouble(&mut self, client: usize) -> Step {
        match self.rng.u8(..if self.disasters { 22 } else { 10 }) {
            0..4 => Step::Lose(client),
            4 => Step::LateUp(self.rng.usize(1..5)),
            5 => Step::Notice,
            6 | 7 => Step::Reload(client, self.rng.u8(..4) > 0),
            8 | 9 => Step::Clock(self.time()),
            10 => Step::Restart,
            11 | 12 => Step::Kill(self.rng.usize(..4)),
            13 | 14 => Step::Hibernate,
            _ => self.disaster(),
        }
    }

    fn disaster(&mut self) -> Step {
        let disaster = match self.rng.u8(..3) {
            0 => Disaster::Fault,
            1 => Disaster::CrashBefore,
            _ => Disaster::CrashAfter,
        };
        match self.rng.bool() {
            true => Step::Plan(At::Commit, self.rng.u32(..2), disaster),
            false => Step::Plan(At::Statement, self.rng.u32(..25), disaster),
        }
    }

    fn time(&mut self) -> i64 {
        const MINUTE_MS: i64 = 60_000;
        match self.rng.u8(..8) {
            0..3 => self.rng.i64(0..20_000),
            3 => 31_000,
            4 => 16 * MINUTE_MS,
            5 => 15 * 24 * 60 * MINUTE_MS,
            6 => -self.rng.i64(0..20_000),
            _ => -20 * MINUTE_MS,
        }
    }

    fn list(&mut self) -> String {
        (*self.rng.choice(LISTS.iter()).expect("there are some")).to_owned()
    }

    fn question(&mut self) -> Question {
        let key = self.rng.i64(0..KEYS);
        let from = self.rng.i64(0..RANKS);
        match self.rng.u8(..10) {
            0..3 => Question::All(self.list()),
            3 | 4 => Question::Top(self.list(), self.rng.u32(..4), self.rng.bool()),
            5 => Question::Between(self.list(), from, from + self.rng.i64(0..4)),
            6 => Question::Count(self.list()),
            7 => match self.rng.bool() {
                true => Question::One(key),
                false => Question::Must(key),
            },
            8 => Question::Board,
            _ => Question::Titles(self.list()),
        }
    }

    fn mutation(&mut self) -> Mutation {
        let count = if self.rng.u8(..3) == 0 {
            self.rng.usize(2..5)
        } else {
            1
        };
        let end = match self.rng.u8(..20) {
            0 => End::Fail,
            1 => End::Panic,
            2 if self.rng.bool() => End::ReturnTooMuch,
            _ => End::Return,
        };
        Mutation {
            changes: (0..count).map(|_| self.change()).collect(),
            end,
        }
    }

    fn change(&mut self) -> Change {
        let key = self.rng.i64(0..KEYS);
        match self.rng.u8(..14) {
            0..6 => Change::Insert(key, self.list(), self.rng.i64(0..RANKS), self.title()),
            6 | 7 => Change::Title(key, self.title()),
            8 => {
                let note = self.rng.choice(NOTES).expect("there are some");
                Change::Note(key, note.map(str::to_owned))
            }
            9 | 10 => Change::Shift(key, self.rng.i64(-3..4)),
            11 | 12 => Change::Move(key, self.list()),
            _ => Change::Remove(key),
        }
    }

    fn title(&mut self) -> String {
        let letter = self.rng.lowercase().to_string();
        letter.repeat(if self.rng.u8(..6) == 0 { 400 } else { 3 })
    }
}
