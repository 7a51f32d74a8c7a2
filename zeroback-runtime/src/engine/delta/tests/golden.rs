//! The deltas that the clients' tests read are those that the engine makes.

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::delta;

const GOLDEN: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../zeroback-protocol/golden/deltas.jsonl"
);

/// What one line says; `UPDATE_EXPECT=1` writes its delta anew.
#[derive(Deserialize)]
struct Line<'l> {
    #[serde(borrow)]
    name: &'l RawValue,
    #[serde(borrow)]
    before: &'l RawValue,
    #[serde(borrow)]
    after: &'l RawValue,
}

#[test]
fn the_golden_deltas_are_what_is_made() {
    let golden = std::fs::read_to_string(GOLDEN).unwrap();
    let mut made = String::new();
    for line in golden.lines() {
        let Line {
            name,
            before,
            after,
        } = serde_json::from_str(line).unwrap();
        let delta = delta(before.get(), after.get()).unwrap_or_else(|| panic!("{name} has none"));
        let _ = writeln!(
            made,
            r#"{{"name":{name},"before":{before},"after":{after},"delta":{delta}}}"#
        );
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        return std::fs::write(GOLDEN, &made).unwrap();
    }
    let differs = golden
        .lines()
        .zip(made.lines())
        .find(|(old, new)| old != new);
    assert_eq!(differs, None, "UPDATE_EXPECT=1 writes {GOLDEN} again");
}
