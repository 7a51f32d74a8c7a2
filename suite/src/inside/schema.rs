//! Schema changes that take their time, and a server that has been overtaken.

use serde_json::json;
use zeroback_runtime::engine::EngineConfig;

use super::chapter;
use crate::client::Event;
use crate::target::in_process::InProcess;
use crate::target::native::Native;
use crate::target::{End, Target as _};
use crate::world::World;

chapter!("schema":
    calls_wait_for_a_large_change_and_live_queries_run_by_themselves,
    who_resumes_during_a_large_change_gets_the_whole_behind_it,
    a_server_that_was_overtaken_says_so_and_opens_anew,
    what_a_newer_schema_has_dropped_is_no_failure_of_the_function,
);

fn calls_wait_for_a_large_change_and_live_queries_run_by_themselves() {
    let mut target = in_steps();
    let list = json!({ "list": "x", "isDone": false });
    World::new(&mut target, "large").client().mutate(
        "items:add_ranks",
        json!({ "list": "x", "ranks": [3, 1, 2] }),
    );
    begin_a_large_change(&mut target);
    let engine = target.clone();
    let mut world = World::new(&mut target, "large");
    let (mut ann, mut bob) = (world.client(), world.client());
    let seen = ann.subscribe("items:count", list.clone());
    assert_eq!(ann.failure(seen).code.as_str(), "migrating");
    let add = json!({ "list": "x", "rank": 4 });
    let error = bob.mutate_in_vain("items:add", add.clone());
    assert_eq!((error.code.as_str(), error.resend), ("migrating", true));
    let call = json!({ "path": "items:count", "args": list });
    let (status, body) = world.post("/api/query", &call);
    assert_eq!((status, &body["errorCode"]), (503, &json!("migrating")));
    assert!(engine.migrate() > 3, "it takes more than one step");
    assert_eq!(ann.transition().queries.len(), 1, "it comes unasked");
    assert_eq!(ann.result(seen), 3);
    bob.mutate("items:add", add);
    ann.settle();
    assert_eq!(ann.result(seen), 4);
}

fn who_resumes_during_a_large_change_gets_the_whole_behind_it() {
    let mut target = in_steps();
    let list = json!({ "list": "x", "isDone": false });
    let mut ann = World::new(&mut target, "large").client();
    let ranks = json!({ "list": "x", "ranks": [3, 1, 2] });
    ann.mutate("items:add_ranks", ranks);
    let seen = ann.subscribe("items:count", list.clone());
    assert_eq!(ann.result(seen), 3);
    let held = ann.held(seen);
    begin_a_large_change(&mut target);
    let engine = target.clone();
    let mut ann = World::new(&mut target, "large").client();
    let seen = ann.resume("items:count", list, &held);
    // It holds this now, and not what it had before.
    ann.transition();
    assert_eq!(ann.failure(seen).code.as_str(), "migrating");
    engine.migrate();
    assert_eq!(ann.transition().queries.len(), 1);
    assert_eq!(ann.result(seen), 3);
}

/// Every change is a large one.
fn in_steps() -> InProcess {
    InProcess::new(EngineConfig {
        schema_rows_in_one_transaction_max: 2,
        schema_rows_per_step: 1,
        ..EngineConfig::default()
    })
}

fn begin_a_large_change(target: &mut InProcess) {
    target.store().edit(&[
        "UPDATE _zeroback_state SET fingerprint = ''",
        "DELETE FROM _zeroback_shapes",
    ]);
    target.restart(End::Stop);
}

fn a_server_that_was_overtaken_says_so_and_opens_anew() {
    let mut target = Native::here();
    let data = target.data().to_owned();
    let mut world = World::new(&mut target, "overtaken");
    let mut ann = world.client();
    let add = json!({ "name": "x", "by": 1 });
    ann.mutate("counters:add", add.clone());
    // As another version does that opens on the same file.
    crate::target::store::edit(
        &crate::target::native::database(&data),
        &["UPDATE _zeroback_state SET generation = generation + 1"],
    );
    assert_eq!(
        ann.mutate_in_vain("counters:add", add.clone())
            .code
            .as_str(),
        "unavailable"
    );
    assert_eq!(ann.event(), Event::Closed(1012));
    let mut ann = world.client();
    assert_eq!(
        ann.mutate("counters:add", add),
        2,
        "nothing was written in between"
    );
}

fn what_a_newer_schema_has_dropped_is_no_failure_of_the_function() {
    let read = json!({ "list": "x", "count": 1, "descending": false });
    for is_mutation in [true, false] {
        let mut target = InProcess::default();
        let store = target.store();
        let mut ann = World::new(&mut target, "dropped").client();
        store.edit(&[
            "DROP INDEX \"items.by_rank\"",
            "UPDATE _zeroback_state SET generation = generation + 1",
        ]);
        let error = if is_mutation {
            ann.mutate_in_vain("items:push", json!({ "list": "x", "title": "late" }))
        } else {
            ann.query_in_vain("items:take", read.clone())
        };
        assert_eq!(error.code.as_str(), "unavailable");
    }
}
