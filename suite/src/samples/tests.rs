//! Samples through the encoder and the decoder, and the file of them that the TypeScript client
//! is held to.

use std::fmt::Write as _;

use serde_json::Value;
use suite_fixture::values::sample::Sample;
use zeroback_protocol::{decode, encode};

use super::sample;

/// The samples for the TypeScript client: after each, what it makes of it.
const GOLDEN: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../zeroback-protocol/golden/values.jsonl"
);

const GOLDEN_SAMPLES: u64 = 100;

#[test]
fn samples_read_back_as_they_were() {
    for seed in 0..5_000 {
        let sample = sample(seed);
        let json = encode(&sample).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let back: Sample =
            decode(json.as_bytes()).unwrap_or_else(|error| panic!("seed {seed}: {error}: {json}"));
        assert_eq!(back, sample, "seed {seed}");
        assert_eq!(encode(&back).as_deref(), Ok(&*json), "seed {seed}");
    }
}

/// A client may send the fields of an object in any order; TypeScript's sends them sorted.
#[test]
fn samples_with_their_keys_sorted_are_the_same_samples() {
    for seed in 0..1_000 {
        let sample = sample(seed);
        let json = sorted(&encode(&sample).unwrap());
        let back: Sample =
            decode(json.as_bytes()).unwrap_or_else(|error| panic!("seed {seed}: {error}: {json}"));
        assert_eq!(back, sample, "seed {seed}");
    }
}

#[test]
fn the_golden_samples_are_those_of_their_seeds() {
    let mut expected = String::new();
    for seed in 0..GOLDEN_SAMPLES {
        let json = encode(&sample(seed)).unwrap();
        let _ = writeln!(expected, "{json}\n{}", sorted(&json));
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(GOLDEN, &expected).unwrap();
    }
    let golden = std::fs::read_to_string(GOLDEN).unwrap_or_default();
    assert!(
        golden == expected,
        "{GOLDEN} is not what these samples are; UPDATE_EXPECT=1 writes it again"
    );
}

/// Sorts the keys of each object.
fn sorted(json: &str) -> String {
    let mut out = String::new();
    write_sorted(&serde_json::from_str(json).unwrap(), &mut out);
    out
}

fn write_sorted(value: &Value, out: &mut String) {
    match value {
        Value::Array(elements) => {
            for (at, element) in elements.iter().enumerate() {
                out.push(if at == 0 { '[' } else { ',' });
                write_sorted(element, out);
            }
            out.push_str(if elements.is_empty() { "[]" } else { "]" });
        }
        // serde_json keeps an object's keys in their order.
        Value::Object(fields) => {
            for (at, (key, value)) in fields.iter().enumerate() {
                out.push(if at == 0 { '{' } else { ',' });
                let _ = write!(out, "{}:", encode(key).unwrap());
                write_sorted(value, out);
            }
            out.push_str(if fields.is_empty() { "{}" } else { "}" });
        }
        // To JavaScript every number is a double.
        Value::Number(number) => out.push_str(&encode(&number.as_f64()).unwrap()),
        scalar => out.push_str(&encode(scalar).unwrap()),
    }
}
