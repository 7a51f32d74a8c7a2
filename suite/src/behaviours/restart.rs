//! Restarts: what was acknowledged is there, and what was counted goes on.

use serde_json::{Value, json};
use zeroback_protocol::Outcome;

use super::chapter;
use crate::client::Event;
use crate::target::End;
use crate::world::World;

chapter!("restart", Restart:
    what_was_answered_is_there_after_a_stop,
    versions_and_ids_go_on_after_a_stop,
    a_stop_tells_clients_to_connect_again,
    indexes_hold_after_a_stop;
    Kill:
    what_was_answered_is_there_after_a_kill,
    a_kill_amid_a_flood_loses_nothing_that_was_answered,
    versions_and_ids_go_on_after_a_kill,
);

fn what_was_answered_is_there_after_a_stop(world: &mut World<'_>) {
    is_there_after(world, End::Stop);
}

fn what_was_answered_is_there_after_a_kill(world: &mut World<'_>) {
    is_there_after(world, End::Kill);
}

fn is_there_after(world: &mut World<'_>, end: End) {
    let name = world.list();
    for value in 1..=3 {
        let mut ann = world.client();
        assert_eq!(
            ann.mutate("counters:add", json!({ "name": name, "by": 1 })),
            value
        );
        world.restart(end);
        let mut bob = world.client();
        assert_eq!(bob.query("counters:value", json!({ "name": name })), value);
    }
}

fn versions_and_ids_go_on_after_a_stop(world: &mut World<'_>) {
    go_on_after(world, End::Stop);
}

fn versions_and_ids_go_on_after_a_kill(world: &mut World<'_>) {
    go_on_after(world, End::Kill);
}

fn go_on_after(world: &mut World<'_>, end: End) {
    let list = world.list();
    let add = json!({ "list": list, "rank": 1 });
    let mut ids = Vec::new();
    let mut version = None;
    for _ in 0..3 {
        let mut ann = world.client();
        for _ in 0..3 {
            ids.push(ann.mutate("items:add", add.clone()));
            if let Some(before) = version {
                assert!(ann.version > before, "the version goes on");
            }
            version = Some(ann.version);
        }
        drop(ann);
        world.restart(end);
        let mut bob = world.client();
        bob.query("marker", json!({}));
        assert_eq!(Some(bob.version), version);
    }
    let text = |id: &Value| id.as_str().expect("a text").to_owned();
    assert!(ids.iter().map(text).is_sorted_by(|a, b| a < b), "{ids:?}");
    let mut ann = world.client();
    let items = ann.query("items:all", json!({ "list": list }));
    let found: Vec<_> = items
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| item["_id"].clone())
        .collect();
    assert_eq!(found, ids);
}

fn a_stop_tells_clients_to_connect_again(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    ann.subscribe("counters:value", json!({ "name": name }));
    ann.settle();
    world.restart(End::Stop);
    // workerd in a test ends without a farewell; what clients do then is the same.
    let end = ann.event();
    assert!(matches!(end, Event::Closed(1012 | 1006 | 1001)), "{end:?}");
    let mut ann = world.client();
    let seen = ann.subscribe("counters:value", json!({ "name": name }));
    assert_eq!(ann.result(seen), 0);
    ann.mutate("counters:add", json!({ "name": name, "by": 1 }));
    assert_eq!(ann.result(seen), 1);
}

fn indexes_hold_after_a_stop(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    ann.mutate(
        "items:add_ranks",
        json!({ "list": list, "ranks": [3, 1, 2] }),
    );
    ann.mutate(
        "items:add",
        json!({ "list": list, "rank": 9, "note": "n", "isDone": true }),
    );
    drop(ann);
    world.restart(End::Stop);
    let mut ann = world.client();
    let take = json!({ "list": list, "count": 2, "descending": true });
    assert_eq!(ann.query("items:take", take), json!([9, 3]));
    let noted = json!({ "list": list, "note": "n" });
    assert_eq!(ann.query("items:with_note", noted), json!([9]));
    let open = json!({ "list": list, "isDone": false });
    assert_eq!(ann.query("items:count", open), 3);
}

fn a_kill_amid_a_flood_loses_nothing_that_was_answered(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    let requests: Vec<_> = (0..200)
        .map(|at| {
            ann.mutation(
                "items:push",
                json!({ "list": list, "title": format!("{at}") }),
            )
        })
        .collect();
    let mut answered = 0;
    for request in &requests[..20] {
        assert!(matches!(ann.answer(*request), Outcome::Success(_)));
        answered += 1;
    }
    world.restart(End::Kill);
    let mut bob = world.client();
    let items = bob.query("items:all", json!({ "list": list }));
    let items = items.as_array().expect("a list");
    assert!(
        items.len() >= answered,
        "{} of {answered} are left",
        items.len()
    );
    for (at, item) in items.iter().enumerate() {
        assert_eq!(item["rank"], json!(at), "no gap: they ran in order");
        assert_eq!(item["title"], format!("{at}"));
    }
}
