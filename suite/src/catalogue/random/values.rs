//! Values at random.

use suite_fixture::catalogue::{Direction, Filling, Part, Shape};
use zeroback::{BigInt, Bytes, Timestamp};

use super::Maker;

/// Drawn three times out of four, so that rows and operands meet.
const COMMON_TEXTS: [&str; 6] = ["", "a", "A", "ab", "b", "é"];

const TEXTS: [&str; 22] = [
    "e\u{301}",
    "a%",
    "%",
    "a_",
    "a\\",
    "a'b",
    "a\"b",
    "\u{0}",
    "a\u{0}b",
    "😀",
    "😀x",
    "\u{10ffff}",
    "a\u{10ffff}",
    "a\u{10ffff}\u{10ffff}b",
    "\u{d7ff}",
    "\u{e000}",
    "ａ",
    "'; DROP TABLE products; --",
    "null",
    "{\"$bigint\":\"1\"}",
    "\u{202e}\u{2028}\n\r\t",
    "a\u{7f}",
];

const INTEGER_MAX: i64 = (1 << 53) - 1;
const COMMON_INTEGERS: [i64; 5] = [0, 1, 2, 3, -1];
const INTEGERS: [i64; 6] = [INTEGER_MAX, -INTEGER_MAX, INTEGER_MAX - 1, 10, -10, 1 << 31];

const REALS: [f64; 16] = [
    0.0,
    -0.0,
    0.1 + 0.2,
    0.3,
    1.0,
    1e18,
    1e21,
    -1e21,
    f64::MIN_POSITIVE,
    5e-324,
    f64::MAX,
    f64::MIN,
    -2.5,
    9_007_199_254_740_992.0,
    9_007_199_254_740_994.0,
    1e-7,
];

const BIGS: [i64; 9] = [
    i64::MIN,
    i64::MAX,
    i64::MAX - 1,
    0,
    -1,
    1,
    1 << 53,
    (1 << 53) + 1,
    -(1 << 53) - 1,
];

const CODES: [&[u8]; 8] = [
    b"",
    b"\0",
    b"\0\0",
    b"\xff",
    b"\xff\xff\x01",
    b"\0\xff",
    b"a",
    b"a\0",
];

impl Maker {
    pub(super) fn text(&mut self) -> String {
        match self.rng.u8(..16) {
            0..12 => self.one(&COMMON_TEXTS).to_owned(),
            // They differ late.
            12 => format!(
                "{}{}",
                "x".repeat(1_500),
                self.one(&["a", "b", "\u{0}", "😀"])
            ),
            _ => self.one(&TEXTS).to_owned(),
        }
    }

    pub(super) fn integer(&mut self) -> i64 {
        match self.rng.u8(..4) {
            0 => self.one(&INTEGERS),
            _ => self.one(&COMMON_INTEGERS),
        }
    }

    pub(super) fn real(&mut self) -> f64 {
        self.one(&REALS)
    }

    pub(super) fn time(&mut self) -> Timestamp {
        let integer = self.integer();
        Timestamp::from_unix_ms(integer % 8_000_000_000_000)
    }

    pub(super) fn shape(&mut self) -> Shape {
        self.one(&[Shape::Square, Shape::Round, Shape::LongAndThin])
    }

    pub(super) fn big(&mut self) -> BigInt {
        BigInt(self.one(&BIGS))
    }

    pub(super) fn code(&mut self) -> Bytes {
        Bytes(self.one(&CODES).to_vec())
    }

    pub(super) fn part(&mut self) -> Part {
        Part {
            color: self.text(),
            size: self.integer(),
            note: self.maybe(Self::text),
            inner: self.maybe(|maker| Filling {
                depth: maker.real(),
                at: maker.maybe(Self::integer),
            }),
        }
    }

    pub(super) fn direction(&mut self) -> Direction {
        self.one(&[Direction::Ascending, Direction::Descending])
    }

    fn one<V: Copy>(&mut self, all: &[V]) -> V {
        *self.rng.choice(all).expect("there are some")
    }
}
