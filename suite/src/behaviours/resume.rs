//! Clients that come back: they are told what has changed since what they hold, and no more.

use serde_json::{Value, json};
use zeroback_protocol::{Outcome, QueryResult, Tag, Transition};

use super::chapter;
use crate::client::Client;
use crate::target::End;
use crate::target::http::Request;
use crate::world::World;

chapter!("resume", Engine:
    what_has_not_changed_is_not_sent_again,
    what_was_missed_comes_as_deltas,
    an_error_that_has_not_changed_is_not_sent_again,
    another_tag_gets_the_whole,
    what_is_no_tag_is_refused,
    each_query_is_told_what_it_lacks,
    a_query_without_a_tag_is_told_the_whole,
    arguments_change_at_one_version,
    what_was_asked_over_http_is_not_sent_again,
    a_change_comes_as_a_delta,
    a_change_that_is_no_smaller_comes_whole,
    one_document_changes_by_its_fields;
    Restart:
    what_has_not_changed_is_not_sent_again_after_a_stop,
    what_has_changed_comes_whole_after_a_stop;
    Kill:
    what_has_not_changed_is_not_sent_again_after_a_kill,
);

/// A list with ten items, and a client that holds it.
fn holding(world: &mut World<'_>) -> (Client, (Tag, Outcome)) {
    let mut ann = world.client();
    let ranks: Vec<_> = (0..10).collect();
    ann.mutate(
        "items:add_ranks",
        json!({ "list": world.list(), "ranks": ranks }),
    );
    let seen = ann.subscribe("items:all", all(world));
    ann.result(seen);
    let held = ann.held(seen);
    (ann, held)
}

fn all(world: &World<'_>) -> Value {
    json!({ "list": world.list() })
}

/// Comes back with what is held; returns what is told, and shows that what is held then is true.
fn resume(world: &mut World<'_>, held: &(Tag, Outcome)) -> Transition {
    let args = all(world);
    let mut ann = world.client();
    let seen = ann.resume("items:all", args.clone(), held);
    let transition = ann.transition();
    assert_eq!(transition.set, Some(seen.0));
    let [held, fresh] = ann.compare(seen, "items:all", args);
    assert_eq!(held, fresh);
    transition
}

fn is_deltas(transition: &Transition) -> bool {
    match &transition.queries[..] {
        [update] => matches!(update.result, QueryResult::Deltas { .. }),
        other => panic!("expected one update, found {other:?}"),
    }
}

fn what_has_not_changed_is_not_sent_again(world: &mut World<'_>) {
    let (ann, held) = holding(world);
    drop(ann);
    assert_eq!(resume(world, &held).queries, []);
}

fn what_was_asked_over_http_is_not_sent_again(world: &mut World<'_>) {
    let (ann, held) = holding(world);
    drop(ann);
    let call = json!({ "path": "items:all", "args": all(world) });
    let response = world.request(&Request::post("/api/query", call.to_string()));
    let tag = response.header("zeroback-tag").and_then(Tag::from_text);
    assert_eq!(tag, Some(held.0));
    assert_eq!(
        Outcome::parse(&response.body).as_ref(),
        Ok(&held.1),
        "the tag is that of another value"
    );
    assert_eq!(resume(world, &held).queries, []);
    let wrong = json!({ "path": "items:nothing" });
    let refused = world.request(&Request::post("/api/query", wrong.to_string()));
    assert_eq!(
        (refused.status, refused.header("zeroback-tag")),
        (404, None)
    );
}

fn what_has_not_changed_is_not_sent_again_after_a_stop(world: &mut World<'_>) {
    let (_ann, held) = holding(world);
    world.restart(End::Stop);
    assert_eq!(resume(world, &held).queries, []);
}

fn what_has_not_changed_is_not_sent_again_after_a_kill(world: &mut World<'_>) {
    let (_ann, held) = holding(world);
    world.restart(End::Kill);
    assert_eq!(resume(world, &held).queries, []);
}

fn what_has_changed_comes_whole_after_a_stop(world: &mut World<'_>) {
    let (mut ann, held) = holding(world);
    ann.mutate("items:add", json!({ "list": world.list(), "rank": 10 }));
    world.restart(End::Stop);
    assert!(!is_deltas(&resume(world, &held)));
}

fn what_was_missed_comes_as_deltas(world: &mut World<'_>) {
    let (ann, held) = holding(world);
    let mut bob = world.client();
    let seen = bob.subscribe("items:all", all(world));
    bob.result(seen);
    drop(ann);
    for rank in 10..13 {
        bob.mutate("items:add", json!({ "list": world.list(), "rank": rank }));
    }
    assert!(is_deltas(&resume(world, &held)));
}

fn an_error_that_has_not_changed_is_not_sent_again(world: &mut World<'_>) {
    let (mut ann, _) = holding(world);
    let args = json!({ "list": world.list(), "rank": 1 });
    ann.mutate("items:add", json!({ "list": world.list(), "rank": 1 }));
    let seen = ann.subscribe("items:only", args.clone());
    assert_eq!(ann.failure(seen).code.as_str(), "conflict");
    let held = ann.held(seen);
    let mut bob = world.client();
    let seen = bob.resume("items:only", args, &held);
    let transition = bob.transition();
    assert_eq!((transition.set, transition.queries), (Some(seen.0), vec![]));
}

fn another_tag_gets_the_whole(world: &mut World<'_>) {
    let (_ann, (tag, outcome)) = holding(world);
    let other = (Tag(tag.0 ^ 1), outcome);
    assert!(!is_deltas(&resume(world, &other)));
}

fn what_is_no_tag_is_refused(world: &mut World<'_>) {
    let mut ann = world.client();
    for tag in ["", "short", "ASNFZ4mrze8ASNFZ4mrze8", "!!!!!!!!!!!"] {
        ann.send_text(format!(
            r#"{{"type":"querySet","add":[{{"queryId":1,"path":"marker","tag":"{tag}"}}]}}"#
        ));
        assert_eq!(ann.refusal().0.code.as_str(), "bad_message");
    }
}

fn each_query_is_told_what_it_lacks(world: &mut World<'_>) {
    let (mut ann, held) = holding(world);
    let again = ann.resume("items:all", all(world), &held);
    let from_nothing = ann.subscribe("items:all", all(world));
    ann.result(from_nothing);
    assert_eq!(ann.result(again), ann.result(from_nothing));
}

fn a_query_without_a_tag_is_told_the_whole(world: &mut World<'_>) {
    let (mut ann, _) = holding(world);
    let seen = ann.subscribe("items:all", all(world));
    assert!(!is_deltas(&ann.transition()));
    assert_eq!(ann.result(seen).as_array().map(Vec::len), Some(10));
}

fn arguments_change_at_one_version(world: &mut World<'_>) {
    let (mut ann, _) = holding(world);
    let (one, other) = (world.list(), format!("{} too", world.list()));
    let seen = ann.subscribe("items:all", json!({ "list": one }));
    ann.result(seen);
    let mut bob = world.client();
    bob.mutate("items:add", json!({ "list": other, "rank": 1 }));
    let new = ann.query_set(&[("items:all", json!({ "list": other }))], &[seen])[0];
    assert_eq!(ann.result(new).as_array().map(Vec::len), Some(1));
    bob.mutate("items:add", json!({ "list": one, "rank": 1 }));
    assert!(
        ann.settle()
            .iter()
            .all(|came| came.queries.iter().all(|update| update.query_id != seen))
    );
}

fn a_change_comes_as_a_delta(world: &mut World<'_>) {
    let (mut ann, _) = holding(world);
    ann.settle();
    let id = ann.mutate("items:add", json!({ "list": world.list(), "rank": 20 }));
    let patch = json!({ "id": id, "patch": { "title": "changed" } });
    let mutation = ann.mutation("items:patch", patch);
    let transition = loop {
        let transition = ann.transition();
        if transition
            .answers
            .iter()
            .any(|answer| answer.request_id == mutation)
        {
            break transition;
        }
    };
    assert!(is_deltas(&transition));
    let [update] = &transition.queries[..] else {
        panic!("expected one update");
    };
    let QueryResult::Deltas { deltas, .. } = &update.result else {
        panic!("expected deltas");
    };
    let expected = format!(r#"{{"list":[[10,{id},{{"set":{{"title":"changed"}}}}]]}}"#);
    assert_eq!(deltas[0].as_str(), expected);
}

fn a_change_that_is_no_smaller_comes_whole(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    let seen = ann.subscribe("counters:value", json!({ "name": name }));
    ann.result(seen);
    ann.mutate("counters:add", json!({ "name": name, "by": 5 }));
    assert_eq!(ann.result(seen), 5);
}

fn one_document_changes_by_its_fields(world: &mut World<'_>) {
    let (mut ann, _) = holding(world);
    let args = json!({ "list": world.list(), "rank": 3 });
    let seen = ann.subscribe("items:only", args.clone());
    let item = ann.result(seen);
    let patch = json!({ "id": item["_id"], "patch": { "title": "of one document" } });
    ann.mutate("items:patch", patch);
    let [held, fresh] = ann.compare(seen, "items:only", args);
    assert_eq!(held, fresh);
}
