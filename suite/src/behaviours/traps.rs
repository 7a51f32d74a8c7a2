//! A function that ends its module: a stack that overflows on a Durable Object is no panic, and takes
//! the engine with it. Everybody connects again once, and nobody is sent away a second time for it.

use serde_json::{Value, json};

use super::chapter;
use super::jobs::wait_until;
use crate::client::{Client, Event};
use crate::queue::{Queue, told};
use crate::target::http::Request;
use crate::world::World;

chapter!("traps", Trap:
    a_mutation_that_traps_has_come_to_an_error,
    a_mutation_that_traps_under_a_key_has_come_to_an_error,
    a_mutation_that_traps_without_a_place_is_an_error,
    a_query_that_traps_is_not_run_again,
    a_live_query_that_traps_is_not_run_again,
    a_job_that_traps_has_failed_and_others_run,
);

const MUTATION: &str = "failing:overflows_after_writing";
const QUERY: &str = "failing:overflows_unless_zero";

fn named(name: &str) -> Value {
    json!({ "name": name })
}

#[track_caller]
fn check_counter(client: &mut Client, name: &str, value: i64) {
    assert_eq!(client.query("counters:value", named(name)), value);
}

/// Waits until the server has sent a client away.
#[track_caller]
fn sent_away(client: &mut Client) {
    loop {
        match client.event() {
            Event::Message(_) => {}
            other => return assert_eq!(other, Event::Closed(1012)),
        }
    }
}

fn a_mutation_that_traps_has_come_to_an_error(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, mut bob, queue) = (world.client(), world.client(), Queue::new(&name));
    assert_eq!(queue.add(&mut ann, 1, &name), "1");
    queue.send(&mut ann, 2, MUTATION, &named(&name));
    sent_away(&mut ann);
    sent_away(&mut bob);
    let mut ann = world.client();
    for _ in 0..2 {
        let request = queue.send_again(&mut ann, 2, MUTATION, &named(&name));
        assert_eq!(told(&ann.answer(request)), "internal");
    }
    check_counter(&mut ann, &name, 1);
    assert_eq!(queue.add(&mut ann, 3, &name), "2", "the queue goes on");
}

fn a_mutation_that_traps_under_a_key_has_come_to_an_error(world: &mut World<'_>) {
    let name = world.list();
    let mut post = |path: &str| {
        let body = json!({ "path": path, "args": named(&name) }).to_string();
        let request = Request::post("/api/mutation", body).idempotency_key("trap");
        let response = world.request(&request);
        let body: Value = serde_json::from_str(&response.body).expect("the body is JSON");
        (response.status, body["errorCode"].clone())
    };
    for _ in 0..3 {
        assert_eq!(post(MUTATION), (500, json!("internal")));
    }
    assert_eq!(
        post("failing:panics"),
        (422, json!("key_reused")),
        "it is recorded"
    );
    check_counter(&mut world.client(), &name, 0);
}

fn a_mutation_that_traps_without_a_place_is_an_error(world: &mut World<'_>) {
    let name = world.list();
    let (status, body) = world.post(
        "/api/mutation",
        &json!({ "path": MUTATION, "args": named(&name) }),
    );
    assert_eq!((status, &body["errorCode"]), (500, &json!("internal")));
    check_counter(&mut world.client(), &name, 0);
    let mut ann = world.client();
    ann.mutation(MUTATION, named(&name));
    sent_away(&mut ann);
    check_counter(&mut world.client(), &name, 0);
}

fn a_query_that_traps_is_not_run_again(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    ann.mutate("counters:add", json!({ "name": name, "by": 1 }));
    ann.one_shot(QUERY, named(&name));
    sent_away(&mut ann);
    let mut ann = world.client();
    assert_eq!(
        ann.query_in_vain(QUERY, named(&name)).code.as_str(),
        "internal"
    );
    assert_eq!(
        ann.query(QUERY, named("another")),
        0,
        "it is this call alone"
    );
    // One that traps behind it does not have it forgotten.
    ann.mutation(MUTATION, named(&name));
    sent_away(&mut ann);
    let mut ann = world.client();
    assert_eq!(
        ann.query_in_vain(QUERY, named(&name)).code.as_str(),
        "internal"
    );
}

fn a_live_query_that_traps_is_not_run_again(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, mut bob) = (world.client(), world.client());
    let seen = ann.subscribe(QUERY, named(&name));
    assert_eq!(ann.result(seen), 0);
    bob.mutation("counters:add", json!({ "name": name, "by": 1 }));
    sent_away(&mut ann);
    sent_away(&mut bob);
    let mut ann = world.client();
    let seen = ann.subscribe(QUERY, named(&name));
    assert_eq!(ann.failure(seen).code.as_str(), "internal");
    let value = ann.subscribe("counters:value", named(&name));
    assert_eq!(ann.result(value), 1, "what was written stays");
    ann.mutate("counters:add", json!({ "name": name, "by": 1 }));
    ann.settle();
    assert_eq!(ann.result(value), 2, "others go on");
}

fn a_job_that_traps_has_failed_and_others_run(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    let later = |path: &str, ann: &mut Client| {
        let args = match path {
            "jobs:add_later" => json!({ "name": name, "jobs": 1, "afterMs": 400 }),
            _ => json!({ "name": name, "afterMs": 400 }),
        };
        ann.mutate(path, args)
    };
    let before = later("jobs:add_later", &mut ann);
    let trapping = [(); 2].map(|()| later("jobs:overflow_later", &mut ann));
    let behind = later("jobs:add_later", &mut ann);
    // Each that traps sends everybody away once.
    sent_away(&mut ann);
    let wait = |world: &mut World<'_>, id: &Value, state: &str| {
        let is_done = |ann: &mut Client| {
            let status = ann.query("jobs:status", json!({ "id": id }));
            status["state"] == state
        };
        let mut ann = world.client();
        while !is_done(&mut ann) {}
        wait_until(&mut ann, id, state)
    };
    for id in &trapping {
        let status = wait(world, id, "failed");
        assert_eq!(status["error"]["code"], "internal");
        assert_eq!(status["attempts"], 1);
    }
    for id in [&before, &behind] {
        wait(world, id, "done");
    }
    let mut ann = world.client();
    check_counter(&mut ann, &name, 2);
    // It stays so, when the object is woken for others.
    let last = later("jobs:add_later", &mut ann);
    wait_until(&mut ann, &last, "done");
    check_counter(&mut ann, &name, 3);
}
