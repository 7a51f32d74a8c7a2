//! Live queries: complete, minimal, and at one version.

use serde_json::json;

use super::chapter;
use crate::client::Client;
use crate::world::World;

chapter!("live", Engine:
    subscribing_answers_with_the_current_result,
    an_answer_and_what_it_changed_come_in_one_transition,
    the_version_goes_up_by_one_for_each_commit,
    two_queries_never_show_different_versions,
    only_what_was_hit_is_sent,
    an_unchanged_result_is_not_sent_again,
    take_is_not_disturbed_by_rows_beyond,
    take_notices_rows_before_its_end,
    take_notices_its_last_row,
    a_range_is_hit_only_inside,
    a_row_that_moves_leaves_one_range_and_enters_another,
    a_missing_value_is_below_no_bound,
    a_document_is_followed_from_change_to_deletion,
    counts_follow_their_rows,
    two_connections_share_a_query,
    one_connection_may_ask_twice,
    unsubscribing_stops_it,
    changed_arguments_are_one_transition,
    several_subscriptions_answer_at_once,
    a_query_that_fails_stays_live,
    a_subscription_beside_a_mutation_misses_nothing,
);

fn subscribing_answers_with_the_current_result(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    ann.mutate("counters:add", json!({ "name": name, "by": 3 }));
    let count = ann.subscribe("counters:value", json!({ "name": name }));
    assert_eq!(ann.result(count), 3);
    assert_eq!(ann.settle(), []);
}

fn an_answer_and_what_it_changed_come_in_one_transition(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    let queries = ann.query_set(
        &[
            ("counters:value", json!({ "name": name })),
            ("counters:is_odd", json!({ "name": name })),
        ],
        &[],
    );
    ann.settle();
    let before = ann.version;
    let request = ann.mutation("counters:add", json!({ "name": name, "by": 1 }));
    let transition = ann.transition();
    assert_eq!(transition.version, before.next());
    assert_eq!(transition.answers.len(), 1);
    assert_eq!(transition.answers[0].request_id, request);
    let changed: Vec<_> = transition.queries.iter().map(|q| q.query_id).collect();
    assert_eq!(changed, queries);
    assert_eq!(ann.result(queries[0]), 1);
    assert_eq!(ann.result(queries[1]), true);
}

fn the_version_goes_up_by_one_for_each_commit(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, mut bob) = (world.client(), world.client());
    let seen = bob.subscribe("counters:value", json!({ "name": name }));
    bob.settle();
    let mut version = bob.version;
    for value in 1..=3 {
        ann.mutate("counters:add", json!({ "name": name, "by": 1 }));
        version = version.next();
        assert_eq!(ann.version, version);
        bob.transition();
        assert_eq!((bob.version, bob.result(seen)), (version, json!(value)));
    }
    ann.query("counters:value", json!({ "name": name }));
    assert_eq!(ann.version, version, "a query is no commit");
}

fn two_queries_never_show_different_versions(world: &mut World<'_>) {
    let (first, second) = (world.list() + "1", world.list() + "2");
    let mut reader = world.client();
    let queries = reader.query_set(
        &[
            ("counters:value", json!({ "name": first })),
            ("counters:value", json!({ "name": second })),
        ],
        &[],
    );
    reader.settle();
    let mut writers: Vec<_> = (0..3).map(|_| world.client()).collect();
    let args = json!({ "first": first, "second": second, "by": 1 });
    let mut requests = Vec::new();
    for _ in 0..20 {
        for (at, writer) in writers.iter_mut().enumerate() {
            requests.push((at, writer.mutation("counters:add_both", args.clone())));
        }
    }
    while reader.result(queries[0]) != 60 {
        let transition = reader.transition();
        assert_eq!(transition.queries.len(), 2, "both change together");
        assert_eq!(reader.result(queries[0]), reader.result(queries[1]));
    }
    for (at, request) in requests {
        writers[at].answer(request);
    }
}

fn only_what_was_hit_is_sent(world: &mut World<'_>) {
    let (hit, missed) = (world.list() + "1", world.list() + "2");
    let mut ann = world.client();
    let queries = ann.query_set(
        &[
            ("items:all", json!({ "list": hit })),
            ("items:all", json!({ "list": missed })),
            ("counters:value", json!({ "name": hit })),
        ],
        &[],
    );
    ann.settle();
    ann.mutation("items:add", json!({ "list": hit, "rank": 1 }));
    let transition = ann.transition();
    let changed: Vec<_> = transition.queries.iter().map(|q| q.query_id).collect();
    assert_eq!(changed, [queries[0]]);
    assert_eq!(ann.settle(), []);
}

fn an_unchanged_result_is_not_sent_again(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, mut bob) = (world.client(), world.client());
    let odd = bob.subscribe("counters:is_odd", json!({ "name": name }));
    assert_eq!(bob.result(odd), false);
    ann.mutate("counters:add", json!({ "name": name, "by": 2 }));
    assert_eq!(bob.settle(), []);
    assert_eq!(bob.version, ann.version);
    ann.mutate("counters:add", json!({ "name": name, "by": 1 }));
    assert_eq!(bob.settle().len(), 1);
    assert_eq!(bob.result(odd), true);
}

fn take_is_not_disturbed_by_rows_beyond(world: &mut World<'_>) {
    let list = world.list();
    let (mut ann, mut bob) = (world.client(), world.client());
    ann.mutate(
        "items:add_ranks",
        json!({ "list": list, "ranks": [10, 20, 30, 40] }),
    );
    let ends = bob.query_set(
        &[
            (
                "items:take",
                json!({ "list": list, "count": 2, "descending": false }),
            ),
            (
                "items:take",
                json!({ "list": list, "count": 2, "descending": true }),
            ),
        ],
        &[],
    );
    assert_eq!(bob.result(ends[0]), json!([10, 20]));
    assert_eq!(bob.result(ends[1]), json!([40, 30]));
    ann.mutate(
        "items:add_ranks",
        json!({ "list": list, "ranks": [25, 21, 29] }),
    );
    assert_eq!(bob.settle(), []);
}

fn take_notices_rows_before_its_end(world: &mut World<'_>) {
    let list = world.list();
    let (mut ann, mut bob) = (world.client(), world.client());
    let first = |count: u32| json!({ "list": list, "count": count, "descending": false });
    ann.mutate(
        "items:add_ranks",
        json!({ "list": list, "ranks": [10, 20] }),
    );
    let full = bob.subscribe("items:take", first(2));
    let open = bob.subscribe("items:take", first(5));
    let none = bob.subscribe("items:take", first(0));
    assert_eq!(bob.result(open), json!([10, 20]));
    assert_eq!(bob.result(none), json!([]));
    bob.settle();
    ann.mutate("items:add_ranks", json!({ "list": list, "ranks": [15] }));
    assert_eq!(bob.transition().queries.len(), 2);
    assert_eq!(bob.result(full), json!([10, 15]));
    ann.mutate("items:add_ranks", json!({ "list": list, "ranks": [99] }));
    assert_eq!(bob.transition().queries.len(), 1);
    assert_eq!(bob.result(open), json!([10, 15, 20, 99]));
    assert_eq!(bob.settle(), []);
}

fn take_notices_its_last_row(world: &mut World<'_>) {
    let list = world.list();
    let (mut ann, mut bob) = (world.client(), world.client());
    let ranks = json!({ "list": list, "ranks": [10, 20, 30, 40] });
    let ids = ann.mutate("items:add_ranks", ranks);
    let take = |descending: bool| json!({ "list": list, "count": 2, "descending": descending });
    let first = bob.subscribe("items:take", take(false));
    let last = bob.subscribe("items:take", take(true));
    bob.settle();
    ann.mutate("items:remove", json!({ "id": ids[1] }));
    bob.settle();
    assert_eq!(bob.result(first), json!([10, 30]));
    ann.mutate("items:shift", json!({ "id": ids[2], "by": -25 }));
    bob.settle();
    assert_eq!(bob.result(first), json!([5, 10]));
    assert_eq!(bob.result(last), json!([40, 10]));
}

fn a_range_is_hit_only_inside(world: &mut World<'_>) {
    let list = world.list();
    let (mut ann, mut bob) = (world.client(), world.client());
    let range = bob.subscribe(
        "items:between",
        json!({ "list": list, "from": 0, "to": 10 }),
    );
    bob.settle();
    ann.mutate(
        "items:add_ranks",
        json!({ "list": list, "ranks": [-1, 10, 11] }),
    );
    assert_eq!(bob.settle(), []);
    ann.mutate("items:add_ranks", json!({ "list": list, "ranks": [0, 9] }));
    bob.transition();
    assert_eq!(bob.result(range), json!([0, 9]));
}

fn a_row_that_moves_leaves_one_range_and_enters_another(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    let id = ann.mutate("items:add", json!({ "list": list, "rank": 5 }));
    let ranges = ann.query_set(
        &[
            (
                "items:between",
                json!({ "list": list, "from": 0, "to": 10 }),
            ),
            (
                "items:between",
                json!({ "list": list, "from": 10, "to": 20 }),
            ),
        ],
        &[],
    );
    assert_eq!(ann.result(ranges[0]), json!([5]));
    ann.settle();
    ann.mutation("items:shift", json!({ "id": id, "by": 10 }));
    assert_eq!(ann.transition().queries.len(), 2);
    assert_eq!(ann.result(ranges[0]), json!([]));
    assert_eq!(ann.result(ranges[1]), json!([15]));
}

fn a_missing_value_is_below_no_bound(world: &mut World<'_>) {
    let list = world.list();
    let (mut ann, mut bob) = (world.client(), world.client());
    ann.mutate("items:add", json!({ "list": list, "rank": 1, "note": "a" }));
    ann.mutate("items:add", json!({ "list": list, "rank": 2 }));
    let below = bob.subscribe("items:note_below", json!({ "list": list, "note": "b" }));
    assert_eq!(bob.result(below), json!([1]));
    ann.mutate(
        "items:add",
        json!({ "list": list, "rank": 3, "note": null }),
    );
    assert_eq!(bob.settle(), []);
    ann.mutate("items:add", json!({ "list": list, "rank": 4, "note": "" }));
    bob.transition();
    assert_eq!(bob.result(below), json!([4, 1]));
}

fn a_document_is_followed_from_change_to_deletion(world: &mut World<'_>) {
    let list = world.list();
    let (mut ann, mut bob) = (world.client(), world.client());
    let id = ann.mutate(
        "items:add",
        json!({ "list": list, "rank": 1, "title": "a" }),
    );
    let item = bob.subscribe("items:get", json!({ "id": id }));
    assert_eq!(bob.result(item)["title"], "a");
    ann.mutate(
        "items:patch",
        json!({ "id": id, "patch": { "title": "b" } }),
    );
    bob.transition();
    assert_eq!(bob.result(item)["title"], "b");
    ann.mutate("items:remove", json!({ "id": id }));
    bob.transition();
    assert_eq!(bob.result(item), json!(null));
}

fn counts_follow_their_rows(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    let open = ann.subscribe("items:count", json!({ "list": list, "isDone": false }));
    let done = ann.subscribe("items:count", json!({ "list": list, "isDone": true }));
    let id = ann.mutate("items:add", json!({ "list": list, "rank": 1 }));
    ann.mutate("items:add", json!({ "list": list, "rank": 2 }));
    assert_eq!((ann.result(open), ann.result(done)), (json!(2), json!(0)));
    ann.mutate(
        "items:patch",
        json!({ "id": id, "patch": { "isDone": true } }),
    );
    assert_eq!((ann.result(open), ann.result(done)), (json!(1), json!(1)));
    ann.mutation(
        "items:patch",
        json!({ "id": id, "patch": { "title": "new" } }),
    );
    assert_eq!(ann.transition().queries, []);
}

fn two_connections_share_a_query(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, mut bob, mut cleo) = (world.client(), world.client(), world.client());
    let watch = |client: &mut Client| client.subscribe("counters:value", json!({ "name": name }));
    let seen = (watch(&mut ann), watch(&mut bob));
    ann.settle();
    bob.settle();
    cleo.mutate("counters:add", json!({ "name": name, "by": 1 }));
    ann.transition();
    bob.transition();
    assert_eq!(
        (ann.result(seen.0), bob.result(seen.1)),
        (json!(1), json!(1))
    );
    let late = watch(&mut cleo);
    assert_eq!(
        cleo.result(late),
        1,
        "one who comes late is told what is known"
    );
    ann.unsubscribe(seen.0);
    ann.settle();
    cleo.mutate("counters:add", json!({ "name": name, "by": 1 }));
    bob.transition();
    assert_eq!(bob.result(seen.1), 2, "another's end is not one's own");
    assert_eq!(ann.settle(), []);
}

fn one_connection_may_ask_twice(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    let first = ann.subscribe("counters:value", json!({ "name": name }));
    ann.settle();
    let second = ann.subscribe("counters:value", json!({ "name": name }));
    assert_eq!(ann.result(second), 0);
    ann.mutation("counters:add", json!({ "name": name, "by": 1 }));
    assert_eq!(ann.transition().queries.len(), 2);
    ann.unsubscribe(first);
    ann.mutate("counters:add", json!({ "name": name, "by": 1 }));
    assert_eq!(
        (ann.result(first), ann.result(second)),
        (json!(1), json!(2))
    );
}

fn unsubscribing_stops_it(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, mut bob) = (world.client(), world.client());
    let seen = bob.subscribe("counters:value", json!({ "name": name }));
    bob.settle();
    bob.unsubscribe(seen);
    bob.settle();
    ann.mutate("counters:add", json!({ "name": name, "by": 1 }));
    assert_eq!(bob.settle(), []);
    assert_eq!(bob.result(seen), 0);
}

fn changed_arguments_are_one_transition(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    ann.mutate(
        "items:add_ranks",
        json!({ "list": list, "ranks": [1, 2, 3] }),
    );
    let take = |count: u32| json!({ "list": list, "count": count, "descending": false });
    let one = ann.subscribe("items:take", take(1));
    ann.settle();
    let two = ann.query_set(&[("items:take", take(2))], &[one])[0];
    let transition = ann.transition();
    assert_eq!(transition.queries.len(), 1);
    assert_eq!(transition.queries[0].query_id, two);
    assert_eq!(ann.result(two), json!([1, 2]));
    ann.mutation("items:add_ranks", json!({ "list": list, "ranks": [0] }));
    let transition = ann.transition();
    assert_eq!(transition.queries.len(), 1, "the old one has ended");
    assert_eq!(ann.result(two), json!([0, 1]));
}

fn several_subscriptions_answer_at_once(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    let wanted: Vec<_> = (0..20)
        .map(|from| json!({ "list": list, "from": from, "to": from + 1 }))
        .map(|args| ("items:between", args))
        .chain([
            ("failing:not_found", json!({})),
            ("nowhere:nothing", json!({})),
        ])
        .collect();
    ann.query_set(&wanted, &[]);
    assert_eq!(ann.transition().queries.len(), wanted.len());
    assert_eq!(ann.settle(), []);
}

fn a_query_that_fails_stays_live(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, mut bob) = (world.client(), world.client());
    ann.mutate("counters:add", json!({ "name": name, "by": -1 }));
    let seen = bob.subscribe("failing:panics_below_zero", json!({ "name": name }));
    assert_eq!(bob.failure(seen).code.as_str(), "internal");
    ann.mutate("counters:add", json!({ "name": name, "by": 5 }));
    bob.transition();
    assert_eq!(bob.result(seen), 4);
    ann.mutate("counters:add", json!({ "name": name, "by": -5 }));
    bob.transition();
    assert_eq!(bob.failure(seen).code.as_str(), "internal");
}

fn a_subscription_beside_a_mutation_misses_nothing(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, mut bob) = (world.client(), world.client());
    for round in 1..=20 {
        let request = ann.mutation("counters:add", json!({ "name": name, "by": 1 }));
        let seen = bob.subscribe("counters:value", json!({ "name": name }));
        ann.answer(request);
        bob.settle();
        assert_eq!(bob.result(seen), round, "whichever came first");
        bob.unsubscribe(seen);
    }
}
