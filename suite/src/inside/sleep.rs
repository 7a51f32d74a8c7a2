//! An engine that is lost between two events, as a Durable Object that hibernates is, and brought
//! back with its sockets open.

use serde_json::{Value, json};
use zeroback_protocol::{ClientMessage, ErrorCode, QueryResult, ServerMessage};
use zeroback_runtime::engine::EngineConfig;

use super::chapter;
use crate::client::{Client, Event};
use crate::target::Target as _;
use crate::target::http::Request;
use crate::target::in_process::InProcess;
use crate::target::store::{Fault, SharedStore};
use crate::world::World;

chapter!("sleep":
    sockets_go_on_where_they_were,
    nothing_runs_before_the_first_write,
    only_what_reads_the_written_tables_runs,
    the_first_change_comes_as_a_delta,
    a_newcomer_is_told_and_others_are_not,
    what_was_committed_and_not_told_is_told,
    a_client_that_was_behind_is_told_all,
    one_that_was_behind_is_told_what_it_shares_with_others,
    a_new_socket_is_known_at_once,
    ended_queries_stay_ended,
    connections_with_many_queries_go_on_too,
    what_nobody_subscribes_to_is_not_kept,
    sleeping_again_and_again_keeps_no_more,
    a_key_is_never_another_query_s,
    rows_from_before_keys_were_kept_stay,
    a_flush_keeps_nothing_in_the_database,
    whoever_keeps_what_was_told_may_leave,
    who_comes_after_writes_without_sockets_is_told,
    what_could_not_be_kept_is_kept_in_the_next_turn,
    what_cannot_be_kept_keeps_no_host_busy,
    an_engine_that_takes_no_calls_keeps_no_host_busy,
    what_the_store_has_failed_is_run_after_a_sleep,
    who_sleeps_through_a_large_change_is_told_what_it_has_changed,
    who_asks_amid_a_large_change_is_not_forgotten_with_it,
);

fn engine() -> InProcess {
    InProcess::new(EngineConfig {
        hibernates: true,
        ..EngineConfig::default()
    })
}

fn list() -> Value {
    json!({ "list": "x" })
}

fn add(client: &mut Client, rank: i64) -> Value {
    client.mutate("items:add", json!({ "list": "x", "rank": rank }))
}

fn reads(store: &SharedStore) -> usize {
    let statements = store.take_statements();
    let reads = |sql: &&String| sql.contains("FROM \"items\"") || sql.contains("FROM \"counters\"");
    statements.iter().filter(reads).count()
}

fn rows(store: &SharedStore, table: &str) -> usize {
    store.count(table)
}

fn sockets_go_on_where_they_were() {
    let target = engine();
    let mut other = target.clone();
    let mut world = World::new(&mut other, "goes on");
    let (mut ann, mut bob) = (world.client(), world.client());
    let seen = ann.subscribe("items:all", list());
    add(&mut bob, 1);
    ann.settle();
    target.hibernate();
    add(&mut bob, 2);
    ann.settle();
    assert_eq!(ann.result(seen).as_array().map(Vec::len), Some(2));
    let again = bob.subscribe("items:all", list());
    assert_eq!(bob.result(again), ann.result(seen));
}

fn nothing_runs_before_the_first_write() {
    let target = engine();
    let mut other = target.clone();
    let mut world = World::new(&mut other, "asleep");
    let mut ann = world.client();
    ann.subscribe("items:all", list());
    ann.settle();
    let _ = target.store().take_statements();
    target.hibernate();
    ann.query("marker", json!({}));
    assert_eq!(reads(&target.store()), 0);
}

fn only_what_reads_the_written_tables_runs() {
    let target = engine();
    let mut other = target.clone();
    let mut world = World::new(&mut other, "tables");
    let (mut ann, mut bob) = (world.client(), world.client());
    ann.subscribe("items:all", list());
    let counter = ann.subscribe("counters:value", json!({ "name": "x" }));
    ann.settle();
    target.hibernate();
    let _ = target.store().take_statements();
    bob.mutate("counters:add", json!({ "name": "x", "by": 5 }));
    let statements = target.store().take_statements();
    let items = statements
        .iter()
        .filter(|sql| sql.contains("FROM \"items\""));
    assert_eq!(items.count(), 0);
    ann.settle();
    assert_eq!(ann.result(counter), 5);
}

fn the_first_change_comes_as_a_delta() {
    let target = engine();
    let mut other = target.clone();
    let mut world = World::new(&mut other, "delta");
    let (mut ann, mut bob) = (world.client(), world.client());
    for rank in 0..20 {
        add(&mut bob, rank);
    }
    let seen = ann.subscribe("items:all", list());
    ann.settle();
    target.hibernate();
    add(&mut bob, 20);
    let transition = ann.transition();
    let [update] = &transition.queries[..] else {
        panic!("expected one update, found {transition:?}");
    };
    assert!(matches!(update.result, QueryResult::Deltas { .. }));
    assert_eq!(ann.result(seen).as_array().map(Vec::len), Some(21));
}

fn a_newcomer_is_told_and_others_are_not() {
    let target = engine();
    let mut other = target.clone();
    let mut world = World::new(&mut other, "newcomer");
    let (mut ann, mut bob) = (world.client(), world.client());
    add(&mut bob, 1);
    let seen = ann.subscribe("items:all", list());
    ann.settle();
    target.hibernate();
    let same = bob.subscribe("items:all", list());
    assert_eq!(bob.result(same).as_array().map(Vec::len), Some(1));
    assert_eq!(ann.settle(), []);
    add(&mut bob, 2);
    ann.settle();
    assert_eq!(ann.result(seen).as_array().map(Vec::len), Some(2));
}

fn what_was_committed_and_not_told_is_told() {
    let target = engine();
    let mut other = target.clone();
    let mut world = World::new(&mut other, "not told");
    let (mut ann, mut bob) = (world.client(), world.client());
    let seen = ann.subscribe("items:all", list());
    ann.settle();
    bob.mutation("items:add", json!({ "list": "x", "rank": 1 }));
    target.commit();
    target.hibernate();
    assert_eq!(ann.event(), Event::Message(ServerMessage::Resend));
    ann.transition();
    assert_eq!(ann.result(seen).as_array().map(Vec::len), Some(1));
    assert_eq!(bob.event(), Event::Message(ServerMessage::Resend));
    assert_eq!(bob.settle(), [], "the answer is lost, and asked for again");
    target.hibernate();
    assert_eq!(
        (ann.settle(), bob.settle()),
        (vec![], vec![]),
        "all is told now"
    );
}

fn a_client_that_was_behind_is_told_all() {
    let target = InProcess::new(EngineConfig {
        hibernates: true,
        unacknowledged_bytes_max: 20_000,
        ..EngineConfig::default()
    });
    let mut other = target.clone();
    let mut world = World::new(&mut other, "behind");
    let (mut ann, mut bob) = (world.client(), world.client());
    ann.acknowledges = false;
    let seen = ann.subscribe("items:all", list());
    ann.settle();
    for _ in 0..10 {
        let item = json!({ "list": "x", "rank": 1, "title": "a".repeat(3_000) });
        bob.mutate("items:add", item);
    }
    ann.arrived();
    ann.send(&ClientMessage::QuerySet {
        set: Some(7),
        add: Vec::new(),
        remove: Vec::new(),
    });
    ann.mutation("items:add", json!({ "list": "x", "rank": 2 }));
    let refused = ann.subscribe("no:such", json!({}));
    target.turn();
    assert_eq!(ann.arrived(), 0, "its answer is held back too");
    target.hibernate();
    target.turn();
    assert_eq!(ann.event(), Event::Message(ServerMessage::Resend));
    assert_eq!(ann.transition().set, Some(7));
    assert_eq!(ann.result(seen).as_array().map(Vec::len), Some(11));
    assert_eq!(ann.failure(refused).code, ErrorCode::UNAVAILABLE);
}

fn one_that_was_behind_is_told_what_it_shares_with_others() {
    let target = InProcess::new(EngineConfig {
        hibernates: true,
        unacknowledged_bytes_max: 20_000,
        ..EngineConfig::default()
    });
    let mut other = target.clone();
    let mut world = World::new(&mut other, "shared");
    let (mut ann, mut bob) = (world.client(), world.client());
    ann.acknowledges = false;
    let seen = ann.subscribe("items:all", list());
    bob.subscribe("items:all", list());
    ann.settle();
    for _ in 0..10 {
        let item = json!({ "list": "x", "rank": 1, "title": "a".repeat(3_000) });
        bob.mutate("items:add", item);
    }
    ann.arrived();
    // Bob's socket comes after hers, and he has been told all.
    target.hibernate();
    target.turn();
    assert_eq!(ann.event(), Event::Message(ServerMessage::Resend));
    ann.transition();
    assert_eq!(ann.result(seen).as_array().map(Vec::len), Some(10));
}

fn a_new_socket_is_known_at_once() {
    let target = engine();
    let mut other = target.clone();
    let mut world = World::new(&mut other, "new");
    let mut stranger = world.stranger();
    target.turn();
    target.hibernate();
    stranger.connect();
    target.turn();
    target.hibernate();
    let seen = stranger.subscribe("items:all", list());
    assert_eq!(stranger.result(seen), json!([]));
}

fn ended_queries_stay_ended() {
    let target = engine();
    let mut other = target.clone();
    let mut world = World::new(&mut other, "ended");
    let mut ann = world.client();
    let seen = ann.subscribe("items:all", list());
    ann.settle();
    ann.unsubscribe(seen);
    ann.settle();
    target.hibernate();
    add(&mut ann, 1);
    assert_eq!(ann.result(seen), json!([]), "as it was last told");
    assert_eq!(rows(&target.store(), "_zeroback_live"), 0);
}

fn connections_with_many_queries_go_on_too() {
    let target = engine();
    let mut other = target.clone();
    let mut world = World::new(&mut other, "many");
    let mut ann = world.client();
    for _ in 0..3_000 {
        // Ids become long, and with them what is to be kept.
        let passing = ann.subscribe("marker", json!({}));
        ann.unsubscribe(passing);
    }
    let seen: Vec<_> = (0..999)
        .map(|list| ann.subscribe("items:all", json!({ "list": format!("{list}") })))
        .collect();
    ann.settle();
    assert_eq!(rows(&target.store(), "_zeroback_attachments"), 1);
    target.hibernate();
    ann.mutate("items:add", json!({ "list": "998", "rank": 1 }));
    assert_eq!(ann.result(seen[998]).as_array().map(Vec::len), Some(1));
    for query in &seen[10..] {
        ann.unsubscribe(*query);
    }
    ann.settle();
    assert_eq!(rows(&target.store(), "_zeroback_attachments"), 0);
}

fn what_nobody_subscribes_to_is_not_kept() {
    let target = engine();
    let mut other = target.clone();
    let mut world = World::new(&mut other, "nobody");
    let mut ann = world.client();
    let mut bob = world.client();
    ann.subscribe("items:all", list());
    ann.settle();
    ann.close();
    bob.settle();
    target.hibernate();
    bob.settle();
    assert_eq!(rows(&target.store(), "_zeroback_live"), 0);
}

fn sleeping_again_and_again_keeps_no_more() {
    let target = engine();
    let mut other = target.clone();
    let mut world = World::new(&mut other, "again");
    let mut ann = world.client();
    let seen = ann.subscribe("items:all", list());
    ann.settle();
    for rank in 0..5 {
        target.hibernate();
        add(&mut ann, rank);
        target.hibernate();
        ann.settle();
    }
    assert_eq!(ann.result(seen).as_array().map(Vec::len), Some(5));
    assert_eq!(rows(&target.store(), "_zeroback_live"), 1);
}

fn a_key_is_never_another_query_s() {
    let target = engine();
    let store = target.store();
    let mut other = target.clone();
    let mut world = World::new(&mut other, "keys");
    let mut ann = world.client();
    let mut last = 0;
    for round in 0..3 {
        // Those of the last one do not fit the socket, so the attachment is a row too.
        let lists: Vec<_> = (0..1 + 600 * (round / 2))
            .map(|at| ("items:all", json!({ "list": format!("{round} {at}") })))
            .collect();
        let seen = ann.query_set(&lists, &[]);
        ann.settle();
        let key = |extreme: &str| {
            let sql = format!(
                "SELECT {extreme}(key) FROM (SELECT key FROM _zeroback_live
                 UNION ALL SELECT key FROM _zeroback_attachments)"
            );
            store.number(&sql).expect("there are rows")
        };
        let (least, greatest) = (key("min"), key("max"));
        assert!(least > last, "{least} was given before: {last}");
        last = greatest;
        ann.query_set(&[], &seen);
        ann.settle();
        target.hibernate();
        assert_eq!(rows(&store, "_zeroback_live"), 0);
    }
}

fn rows_from_before_keys_were_kept_stay() {
    let target = engine();
    let store = target.store();
    let mut other = target.clone();
    let mut world = World::new(&mut other, "older");
    let (mut ann, mut bob) = (world.client(), world.client());
    let seen = ann.subscribe("items:all", list());
    ann.settle();
    store.edit(&[
        "CREATE TABLE older (key INTEGER PRIMARY KEY, path TEXT NOT NULL, args TEXT NOT NULL,
         tables TEXT NOT NULL) STRICT",
        "INSERT INTO older SELECT key, path, args, tables FROM _zeroback_live",
        "DROP TABLE _zeroback_live",
        "ALTER TABLE older RENAME TO _zeroback_live",
        "DROP TABLE _zeroback_attachments",
    ]);
    target.hibernate();
    add(&mut bob, 1);
    ann.settle();
    assert_eq!(ann.result(seen).as_array().map(Vec::len), Some(1));
}

fn a_flush_keeps_nothing_in_the_database() {
    let target = engine();
    let mut other = target.clone();
    let mut world = World::new(&mut other, "flush");
    let (mut ann, mut bob) = (world.client(), world.client());
    ann.subscribe("items:all", list());
    for rank in 0..2 {
        add(&mut bob, rank);
        ann.settle();
    }
    let _ = target.store().take_statements();
    add(&mut bob, 2);
    ann.settle();
    let statements = target.store().take_statements();
    let own = |sql: &&String| sql.contains("_zeroback_");
    let own: Vec<_> = statements.iter().filter(own).collect();
    assert_eq!(own.len(), 1, "where the database stands: {own:?}");
}

fn whoever_keeps_what_was_told_may_leave() {
    let target = engine();
    let mut other = target.clone();
    let mut world = World::new(&mut other, "carrier");
    let mut last = world.client();
    let seen = last.subscribe("items:all", list());
    for rank in 0..4 {
        let mut ann = world.client();
        add(&mut ann, rank);
        last.settle();
        ann.close();
        target.turn();
        target.hibernate();
        assert_eq!(last.settle(), [], "all is told");
    }
    assert_eq!(last.result(seen).as_array().map(Vec::len), Some(4));
}

fn who_comes_after_writes_without_sockets_is_told() {
    let mut target = engine();
    for _ in 0..3 {
        let body = json!({ "path": "items:add", "args": { "list": "x", "rank": 1 } });
        let request = Request::post("/api/mutation", body.to_string());
        assert_eq!(target.request(&request).status, 200);
    }
    let mut other = target.clone();
    let mut ann = World::new(&mut other, "late").client();
    let seen = ann.subscribe("items:all", list());
    ann.settle();
    target.hibernate();
    assert_eq!(ann.settle(), []);
    add(&mut ann, 2);
    assert_eq!(ann.result(seen).as_array().map(Vec::len), Some(4));
}

fn what_could_not_be_kept_is_kept_in_the_next_turn() {
    let target = engine();
    let mut other = target.clone();
    let mut world = World::new(&mut other, "retry");
    let (mut ann, mut bob) = (world.client(), world.client());
    ann.settle();
    target
        .store()
        .plant(Fault::Statement("INSERT OR REPLACE INTO _zeroback_live"));
    let seen = ann.subscribe("items:all", list());
    ann.settle();
    assert!(target.needs_turn_later());
    target.turn();
    assert!(!target.needs_turn_later());
    target.hibernate();
    add(&mut bob, 1);
    ann.settle();
    assert_eq!(ann.result(seen).as_array().map(Vec::len), Some(1));
}

fn what_cannot_be_kept_keeps_no_host_busy() {
    let target = engine();
    let mut other = target.clone();
    let mut ann = World::new(&mut other, "disk").client();
    ann.settle();
    ann.subscribe("items:all", list());
    for _ in 0..3 {
        target
            .store()
            .plant(Fault::Statement("INSERT OR REPLACE INTO _zeroback_live"));
        target.turn();
        assert!(!target.needs_turn(), "nothing would be gained at once");
        assert!(target.needs_turn_later());
    }
    target.turn();
    assert!(!target.needs_turn_later());
}

fn an_engine_that_takes_no_calls_keeps_no_host_busy() {
    let mut target = engine();
    let mut other = target.clone();
    add(&mut World::new(&mut other, "refused").client(), 1);
    let statements = [
        "UPDATE items SET doc = json_set(doc, '$.title', 77)",
        "UPDATE _zeroback_state SET fingerprint = ''",
        "DELETE FROM _zeroback_shapes",
    ];
    target
        .restart_edited(&statements)
        .expect("it is there to say so");
    let mut ann = World::new(&mut other, "refused").client();
    let seen = ann.subscribe("items:all", list());
    assert_eq!(ann.failure(seen).code.as_str(), "schema_conflict");
    target.turn();
    assert!(!target.needs_turn() && !target.needs_turn_later());
}

fn what_the_store_has_failed_is_run_after_a_sleep() {
    let target = engine();
    let mut other = target.clone();
    let mut ann = World::new(&mut other, "failed").client();
    ann.settle();
    target.store().plant(Fault::Statement("SELECT doc"));
    let seen = ann.subscribe("items:all", list());
    assert_eq!(ann.failure(seen).code.as_str(), "internal");
    target.hibernate();
    target.turn();
    assert_eq!(ann.event(), Event::Message(ServerMessage::Resend));
    ann.settle();
    assert_eq!(ann.result(seen), json!([]));
    // Once it is told, nothing runs after another sleep.
    let _ = target.store().take_statements();
    target.hibernate();
    ann.settle();
    assert_eq!(reads(&target.store()), 0);
}

/// Makes an engine whose schema changes in many steps, with two items.
fn large() -> InProcess {
    let target = InProcess::new(EngineConfig {
        hibernates: true,
        schema_rows_in_one_transaction_max: 1,
        schema_rows_per_step: 1,
        ..EngineConfig::default()
    });
    let mut other = target.clone();
    let mut client = World::new(&mut other, "large").client();
    for rank in 1..=2 {
        add(&mut client, rank);
    }
    target
}

/// Leaves the database as a version did that knew no titles: the next one gives it some, before its
/// first step.
const BEFORE_A_MIGRATION: [&str; 4] = [
    "UPDATE items SET doc = json_remove(doc, '$.title')",
    "UPDATE _zeroback_state SET fingerprint = 'older'",
    "DELETE FROM _zeroback_shapes",
    "DELETE FROM _zeroback_migrations",
];

/// Leaves it as a version did whose queries gave other titles than those that there are: the steps of
/// the next one begin with looking only.
const BEFORE_A_CHECK: [&str; 3] = [
    "UPDATE items SET doc = json_set(doc, '$.title', 'untitled')",
    "UPDATE _zeroback_state SET fingerprint = 'older'",
    "DELETE FROM _zeroback_shapes",
];

/// Takes in all that has been sent, and that all is to be sent again.
fn hear(client: &mut Client) {
    let marker = client.one_shot("marker", json!({}));
    loop {
        match client.event() {
            Event::Message(ServerMessage::Transition(transition)) => {
                let mut answers = transition.answers.iter();
                if answers.any(|answer| answer.request_id == marker) {
                    return;
                }
            }
            event => assert_eq!(event, Event::Message(ServerMessage::Resend)),
        }
    }
}

fn check_titles(items: &Value) {
    let items = items.as_array().expect("a list");
    assert_eq!(items.len(), 2);
    for item in items {
        assert_eq!(item["title"], "untitled");
    }
}

/// Has clients sleep through a change that is lost behind so many steps, and again behind as many
/// more. Returns whether it was over before.
fn sleep_through(left: &[&str], lost_behind: usize) -> bool {
    let target = large();
    let mut other = target.clone();
    let mut world = World::new(&mut other, "amid");
    let (mut ann, mut bob) = (world.client(), world.client());
    let seen = ann.subscribe("items:all", list());
    let counter = bob.subscribe("counters:value", json!({ "name": "x" }));
    ann.settle();
    bob.settle();
    target.store().edit(left);
    target.hibernate();
    let mut goes_on = true;
    for _ in 0..2 {
        for _ in 0..lost_behind {
            goes_on = goes_on && target.migrate_once();
        }
        target.hibernate();
        target.turn();
    }
    if goes_on {
        target.migrate();
    }
    hear(&mut ann);
    hear(&mut bob);
    check_titles(&ann.result(seen));
    assert_eq!(bob.result(counter), 0);
    add(&mut bob, 3);
    bob.mutate("counters:add", json!({ "name": "x", "by": 5 }));
    hear(&mut ann);
    assert_eq!(bob.result(counter), 5);
    let [held, fresh] = ann.compare(seen, "items:all", list());
    assert_eq!(held, fresh);
    !goes_on
}

fn who_sleeps_through_a_large_change_is_told_what_it_has_changed() {
    for left in [BEFORE_A_MIGRATION.as_slice(), &BEFORE_A_CHECK] {
        let lasting = (0..100).position(|lost_behind| sleep_through(left, lost_behind));
        let steps = lasting.expect("it comes to its end");
        assert!(steps > 2, "it takes steps");
    }
}

fn who_asks_amid_a_large_change_is_not_forgotten_with_it() {
    let target = large();
    let mut other = target.clone();
    let mut world = World::new(&mut other, "asks");
    let (mut ann, mut bob, mut cleo) = (world.client(), world.client(), world.client());
    let seen = bob.subscribe("items:all", list());
    for client in [&mut ann, &mut bob, &mut cleo] {
        client.settle();
    }
    target.store().edit(&BEFORE_A_CHECK);
    target.hibernate();
    let asked = ann.subscribe("items:all", list());
    assert_eq!(ann.failure(asked).code.as_str(), "migrating");
    assert!(target.migrate_once());
    // What the next life is to know of this socket cannot be kept: it connects again.
    target.hibernate();
    target.turn();
    assert_eq!(ann.event(), Event::Closed(1012));
    hear(&mut cleo);
    let asked = cleo.subscribe("items:all", list());
    assert_eq!(cleo.failure(asked).code.as_str(), "migrating");
    target.migrate();
    hear(&mut bob);
    check_titles(&bob.result(seen));
    hear(&mut cleo);
    check_titles(&cleo.result(asked));
    // Now that it can be kept, it is.
    target.hibernate();
    add(&mut bob, 3);
    hear(&mut cleo);
    assert_eq!(cleo.result(asked).as_array().map(Vec::len), Some(3));
}
