//! A store that fails: nothing is acknowledged, nothing is seen, and the engine goes on.

use serde_json::json;
use zeroback_protocol::Outcome;

use super::chapter;
use crate::client::Client;
use crate::target::http::Request;
use crate::target::in_process::InProcess;
use crate::target::store::Fault;
use crate::world::World;

chapter!("failing_store":
    a_commit_that_fails_is_unavailable_and_unseen,
    a_transaction_that_cannot_begin_is_unavailable,
    a_state_that_cannot_be_written_is_unavailable,
    a_failed_statement_fails_its_mutation_whole,
    a_failed_statement_cannot_be_ignored,
    after_a_failed_statement_a_mutation_without_company_is_made_behind_a_savepoint,
    a_failed_commit_over_http_is_503,
    a_query_whose_read_failed_recovers,
    ids_go_on_after_a_failed_commit,
);

#[track_caller]
fn all_unavailable(fault: Fault) {
    let mut target = InProcess::default();
    let store = target.store();
    let mut world = World::new(&mut target, "unavailable");
    let (mut ann, mut bob) = (world.client(), world.client());
    let seen = bob.subscribe("counters:value", json!({ "name": "x" }));
    bob.settle();
    let before = bob.version;
    store.plant(fault);
    ann.mutation("counters:add", json!({ "name": "x", "by": 1 }));
    bob.mutation("counters:add", json!({ "name": "x", "by": 1 }));
    ann.mutation("failing:panics", json!({}));
    let (to_ann, to_bob) = (ann.transition(), bob.transition());
    let answers = to_ann.answers.iter().chain(&to_bob.answers);
    for answer in answers {
        let Outcome::Error(error) = &answer.outcome else {
            panic!("nothing was committed");
        };
        assert_eq!((error.code.as_str(), error.resend), ("unavailable", true));
        assert!(!error.message.contains("planted"), "{error}");
    }
    assert_eq!(
        (to_bob.queries.as_slice(), bob.version),
        ([].as_slice(), before)
    );
    assert_eq!(ann.query("counters:value", json!({ "name": "x" })), 0);
    let add = |client: &mut Client| client.mutate("counters:add", json!({ "name": "x", "by": 1 }));
    assert_eq!(add(&mut ann), 1, "it goes on");
    bob.settle();
    assert_eq!((bob.result(seen), bob.version), (json!(1), before.next()));
}

fn a_commit_that_fails_is_unavailable_and_unseen() {
    all_unavailable(Fault::Commit);
}

fn a_transaction_that_cannot_begin_is_unavailable() {
    all_unavailable(Fault::Begin);
}

fn a_state_that_cannot_be_written_is_unavailable() {
    all_unavailable(Fault::Statement("UPDATE _zeroback_state"));
}

fn a_failed_statement_fails_its_mutation_whole() {
    let mut target = InProcess::default();
    let (store, logs) = (target.store(), target.clone());
    let mut ann = World::new(&mut target, "statement").client();
    store.plant(Fault::Statement("INSERT INTO \"items\""));
    let list = json!({ "list": "x", "ranks": [1] });
    ann.mutation("counters:add", json!({ "name": "x", "by": 1 }));
    let failed = ann.mutation("items:add_ranks", list.clone());
    ann.mutation("items:add_ranks", list);
    let Outcome::Error(error) = ann.answer(failed) else {
        panic!("its write failed");
    };
    assert!(
        matches!(error.code.as_str(), "internal" | "unavailable"),
        "{error}"
    );
    assert!(!error.message.contains("planted"), "{error}");
    assert!(
        logs.take_logs().iter().any(|line| line.contains("planted")),
        "the log says why"
    );
}

fn a_failed_statement_cannot_be_ignored() {
    let mut target = InProcess::default();
    let store = target.store();
    let mut ann = World::new(&mut target, "ignored").client();
    store.plant(Fault::Statement("INSERT INTO \"counters\""));
    ann.mutation("failing:ignores_failures", json!({ "name": "x" }));
    ann.mutation("items:add_ranks", json!({ "list": "y", "ranks": [1] }));
    let transition = ann.transition();
    let Outcome::Error(error) = &transition.answers[0].outcome else {
        panic!("a failed statement was ignored");
    };
    assert!(
        matches!(error.code.as_str(), "internal" | "unavailable"),
        "{error}"
    );
    assert_eq!(ann.query("items:all", json!({ "list": "x" })), json!([]));
    ann.mutate("failing:ignores_failures", json!({ "name": "x" }));
    assert_eq!(ann.query("counters:value", json!({ "name": "x" })), 1);
}

fn after_a_failed_statement_a_mutation_without_company_is_made_behind_a_savepoint() {
    let mut target = InProcess::default();
    let store = target.store();
    let mut ann = World::new(&mut target, "alone").client();
    store.plant(Fault::Statement("INSERT INTO \"counters\""));
    ann.mutate("failing:ignores_failures", json!({ "name": "x" }));
    assert_eq!(ann.query("counters:value", json!({ "name": "x" })), 1);
    assert_eq!(
        ann.query("items:all", json!({ "list": "x" }))
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

fn a_failed_commit_over_http_is_503() {
    let mut target = InProcess::default();
    let store = target.store();
    let mut world = World::new(&mut target, "http");
    store.plant(Fault::Commit);
    let body = json!({ "path": "counters:add", "args": { "name": "x", "by": 1 } });
    let response = world.request(&Request::post("/api/mutation", body.to_string()));
    assert_eq!(response.status, 503);
    assert!(response.body.contains("\"unavailable\""));
}

fn a_query_whose_read_failed_recovers() {
    let mut target = InProcess::default();
    let store = target.store();
    let mut ann = World::new(&mut target, "read").client();
    store.plant(Fault::Statement("SELECT doc"));
    let seen = ann.subscribe("counters:value", json!({ "name": "x" }));
    assert_eq!(ann.failure(seen).code.as_str(), "internal");
    ann.mutate("counters:add", json!({ "name": "x", "by": 1 }));
    assert_eq!(ann.result(seen), 1);
}

fn ids_go_on_after_a_failed_commit() {
    let mut target = InProcess::default();
    let store = target.store();
    let mut ann = World::new(&mut target, "ids").client();
    let add = json!({ "list": "x", "rank": 1 });
    let first = ann.mutate("items:add", add.clone());
    store.plant(Fault::Commit);
    ann.mutate_in_vain("items:add", add.clone());
    let second = ann.mutate("items:add", add);
    assert!(first.as_str() < second.as_str());
}
