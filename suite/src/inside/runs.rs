//! How often queries run: once for all who subscribe, and only where something was hit.

use serde_json::json;

use super::chapter;
use crate::target::in_process::InProcess;
use crate::target::store::SharedStore;
use crate::world::World;

chapter!("runs":
    one_run_serves_all_subscribers,
    a_known_result_is_not_run_again,
    what_was_not_hit_is_not_run,
    what_was_hit_twice_is_run_once,
    rows_beyond_a_full_take_run_nothing,
    a_write_of_another_table_runs_nothing,
    nobody_subscribed_means_nothing_is_run,
    a_rolled_back_write_runs_nothing,
    a_count_is_run_only_where_rows_come_or_go,
    of_a_thousand_queries_the_ten_that_are_hit_run,
);

/// How often a table was read since the last time.
fn reads(store: &SharedStore, table: &str) -> usize {
    let from = format!("FROM \"{table}\"");
    let statements = store.take_statements();
    let of_table = |sql: &&String| sql.starts_with("SELECT") && sql.contains(&from);
    statements.iter().filter(of_table).count()
}

fn one_run_serves_all_subscribers() {
    let mut target = InProcess::default();
    let store = target.store();
    let mut world = World::new(&mut target, "shared");
    let mut clients: Vec<_> = (0..20).map(|_| world.client()).collect();
    for client in &mut clients {
        client.subscribe("items:all", json!({ "list": "x" }));
    }
    let _ = store.take_statements();
    clients[0].settle();
    assert_eq!(reads(&store, "items"), 1);
    clients[0].mutate("items:add", json!({ "list": "x", "rank": 1 }));
    assert_eq!(reads(&store, "items"), 1);
    for client in &mut clients[1..] {
        assert_eq!(client.settle().len(), 2);
    }
}

fn a_known_result_is_not_run_again() {
    let mut target = InProcess::default();
    let store = target.store();
    let mut world = World::new(&mut target, "known");
    let (mut ann, mut bob) = (world.client(), world.client());
    ann.subscribe("items:all", json!({ "list": "x" }));
    ann.settle();
    let _ = store.take_statements();
    let seen = bob.subscribe("items:all", json!({ "list": "x" }));
    assert_eq!(bob.result(seen), json!([]));
    assert_eq!(reads(&store, "items"), 0);
}

fn what_was_not_hit_is_not_run() {
    let mut target = InProcess::default();
    let store = target.store();
    let mut ann = World::new(&mut target, "missed").client();
    for from in (0..100).step_by(10) {
        let range = json!({ "list": "x", "from": from, "to": from + 10 });
        ann.subscribe("items:between", range);
        ann.subscribe("items:all", json!({ "list": format!("list {from}") }));
    }
    ann.settle();
    let _ = store.take_statements();
    ann.mutate("items:add", json!({ "list": "x", "rank": 35 }));
    assert_eq!(reads(&store, "items"), 1);
}

fn what_was_hit_twice_is_run_once() {
    let mut target = InProcess::default();
    let store = target.store();
    let mut ann = World::new(&mut target, "twice").client();
    ann.subscribe("items:all", json!({ "list": "x" }));
    ann.settle();
    let _ = store.take_statements();
    ann.mutation(
        "items:add_ranks",
        json!({ "list": "x", "ranks": [1, 2, 3] }),
    );
    ann.mutation(
        "items:add_ranks",
        json!({ "list": "x", "ranks": [4, 5, 6] }),
    );
    assert_eq!(ann.transition().queries.len(), 1);
    assert_eq!(reads(&store, "items"), 1);
}

fn rows_beyond_a_full_take_run_nothing() {
    let mut target = InProcess::default();
    let store = target.store();
    let mut ann = World::new(&mut target, "take").client();
    ann.mutate(
        "items:add_ranks",
        json!({ "list": "x", "ranks": [10, 20, 30] }),
    );
    let take = |descending: bool| json!({ "list": "x", "count": 1, "descending": descending });
    ann.subscribe("items:take", take(false));
    ann.subscribe("items:take", take(true));
    ann.settle();
    let _ = store.take_statements();
    ann.mutate("items:add_ranks", json!({ "list": "x", "ranks": [11, 29] }));
    assert_eq!(reads(&store, "items"), 0);
    ann.mutate("items:add_ranks", json!({ "list": "x", "ranks": [31] }));
    assert_eq!(reads(&store, "items"), 1);
}

fn a_write_of_another_table_runs_nothing() {
    let mut target = InProcess::default();
    let store = target.store();
    let mut ann = World::new(&mut target, "tables").client();
    ann.subscribe("items:all", json!({ "list": "x" }));
    ann.settle();
    let _ = store.take_statements();
    ann.mutate("notes:add", json!({ "list": "x", "text": "x" }));
    assert_eq!(reads(&store, "items"), 0);
}

fn nobody_subscribed_means_nothing_is_run() {
    let mut target = InProcess::default();
    let store = target.store();
    let mut world = World::new(&mut target, "nobody");
    let (mut ann, mut bob) = (world.client(), world.client());
    let seen = ann.subscribe("items:all", json!({ "list": "x" }));
    ann.settle();
    ann.unsubscribe(seen);
    let mut cleo = world.client();
    cleo.subscribe("items:all", json!({ "list": "x" }));
    cleo.settle();
    drop(cleo);
    let _ = store.take_statements();
    bob.mutate("items:add", json!({ "list": "x", "rank": 1 }));
    assert_eq!(
        reads(&store, "items"),
        0,
        "subscriptions of a lost connection are forgotten"
    );
}

fn a_rolled_back_write_runs_nothing() {
    let mut target = InProcess::default();
    let store = target.store();
    let mut ann = World::new(&mut target, "rolled back").client();
    ann.subscribe("items:all", json!({ "list": "x" }));
    ann.settle();
    let _ = store.take_statements();
    ann.mutate_in_vain("failing:panics_after_writing", json!({ "name": "x" }));
    assert_eq!(reads(&store, "items"), 0);
}

fn a_count_is_run_only_where_rows_come_or_go() {
    let mut target = InProcess::default();
    let store = target.store();
    let mut ann = World::new(&mut target, "count").client();
    let id = ann.mutate("items:add", json!({ "list": "x", "rank": 1 }));
    let count = ann.subscribe("items:count", json!({ "list": "x", "isDone": false }));
    ann.settle();
    let counts = |store: &SharedStore| {
        let statements = store.take_statements();
        let is_count = |sql: &&String| sql.starts_with("SELECT count(*)");
        statements.iter().filter(is_count).count()
    };
    let _ = store.take_statements();
    let patch = |patch: serde_json::Value| json!({ "id": id, "patch": patch });
    ann.mutate("items:patch", patch(json!({ "rank": 2, "title": "new" })));
    assert_eq!(counts(&store), 0);
    ann.mutate("items:patch", patch(json!({ "isDone": true })));
    assert_eq!((counts(&store), ann.result(count)), (1, json!(0)));
    ann.mutate("items:patch", patch(json!({ "title": "newer" })));
    assert_eq!(counts(&store), 0);
    // A change that follows the insert in one transaction must not hide it.
    ann.mutation("items:push", json!({ "list": "x", "title": "y" }));
    ann.mutation("items:patch", patch(json!({ "title": "newest" })));
    ann.transition();
    assert_eq!((counts(&store), ann.result(count)), (1, json!(1)));
}

fn of_a_thousand_queries_the_ten_that_are_hit_run() {
    let mut target = InProcess::default();
    let store = target.store();
    let mut world = World::new(&mut target, "thousand");
    let mut ann = world.client();
    let queries: Vec<_> = (0..1_000)
        .map(|number| {
            // Ten of them have looked at rank 5.
            let from = if number < 10 { number - 5 } else { number };
            let args = json!({ "list": "x", "from": from, "to": from + 11 });
            ("items:between", args)
        })
        .collect();
    ann.query_set(&queries, &[]);
    ann.settle();
    let _ = store.take_statements();
    ann.mutate("items:add", json!({ "list": "x", "rank": 5 }));
    assert_eq!(reads(&store, "items"), 10);
}
