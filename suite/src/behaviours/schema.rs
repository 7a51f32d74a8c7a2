//! A database that the app's schema meets for the first time: one that fits, and one that does not.

use serde_json::{Value, json};

use super::chapter;
use crate::world::World;

chapter!("schema", Restart:
    what_fits_is_brought_in_line,
    what_a_migration_mends_fits,
    what_does_not_fit_is_refused_and_left_as_it_is,
);

/// Lets the next start take the schema for another one.
const FORGET: [&str; 2] = [
    "UPDATE _zeroback_state SET fingerprint = ''",
    "DELETE FROM _zeroback_shapes",
];

fn with_items(world: &mut World<'_>) -> String {
    let list = world.list();
    let mut ann = world.client();
    ann.mutate(
        "items:add_ranks",
        json!({ "list": list, "ranks": [2, 1, 3] }),
    );
    list
}

fn ranks(world: &mut World<'_>, list: &str) -> Value {
    let mut ann = world.client();
    ann.query(
        "items:take",
        json!({ "list": list, "count": 9, "descending": false }),
    )
}

fn what_fits_is_brought_in_line(world: &mut World<'_>) {
    let list = with_items(world);
    let older = [
        // As it was before there were indexes by rank, and before there was `_key`.
        "DROP INDEX \"items.by_rank\"",
        "ALTER TABLE items RENAME TO newer",
        "CREATE TABLE items (
            _id TEXT NOT NULL PRIMARY KEY, _creation_time INTEGER NOT NULL, doc TEXT NOT NULL
        ) STRICT",
        "INSERT INTO items SELECT _id, _creation_time, doc FROM newer",
        "DROP TABLE newer",
    ];
    let statements: Vec<_> = older.into_iter().chain(FORGET).collect();
    world.restart_edited(&statements).expect("it fits");
    assert_eq!(ranks(world, &list), json!([1, 2, 3]));
    let mut ann = world.client();
    ann.mutate("items:add_ranks", json!({ "list": list, "ranks": [0] }));
    assert_eq!(ranks(world, &list), json!([0, 1, 2, 3]));
}

fn what_a_migration_mends_fits(world: &mut World<'_>) {
    let list = with_items(world);
    let untitled = [
        "UPDATE items SET doc = json_remove(doc, '$.title')",
        "DELETE FROM _zeroback_migrations",
    ];
    let statements: Vec<_> = untitled.into_iter().chain(FORGET).collect();
    world.restart_edited(&statements).expect("it fits");
    let mut ann = world.client();
    let items = ann.query("items:all", json!({ "list": list }));
    let titles = items.as_array().expect("a list").iter();
    assert!(
        titles.clone().all(|item| item["title"] == "untitled"),
        "{items}"
    );
    assert_eq!(titles.len(), 3);
    assert_eq!(ranks(world, &list), json!([1, 2, 3]));
}

fn what_does_not_fit_is_refused_and_left_as_it_is(world: &mut World<'_>) {
    let list = with_items(world);
    let retyped = "UPDATE items SET doc = json_set(doc, '$.title', 7788990011)";
    let statements: Vec<_> = [retyped].into_iter().chain(FORGET).collect();
    match world.restart_edited(&statements) {
        // It ends with its report before it listens.
        Err(report) => assert!(
            report.contains("table \"items\": title: expected a string, found integer"),
            "{report}"
        ),
        Ok(()) => answers_with_the_conflict(world, &list),
    }
    let mended = "UPDATE items SET doc = json_set(doc, '$.title', 'mended')";
    world.restart_edited(&[mended]).expect("it fits again");
    assert_eq!(ranks(world, &list), json!([1, 2, 3]));
}

fn answers_with_the_conflict(world: &mut World<'_>, list: &str) {
    let all = json!({ "list": list });
    let call = json!({ "path": "items:all", "args": all });
    let (status, body) = world.post("/api/query", &call);
    assert_eq!(
        (status, &body["errorCode"]),
        (503, &json!("schema_conflict"))
    );
    let text = body["errorMessage"].as_str().expect("a text");
    assert!(
        text.contains("\"items\": title: expected a string, found integer (3 documents"),
        "{text}"
    );
    assert!(!text.contains("7788990011"), "{text}");
    let mut ann = world.client();
    let seen = ann.subscribe("items:all", all.clone());
    assert_eq!(ann.failure(seen).code.as_str(), "schema_conflict");
    let add = json!({ "list": list, "rank": 1 });
    assert_eq!(
        ann.mutate_in_vain("items:add", add).code.as_str(),
        "schema_conflict"
    );
    assert_eq!(
        ann.query_in_vain("items:all", all).code.as_str(),
        "schema_conflict"
    );
}
