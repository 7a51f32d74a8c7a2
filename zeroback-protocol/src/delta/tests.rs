use serde_json::{Value, json};

use super::apply_delta;

#[track_caller]
fn applies(mut value: Value, delta: Value, expected: Value) {
    apply_delta(&mut value, &delta).unwrap();
    assert_eq!(value, expected);
}

/// A delta that does not fit is refused, and changes nothing.
#[track_caller]
fn mismatch(value: Value, delta: Value) {
    let mut changed = value.clone();
    let result = apply_delta(&mut changed, &delta);
    assert!(result.is_err(), "{delta} was applied to {value}");
    assert_eq!(changed, value);
}

fn documents() -> Value {
    json!([{ "_id": "a", "n": 1 }, { "_id": "b", "n": 2 }, { "_id": "c", "n": 3 }])
}

#[test]
fn members_are_set_unset_and_changed() {
    applies(
        json!({ "a": 1, "b": 2, "c": { "d": 3, "e": 4 }, "f": 5 }),
        json!({ "set": { "a": null, "new": [] }, "unset": ["b"], "change": { "c": { "unset": ["d"] } } }),
        json!({ "a": null, "new": [], "c": { "e": 4 }, "f": 5 }),
    );
    applies(json!({ "a": 1 }), json!({}), json!({ "a": 1 }));
}

#[test]
fn entries_of_a_list_count_in_the_list_before() {
    applies(
        documents(),
        json!({ "list": [
            [0, "a", 1, [{ "_id": "x" }, { "_id": "y" }]],
            [1, "b", 0, [{ "_id": "z" }]],
            [1, "b", { "set": { "n": 20 } }],
            [3, null, 0, [{ "_id": "end" }]],
        ] }),
        json!([
            { "_id": "x" }, { "_id": "y" }, { "_id": "z" },
            { "_id": "b", "n": 20 }, { "_id": "c", "n": 3 }, { "_id": "end" },
        ]),
    );
    applies(
        json!([]),
        json!({ "list": [[0, null, 0, [1]]] }),
        json!([1]),
    );
    applies(
        json!([1, 2]),
        json!({ "list": [[0, null, 2, []]] }),
        json!([]),
    );
}

#[test]
fn what_does_not_fit_a_list_is_refused() {
    for entry in [
        json!([3, null, { "set": { "n": 1 } }]),
        json!([4, null, 0, []]),
        json!([2, "c", 2, []]),
        json!([1, "a", 1, []]),
        json!([3, "d", 0, [1]]),
        json!([1, 7, 1, []]),
        json!([-1, null, 0, []]),
        json!([0.5, null, 0, []]),
        json!([0, "a", -1, []]),
        json!([0, "a", u64::MAX, []]),
        json!([u64::MAX, null, 1, []]),
        json!([0, "a", 1]),
        json!([0, "a", 1, {}]),
        json!([0, "a", 1, [], 0]),
        json!([0, "a", { "list": [] }]),
        json!([0]),
        json!([]),
        json!(null),
    ] {
        mismatch(documents(), json!({ "list": [entry] }));
        // Nor are the entries before it applied.
        mismatch(documents(), json!({ "list": [[0, "a", 0, [1]], entry] }));
    }
    for entries in [
        json!([[1, "b", 1, []], [0, "a", 1, []]]),
        json!([[0, "a", 2, []], [1, "b", 1, []]]),
        json!([[0, "a", 2, []], [1, "b", { "set": { "n": 1 } }]]),
        json!([[0, "a", { "set": { "n": 1 } }], [0, "a", 1, []]]),
        json!({}),
    ] {
        mismatch(documents(), json!({ "list": entries }));
    }
    mismatch(json!([1]), json!({ "list": [[0, "a", 1, []]] }));
    mismatch(json!([["_id", "a"]]), json!({ "list": [[0, "a", 1, []]] }));
}

#[test]
fn what_does_not_fit_an_object_is_refused() {
    for delta in [
        json!({ "unset": ["b"] }),
        json!({ "unset": ["a", "a"] }),
        json!({ "unset": [0] }),
        json!({ "unset": "a" }),
        json!({ "change": { "b": {} } }),
        json!({ "change": { "a": { "set": {} } } }),
        json!({ "change": [] }),
        json!({ "set": { "c": 1 }, "unset": ["c"] }),
        json!({ "set": { "c": 1 }, "change": { "c": {} } }),
        json!({ "unset": ["c"], "change": { "c": {} } }),
        json!({ "set": [] }),
        json!({ "list": [] }),
        json!({ "other": {} }),
        json!([]),
        json!(null),
    ] {
        mismatch(json!({ "a": 1, "c": {} }), delta);
    }
}

#[test]
fn delta_and_value_must_be_of_one_form() {
    for value in [json!(null), json!(1), json!("a"), json!([]), json!([1])] {
        mismatch(value, json!({ "set": { "a": 1 } }));
    }
    mismatch(json!([]), json!({}));
    mismatch(json!([]), json!({ "list": [], "set": {} }));
    mismatch(
        json!({ "$bigint": "1" }),
        json!({ "set": { "$bigint": "2" } }),
    );
    mismatch(json!({ "$bytes": "" }), json!({}));
}

/// The engine's tests check that these are the deltas that it makes; the TypeScript client's apply
/// them too.
#[test]
fn golden_deltas_lead_from_what_was_to_what_is() {
    let golden = include_str!("../../golden/deltas.jsonl");
    for line in golden.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        applies(
            line["before"].clone(),
            line["delta"].clone(),
            line["after"].clone(),
        );
    }
    assert!(golden.lines().count() > 30);
}
