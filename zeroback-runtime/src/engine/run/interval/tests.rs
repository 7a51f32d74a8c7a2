//! Whatever interval is asked for, its conditions find in SQLite what its keys hold, in order.

use proptest::prelude::*;

use super::*;
use crate::engine::{SqlParam, Store as _};
use crate::host::native::NativeStore;

const COLUMNS: usize = 3;

/// Rows of three columns of which the first two may be null.
fn values() -> Vec<Vec<KeyPart>> {
    let options = [
        KeyPart::Null,
        KeyPart::Integer(1),
        KeyPart::Integer(2),
        KeyPart::Integer(3),
    ];
    let mut rows = Vec::new();
    for a in &options {
        for b in &options {
            for c in &options[1..] {
                rows.push(vec![a.clone(), b.clone(), c.clone()]);
            }
        }
    }
    rows
}

fn columns(nullable: bool) -> Vec<KeyColumn> {
    ["a", "b", "c"]
        .into_iter()
        .map(|name| KeyColumn {
            sql: name.to_owned(),
            nullable: nullable && name != "c",
        })
        .collect()
}

fn store(rows: &[Vec<KeyPart>]) -> NativeStore {
    let store = NativeStore::in_memory().unwrap();
    store
        .execute("CREATE TABLE t (a INTEGER, b INTEGER, c INTEGER)", &[])
        .unwrap();
    for row in rows {
        let params: Vec<_> = row.iter().map(SqlParam::from).collect();
        store
            .execute("INSERT INTO t VALUES (?, ?, ?)", &params)
            .unwrap();
    }
    store
}

fn key_of(row: &[KeyPart]) -> KeyBytes {
    let mut key = KeyBytes::new();
    row.iter().for_each(|part| key.push(part));
    key
}

fn found(store: &NativeStore, conditions: &[Condition]) -> Vec<Vec<Option<i64>>> {
    let mut found = Vec::new();
    for Condition { sql, params } in conditions {
        let sql = format!("SELECT a, b, c FROM t WHERE 1{sql} ORDER BY a, b, c");
        let params: Vec<_> = params.iter().map(SqlParam::from).collect();
        let rows = store.query(&sql, &params).unwrap();
        found.extend(
            rows.iter()
                .map(|row| row.iter().map(|v| v.as_integer()).collect()),
        );
    }
    found
}

fn edge(nullable: bool) -> impl Strategy<Value = Option<Edge>> {
    let least = i64::from(!nullable);
    let part = (least..4).prop_map(|n| match n {
        0 => KeyPart::Null,
        n => KeyPart::Integer(n),
    });
    let edge = (prop::collection::vec(part, 1..=COLUMNS), any::<bool>());
    prop::option::of(edge.prop_map(|(mut parts, after)| {
        if parts.len() == COLUMNS && parts[2] == KeyPart::Null {
            parts[2] = KeyPart::Integer(1);
        }
        Edge { parts, after }
    }))
}

fn check(nullable: bool, from: Option<Edge>, to: Option<Edge>) -> Result<(), TestCaseError> {
    let mut rows = values();
    rows.retain(|row| nullable || !row.contains(&KeyPart::Null));
    let interval = Interval {
        from,
        to,
        is_empty: false,
    };
    let prefix = KeyBytes::new();
    let range = interval.key_range(&prefix);
    rows.sort_by_key(|row| key_of(row));
    let expected: Vec<Vec<_>> = rows
        .iter()
        .filter(|row| range.contains(&key_of(row)))
        .map(|row| {
            let number = |part: &KeyPart| match part {
                KeyPart::Integer(number) => Some(*number),
                _ => None,
            };
            row.iter().map(number).collect()
        })
        .collect();
    let conditions = interval.conditions(&columns(nullable), &prefix);
    prop_assert_eq!(found(&store(&rows), &conditions), expected);
    prop_assert!(nullable || conditions.len() <= 1, "one statement reads it");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn conditions_find_what_the_keys_hold(from in edge(true), to in edge(true)) {
        check(true, from, to)?;
    }

    #[test]
    fn without_nulls_one_condition_does(from in edge(false), to in edge(false)) {
        check(false, from, to)?;
    }
}
