//! What transcripts do not say of connections: luck, late events, and what lends to what.

use serde_json::json;

use super::world::{World, code_of};
use crate::engine::SocketId;
use crate::{ClientOptions, Phase, QueryState};

#[test]
fn luck_takes_up_to_half_of_a_wait_away() {
    let mut world = World::with(&ClientOptions::new("ws://test/ws"), 0.0);
    world.lose();
    let state = world.engine.connection_state();
    assert_eq!(state.next_retry_at_ms, Some(world.now_ms + 250));
}

#[test]
fn what_a_socket_says_after_it_was_left_is_not_heard() {
    let mut world = World::new();
    world.accept();
    let heard = world.listen("tasks:list", &json!({}));
    world.lose();
    world.advance(500);
    let update = json!({ "queryId": 1, "status": "success", "value": [] });
    let late = json!({ "type": "transition", "version": [1, 9], "set": 1, "queries": [update] });
    world
        .engine
        .handle_text(world.now_ms, SocketId(1), &late.to_string());
    world.engine.handle_socket_lost(world.now_ms, SocketId(1));
    world.engine.handle_socket_open(world.now_ms, SocketId(1));
    world.settle();
    assert_eq!(world.state(&heard), QueryState::Loading);
    assert_eq!(world.engine.connection_state().phase, Phase::Connecting);
}

#[test]
fn bytes_are_no_message() {
    let mut world = World::new();
    world.accept();
    let (id, _) = world.socket();
    world.engine.handle_binary(world.now_ms, id);
    world.settle();
    assert_eq!(world.engine.connection_state().phase, Phase::Disconnected);
    assert_eq!(world.warnings.len(), 1);
}

#[test]
fn one_that_answers_and_falls_at_once_is_not_stormed() {
    let mut world = World::new();
    for _ in 0..100 {
        let (_, socket) = world.socket();
        if !socket.is_closed {
            world.accept();
            world.say("nonsense");
        }
        world.advance(1_000);
    }
    assert!(world.sockets.len() < 20, "{}", world.sockets.len());
}

#[test]
fn a_client_that_connects_anew_asks_again_on_another_socket() {
    let mut world = World::new();
    world.accept();
    let heard = world.listen("tasks:list", &json!({}));
    world.sent();
    world.engine.reconnect(world.now_ms);
    world.settle();
    assert_eq!(world.sockets.len(), 2);
    world.accept();
    let update = json!({ "queryId": 1, "status": "success", "value": [1] });
    assert_eq!(world.sent()[0]["add"][0]["path"], "tasks:list");
    world.say_json(
        &json!({ "type": "transition", "version": [1, 9], "set": 2, "queries": [update] }),
    );
    assert_eq!(world.value(&heard), json!([1]));
}

#[test]
fn a_query_with_another_s_result_shows_it_at_once_and_says_its_tag() {
    let mut world = World::new();
    world.accept();
    let few = world.listen("tasks:list", &json!({ "limit": 2 }));
    let tag = "AAAAAAAAAAE";
    let update = json!({ "queryId": 1, "tag": tag, "status": "success", "value": [] });
    world.say_json(
        &json!({ "type": "transition", "version": [1, 1], "set": 1, "queries": [update] }),
    );
    world.sent();
    let all = world.listen_from("tasks:list", &json!({}), Some(&few));
    assert_eq!(world.value(&all), json!([]));
    assert_eq!(world.sent()[0]["add"][0]["tag"], tag);
    // Nothing newer is shown before the server has said what became of it.
    let update = |id: u64, tag: &str, value| json!({ "queryId": id, "tag": tag, "status": "success", "value": [value] });
    let first = update(1, "AAAAAAAAAAI", "x");
    world.say_json(
        &json!({ "type": "transition", "version": [1, 2], "set": 1, "queries": [first] }),
    );
    assert_eq!(
        [&few, &all].map(|heard| world.value(heard)),
        [json!([]), json!([])]
    );
    let second = update(2, "AAAAAAAAAAM", "y");
    world.say_json(
        &json!({ "type": "transition", "version": [1, 2], "set": 2, "queries": [second] }),
    );
    assert_eq!(
        [&few, &all].map(|heard| world.value(heard)),
        [json!(["x"]), json!(["y"])]
    );
}

#[test]
fn queries_that_began_with_one_result_change_each_for_itself() {
    let mut world = World::new();
    world.accept();
    let one = world.listen("tasks:list", &json!({}));
    let update = json!({ "queryId": 1, "tag": "AAAAAAAAAAE", "status": "success", "value": ["a"] });
    world.say_json(
        &json!({ "type": "transition", "version": [1, 1], "set": 1, "queries": [update] }),
    );
    let other = world.listen_from("tasks:list", &json!({ "limit": 9 }), Some(&one));
    let delta = |id: u64, value: &str| {
        let delta = json!({ "list": [[1, null, 0, [value]]] });
        json!({ "queryId": id, "base": "AAAAAAAAAAE", "tag": "AAAAAAAAAAI", "deltas": [delta] })
    };
    let queries = [delta(1, "b"), delta(2, "c")];
    world.say_json(
        &json!({ "type": "transition", "version": [1, 2], "set": 2, "queries": queries }),
    );
    assert_eq!(
        [&one, &other].map(|heard| world.value(heard)),
        [json!(["a", "b"]), json!(["a", "c"])]
    );
}

#[test]
fn queries_too_large_for_one_message_go_out_in_several() {
    let mut world = World::new();
    let heard: Vec<_> = (0..5)
        .map(|number| world.listen("tasks:list", &json!({ "project": number })))
        .collect();
    let large = world.listen("tasks:list", &json!({ "project": "é".repeat(200) }));
    world.open();
    world.say_json(&json!({
        "type": "connected", "protocol": 1, "limits": { "messageBytesMax": 200 },
    }));
    world.lose();
    world.advance(500);
    world.open();
    let sent = world.sent();
    let added: usize = sent
        .iter()
        .map(|message| message["add"].as_array().unwrap().len())
        .sum();
    assert_eq!(added, heard.len());
    assert!(sent.iter().all(|message| message.to_string().len() <= 200));
    let last = sent.last().unwrap()["set"].clone();
    world.say_json(&json!({ "type": "transition", "version": [1, 1], "set": last }));
    assert_eq!(code_of(&world.state(&large)), "message_too_large");
}

#[test]
fn a_query_whose_end_could_not_be_told_any_more_is_not_mentioned_on_the_next_connection() {
    let mut world = World::new();
    world.accept();
    let heard = world.listen("tasks:list", &json!({}));
    let failed = json!({
        "queryId": 1, "status": "error", "errorCode": "internal", "errorMessage": "oh",
    });
    world.say_json(
        &json!({ "type": "transition", "version": [1, 1], "set": 1, "queries": [failed] }),
    );
    // One that failed ends at once, and the connection drops in the same breath.
    world.is_busy = true;
    world.stop(&heard);
    world.is_busy = false;
    world.lose();
    world.advance(500);
    world.accept();
    assert_eq!(world.sent(), Vec::<serde_json::Value>::new());
}
