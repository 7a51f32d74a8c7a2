//! Plans at random.

use suite_fixture::catalogue::{Bounds, Compound, Condition, Is, Shelf, Source};
use zeroback::Timestamp;

use super::{Maker, words_of};

impl Maker {
    pub(super) fn source(&mut self) -> Source {
        match self.rng.u8(..26) {
            0 => Source::Whole,
            1 => Source::ById(self.bounds(Self::id)),
            2 => Source::ByCreationTime(self.bounds(Self::creation_time)),
            3 | 4 => Source::ByText(self.bounds(Self::text)),
            5 => Source::ByRank(self.bounds(Self::integer)),
            6 => Source::ByPrice(self.bounds(Self::real)),
            7 => Source::ByFlag(self.bounds(|maker| maker.rng.bool())),
            8 => Source::ByNick(self.bounds(|maker| maker.maybe(Self::text))),
            9 => Source::ByStock(self.bounds(|maker| maker.maybe(Self::integer))),
            10 => Source::ByWeight(self.bounds(|maker| maker.maybe(Self::real))),
            11 => Source::ByParent(self.bounds(|maker| maker.maybe(Self::id))),
            12 => Source::BySince(self.bounds(Self::time)),
            13 => Source::ByShape(self.bounds(Self::shape)),
            14 => Source::ByBig(self.bounds(Self::big)),
            15 => Source::ByBigMaybe(self.bounds(|maker| maker.maybe(Self::big))),
            16 => Source::ByCode(self.bounds(Self::code)),
            17 | 18 => Source::ByNickStockRank(self.compound()),
            19 => Source::ByWeightAlone(self.bounds(|maker| maker.maybe(Self::real))),
            20 => Source::BySlug(self.bounds(|maker| format!("slug {}", maker.rng.u8(..120)))),
            21 => Source::ByBadge(
                self.bounds(|maker| maker.maybe(|maker| format!("badge {}", maker.rng.u8(..60)))),
            ),
            22 => Source::ByShelf(match self.rng.bool() {
                true => Shelf::Aisle(self.bounds(Self::aisle)),
                false => Shelf::Place(self.aisle(), self.bounds(|maker| maker.rng.i64(0..40))),
            }),
            _ => Source::Search {
                text: self.wanted(),
                flag: (self.rng.u8(..4) == 0).then(|| self.rng.bool()),
                nicks: match self.rng.u8(..4) {
                    0 => vec![self.maybe(Self::text)],
                    _ => Vec::new(),
                },
            },
        }
    }

    fn aisle(&mut self) -> Option<i64> {
        self.maybe(|maker| maker.rng.i64(0..3))
    }

    fn compound(&mut self) -> Compound {
        match self.rng.u8(..3) {
            0 => Compound::Nick(self.bounds(|maker| maker.maybe(Self::text))),
            1 => Compound::Stock(
                self.maybe(Self::text),
                self.bounds(|maker| maker.maybe(Self::integer)),
            ),
            _ => Compound::Rank(
                self.maybe(Self::text),
                self.maybe(Self::integer),
                self.bounds(Self::integer),
            ),
        }
    }

    /// When a row was created: its number stands for that.
    fn creation_time(&mut self) -> Timestamp {
        let at = self.rng.u128(..self.model.inserted.max(1));
        Timestamp::from_unix_ms(i64::try_from(at).unwrap_or(0))
    }

    fn bounds<V>(&mut self, mut make: impl FnMut(&mut Self) -> V) -> Bounds<V> {
        let (with_from, with_to) = (self.rng.bool(), self.rng.bool());
        match self.rng.u8(..12) {
            0..3 => Bounds::All,
            3..6 => Bounds::Equal(make(self)),
            6 | 7 => Bounds::From(make(self), with_from),
            8 | 9 => Bounds::To(make(self), with_to),
            _ => Bounds::Between(make(self), with_from, make(self), with_to),
        }
    }

    fn wanted(&mut self) -> String {
        let terms = (0..self.rng.u8(..4)).map(|_| {
            let word = words_of(&mut self.rng);
            match self.rng.u8(..6) {
                0 | 3 => format!("{word}*"),
                1 => format!("\"{word} {}\"", words_of(&mut self.rng)),
                2 => format!("\"{word} {}\"*", words_of(&mut self.rng)),
                _ => word.to_owned(),
            }
        });
        terms.collect::<Vec<_>>().join(" ")
    }

    pub(super) fn condition(&mut self, depth: u8) -> Condition {
        if depth > 0 && self.rng.u8(..3) == 0 {
            let some = |maker: &mut Self| {
                let count = maker.rng.usize(1..4);
                (0..count).map(|_| maker.condition(depth - 1)).collect()
            };
            return match self.rng.u8(..3) {
                0 => Condition::All(some(self)),
                1 => Condition::Any(some(self)),
                _ => Condition::Not(Box::new(self.condition(depth - 1))),
            };
        }
        match self.rng.u8(..37) {
            0 => Condition::Id(self.is(Self::id)),
            1 => Condition::CreationTime(self.is(Self::creation_time)),
            2 => Condition::Text(self.is(Self::text)),
            3 => Condition::Rank(self.is(Self::integer)),
            4 => Condition::Price(self.is(Self::real)),
            5 => Condition::Flag(self.is(|maker| maker.rng.bool())),
            6 => Condition::Nick(self.is(|maker| maker.maybe(Self::text))),
            7 => Condition::Stock(self.is(|maker| maker.maybe(Self::integer))),
            8 => Condition::Weight(self.is(|maker| maker.maybe(Self::real))),
            9 => Condition::Parent(self.is(|maker| maker.maybe(Self::id))),
            10 => Condition::Since(self.is(Self::time)),
            11 => Condition::Shape(self.is(Self::shape)),
            12 => Condition::Title(self.is(Self::words)),
            13 => Condition::PartColor(self.is(Self::text)),
            14 => Condition::PartSize(self.is(Self::integer)),
            15 => Condition::PartNote(self.is(|maker| maker.maybe(Self::text))),
            16 => Condition::PartInnerDepth(self.is(Self::real)),
            17 => Condition::PartInnerAt(self.is(|maker| maker.maybe(Self::integer))),
            18 => Condition::SpareColor(self.is(Self::text)),
            19 => Condition::SpareSize(self.is(Self::integer)),
            20 => Condition::SpareNote(self.is(|maker| maker.maybe(Self::text))),
            21 => Condition::SpareInnerDepth(self.is(Self::real)),
            22 => Condition::NickIsNull,
            23 => Condition::WeightIsNull,
            24 => Condition::BigMaybeIsNull,
            25 => Condition::SpareIsNull,
            26 => Condition::SpareNoteIsNull,
            27 => Condition::SpareInnerIsNull,
            28 => Condition::SummaryIsNull,
            29 => Condition::TextStartsWith(self.text()),
            30 => Condition::TextContains(self.text()),
            31 => Condition::NickStartsWith(self.text()),
            32 => Condition::NickContains(self.text()),
            33 => Condition::PartColorStartsWith(self.text()),
            34 => Condition::SpareNoteContains(self.text()),
            35 => Condition::TagsContain(self.text()),
            _ => Condition::SizesContain(self.integer()),
        }
    }

    fn is<V>(&mut self, mut make: impl FnMut(&mut Self) -> V) -> Is<V> {
        match self.rng.u8(..7) {
            0 => Is::Eq(make(self)),
            1 => Is::Ne(make(self)),
            2 => Is::Lt(make(self)),
            3 => Is::Le(make(self)),
            4 => Is::Gt(make(self)),
            5 => Is::Ge(make(self)),
            _ => Is::InList(self.some(make)),
        }
    }
}
