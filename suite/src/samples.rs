//! Random samples: values of every form, with what is at the edges of each type among them.

use std::collections::BTreeMap;

use fastrand::Rng;
use suite_fixture::values::sample::{
    Adjacent, Chain, External, Flat, Inner, Internal, Labelled, Meters, Nowhere, Point, Sample,
    Season, Untagged,
};
use zeroback::{BigInt, Bytes, Id, Timestamp};
use zeroback_protocol::{INTEGER_MAX, RawId};

/// Returns the sample of a seed.
pub fn sample(seed: u64) -> Sample {
    let rng = &mut Rng::with_seed(seed);
    Sample {
        nothing: (),
        is_set: rng.bool(),
        tiny: (pick(rng, &[i8::MIN, i8::MAX, 0, -1]), rng.u8(..)),
        small: (rng.i16(..), pick(rng, &[u16::MAX, 0, 1])),
        middling: (pick(rng, &[i32::MIN, i32::MAX, 7]), rng.u32(..)),
        large: (integer(rng), integer(rng).unsigned_abs()),
        big: big(rng),
        single: single(rng),
        double: double(rng),
        letter: rng.char(..),
        text: text(rng),
        bytes: bytes(rng),
        at: Timestamp::from_unix_ms(integer(rng)),
        other: maybe(rng, |rng| Id::from_raw(RawId::from_u128(rng.u128(..)))),
        note: maybe(rng, text),
        array: [rng.u8(..), 0, u8::MAX],
        pairs: list(rng, |rng| (text(rng), list(rng, double))),
        set: list(rng, |rng| rng.u16(..)).into_iter().collect(),
        by_text: map(rng, key, big),
        by_hash: map(rng, key, |rng| maybe(rng, Rng::bool))
            .into_iter()
            .collect(),
        by_number: map(rng, integer, single),
        by_season: map(rng, season, bytes),
        shapes: (
            Meters(double(rng)),
            Point(rng.i32(..), rng.i32(..)),
            Nowhere,
        ),
        flat: Flat {
            own_field: rng.u8(..),
            inner: inner(rng),
        },
        labelled: (labelled(rng, big), labelled(rng, |rng| list(rng, bytes))),
        chain: chain(rng).map(Box::new),
        external: list(rng, external),
        internal: list(rng, internal),
        adjacent: list(rng, adjacent),
        untagged: list(rng, untagged),
    }
}

fn external(rng: &mut Rng) -> External {
    match rng.u8(..4) {
        0 => External::NoData,
        1 => External::One(big(rng)),
        2 => External::Two(bytes(rng), maybe(rng, |rng| rng.i32(..))),
        _ => External::Named {
            some_text: text(rng),
            number: double(rng),
        },
    }
}

fn internal(rng: &mut Rng) -> Internal {
    match rng.u8(..3) {
        0 => Internal::NoData,
        1 => Internal::One(inner(rng)),
        _ => Internal::Named {
            some_text: text(rng),
            number: maybe(rng, big),
            float: double(rng),
        },
    }
}

fn adjacent(rng: &mut Rng) -> Adjacent {
    match rng.u8(..4) {
        0 => Adjacent::NoData,
        1 => Adjacent::One(bytes(rng)),
        2 => Adjacent::Two(big(rng), single(rng)),
        _ => Adjacent::Named {
            some_text: text(rng),
            season: season(rng),
        },
    }
}

fn untagged(rng: &mut Rng) -> Untagged {
    match rng.u8(..8) {
        0 => Untagged::NoData,
        1 => Untagged::Flag(rng.bool()),
        2 => Untagged::Number(double(rng)),
        3 => Untagged::Text(text(rng)),
        4 => Untagged::Big(big(rng)),
        5 => Untagged::Raw(bytes(rng)),
        6 => Untagged::Two(rng.i32(..), big(rng)),
        _ => Untagged::Named {
            some_bytes: bytes(rng),
            season: maybe(rng, season),
        },
    }
}

fn inner(rng: &mut Rng) -> Inner {
    Inner {
        number: big(rng),
        some_bytes: maybe(rng, bytes),
    }
}

fn labelled<T>(rng: &mut Rng, of: impl Fn(&mut Rng) -> T) -> Labelled<T> {
    Labelled {
        label: text(rng),
        of: of(rng),
    }
}

fn chain(rng: &mut Rng) -> Option<Chain> {
    (0..rng.u32(..5)).fold(None, |next, link| {
        let next = next.map(Box::new);
        Some(Chain { link, next })
    })
}

fn season(rng: &mut Rng) -> Season {
    pick(rng, &[Season::EarlySpring, Season::Summer, Season::Winter])
}

fn big(rng: &mut Rng) -> BigInt {
    let edges = [
        i64::MIN,
        i64::MAX,
        0,
        -1,
        1 << 53,
        (1 << 53) + 1,
        rng.i64(..),
    ];
    BigInt(pick(rng, &edges))
}

/// An integer that JavaScript knows.
fn integer(rng: &mut Rng) -> i64 {
    let max = INTEGER_MAX.cast_signed();
    let edges = [max, -max, 0, -1, 10, 9, rng.i64(-max..=max)];
    pick(rng, &edges)
}

fn double(rng: &mut Rng) -> f64 {
    let any = f64::from_bits(rng.u64(..));
    let edges = [
        0.0,
        1.0,
        -2.5,
        1e21,
        1e-7,
        123_456_789_012_345_680_000.0,
        9_007_199_254_740_992.0,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        5e-324,
        1.0 / 3.0,
        if any.is_finite() { any } else { 0.5 },
    ];
    pick(rng, &edges)
}

fn single(rng: &mut Rng) -> f32 {
    let any = f32::from_bits(rng.u32(..));
    let edges = [
        0.0,
        0.1,
        16_777_216.0,
        f32::MAX,
        f32::MIN,
        f32::MIN_POSITIVE,
        1e-45,
        if any.is_finite() { any } else { 0.5 },
    ];
    pick(rng, &edges)
}

fn text(rng: &mut Rng) -> String {
    let edges = [
        "",
        "\u{0}",
        "\"\\/\u{8}\u{c}\n\r\t\u{1f}\u{7f}",
        "$bigint",
        "{\"$bytes\":\"AA==\"}",
        "Grüße, 世界",
        "👩‍👩‍👧 \u{10ffff}\u{e000}\u{ffff}",
        "\u{2028}\u{2029}\u{feff}",
    ];
    if rng.bool() {
        return pick(rng, &edges).to_owned();
    }
    (0..rng.usize(..8)).map(|_| rng.char(..)).collect()
}

/// A key of a map; those that look like integers stand first in JavaScript.
fn key(rng: &mut Rng) -> String {
    let edges = [
        "",
        "10",
        "9",
        "01",
        "-1",
        "__proto__",
        "constructor",
        "_id",
        "bigint",
        "ключ",
        "\u{ffff}",
        "😀",
        "a\"b",
    ];
    pick(rng, &edges).to_owned()
}

fn bytes(rng: &mut Rng) -> Bytes {
    Bytes((0..rng.usize(..7)).map(|_| rng.u8(..)).collect())
}

fn list<T>(rng: &mut Rng, element: impl Fn(&mut Rng) -> T) -> Vec<T> {
    (0..rng.usize(..4)).map(|_| element(rng)).collect()
}

fn map<K: Ord, V>(
    rng: &mut Rng,
    key: impl Fn(&mut Rng) -> K,
    value: impl Fn(&mut Rng) -> V,
) -> BTreeMap<K, V> {
    (0..rng.usize(..4))
        .map(|_| (key(rng), value(rng)))
        .collect()
}

fn maybe<T>(rng: &mut Rng, value: impl Fn(&mut Rng) -> T) -> Option<T> {
    rng.bool().then(|| value(rng))
}

fn pick<T: Clone>(rng: &mut Rng, values: &[T]) -> T {
    values[rng.usize(..values.len())].clone()
}

#[cfg(test)]
mod tests;
