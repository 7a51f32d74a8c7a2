//! What is known from elsewhere: shown at once, and verified by its tag.

use serde_json::json;
use zeroback_protocol::{RawJson, Tag};

use super::world::{World, call};
use crate::QueryState;
use crate::engine::Question;

fn tag(bits: u64) -> Tag {
    Tag(bits)
}

fn kept() -> World {
    let mut world = World::new();
    let key = Question::new(call("tasks:list", &json!({}))).key;
    let value = RawJson::from_encoded(r#"["kept"]"#);
    world.engine.keep(world.now_ms, &key, Some(tag(7)), value);
    world
}

fn is_stale(world: &World, heard: &super::world::Heard) -> Option<bool> {
    match world.state(heard) {
        QueryState::Ready { stale, .. } => Some(stale),
        _ => None,
    }
}

#[test]
fn it_is_shown_at_once_as_stale_and_the_server_is_told_its_tag() {
    let mut world = kept();
    let list = world.listen("tasks:list", &json!({}));
    assert_eq!(
        (world.value(&list), is_stale(&world, &list)),
        (json!(["kept"]), Some(true))
    );
    assert_ne!(
        world.engine.version(&list.key),
        0,
        "a stream begins with it"
    );
    world.accept();
    let [query_set] = &world.sent()[..] else {
        panic!("one message");
    };
    assert_eq!(query_set["add"][0]["tag"], tag(7).to_text());
}

#[test]
fn what_the_server_says_nothing_of_is_as_it_was_and_the_value_is_the_same() {
    let mut world = kept();
    let list = world.listen("tasks:list", &json!({}));
    world.accept();
    let before = world.state(&list);
    list.changes();
    world.say_json(&json!({ "type": "transition", "version": [1, 3], "set": 1 }));
    assert_eq!((is_stale(&world, &list), list.changes()), (Some(false), 1));
    let [before, after] = [before, world.state(&list)].map(|state| state.data().cloned());
    assert!(std::sync::Arc::ptr_eq(&before.unwrap(), &after.unwrap()));
    // A delta goes on from there.
    let delta = json!({ "list": [[1, null, 0, ["more"]]] });
    let update = json!({ "queryId": 1, "base": tag(7), "tag": tag(8), "deltas": [delta] });
    world.say_json(&json!({ "type": "transition", "version": [1, 4], "queries": [update] }));
    assert_eq!(world.value(&list), json!(["kept", "more"]));
}

#[test]
fn a_newer_result_takes_its_place_and_so_does_a_delta_that_leads_there() {
    for by_delta in [false, true] {
        let mut world = kept();
        let list = world.listen("tasks:list", &json!({}));
        world.accept();
        let update = match by_delta {
            false => json!({ "queryId": 1, "tag": tag(8), "status": "success", "value": ["new"] }),
            true => json!({
                "queryId": 1, "base": tag(7), "tag": tag(8),
                "deltas": [{ "list": [[0, null, 1, ["new"]]] }],
            }),
        };
        world.say_json(
            &json!({ "type": "transition", "version": [1, 3], "set": 1, "queries": [update] }),
        );
        assert_eq!(
            (world.value(&list), is_stale(&world, &list)),
            (json!(["new"]), Some(false))
        );
    }
}

#[test]
fn one_whose_delta_does_not_fit_is_asked_for_whole_and_stays_shown_meanwhile() {
    let mut world = kept();
    let list = world.listen("tasks:list", &json!({}));
    world.accept();
    world.sent();
    let delta = json!({ "list": [[5, null, 1, []]] });
    let update = json!({ "queryId": 1, "base": tag(7), "tag": tag(8), "deltas": [delta] });
    world.say_json(
        &json!({ "type": "transition", "version": [1, 3], "set": 1, "queries": [update] }),
    );
    assert_eq!(
        (world.value(&list), is_stale(&world, &list)),
        (json!(["kept"]), Some(true))
    );
    let add = json!([{ "queryId": 2, "path": "tasks:list", "args": {} }]);
    assert_eq!(world.sent()[0]["add"], add, "without a tag");
}

#[test]
fn what_the_server_has_said_already_is_not_overwritten() {
    let mut world = World::new();
    let list = world.listen("tasks:list", &json!({}));
    world.accept();
    let update = json!({ "queryId": 1, "tag": tag(9), "status": "success", "value": ["new"] });
    world.say_json(
        &json!({ "type": "transition", "version": [1, 3], "set": 1, "queries": [update] }),
    );
    let value = RawJson::from_encoded(r#"["old"]"#);
    world
        .engine
        .keep(world.now_ms, &list.key, Some(tag(7)), value);
    assert_eq!(
        (world.value(&list), is_stale(&world, &list)),
        (json!(["new"]), Some(false))
    );
}

#[test]
fn it_goes_with_its_query() {
    let mut world = kept();
    let list = world.listen("tasks:list", &json!({}));
    world.stop(&list);
    world.advance(1_000);
    assert_eq!(world.state(&list), QueryState::Loading);
}
