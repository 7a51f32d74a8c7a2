//! What transcripts do not say of calls and of results that many deltas have made.

use serde_json::{Value, json};
use zeroback_protocol::Tag;

use super::world::World;
use crate::QueryState;

#[test]
fn a_queue_that_no_server_has_answered_yet_was_not_forgotten_by_it_soon_after() {
    let mut world = World::new();
    world.accept();
    world.mutate("tasks:create", &json!({}));
    let again = |world: &mut World| {
        world.lose();
        world.wake();
        world.accept();
        world.sent()[0]["attempted"].clone()
    };
    assert_eq!(again(&mut world), Value::Null);
    for _ in 0..11 {
        world.lose();
        world.advance(60_000);
        world.wake();
        if !world.socket().1.is_open {
            world.accept();
        }
    }
    assert_eq!(again(&mut world), true);
}

#[test]
fn what_is_pending_when_the_server_refuses_the_protocol_may_have_been_made_by_another() {
    let mut world = World::new();
    world.accept();
    let sent = world.mutate("tasks:create", &json!({}));
    world.lose();
    let unsent = world.mutate("tasks:create", &json!({}));
    world.advance(500);
    world.open();
    world.say_json(&json!({
        "type": "error", "errorCode": "unsupported_protocol", "errorMessage": "no",
    }));
    assert_eq!(
        [sent.text(), unsent.text()],
        ["outcome_unknown", "unsupported_protocol"]
    );
}

#[test]
fn an_answer_that_comes_twice_or_to_nobody_is_heard_once() {
    let mut world = World::new();
    world.accept();
    let promise = world.mutate("tasks:create", &json!({}));
    let answer = |value: u64| json!({ "requestId": 1, "status": "success", "value": value });
    let other = json!({ "requestId": 99, "status": "success", "value": null });
    world.say_json(&json!({
        "type": "transition", "version": [1, 1], "answers": [answer(1), answer(2), other],
    }));
    assert_eq!(promise.text(), "1");
    assert!(world.warnings.is_empty());
}

#[test]
fn a_result_is_read_as_it_was_shown_whoever_reads_it_and_when() {
    let mut world = World::new();
    world.accept();
    let heard = world.listen("tasks:list", &json!({}));
    let whole = json!({ "queryId": 1, "tag": Tag(0), "status": "success", "value": [0] });
    world.say_json(
        &json!({ "type": "transition", "version": [1, 0], "set": 1, "queries": [whole] }),
    );
    let mut shown = Vec::new();
    for number in 1..=6_u64 {
        // Some are looked at before the next one comes, and some are not; what was looked at stays as it was.
        if number % 2 == 0 {
            shown.push((number, world.state(&heard)));
        }
        let delta = json!({ "list": [[number, null, 0, [number]]] });
        let update = json!({
            "queryId": 1, "base": Tag(number - 1), "tag": Tag(number), "deltas": [delta],
        });
        world.say_json(
            &json!({ "type": "transition", "version": [1, number], "queries": [update] }),
        );
    }
    assert_eq!(world.value(&heard), json!([0, 1, 2, 3, 4, 5, 6]));
    for (length, state) in shown {
        let QueryState::Ready { data, .. } = state else {
            panic!("it had a result");
        };
        assert_eq!(*data, json!((0..length).collect::<Vec<_>>()));
    }
}

#[test]
fn a_lone_delta_that_does_not_fit_leaves_what_is_shown() {
    let mut world = World::new();
    world.accept();
    let heard = world.listen("tasks:list", &json!({}));
    let whole = json!({ "queryId": 1, "tag": Tag(0), "status": "success", "value": [0] });
    world.say_json(
        &json!({ "type": "transition", "version": [1, 0], "set": 1, "queries": [whole] }),
    );
    let delta = json!({ "list": [[7, null, 0, [1]]] });
    let update = json!({ "queryId": 1, "base": Tag(0), "tag": Tag(1), "deltas": [delta] });
    world.say_json(&json!({ "type": "transition", "version": [1, 1], "queries": [update] }));
    // Read for the first time only now.
    assert_eq!(world.value(&heard), json!([0]));
}
