//! What a client that comes back is told: what has changed, and no more.

use serde_json::{Value, json};
use zeroback_protocol::{Outcome, QueryResult, Tag, Transition};
use zeroback_runtime::engine::EngineConfig;

use super::chapter;
use crate::client::Client;
use crate::target::End;
use crate::target::in_process::InProcess;
use crate::world::World;

chapter!("resume":
    an_unchanged_result_is_not_sent_again,
    an_unchanged_result_is_not_sent_again_after_a_restart,
    what_was_missed_comes_as_deltas,
    what_was_missed_and_undone_is_nothing,
    beyond_the_kept_deltas_the_whole_comes,
    a_query_that_nobody_comes_back_to_is_forgotten,
    while_nobody_is_there_nothing_runs,
    a_query_that_was_ended_is_forgotten_at_once,
    those_who_come_and_go_leave_no_more_than_the_limit,
    results_beyond_the_limit_are_forgotten_and_run_again,
    what_is_too_much_to_be_told_is_not_kept,
    a_set_is_echoed_even_if_it_changes_nothing,
    a_set_must_go_up,
    one_changed_document_costs_that_document,
    what_one_connection_gets_is_written_once_for_all,
);

const LIST: &str = "items:all";

fn args() -> Value {
    json!({ "list": "x" })
}

/// A connection with ten items in a list, and what it holds of the list.
fn held(world: &mut World<'_>) -> (Client, (Tag, Outcome)) {
    let mut ann = world.client();
    ann.mutate(
        "items:add_ranks",
        json!({ "list": "x", "ranks": (0..10).collect::<Vec<_>>() }),
    );
    let seen = ann.subscribe(LIST, args());
    ann.result(seen);
    let held = ann.held(seen);
    (ann, held)
}

/// Returns the transition that answers a resumption, and what the client holds then.
fn resumed(world: &mut World<'_>, held: &(Tag, Outcome)) -> (Transition, Value) {
    let mut ann = world.client();
    let seen = ann.resume(LIST, args(), held);
    let transition = ann.transition();
    assert_eq!(transition.set, Some(seen.0));
    let there = ann.query(LIST, args());
    assert_eq!(
        ann.result(seen),
        there,
        "what is held is what would be told"
    );
    (transition, there)
}

fn deltas(transition: &Transition) -> Option<usize> {
    match &transition.queries[..] {
        [update] => match &update.result {
            QueryResult::Deltas { deltas, .. } => Some(deltas.len()),
            QueryResult::Whole { .. } => None,
        },
        other => panic!("expected one update, found {other:?}"),
    }
}

fn an_unchanged_result_is_not_sent_again() {
    let mut target = InProcess::default();
    let mut world = World::new(&mut target, "unchanged");
    let (ann, held) = held(&mut world);
    drop(ann);
    let (transition, _) = resumed(&mut world, &held);
    assert_eq!(transition.queries, []);
}

fn an_unchanged_result_is_not_sent_again_after_a_restart() {
    let mut target = InProcess::default();
    let mut world = World::new(&mut target, "unchanged");
    let (ann, held) = held(&mut world);
    drop(ann);
    world.restart(End::Kill);
    let (transition, _) = resumed(&mut world, &held);
    assert_eq!(transition.queries, []);
}

fn what_was_missed_comes_as_deltas() {
    let mut target = InProcess::default();
    let mut world = World::new(&mut target, "missed");
    let (ann, held) = held(&mut world);
    let mut bob = world.client();
    bob.subscribe(LIST, args());
    drop(ann);
    for rank in [20, 21, 22] {
        bob.mutate("items:add", json!({ "list": "x", "rank": rank }));
    }
    let (transition, there) = resumed(&mut world, &held);
    assert_eq!(deltas(&transition), Some(3));
    assert_eq!(there.as_array().map(Vec::len), Some(13));
}

fn what_was_missed_and_undone_is_nothing() {
    let mut target = InProcess::default();
    let mut world = World::new(&mut target, "undone");
    let (ann, held) = held(&mut world);
    drop(ann);
    let mut bob = world.client();
    let id = bob.mutate("items:add", json!({ "list": "x", "rank": 20 }));
    bob.mutate("items:remove", json!({ "id": id }));
    let (transition, _) = resumed(&mut world, &held);
    assert_eq!(transition.queries, []);
}

fn beyond_the_kept_deltas_the_whole_comes() {
    let mut target = InProcess::new(EngineConfig {
        delta_bytes_max: 400,
        ..EngineConfig::default()
    });
    let mut world = World::new(&mut target, "beyond");
    let (ann, held) = held(&mut world);
    let mut bob = world.client();
    bob.subscribe(LIST, args());
    drop(ann);
    for rank in 20..30 {
        bob.mutate("items:add", json!({ "list": "x", "rank": rank }));
    }
    let (transition, _) = resumed(&mut world, &held);
    assert_eq!(deltas(&transition), None);
}

fn a_query_that_nobody_comes_back_to_is_forgotten() {
    let target = InProcess::default();
    let resume_ms = EngineConfig::default().resume_ms;
    let mut world_target = target.clone();
    let mut world = World::new(&mut world_target, "forgotten");
    let (ann, held) = held(&mut world);
    drop(ann);
    target.turn();
    assert_eq!(target.live_size().queries, 1);
    target.advance_ms(resume_ms - 1);
    target.turn();
    assert_eq!(target.live_size().queries, 1);
    target.advance_ms(1);
    target.turn();
    assert_eq!(target.live_size().queries, 0);
    assert_eq!(target.live_size().bytes, 0);
    let (transition, _) = resumed(&mut world, &held);
    assert_eq!(transition.queries, [], "tags outlive what is kept");
}

fn while_nobody_is_there_nothing_runs() {
    let mut target = InProcess::default();
    let store = target.store();
    let mut world = World::new(&mut target, "nobody");
    let (ann, held) = held(&mut world);
    drop(ann);
    let mut bob = world.client();
    let _ = store.take_statements();
    bob.mutate("items:add", json!({ "list": "x", "rank": 20 }));
    let statements = store.take_statements();
    let reads = statements
        .iter()
        .filter(|sql| sql.contains("FROM \"items\""));
    assert_eq!(reads.count(), 0);
    let (transition, _) = resumed(&mut world, &held);
    assert_eq!(deltas(&transition), Some(1), "from what was kept");
}

fn those_who_come_and_go_leave_no_more_than_the_limit() {
    let config = EngineConfig {
        live_result_bytes_max: 100_000,
        ..EngineConfig::default()
    };
    let mut target = InProcess::new(config);
    let size_of = target.clone();
    let mut world = World::new(&mut target, "come and go");
    for number in 0..50 {
        let list = format!("{number} {}", "x".repeat(2_000));
        let mut ann = world.client();
        let seen = ann.subscribe(
            "items:take",
            json!({ "list": list, "count": 1, "descending": false }),
        );
        ann.result(seen);
    }
    world.client();
    size_of.turn();
    let kept = size_of.live_size().queries;
    assert!(
        (5..=12).contains(&kept),
        "{kept} of 50, which take over 8,000 bytes each"
    );
}

fn a_query_that_was_ended_is_forgotten_at_once() {
    let target = InProcess::default();
    let mut world_target = target.clone();
    let mut world = World::new(&mut world_target, "ended");
    let mut ann = world.client();
    let seen = ann.subscribe(LIST, args());
    ann.result(seen);
    ann.unsubscribe(seen);
    ann.settle();
    assert_eq!(target.live_size().queries, 0);
}

fn results_beyond_the_limit_are_forgotten_and_run_again() {
    let target = InProcess::new(EngineConfig {
        live_result_bytes_max: 3_000,
        ..EngineConfig::default()
    });
    let store = target.store();
    let mut other = target.clone();
    let mut world = World::new(&mut other, "bytes");
    let mut ann = world.client();
    let ranks: Vec<_> = (0..10).collect();
    for list in ["a", "b", "c"] {
        ann.mutate("items:add_ranks", json!({ "list": list, "ranks": ranks }));
    }
    let seen: Vec<_> = ["a", "b", "c"]
        .map(|list| ann.subscribe(LIST, json!({ "list": list })))
        .into();
    ann.settle();
    assert!(target.live_size().bytes <= 3_000);
    let _ = store.take_statements();
    // The oldest has lost its text, so a newcomer's has it run again.
    let mut bob = world.client();
    let same = bob.subscribe(LIST, json!({ "list": "a" }));
    assert_eq!(bob.result(same), ann.result(seen[0]));
    assert_eq!(ann.settle(), [], "it is the same as before");
    ann.mutate("items:add", json!({ "list": "a", "rank": 11 }));
    assert_eq!(ann.result(seen[0]).as_array().map(Vec::len), Some(11));
}

fn what_is_too_much_to_be_told_is_not_kept() {
    let target = InProcess::new(EngineConfig {
        transition_bytes_max: 100_000,
        ..EngineConfig::default()
    });
    let mut other = target.clone();
    let mut ann = World::new(&mut other, "too much").client();
    let add: Vec<_> = (0..50)
        .map(|more| ("values:long", json!({ "bytes": 10_000 + more })))
        .collect();
    let seen = ann.query_set(&add, &[]);
    ann.transition();
    let refused = seen
        .iter()
        .filter(|query| matches!(ann.results[query], Outcome::Error(_)));
    assert_eq!(refused.count(), 41);
    assert!(target.live_size().bytes <= 100_000);
}

fn a_set_is_echoed_even_if_it_changes_nothing() {
    let mut target = InProcess::default();
    let mut ann = World::new(&mut target, "set").client();
    ann.send_text(r#"{"type":"querySet","set":4}"#);
    assert_eq!(ann.transition().set, Some(4));
    ann.send_text(r#"{"type":"querySet","set":5,"remove":[7]}"#);
    ann.send_text(r#"{"type":"querySet","set":9,"add":[{"queryId":1,"path":"nothing"}]}"#);
    let transition = ann.transition();
    assert_eq!(transition.set, Some(9), "the newest");
    assert_eq!(transition.queries.len(), 1);
    assert_eq!(ann.settle(), []);
}

fn a_set_must_go_up() {
    let mut target = InProcess::default();
    let mut ann = World::new(&mut target, "set").client();
    ann.send_text(r#"{"type":"querySet","set":4}"#);
    ann.send_text(r#"{"type":"querySet","set":4,"add":[{"queryId":1,"path":"marker"}]}"#);
    assert_eq!(ann.refusal().0.code.as_str(), "bad_message");
    assert_eq!(ann.transition().set, Some(4));
    assert_eq!(ann.settle(), [], "nothing of it was taken in");
}

fn one_changed_document_costs_that_document() {
    let mut target = InProcess::default();
    let mut world = World::new(&mut target, "bytes");
    let mut ann = world.client();
    let title = "t".repeat(200);
    let ids: Vec<_> = (0..1_000)
        .map(|rank| {
            let args = json!({ "list": "x", "rank": rank, "title": title });
            ann.mutate("items:add", args)
        })
        .collect();
    let seen = ann.subscribe(LIST, args());
    ann.result(seen);
    let mut bob = world.client();
    let changed = json!({ "id": ids[500], "patch": { "title": "u".repeat(200) } });
    bob.mutate("items:patch", changed);
    let (frame, transition) = ann.transition_text();
    assert_eq!(deltas(&transition), Some(1));
    let item = ann.query("items:get", json!({ "id": ids[500] }));
    let document_bytes = item.to_string().len();
    assert!(
        frame.len() <= document_bytes + 200,
        "{} bytes for a document of {document_bytes}: {frame}",
        frame.len()
    );
}

fn what_one_connection_gets_is_written_once_for_all() {
    let target = InProcess::default();
    let mut other = target.clone();
    let mut world = World::new(&mut other, "shared");
    let mut clients: Vec<_> = (0..10).map(|_| world.client()).collect();
    for client in &mut clients {
        client.subscribe(LIST, args());
        client.settle();
    }
    let mut writer = world.client();
    writer.mutation("items:add", json!({ "list": "x", "rank": 1 }));
    let frames = target.turn_frames();
    let (first, rest) = frames.split_first().expect("somebody is told");
    assert_eq!(rest.len(), 10, "ten subscribers and the writer");
    let shared = rest.iter().filter(|frame| frame.is(first)).count();
    assert_eq!(shared, 9, "the subscribers get one text");
}
