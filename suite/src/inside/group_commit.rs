//! What waits together is committed together, and told together.

use serde_json::json;
use zeroback_protocol::Outcome;

use super::chapter;
use crate::target::in_process::InProcess;
use crate::target::store::Fault;
use crate::world::World;

chapter!("group_commit":
    waiting_mutations_share_a_transaction,
    a_mutation_without_company_needs_no_savepoint,
    one_that_fails_without_company_is_undone_and_runs_once,
    one_that_runs_out_of_time_behind_a_row_runs_once,
    what_is_stale_is_read_in_one_transaction,
    each_connection_is_told_in_one_transition,
    a_failed_mutation_does_not_harm_its_batch,
    messages_may_commit_one_by_one_and_be_told_together,
    a_request_is_in_flight_until_its_client_is_told,
    an_engine_with_nothing_to_do_says_so,
);

fn waiting_mutations_share_a_transaction() {
    let target = InProcess::default();
    let mut ann = World::new(&mut target.clone(), "batch").client();
    let _ = target.store().take_statements();
    let before = target.commits();
    let requests: Vec<_> = (0..50)
        .map(|_| ann.mutation("counters:add", json!({ "name": "x", "by": 1 })))
        .collect();
    let transition = ann.transition();
    assert_eq!(transition.answers.len(), requests.len());
    let made = transition.version.counter - before;
    assert_eq!(made, 1, "one commit, one version");
    let count = counts(&target);
    assert_eq!((count("BEGIN"), count("END")), (1, 1));
    assert_eq!((count("SAVEPOINT"), count("RELEASE")), (50, 50));
    assert_eq!(count("UPDATE _zeroback_state"), 1);
}

fn a_mutation_without_company_needs_no_savepoint() {
    let target = InProcess::default();
    let mut ann = World::new(&mut target.clone(), "alone").client();
    let _ = target.store().take_statements();
    ann.mutation("counters:add", json!({ "name": "x", "by": 1 }));
    ann.transition();
    let count = counts(&target);
    assert_eq!(
        (count("BEGIN"), count("END"), count("SAVEPOINT")),
        (1, 1, 0)
    );
}

fn one_that_fails_without_company_is_undone_and_runs_once() {
    for path in [
        "failing:fails_after_writing",
        "failing:panics_after_writing",
    ] {
        let target = InProcess::default();
        let mut ann = World::new(&mut target.clone(), "alone").client();
        let _ = target.store().take_statements();
        let before = target.commits();
        ann.mutation(path, json!({ "name": "x" }));
        let transition = ann.transition();
        assert!(matches!(transition.answers[0].outcome, Outcome::Error(_)));
        let version = transition.version.counter;
        assert_eq!(version, before, "nothing was committed");
        let count = counts(&target);
        assert_eq!(count("INSERT INTO \"items\""), 1, "{path} ran once");
        assert_eq!(ann.query("items:all", json!({ "list": "x" })), json!([]));
    }
}

fn one_that_runs_out_of_time_behind_a_row_runs_once() {
    let target = InProcess::default();
    let mut ann = World::new(&mut target.clone(), "alone").client();
    let store = target.store();
    // The document's row stands, and its words do not: nothing is wrong with the store.
    store.plant(Fault::TooLate("INSERT INTO \"records.search_text"));
    let _ = store.take_statements();
    let error = ann.mutate_in_vain(
        "archives:add",
        json!({ "slug": "x", "rank": 1, "text": "x" }),
    );
    assert_eq!(error.code.as_str(), "limit_exceeded");
    assert_eq!(counts(&target)("INSERT INTO \"records\""), 1);
}

fn what_is_stale_is_read_in_one_transaction() {
    let target = InProcess::default();
    let mut ann = World::new(&mut target.clone(), "read").client();
    let args = json!({ "name": "x" });
    for path in ["counters:value", "counters:is_odd"] {
        ann.subscribe(path, args.clone());
    }
    ann.settle();
    let _ = target.store().take_statements();
    ann.mutation("counters:add", json!({ "name": "x", "by": 1 }));
    assert_eq!(ann.transition().queries.len(), 2);
    assert_eq!(counts(&target)("READ TOGETHER"), 1);
    // One alone has a transaction of its own anyway.
    ann.one_shot("counters:value", args);
    ann.transition();
    assert_eq!(counts(&target)("READ TOGETHER"), 0);
}

/// Counts the statements that begin with a text, of those made since the last look.
fn counts(target: &InProcess) -> impl Fn(&str) -> usize {
    let statements = target.store().take_statements();
    move |what| {
        statements
            .iter()
            .filter(|sql| sql.starts_with(what))
            .count()
    }
}

fn each_connection_is_told_in_one_transition() {
    let mut target = InProcess::default();
    let mut world = World::new(&mut target, "told");
    let (mut ann, mut bob) = (world.client(), world.client());
    let args = json!({ "name": "x" });
    let seen = bob.subscribe("counters:value", args.clone());
    bob.settle();
    for _ in 0..5 {
        ann.mutation("counters:add", json!({ "name": "x", "by": 1 }));
        bob.mutation("counters:add", json!({ "name": "x", "by": 1 }));
    }
    let late = bob.subscribe("counters:is_odd", args);
    let (to_ann, to_bob) = (ann.transition(), bob.transition());
    assert_eq!((to_ann.answers.len(), to_ann.queries.len()), (5, 0));
    assert_eq!((to_bob.answers.len(), to_bob.queries.len()), (5, 2));
    assert_eq!(to_ann.version, to_bob.version);
    assert_eq!(
        (bob.result(seen), bob.result(late)),
        (json!(10), json!(false))
    );
    assert_eq!((ann.settle(), bob.settle()), (vec![], vec![]));
}

fn a_failed_mutation_does_not_harm_its_batch() {
    let mut target = InProcess::default();
    let mut ann = World::new(&mut target, "batch").client();
    let add = json!({ "name": "x", "by": 1 });
    ann.mutation("counters:add", add.clone());
    ann.mutation("failing:panics_after_writing", json!({ "name": "x" }));
    ann.mutation("counters:add", json!({ "name": "x" }));
    ann.mutation("failing:fails_after_writing", json!({ "name": "x" }));
    ann.mutation("counters:add", add);
    let transition = ann.transition();
    let ok: Vec<_> = transition
        .answers
        .iter()
        .map(|answer| matches!(answer.outcome, Outcome::Success(_)))
        .collect();
    assert_eq!(ok, [true, false, false, false, true]);
    assert_eq!(ann.query("counters:value", json!({ "name": "x" })), 2);
    assert_eq!(ann.query("items:all", json!({ "list": "x" })), json!([]));
}

fn messages_may_commit_one_by_one_and_be_told_together() {
    let target = InProcess::default();
    let mut ann = World::new(&mut target.clone(), "one by one").client();
    let seen = ann.subscribe("counters:value", json!({ "name": "x" }));
    ann.settle();
    let before = target.commits();
    for _ in 0..3 {
        ann.mutation("counters:add", json!({ "name": "x", "by": 1 }));
        target.commit();
    }
    assert_eq!(target.commits(), before + 3);
    assert!(target.needs_turn(), "somebody is to be told");
    let transition = ann.transition();
    assert_eq!((transition.answers.len(), transition.queries.len()), (3, 1));
    assert_eq!(transition.version.counter, before + 3);
    assert_eq!(ann.result(seen), 3);
}

fn a_request_is_in_flight_until_its_client_is_told() {
    let target = InProcess::default();
    let mut ann = World::new(&mut target.clone(), "in flight").client();
    let frame =
        r#"{"type":"mutation","requestId":800,"path":"counters:add","args":{"name":"x","by":1}}"#;
    ann.send_text(frame);
    target.commit();
    ann.send_text(frame);
    target.commit();
    assert_eq!(ann.refusal().0.code.as_str(), "duplicate_id");
    assert_eq!(ann.transition().answers.len(), 1);
    assert_eq!(ann.query("counters:value", json!({ "name": "x" })), 1);
}

fn an_engine_with_nothing_to_do_says_so() {
    let target = InProcess::default();
    let mut world_target = target.clone();
    let mut world = World::new(&mut world_target, "idle");
    assert!(!target.needs_turn());
    let mut ann = world.client();
    assert!(!target.needs_turn(), "`connected` needs no turn");
    ann.mutation("counters:add", json!({ "name": "x", "by": 1 }));
    assert!(target.needs_turn());
    target.turn();
    assert!(!target.needs_turn());
    ann.send_text("nonsense");
    assert!(!target.needs_turn(), "a refusal needs no turn");
    let seen = ann.subscribe("counters:value", json!({ "name": "x" }));
    assert!(target.needs_turn());
    ann.unsubscribe(seen);
    assert!(!target.needs_turn(), "what has ended is not run");
    ann.subscribe("counters:value", json!({ "name": "x" }));
    ann.one_shot("marker", json!({}));
    drop(ann);
    assert!(!target.needs_turn(), "nobody is there to be told");
}
