//! What a guess sees of queries, and what becomes of it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use zeroback_protocol::FunctionKind::Mutation;

use super::calls_of::List;
use super::world::{Heard, World, append};
use crate::QueryState;
use crate::engine::guesses::Guess;

/// A client that shows the lists of projects, each as long as its number says.
fn shown(lengths: &[u64]) -> (World, Vec<Heard>) {
    let mut world = World::new();
    world.accept();
    let heard: Vec<_> = (0..lengths.len())
        .map(|at| world.listen("tasks:list", &json!({ "project": at.to_string() })))
        .collect();
    let update = |(at, length): (usize, &u64)| {
        let value: Vec<u64> = (0..*length).collect();
        json!({ "queryId": at + 1, "status": "success", "value": value })
    };
    let queries: Vec<_> = lengths.iter().enumerate().map(update).collect();
    let set = lengths.len();
    world.say_json(
        &json!({ "type": "transition", "version": [1, 1], "set": set, "queries": queries }),
    );
    world.sent();
    for heard in &heard {
        heard.changes();
    }
    (world, heard)
}

fn list(at: usize) -> List {
    List {
        project: at.to_string(),
    }
}

fn guess(world: &mut World, guess: Guess) {
    world.request(Mutation, "tasks:create", &json!({}), Some(guess));
}

#[test]
fn it_sees_what_is_shown_with_earlier_guesses_and_nothing_of_what_has_no_result() {
    let (mut world, _) = shown(&[1]);
    guess(&mut world, append("0", json!("first")));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    guess(
        &mut world,
        Arc::new(move |store| {
            let both = [store.get(&list(0)), store.get(&list(1))];
            noted
                .lock()
                .unwrap()
                .push(both.map(|value| value.map(|value| (*value).clone())));
        }),
    );
    assert_eq!(*seen.lock().unwrap(), [[Some(json!([0, "first"])), None]]);
}

#[test]
fn it_may_have_a_query_show_a_value_before_it_has_a_result_and_nothing_though_it_has_one() {
    let (mut world, lists) = shown(&[2]);
    let other = world.listen("tasks:list", &json!({ "project": "1" }));
    guess(
        &mut world,
        Arc::new(|store| {
            store.clear(&list(0));
            store.set(&list(1), json!(["set"]));
        }),
    );
    assert_eq!(world.state(&lists[0]), QueryState::Loading);
    assert_eq!(world.value(&other), json!(["set"]));
    world.say_json(&json!({
        "type": "transition", "version": [1, 2],
        "answers": [{ "requestId": 1, "status": "error", "errorCode": "conflict", "errorMessage": "" }],
    }));
    assert_eq!(world.value(&lists[0]), json!([0, 1]));
    assert_eq!(world.state(&other), QueryState::Loading);
}

#[test]
fn it_may_change_all_queries_of_a_function_and_those_that_come_later() {
    let (mut world, mut lists) = shown(&[0, 2]);
    let push: Guess = Arc::new(|store| {
        store.update_all::<List>(|args, value| {
            value.as_array_mut().unwrap().push(json!(args.project));
        });
    });
    guess(&mut world, push);
    lists.push(world.listen("tasks:list", &json!({ "project": "2" })));
    world.say_json(&json!({
        "type": "transition", "version": [1, 2], "set": 3,
        "queries": [{ "queryId": 3, "status": "success", "value": ["late"] }],
    }));
    let values: Vec<Value> = lists.iter().map(|list| world.value(list)).collect();
    assert_eq!(json!(values), json!([["0"], [0, 1, "1"], ["late", "2"]]));
}

#[test]
fn it_is_made_again_only_where_something_has_changed_that_it_asked_for() {
    let (mut world, lists) = shown(&[1, 1]);
    let runs = Arc::new(Mutex::new(0));
    let counted = Arc::clone(&runs);
    guess(
        &mut world,
        Arc::new(move |store| {
            *counted.lock().unwrap() += 1;
            store.update(&list(0), |value| {
                value.as_array_mut().unwrap().push(json!("g"));
            });
        }),
    );
    let say = |world: &mut World, version: u64, id: u64| {
        world.say_json(&json!({
            "type": "transition", "version": [1, version],
            "queries": [{ "queryId": id, "status": "success", "value": [version] }],
        }));
    };
    say(&mut world, 2, 2);
    assert_eq!(*runs.lock().unwrap(), 1);
    lists[0].changes();
    say(&mut world, 3, 1);
    assert_eq!((*runs.lock().unwrap(), lists[0].changes()), (2, 1));
    assert_eq!(world.value(&lists[0]), json!([3, "g"]));
}

#[test]
fn one_that_panics_at_the_call_sends_nothing_and_one_that_panics_later_is_left_out() {
    let (mut world, lists) = shown(&[1]);
    let called = catch_unwind(AssertUnwindSafe(|| {
        guess(&mut world, Arc::new(|_| panic!("planted")));
    }));
    assert!(called.is_err());
    world.settle();
    assert_eq!(world.sent(), Vec::<Value>::new());
    assert_eq!(world.engine.connection_state().inflight_mutations, 0);
    guess(
        &mut world,
        Arc::new(|store| {
            let value = store.get(&list(0)).expect("it has a result");
            assert_eq!(*value, json!([0]), "planted");
            store.set(&list(0), json!(["guessed"]));
        }),
    );
    assert_eq!(world.value(&lists[0]), json!(["guessed"]));
    world.say_json(&json!({
        "type": "transition", "version": [1, 2],
        "queries": [{ "queryId": 1, "status": "success", "value": ["other"] }],
    }));
    assert_eq!(world.value(&lists[0]), json!(["other"]));
    assert_eq!(
        world.warnings,
        ["an optimistic update panicked, and is left out"]
    );
}
