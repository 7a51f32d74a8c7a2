//! Steps at random.

use fastrand::Rng;
use suite_fixture_sim::pieces::{Change, End};
use suite_fixture_sim::{PageOf, Question};

use super::{MINUTE_MS, Step};
use crate::sim::model::{Edition, Mutation, Piece};
use crate::sim::server::Deployment;
use crate::sim::store::{At, Disaster};

const LISTS: [&str; 3] = ["a", "b", "c"];
const NOTES: [Option<&str>; 3] = [None, Some("x"), Some("y")];
const WORDS: [&str; 6] = ["oak", "elm", "ash", "Elm", "élan", "oaken"];
const WANTED: [&str; 7] = [
    "oak",
    "elm",
    "oa*",
    "elan",
    "oak elm",
    "e* ash",
    "\"oak elm\"",
];
const IDEMPOTENCY_KEYS: usize = 5;
const KEYS: i64 = 10;
const RANKS: i64 = 8;

/// Makes steps at random.
pub(super) struct Maker {
    rng: Rng,
    clients: usize,
    last_job: u64,
    disasters: bool,
    focus: Focus,
    /// What was deployed last.
    edition: Edition,
}

/// What a seed does more of than others: what is spread thin meets nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Focus {
    Lists,
    Pages,
    Search,
    Calls,
    Editions,
    Jobs,
}

impl Maker {
    pub(super) fn new(mut rng: Rng, clients: usize) -> Self {
        Self {
            disasters: rng.u8(..3) > 0,
            focus: match rng.u8(..7) {
                0 => Focus::Lists,
                1 | 2 => Focus::Pages,
                3 => Focus::Search,
                4 => Focus::Calls,
                5 => Focus::Jobs,
                _ => Focus::Editions,
            },
            edition: Edition::First,
            last_job: 0,
            rng,
            clients,
        }
    }

    /// Makes as many steps as it likes.
    pub(super) fn steps(mut self) -> Vec<Step> {
        let count = self.rng.usize(70..180);
        let mut steps: Vec<_> = (0..self.clients).map(Step::Connect).collect();
        while steps.len() < count {
            self.add(&mut steps);
        }
        steps
    }

    fn add(&mut self, steps: &mut Vec<Step>) {
        let client = self.rng.usize(..self.clients);
        let step = match self.rng.u8(..100) {
            0..9 => Step::Subscribe(client, self.question()),
            9..11 => Step::Unsubscribe(client, self.rng.usize(..4)),
            11..13 => Step::Exchange(client, self.rng.usize(..4), self.question()),
            13..28 => self.focused(client),
            28..29 => self.page_step(client),
            29..33 => Step::Mutate(client, self.mutation()),
            33..35 => Step::Ask(client, self.question()),
            35 => self.call(),
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
        let goes_on = self.rng.bool();
        let follows = match &step {
            Step::Lose(_) | Step::Reload(..) if goes_on => vec![Step::Connect(client)],
            // Who goes on has seen what there is.
            Step::TurnPage(..) | Step::LeadAstray(..) if goes_on => {
                vec![Step::Up(client, 9), Step::Turn, Step::Down(client, 9)]
            }
            Step::BeginImport(_) if goes_on => vec![Step::FinishImport],
            _ => Vec::new(),
        };
        steps.push(step);
        steps.extend(follows);
    }

    fn focused(&mut self, client: usize) -> Step {
        match (self.focus, self.rng.u8(..4)) {
            (Focus::Lists, 1 | 2) => match self.rng.bool() {
                true => Step::BeginImport(self.pieces()),
                false => Step::FinishImport,
            },
            (Focus::Lists, _) | (_, 0) => Step::Mutate(client, self.mutation()),
            (Focus::Pages, 1) => Step::Subscribe(client, self.page()),
            (Focus::Pages, _) => self.page_step(client),
            (Focus::Calls, 1) => Step::Clock(self.time()),
            (Focus::Calls, _) => self.call(),
            (Focus::Editions, 1) => Step::Subscribe(client, Question::Heavy(self.rng.i64(0..40))),
            (Focus::Editions, _) => self.version(),
            (Focus::Jobs, 1) => Step::Clock(self.rng.i64(0..40_000)),
            (Focus::Jobs, _) => Step::Mutate(client, self.mutation()),
            (Focus::Search, 1 | 2) => Step::Subscribe(client, self.search()),
            (Focus::Search, _) => Step::Mutate(client, self.mutation()),
        }
    }

    fn call(&mut self) -> Step {
        let key = self.rng.usize(..IDEMPOTENCY_KEYS);
        match self.rng.u8(..8) {
            0 => Step::Call(self.question()),
            1..4 => Step::Post(key, self.mutation()),
            _ => Step::PostAgain(key, self.rng.usize(..4)),
        }
    }

    fn version(&mut self) -> Step {
        let is_other = self.rng.u8(..4) > 0;
        let edition = match (self.edition, is_other) {
            (Edition::First, true) | (Edition::Next, false) => Edition::Next,
            (Edition::First, false) | (Edition::Next, true) => Edition::First,
        };
        if self.rng.u8(..4) == 0 {
            return Step::Overtake(edition);
        }
        self.edition = edition;
        let in_steps = self.rng.u8(..3) > 0;
        let has_plan = (self.disasters || self.focus == Focus::Editions) && self.rng.bool();
        Step::Deploy(Deployment {
            edition,
            in_steps,
            plan: has_plan.then(|| self.plan(if in_steps { 16 } else { 2 })),
        })
    }

    fn pieces(&mut self) -> Vec<Piece> {
        let count = self.rng.usize(..5);
        let pieces = (0..count).map(|_| {
            let (key, rank) = (self.rng.i64(0..KEYS), self.rng.i64(0..RANKS));
            (key, self.list(), rank, self.title())
        });
        pieces.collect()
    }

    fn page_step(&mut self, client: usize) -> Step {
        let which = self.rng.usize(..4);
        match self.rng.u8(..8) {
            0 => Step::LeadAstray(client, which, self.list()),
            _ => Step::TurnPage(client, which),
        }
    }

    fn trouble(&mut self, client: usize) -> Step {
        match self.rng.u8(..if self.disasters { 25 } else { 10 }) {
            0..4 => Step::Lose(client),
            4 => Step::LateUp(self.rng.usize(1..5)),
            5 => Step::Notice,
            6 | 7 => Step::Reload(client, self.rng.u8(..4) > 0),
            8 | 9 => Step::Clock(self.time()),
            10 => Step::Restart,
            11 | 12 => Step::Kill(self.rng.usize(..4)),
            13 | 14 => Step::Hibernate,
            15 => self.version(),
            16 => Step::BeginImport(self.pieces()),
            17 => Step::FinishImport,
            _ => self.disaster(),
        }
    }

    fn disaster(&mut self) -> Step {
        let (at, count, disaster) = self.plan(2);
        Step::Plan(at, count, disaster)
    }

    fn plan(&mut self, commits: u32) -> (At, u32, Disaster) {
        let disaster = match self.rng.u8(..4) {
            0 | 1 => Disaster::Fault,
            2 => Disaster::CrashBefore,
            _ => Disaster::CrashAfter,
        };
        match self.rng.bool() {
            true => (At::Commit, self.rng.u32(..commits), disaster),
            false => (At::Statement, self.rng.u32(..12 * commits), disaster),
        }
    }

    fn time(&mut self) -> i64 {
        match self.rng.u8(..9) {
            0..3 => self.rng.i64(0..20_000),
            8 => 25 * MINUTE_MS,
            3 => 31_000,
            4 => 16 * MINUTE_MS,
            5 => 15 * 24 * 60 * MINUTE_MS,
            6 => -self.rng.i64(0..20_000),
            _ => -20 * MINUTE_MS,
        }
    }

    fn list(&mut self) -> String {
        if self.focus == Focus::Pages && self.rng.u8(..4) > 0 {
            return LISTS[0].to_owned();
        }
        (*self.rng.choice(LISTS.iter()).expect("there are some")).to_owned()
    }

    fn question(&mut self) -> Question {
        let key = self.rng.i64(0..KEYS);
        let from = self.rng.i64(0..RANKS);
        match self.rng.u8(..15) {
            13 => Question::Heavy(self.rng.i64(0..40)),
            0..3 => Question::All(self.list()),
            3 | 4 => Question::Top(self.list(), self.rng.u32(..4), self.rng.bool()),
            5 => Question::Between(self.list(), from, from + self.rng.i64(0..4)),
            6 => Question::Count(self.list()),
            7 => match self.rng.bool() {
                true => Question::One(key),
                false => Question::Must(key),
            },
            8 => Question::Board,
            9 | 10 => self.search(),
            11 | 12 => self.page(),
            _ => Question::Titles(self.list()),
        }
    }

    fn page(&mut self) -> Question {
        Question::Page(PageOf {
            list: self.list(),
            last: self.rng.bool(),
            noted: self.rng.u8(..6) == 0,
            limit: self.rng.u32(1..3),
            cursor: None,
            end: None,
        })
    }

    fn search(&mut self) -> Question {
        let wanted = match self.focus {
            Focus::Search => &WANTED[..3],
            _ => &WANTED,
        };
        let text = (*self.rng.choice(wanted).expect("there are some")).to_owned();
        let list = (self.rng.u8(..3) == 0).then(|| self.list());
        match self.rng.u8(..3) {
            0 => Question::Found(text, list),
            _ => Question::Find(text, list),
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
        if self.focus == Focus::Search && self.rng.u8(..3) == 0 {
            return Change::Title(self.rng.i64(0..KEYS / 3), self.title());
        }
        let keys = if self.focus == Focus::Search {
            KEYS / 2
        } else {
            KEYS
        };
        let key = self.rng.i64(0..keys);
        if self
            .rng
            .u8(..if self.focus == Focus::Jobs { 2 } else { 12 })
            == 0
        {
            return self.job(key);
        }
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

    fn job(&mut self, key: i64) -> Change {
        if self.rng.u8(..5) == 0 {
            return Change::GiveUp(key);
        }
        self.last_job += 1;
        let after_ms = match self.rng.u8(..3) {
            0 => 0,
            _ => self.rng.u64(..60_000),
        };
        let (by, fails) = (self.rng.i64(1..4), self.rng.u8(..8) == 0);
        Change::Later(key, self.last_job, after_ms, by, fails)
    }

    fn title(&mut self) -> String {
        if self.rng.u8(..6) == 0 {
            return self.rng.lowercase().to_string().repeat(400);
        }
        let count = self.rng.usize(1..3);
        let words = (0..count).map(|_| *self.rng.choice(WORDS.iter()).expect("there are some"));
        words.collect::<Vec<_>>().join(" ")
    }
}
