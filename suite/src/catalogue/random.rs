//! Scripts at random. Values come from small pools, so that they meet, and the pools hold what
//! databases stumble over.

mod plans;
mod values;

use fastrand::Rng;
use suite_fixture::catalogue::{Change, Kind, Plan, Product, ProductPatch, Target, Want};
use zeroback::Id;

use super::model::{Model, is_search, words_of};
use super::names;
use super::script::Step;

/// Makes scripts, and knows what will be there when their next step is made.
#[derive(Debug)]
pub struct Maker {
    rng: Rng,
    lists: Vec<String>,
    model: Model,
    labels: u64,
    leaning: Leaning,
}

/// What a script has most of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaning {
    /// Reads and live queries.
    Reads,
    /// Pages that are loaded and kept.
    Pages,
}

/// A script begins with so many mutations.
const FIRST_WRITES: usize = 14;

/// A plan that finds nothing is thrown away so many times.
const PLANS_MAX: usize = 3;

/// More rows than this are not let in one database.
const ROWS_MAX: usize = 40;

impl Maker {
    /// Begins with nothing in these lists.
    #[must_use]
    pub fn new(seed: u64, lists: &[String], leaning: Leaning) -> Self {
        Self {
            rng: Rng::with_seed(seed),
            lists: lists.to_vec(),
            model: Model::default(),
            labels: 0,
            leaning,
        }
    }

    /// Makes a script.
    pub fn script(&mut self, steps: usize) -> Vec<Step> {
        (0..steps)
            .map(|at| match self.leaning {
                _ if at < FIRST_WRITES => self.write(),
                Leaning::Reads => self.step(),
                Leaning::Pages => self.page_step(),
            })
            .collect()
    }

    fn step(&mut self) -> Step {
        match self.rng.u8(..20) {
            0..8 => self.write(),
            8..14 => Step::Read(self.plan_that_finds(1, 0), self.want()),
            14..18 => {
                self.labels += 1;
                Step::Watch(self.plan_that_finds(1, self.labels), self.want())
            }
            18 => Step::GetMany((0..self.rng.usize(..5)).map(|_| self.id()).collect()),
            _ => Step::Tick,
        }
    }

    fn page_step(&mut self) -> Step {
        match self.rng.u8(..20) {
            0..12 => self.write(),
            12 => loop {
                self.labels += 1;
                let plan = self.plan_that_finds(5, self.labels);
                // The pages of a search are parts of a ranking, which moves.
                if !is_search(&plan) {
                    break Step::Open(plan, self.rng.u32(1..4));
                }
            },
            13..19 => Step::Turn(self.rng.usize(..4)),
            _ => Step::Tick,
        }
    }

    /// Makes one mutation.
    fn write(&mut self) -> Step {
        let first_row = self.model.inserted;
        let count = if self.rng.u8(..3) == 0 {
            self.rng.usize(2..5)
        } else {
            1
        };
        let mut inserted = 0;
        let changes: Vec<_> = (0..count)
            .map(|_| {
                let kind = self.kind(count, inserted);
                inserted += u32::from(matches!(kind, Kind::Insert(_)));
                Change {
                    kind,
                    is_attempt: self.rng.u8(..4) == 0,
                }
            })
            .collect();
        // What fails is part of the script. Its inserts keep their numbers, reached or not.
        let _ = self.model.write(&changes, &[]);
        self.model.inserted = first_row + u128::from(inserted);
        Step::Write(first_row, changes)
    }

    fn kind(&mut self, count: usize, inserted: u32) -> Kind {
        let target = match self.rng.u8(..4) {
            0 if inserted > 0 => Target::New(self.rng.u32(..inserted)),
            _ => Target::Known(self.id()),
        };
        let is_small = self.model.rows.len() < ROWS_MAX / 2;
        match self.rng.u8(..20) {
            0..10 if is_small => Kind::Insert(Box::new(self.product())),
            0..4 if self.model.rows.len() < ROWS_MAX => Kind::Insert(Box::new(self.product())),
            0..12 => Kind::Patch(target, Box::new(self.patch())),
            12 | 13 => Kind::Replace(target, Box::new(self.product())),
            14 | 15 => Kind::Update(target, self.rng.i64(-2..3), self.text()),
            16 | 17 => Kind::Delete(target),
            18 => Kind::Read(Box::new(self.plan_that_finds(1, 0))),
            _ if count > 1 => Kind::Fail,
            _ => Kind::Delete(target),
        }
    }

    /// Most often one that is there.
    fn id(&mut self) -> Id<Product> {
        let at = self.rng.usize(..self.model.rows.len().max(1));
        match self.model.rows.keys().nth(at) {
            Some(id) if self.rng.u8(..16) > 0 => *id,
            _ if self.model.inserted > 0 => names::row(self.rng.u128(..self.model.inserted)),
            _ => names::nobody(1),
        }
    }

    fn product(&mut self) -> Product {
        Product {
            list: self.list(),
            text: self.text(),
            rank: self.integer(),
            price: self.real(),
            flag: self.rng.bool(),
            nick: self.maybe(Self::text),
            stock: self.maybe(Self::integer),
            weight: self.maybe(Self::real),
            parent: self.maybe(Self::id),
            since: self.time(),
            shape: self.shape(),
            big: self.big(),
            big_maybe: self.maybe(Self::big),
            code: self.code(),
            part: self.part(),
            spare: self.maybe(Self::part),
            tags: self.some(Self::text),
            sizes: self.some(Self::integer),
            slug: format!("slug {}", self.rng.u8(..120)),
            badge: self.maybe(|maker| format!("badge {}", maker.rng.u8(..60))),
            aisle: self.maybe(|maker| maker.rng.i64(0..3)),
            place: self.rng.i64(0..40),
            title: self.words(),
            summary: self.maybe(Self::words),
        }
    }

    fn patch(&mut self) -> ProductPatch {
        let mut patch = ProductPatch::default();
        let new = self.product();
        for _ in 0..self.rng.u8(1..4) {
            match self.rng.u8(..24) {
                0 => patch.list = Some(new.list.clone()),
                1 => patch.text = Some(new.text.clone()),
                2 => patch.rank = Some(new.rank),
                3 => patch.price = Some(new.price),
                4 => patch.flag = Some(new.flag),
                5 => patch.nick = Some(new.nick.clone()),
                6 => patch.stock = Some(new.stock),
                7 => patch.weight = Some(new.weight),
                8 => patch.parent = Some(new.parent),
                9 => patch.since = Some(new.since),
                10 => patch.shape = Some(new.shape),
                11 => patch.big = Some(new.big),
                12 => patch.big_maybe = Some(new.big_maybe),
                13 => patch.code = Some(new.code.clone()),
                14 => patch.part = Some(new.part.clone()),
                15 => patch.spare = Some(new.spare.clone()),
                16 => patch.tags = Some(new.tags.clone()),
                17 => patch.sizes = Some(new.sizes.clone()),
                18 => patch.slug = Some(new.slug.clone()),
                19 => patch.badge = Some(new.badge.clone()),
                20 => patch.aisle = Some(new.aisle),
                21 => patch.place = Some(new.place),
                22 => patch.title = Some(new.title.clone()),
                _ => patch.summary = Some(new.summary.clone()),
            }
        }
        patch
    }

    fn list(&mut self) -> String {
        // The first has most of the rows.
        let at = usize::from(self.rng.u8(..5) == 0) % self.lists.len();
        self.lists[at].clone()
    }

    fn words(&mut self) -> String {
        let words = (0..self.rng.usize(..8)).map(|_| words_of(&mut self.rng));
        words.collect::<Vec<_>>().join(" ")
    }

    fn want(&mut self) -> Want {
        match self.rng.u8(..12) {
            0..4 => Want::All,
            4..7 => Want::Take(self.rng.u32(..5)),
            7 => Want::First,
            8 => Want::Unique,
            9 | 10 => Want::Count,
            _ => Want::Iter(self.rng.u32(..5)),
        }
    }

    /// Makes a plan; most often one that finds so many rows, if there are any.
    fn plan_that_finds(&mut self, count: usize, label: u64) -> Plan {
        for _ in 0..PLANS_MAX * count {
            let plan = self.plan(label);
            if self.model.select(&plan).len() >= count {
                return plan;
            }
        }
        self.plan(label)
    }

    fn plan(&mut self, label: u64) -> Plan {
        let list = self.list();
        Plan {
            label,
            source: self.source(),
            filter: (self.rng.u8(..5) < 2).then(|| self.condition(3)),
            direction: self.direction(),
            list,
        }
    }

    fn maybe<V>(&mut self, make: impl FnOnce(&mut Self) -> V) -> Option<V> {
        (self.rng.u8(..5) < 3).then(|| make(self))
    }

    fn some<V>(&mut self, mut make: impl FnMut(&mut Self) -> V) -> Vec<V> {
        (0..self.rng.usize(..4)).map(|_| make(self)).collect()
    }
}
