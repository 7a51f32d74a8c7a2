//! What is scheduled runs when it is due, and what has become of it is known.

use serde_json::{Value, json};
use zeroback_protocol::QueryId;

use super::chapter;
use crate::client::Client;
use crate::queue::told;
use crate::target::End;
use crate::world::World;

chapter!("jobs", Engine:
    a_job_runs_behind_its_commit_and_is_live,
    a_job_waits_for_its_time,
    a_job_for_which_no_clock_goes_far_enough_hinders_nothing,
    a_mutation_that_fails_schedules_nothing,
    a_cancelled_job_does_not_run,
    a_job_that_panics_has_failed_and_is_undone,
    an_action_is_tried_again_until_it_succeeds,
    an_action_schedules_and_cancels,
    clients_cannot_reach_the_functions_behind_it;
    Host: clients_are_answered_while_ten_thousand_jobs_run;
    Restart:
    jobs_survive_a_stop,
    a_cron_that_was_missed_runs_once;
    Kill:
    jobs_run_once_over_a_kill;
    Sleep:
    a_sleeping_object_runs_its_jobs,
);

fn counter(client: &mut Client, name: &str) -> QueryId {
    client.subscribe("counters:value", json!({ "name": name }))
}

fn wait_for(client: &mut Client, counter: QueryId, value: i64) {
    while client.result(counter) != value {
        client.transition();
    }
}

fn later(client: &mut Client, name: &str, jobs: u32, after_ms: u64) -> Value {
    let args = json!({ "name": name, "jobs": jobs, "afterMs": after_ms });
    client.mutate("jobs:add_later", args)
}

/// Waits until a job is in this state, and returns what is told of it.
pub(super) fn wait_until(client: &mut Client, id: &Value, state: &str) -> Value {
    let live = client.subscribe("jobs:status", json!({ "id": id }));
    loop {
        let status = client.result(live);
        if status["state"] == state {
            client.unsubscribe(live);
            return status;
        }
        client.transition();
    }
}

fn a_job_runs_behind_its_commit_and_is_live(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, mut bob) = (world.client(), world.client());
    let live = counter(&mut bob, &name);
    assert_eq!(bob.result(live), 0);
    let id = later(&mut ann, &name, 1, 0);
    wait_for(&mut bob, live, 1);
    let status = wait_until(&mut ann, &id, "done");
    assert_eq!(status["function"], "counters:add");
    assert_eq!(status["attempts"], 1);
}

fn a_job_waits_for_its_time(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    let first = later(&mut ann, &name, 1, 1_000);
    let second = later(&mut ann, &name, 1, 1_000);
    let status = ann.query("jobs:status", json!({ "id": first }));
    assert_eq!(status["state"], "scheduled");
    let ended = [first, second].map(|id| wait_until(&mut ann, &id, "done"));
    for status in ended {
        let [due, end] = ["dueAt", "endedAt"].map(|field| status[field].as_i64().expect("a time"));
        assert!(due <= end, "{status}");
    }
    assert_eq!(ann.query("counters:value", json!({ "name": name })), 2);
}

fn a_job_for_which_no_clock_goes_far_enough_hinders_nothing(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    for after_ms in [10_000_000_000_000_u64, 9_000_000_000_000_000] {
        let args = json!({ "name": name, "jobs": 1, "afterMs": after_ms });
        let far = ann.mutate("jobs:add_later", args);
        let status = ann.query("jobs:status", json!({ "id": far }));
        assert_eq!(status["state"], "scheduled");
        let near = later(&mut ann, &name, 1, 0);
        wait_until(&mut ann, &near, "done");
        assert_eq!(ann.mutate("jobs:cancel", json!({ "id": far })), true);
    }
}

fn a_mutation_that_fails_schedules_nothing(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    let live = counter(&mut ann, &name);
    ann.mutate_in_vain("jobs:fail_behind", json!({ "name": name }));
    later(&mut ann, &name, 1, 0);
    wait_for(&mut ann, live, 1);
    ann.settle();
    assert_eq!(ann.result(live), 1);
}

fn a_cancelled_job_does_not_run(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    let id = later(&mut ann, &name, 1, 300);
    assert_eq!(ann.mutate("jobs:cancel", json!({ "id": id })), true);
    assert_eq!(ann.mutate("jobs:cancel", json!({ "id": id })), false);
    let behind = later(&mut ann, &name, 1, 600);
    wait_until(&mut ann, &behind, "done");
    assert_eq!(ann.query("counters:value", json!({ "name": name })), 1);
    wait_until(&mut ann, &id, "cancelled");
}

fn a_job_that_panics_has_failed_and_is_undone(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    let id = ann.mutate("jobs:panic_later", json!({ "name": name }));
    let status = wait_until(&mut ann, &id, "failed");
    assert_eq!(status["error"]["code"], "internal");
    assert_eq!(status["attempts"], 1);
    assert_eq!(ann.query("counters:value", json!({ "name": name })), 0);
}

fn an_action_is_tried_again_until_it_succeeds(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    let id = ann.mutate("jobs:add_up_to_later", json!({ "name": name, "most": 2 }));
    let status = wait_until(&mut ann, &id, "done");
    assert_eq!(status["attempts"], 2);
    assert_eq!(status["error"]["code"], "conflict");
    assert_eq!(ann.query("counters:value", json!({ "name": name })), 2);
}

fn an_action_schedules_and_cancels(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    let live = counter(&mut ann, &name);
    let request = ann.action("jobs:schedule_two", json!({ "name": name }));
    assert_eq!(told(&ann.answer(request)), "\"cancelled\"");
    wait_for(&mut ann, live, 1);
}

fn clients_are_answered_while_ten_thousand_jobs_run(world: &mut World<'_>) {
    const JOBS: i64 = 10_000;
    let name = world.list();
    let (mut ann, mut bob) = (world.client(), world.client());
    let live = counter(&mut ann, &name);
    // They become due together, once all are there.
    let due_at = bob.query("jobs:now", json!({})).as_i64().expect("a time") + 4_000;
    let args = json!({ "name": name, "jobs": 1_000, "dueAt": due_at });
    for _ in 0..JOBS / 1_000 {
        bob.mutate("jobs:add_at", args.clone());
    }
    let own = format!("{name} own");
    while ann.result(live) == 0 {
        ann.transition();
    }
    let mut seen = Vec::new();
    while seen.last() != Some(&JOBS) {
        bob.mutate("counters:add", json!({ "name": own, "by": 1 }));
        let value = bob.query("counters:value", json!({ "name": name }));
        seen.push(value.as_i64().expect("a number"));
    }
    let between = seen
        .iter()
        .filter(|value| (1..JOBS).contains(*value))
        .count();
    assert!(
        between >= 10,
        "{between} calls were answered between the jobs"
    );
    wait_for(&mut ann, live, JOBS);
    ann.settle();
    assert_eq!(ann.result(live), JOBS);
}

fn clients_cannot_reach_the_functions_behind_it(world: &mut World<'_>) {
    let mut ann = world.client();
    let job = json!({ "path": "secret:hidden", "args": "{}", "isAction": false, "dueAt": 0 });
    let refused = ann.mutate_in_vain("_zeroback:schedule", json!({ "job": job }));
    assert_eq!(refused.code.as_str(), "function_not_found");
    let refused = ann.query_in_vain("_zeroback:jobs", json!({ "state": "dead" }));
    assert_eq!(refused.code.as_str(), "function_not_found");
}

fn jobs_survive_a_stop(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    let id = later(&mut ann, &name, 1, 500);
    world.restart(End::Stop);
    let mut bob = world.client();
    wait_until(&mut bob, &id, "done");
    assert_eq!(bob.query("counters:value", json!({ "name": name })), 1);
}

fn a_cron_that_was_missed_runs_once(world: &mut World<'_>) {
    let name = "jobs:by_the_clock";
    let mut ann = world.client();
    assert_eq!(ann.query("counters:value", json!({ "name": name })), 0);
    // It was due long ago, many times.
    let missed = "UPDATE _zeroback_crons SET doc = json_set(doc, '$.nextAt', 1), f_1 = 1";
    world.restart_edited(&[missed]).expect("it starts");
    for _ in 0..2 {
        let mut bob = world.client();
        let live = counter(&mut bob, name);
        wait_for(&mut bob, live, 1);
        bob.settle();
        assert_eq!(bob.result(live), 1);
        world.restart(End::Stop);
    }
}

fn jobs_run_once_over_a_kill(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    later(&mut ann, &name, 1_000, 0);
    let last = later(&mut ann, &name, 1, 0);
    world.restart(End::Kill);
    let mut bob = world.client();
    wait_until(&mut bob, &last, "done");
    let live = counter(&mut bob, &name);
    wait_for(&mut bob, live, 1_001);
    bob.settle();
    assert_eq!(bob.result(live), 1_001);
}

fn a_sleeping_object_runs_its_jobs(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    let live = counter(&mut ann, &name);
    assert_eq!(ann.result(live), 0);
    later(&mut ann, &name, 1, 3_000);
    ann.settle();
    world.hibernate();
    wait_for(&mut ann, live, 1);
}
