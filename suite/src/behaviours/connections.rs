//! Connections: each with ids of its own, and none in another's way.

use serde_json::json;
use zeroback_protocol::{Outcome, QueryId, RequestId};

use super::chapter;
use crate::client::Event;
use crate::world::World;

chapter!("connections", Engine:
    ids_mean_nothing_to_another_connection,
    one_that_drops_disturbs_nobody,
    one_that_leaves_in_order_disturbs_nobody,
    a_mutation_of_one_that_drops_is_whole_or_not_at_all,
    many_connections_see_one_change;
    Host: ping_is_answered_by_pong, one_that_does_not_read_disturbs_nobody,
);

fn ids_mean_nothing_to_another_connection(world: &mut World<'_>) {
    let list = world.list();
    let (mut ann, mut bob) = (world.client(), world.client());
    let watch = |rank: i64| {
        format!(
            r#"{{"type":"querySet","add":[{{"queryId":1,"path":"items:between","args":{{"list":"{list}","from":{rank},"to":{}}}}}]}}"#,
            rank + 10
        )
    };
    ann.send_text(watch(0));
    bob.send_text(watch(10));
    ann.settle();
    bob.settle();
    let add = |rank: i64| {
        format!(
            r#"{{"type":"mutation","requestId":500,"path":"items:add","args":{{"list":"{list}","rank":{rank}}}}}"#
        )
    };
    ann.send_text(add(5));
    bob.send_text(add(15));
    for client in [&mut ann, &mut bob] {
        assert!(matches!(client.answer(RequestId(500)), Outcome::Success(_)));
        client.settle();
    }
    assert_eq!(ann.result(QueryId(1)), json!([5]));
    assert_eq!(bob.result(QueryId(1)), json!([15]));
    ann.unsubscribe(QueryId(1));
    ann.settle();
    ann.mutate("items:add", json!({ "list": list, "rank": 16 }));
    bob.settle();
    assert_eq!(bob.result(QueryId(1)), json!([15, 16]));
}

fn one_that_drops_disturbs_nobody(world: &mut World<'_>) {
    let name = world.list();
    let mut bob = world.client();
    let seen = bob.subscribe("counters:value", json!({ "name": name }));
    bob.settle();
    for value in 1..=5 {
        let mut ann = world.client();
        ann.subscribe("counters:value", json!({ "name": name }));
        ann.subscribe("counters:is_odd", json!({ "name": name }));
        ann.settle();
        ann.one_shot("counters:value", json!({ "name": name }));
        drop(ann);
        bob.mutate("counters:add", json!({ "name": name, "by": 1 }));
        assert_eq!(bob.result(seen), value);
    }
}

fn one_that_leaves_in_order_disturbs_nobody(world: &mut World<'_>) {
    let name = world.list();
    let mut bob = world.client();
    let seen = bob.subscribe("counters:value", json!({ "name": name }));
    let mut ann = world.client();
    ann.subscribe("counters:value", json!({ "name": name }));
    ann.settle();
    ann.close();
    bob.mutate("counters:add", json!({ "name": name, "by": 1 }));
    assert_eq!(bob.result(seen), 1);
}

fn a_mutation_of_one_that_drops_is_whole_or_not_at_all(world: &mut World<'_>) {
    let (first, second) = (world.list() + "1", world.list() + "2");
    let mut bob = world.client();
    let queries = bob.query_set(
        &[
            ("counters:value", json!({ "name": first })),
            ("counters:value", json!({ "name": second })),
        ],
        &[],
    );
    bob.settle();
    let args = json!({ "first": first, "second": second, "by": 1 });
    for _ in 0..5 {
        let mut ann = world.client();
        ann.mutation("counters:add_both", args.clone());
        drop(ann);
    }
    bob.mutate("counters:add_both", args);
    bob.settle();
    let (one, other) = (bob.result(queries[0]), bob.result(queries[1]));
    assert_eq!(one, other);
    assert!((1..=6).contains(&one.as_i64().expect("a number")));
}

fn many_connections_see_one_change(world: &mut World<'_>) {
    let name = world.list();
    let mut clients: Vec<_> = (0..30).map(|_| world.client()).collect();
    let mut queries = Vec::new();
    for client in &mut clients {
        let seen = client.subscribe("counters:value", json!({ "name": name }));
        client.settle();
        queries.push(seen);
    }
    clients[0].mutate("counters:add", json!({ "name": name, "by": 1 }));
    for (client, seen) in clients.iter_mut().zip(queries).skip(1) {
        client.transition();
        assert_eq!(client.result(seen), 1);
    }
}

fn ping_is_answered_by_pong(world: &mut World<'_>) {
    let mut ann = world.stranger();
    ann.send_text("ping");
    assert_eq!(ann.event(), Event::Pong, "before `connect`, too");
    ann.connect();
    ann.send_text("ping");
    assert_eq!(ann.event(), Event::Pong);
    assert_eq!(ann.settle(), []);
}

fn one_that_does_not_read_disturbs_nobody(world: &mut World<'_>) {
    let list = world.list();
    let (mut ann, mut bob) = (world.client(), world.client());
    for _ in 0..7 {
        bob.mutate("blobs:put", json!({ "list": list, "bytes": 1_000_000 }));
    }
    ann.subscribe("blobs:all", json!({ "list": list }));
    // Each of these sends ann seven megabytes once more, which is still a result that is allowed.
    for count in 8..=14 {
        bob.mutate("blobs:put", json!({ "list": list, "bytes": 1 }));
        let sizes = bob.query("blobs:sizes", json!({ "list": list }));
        assert_eq!(sizes.as_array().map(Vec::len), Some(count));
    }
    // Where the host knows what waits for ann, it has let go of her; else she gets it all.
    while ann.version < bob.version {
        match ann.event() {
            Event::Closed(code) => return assert_eq!(code, 4408),
            Event::Message(_) => {}
            Event::Pong => panic!("nobody asked"),
        }
    }
}
