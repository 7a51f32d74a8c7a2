//! A host that drops its engine from memory and keeps the sockets: nobody is sent away, and nobody
//! misses anything.

use serde_json::{Value, json};
use zeroback_protocol::QueryResult;

use super::chapter;
use crate::client::{Client, Event};
use crate::queue::Queue;
use crate::target::End;
use crate::world::World;

chapter!("sleep", Sleep:
    clients_go_on_where_they_were,
    pings_wake_nobody,
    nothing_runs_before_the_first_write,
    a_write_over_http_reaches_those_who_slept_as_a_delta,
    a_mutation_that_wakes_is_answered_and_told,
    who_comes_back_after_a_sleep_resumes,
    a_mutation_that_is_sent_again_after_a_sleep_is_made_once,
    clients_with_many_queries_go_on,
    who_leaves_or_drops_during_a_sleep_disturbs_nobody,
    a_stop_after_a_sleep_is_survived,
);

/// Has the engine sleep, and sees to it that it was dropped once it has woken.
fn sleep_until<T>(world: &mut World<'_>, wake: impl FnOnce(&mut World<'_>) -> T) -> T {
    let lives = world.lives();
    world.hibernate();
    assert_eq!(world.lives(), lives, "it sleeps");
    let woken = wake(world);
    assert_eq!(world.lives(), lives + 1, "it was dropped, and is back");
    woken
}

fn add(client: &mut Client, list: &str, rank: i64) -> Value {
    client.mutate("items:add", json!({ "list": list, "rank": rank }))
}

fn add_by_http(world: &mut World<'_>, list: &str, rank: i64) {
    let call = json!({ "path": "items:add", "args": { "list": list, "rank": rank } });
    let (status, body) = world.post("/api/mutation", &call);
    assert_eq!(status, 200, "{body}");
}

/// Returns how often documents of a table were read.
fn reads(statements: &[String], table: &str) -> usize {
    let from = format!("FROM \"{table}\"");
    let reads = statements.iter().filter(|sql| sql.contains(&from));
    reads.count()
}

fn clients_go_on_where_they_were(world: &mut World<'_>) {
    let list = world.list();
    let (mut ann, mut bob, mut cleo) = (world.client(), world.client(), world.client());
    let all = ann.subscribe("items:all", json!({ "list": list }));
    let count = bob.subscribe("items:count", json!({ "list": list, "isDone": false }));
    let counter = bob.subscribe("counters:value", json!({ "name": list }));
    for client in [&mut ann, &mut bob, &mut cleo] {
        client.settle();
    }
    for rank in 1..=3 {
        sleep_until(world, |_| add(&mut cleo, &list, rank));
        sleep_until(world, |_| {
            ann.mutate("counters:add", json!({ "name": list, "by": 1 }))
        });
        for client in [&mut ann, &mut bob] {
            client.settle();
        }
        assert_eq!(
            ann.result(all).as_array().map(Vec::len),
            usize::try_from(rank).ok()
        );
        assert_eq!(bob.result(count), rank);
        assert_eq!(bob.result(counter), rank);
    }
    let same = cleo.subscribe("items:all", json!({ "list": list }));
    assert_eq!(cleo.result(same), ann.result(all));
}

fn pings_wake_nobody(world: &mut World<'_>) {
    let mut ann = world.client();
    let seen = ann.subscribe("items:all", json!({ "list": world.list() }));
    ann.settle();
    sleep_until(world, |world| {
        let lives = world.lives();
        for _ in 0..5 {
            ann.send_text("ping");
            assert_eq!(ann.event(), Event::Pong);
        }
        assert_eq!(world.lives(), lives);
        assert_eq!(ann.settle(), []);
    });
    assert_eq!(ann.result(seen), json!([]));
}

fn nothing_runs_before_the_first_write(world: &mut World<'_>) {
    let list = world.list();
    let (mut ann, mut bob) = (world.client(), world.client());
    let all = ann.subscribe("items:all", json!({ "list": list }));
    ann.subscribe("counters:value", json!({ "name": list }));
    ann.settle();
    let _ = world.statements();
    sleep_until(world, |_| bob.query("marker", json!({})));
    let statements = world.statements();
    assert_eq!(reads(&statements, "items"), 0, "{statements:#?}");
    assert_eq!(reads(&statements, "counters"), 0, "{statements:#?}");
    add(&mut bob, &list, 1);
    ann.settle();
    assert_eq!(ann.result(all).as_array().map(Vec::len), Some(1));
    let statements = world.statements();
    assert_eq!(
        reads(&statements, "items"),
        2,
        "once before the write, and once after it: {statements:#?}"
    );
    assert_eq!(reads(&statements, "counters"), 0, "{statements:#?}");
}

fn a_write_over_http_reaches_those_who_slept_as_a_delta(world: &mut World<'_>) {
    let list = world.list();
    let mut clients = [world.client(), world.client(), world.client()];
    for rank in 0..20 {
        add(&mut clients[0], &list, rank);
    }
    let seen = clients.each_mut().map(|client| {
        let seen = client.subscribe("items:all", json!({ "list": list }));
        client.settle();
        seen
    });
    sleep_until(world, |world| add_by_http(world, &list, 20));
    for (client, seen) in clients.iter_mut().zip(seen) {
        let transition = client.transition();
        let [update] = &transition.queries[..] else {
            panic!("expected one update, found {transition:?}");
        };
        assert!(matches!(update.result, QueryResult::Deltas { .. }));
        assert_eq!(client.result(seen).as_array().map(Vec::len), Some(21));
    }
}

fn a_mutation_that_wakes_is_answered_and_told(world: &mut World<'_>) {
    let list = world.list();
    let (mut ann, mut bob) = (world.client(), world.client());
    let [hers, his] = [&mut ann, &mut bob].map(|client| {
        let seen = client.subscribe("items:all", json!({ "list": list }));
        client.settle();
        seen
    });
    let request = sleep_until(world, |_| {
        let item = json!({ "list": list, "rank": 1 });
        let request = ann.mutation("items:add", item);
        let transition = ann.transition();
        assert_eq!(transition.answers.len(), 1, "the answer and the change");
        assert_eq!(transition.queries.len(), 1, "are one transition");
        request
    });
    ann.answers_taken(request);
    bob.transition();
    assert_eq!(ann.result(hers), bob.result(his));
    assert_eq!(ann.result(hers).as_array().map(Vec::len), Some(1));
}

fn who_comes_back_after_a_sleep_resumes(world: &mut World<'_>) {
    let list = world.list();
    let (mut ann, mut bob) = (world.client(), world.client());
    add(&mut bob, &list, 1);
    let all = ann.subscribe("items:all", json!({ "list": list }));
    let counter = ann.subscribe("counters:value", json!({ "name": list }));
    ann.settle();
    let (items, value) = (ann.held(all), ann.held(counter));
    drop(ann);
    bob.settle();
    sleep_until(world, |_| add(&mut bob, &list, 2));
    let mut ann = world.client();
    let all = ann.resume("items:all", json!({ "list": list }), &items);
    let counter = ann.resume("counters:value", json!({ "name": list }), &value);
    let told = ann.settle();
    let updates: Vec<_> = told.iter().flat_map(|told| &told.queries).collect();
    assert_eq!(updates.len(), 1, "only what has changed: {updates:?}");
    assert_eq!(ann.result(all).as_array().map(Vec::len), Some(2));
    assert_eq!(ann.result(counter), 0);
}

fn a_mutation_that_is_sent_again_after_a_sleep_is_made_once(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, mut bob, queue) = (world.client(), world.client(), Queue::new(&name));
    let seen = bob.subscribe("counters:value", json!({ "name": name }));
    bob.settle();
    assert_eq!(queue.add(&mut ann, 1, &name), "1");
    bob.settle();
    let again = sleep_until(world, |_| queue.add_again(&mut ann, 1, &name));
    assert_eq!(again, "1", "from its record");
    assert_eq!(bob.settle(), []);
    assert_eq!(queue.add(&mut ann, 2, &name), "2");
    bob.settle();
    assert_eq!(bob.result(seen), 2);
}

fn clients_with_many_queries_go_on(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, mut bob) = (world.client(), world.client());
    let lists: Vec<_> = (0..900).map(|at| format!("{name} {at}")).collect();
    // Far beyond what the platform keeps with a socket: 16 KiB.
    for _ in 0..2_000 {
        let passing = ann.subscribe("marker", json!({}));
        ann.unsubscribe(passing);
    }
    let watch = |list: &String| ("items:all", json!({ "list": list }));
    let watched: Vec<_> = lists.iter().map(watch).collect();
    let seen = ann.query_set(&watched, &[]);
    ann.settle();
    sleep_until(world, |_| add(&mut bob, &lists[899], 1));
    let transition = ann.transition();
    assert_eq!(transition.queries.len(), 1);
    assert_eq!(ann.result(seen[899]).as_array().map(Vec::len), Some(1));
    ann.query_set(&[], &seen[10..]);
    ann.settle();
    sleep_until(world, |_| add(&mut bob, &lists[9], 1));
    ann.settle();
    assert_eq!(ann.result(seen[9]).as_array().map(Vec::len), Some(1));
}

fn who_leaves_or_drops_during_a_sleep_disturbs_nobody(world: &mut World<'_>) {
    let list = world.list();
    let [mut ann, mut bob, mut cleo] = [world.client(), world.client(), world.client()];
    for client in [&mut ann, &mut bob, &mut cleo] {
        client.subscribe("items:all", json!({ "list": list }));
        client.settle();
    }
    let seen = ann.subscribe("items:count", json!({ "list": list, "isDone": false }));
    ann.settle();
    sleep_until(world, |world| {
        bob.close();
        drop(cleo);
        add_by_http(world, &list, 1);
    });
    ann.settle();
    assert_eq!(ann.result(seen), 1);
    sleep_until(world, |_| add(&mut ann, &list, 2));
    assert_eq!(ann.result(seen), 2);
}

fn a_stop_after_a_sleep_is_survived(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    let seen = ann.subscribe("items:all", json!({ "list": list }));
    sleep_until(world, |_| add(&mut ann, &list, 1));
    ann.settle();
    let held = ann.held(seen);
    world.hibernate();
    world.restart(End::Stop);
    assert!(matches!(ann.event(), Event::Closed(_)));
    let mut ann = world.client();
    let seen = ann.resume("items:all", json!({ "list": list }), &held);
    assert_eq!(ann.settle(), [], "the tag is the same");
    add(&mut ann, &list, 2);
    assert_eq!(ann.result(seen).as_array().map(Vec::len), Some(2));
}
