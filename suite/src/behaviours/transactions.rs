//! Mutations: in order, whole or not at all, and alone in their failure.

use serde_json::json;
use zeroback_protocol::Outcome;

use super::chapter;
use crate::client::{Client, parsed};
use crate::world::World;

chapter!("transactions", Engine:
    mutations_of_one_connection_run_in_order,
    a_mutation_reads_what_it_wrote,
    an_error_leaves_nothing_behind,
    a_panic_leaves_nothing_behind,
    a_result_that_cannot_be_encoded_leaves_nothing_behind,
    a_failed_mutation_is_no_commit,
    a_panic_leaves_other_requests_alone,
    a_panic_tells_nothing,
    a_cause_stays_inside,
    an_error_carries_its_code_and_message,
    an_error_carries_its_data,
    an_error_type_of_the_authors_is_told_as_data,
    a_query_sees_the_mutations_sent_before_it,
    concurrent_additions_are_all_counted,
);

fn mutations_of_one_connection_run_in_order(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    let requests: Vec<_> = (0..10)
        .map(|at| {
            let title = format!("title {at}");
            ann.mutation("items:push", json!({ "list": list, "title": title }))
        })
        .collect();
    for (at, request) in requests.into_iter().enumerate() {
        match ann.answer(request) {
            Outcome::Success(rank) => assert_eq!(parsed(&rank), json!(at)),
            Outcome::Error(error) => panic!("{error}"),
        }
    }
    let items = ann.query("items:all", json!({ "list": list }));
    let items = items.as_array().expect("a list");
    for (at, item) in items.iter().enumerate() {
        assert_eq!(item["title"], format!("title {at}"));
    }
    assert_eq!(items.len(), 10);
}

fn a_mutation_reads_what_it_wrote(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    let seen = ann.mutate("writes:then_reads", json!({ "list": list }));
    let expected = json!({
        "inserted": "one",
        "patched": ["uno", 5],
        "listed": ["uno", "two"],
        "done": 1,
        "first": [7],
        "left": ["two"],
        "deleted": null,
    });
    assert_eq!(seen, expected);
}

fn an_error_leaves_nothing_behind(world: &mut World<'_>) {
    leaves_nothing(world, "failing:fails_after_writing", "conflict");
}

fn a_panic_leaves_nothing_behind(world: &mut World<'_>) {
    leaves_nothing(world, "failing:panics_after_writing", "internal");
}

fn a_result_that_cannot_be_encoded_leaves_nothing_behind(world: &mut World<'_>) {
    leaves_nothing(world, "failing:returns_nonsense_after_writing", "invalid");
}

#[track_caller]
fn leaves_nothing(world: &mut World<'_>, path: &str, code: &str) {
    let name = world.list();
    let (mut ann, mut bob) = (world.client(), world.client());
    let count = bob.subscribe("counters:value", json!({ "name": name }));
    let rows = bob.subscribe("items:all", json!({ "list": name }));
    bob.settle();
    let error = ann.mutate_in_vain(path, json!({ "name": name }));
    assert_eq!(error.code.as_str(), code);
    assert_eq!(bob.settle(), [], "nobody is told of what did not happen");
    assert_eq!(ann.query("counters:value", json!({ "name": name })), 0);
    assert_eq!(ann.query("items:all", json!({ "list": name })), json!([]));
    ann.mutate("counters:add", json!({ "name": name, "by": 1 }));
    bob.settle();
    assert_eq!((bob.result(count), bob.result(rows)), (json!(1), json!([])));
}

fn a_failed_mutation_is_no_commit(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    ann.mutate("counters:add", json!({ "name": name, "by": 1 }));
    let before = ann.version;
    ann.mutate_in_vain("failing:fails_after_writing", json!({ "name": name }));
    assert_eq!(ann.version, before);
}

fn a_panic_leaves_other_requests_alone(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, mut bob) = (world.client(), world.client());
    let add =
        |client: &mut Client| client.mutation("counters:add", json!({ "name": name, "by": 1 }));
    for _ in 0..5 {
        let good = [add(&mut ann), add(&mut bob)];
        let bad = [
            ann.mutation("failing:panics", json!({})),
            ann.one_shot("failing:query_panics", json!({})),
            ann.mutation("failing:panics_after_writing", json!({ "name": name })),
        ];
        let more = [add(&mut ann), add(&mut bob)];
        for request in bad {
            assert!(matches!(ann.answer(request), Outcome::Error(_)));
        }
        for (first, second) in [(good[0], good[1]), (more[0], more[1])] {
            assert!(matches!(ann.answer(first), Outcome::Success(_)));
            assert!(matches!(bob.answer(second), Outcome::Success(_)));
        }
    }
    assert_eq!(ann.query("counters:value", json!({ "name": name })), 20);
}

fn a_panic_tells_nothing(world: &mut World<'_>) {
    let mut ann = world.client();
    let errors = [
        ann.query_in_vain("failing:query_panics", json!({})),
        ann.mutate_in_vain("failing:panics", json!({})),
    ];
    for error in errors {
        assert_eq!(error.code.as_str(), "internal");
        assert!(!error.message.contains("planted"), "{error}");
        assert_eq!(error.data, None);
    }
}

fn a_cause_stays_inside(world: &mut World<'_>) {
    let mut ann = world.client();
    let args = json!({ "text": "nonsense" });
    let error = ann.query_in_vain("failing:with_standard_error", args);
    assert_eq!(error.code.as_str(), "internal");
    assert!(!error.message.contains("digit"), "{error}");
}

fn an_error_carries_its_code_and_message(world: &mut World<'_>) {
    let mut ann = world.client();
    for code in [
        "invalid",
        "conflict",
        "unauthenticated",
        "forbidden",
        "not_found",
    ] {
        let error = ann.query_in_vain("failing:with_code", json!({ "code": code }));
        assert_eq!(
            (error.code.as_str(), error.message.as_str()),
            (code, "said so")
        );
    }
}

fn an_error_carries_its_data(world: &mut World<'_>) {
    let mut ann = world.client();
    let error = ann.query_in_vain("failing:with_data", json!({}));
    assert_eq!(error.code.as_str(), "rate_limited");
    assert_eq!(error.message, "slow down");
    assert_eq!(
        error.data.map(|data| parsed(&data)),
        Some(json!([3, "später"]))
    );
}

fn an_error_type_of_the_authors_is_told_as_data(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    ann.mutate("counters:add", json!({ "name": name, "by": 2 }));
    let transfer = |count: i64| json!({ "name": name, "count": count });
    let error = ann.mutate_in_vain("failing:transfer", transfer(5));
    assert_eq!(error.code.as_str(), "out_of_stock");
    let data = error.data.map(|data| parsed(&data));
    assert_eq!(data, Some(json!({ "outOfStock": { "missing": 3 } })));
    let error = ann.mutate_in_vain("failing:transfer", transfer(0));
    assert_eq!(error.code.as_str(), "locked");
    assert_eq!(ann.mutate("failing:transfer", transfer(2)), 0);
}

fn a_query_sees_the_mutations_sent_before_it(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    for value in 1..=10 {
        ann.mutation("counters:add", json!({ "name": name, "by": 1 }));
        assert_eq!(ann.query("counters:value", json!({ "name": name })), value);
    }
}

fn concurrent_additions_are_all_counted(world: &mut World<'_>) {
    let name = world.list();
    let mut clients: Vec<_> = (0..4).map(|_| world.client()).collect();
    let mut requests = Vec::new();
    for _ in 0..25 {
        for (at, client) in clients.iter_mut().enumerate() {
            let request = client.mutation("counters:add", json!({ "name": name, "by": 1 }));
            requests.push((at, request));
        }
    }
    let mut values = Vec::new();
    for (at, request) in requests {
        match clients[at].answer(request) {
            Outcome::Success(value) => values.push(parsed(&value).as_i64().expect("a number")),
            Outcome::Error(error) => panic!("{error}"),
        }
    }
    values.sort_unstable();
    assert_eq!(values, (1..=100).collect::<Vec<_>>(), "one after another");
}
