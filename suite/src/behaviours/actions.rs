//! Actions run beside the engine, once under their key, and write only what still stands.

use serde_json::{Value, json};
use zeroback_protocol::{ActionKey, Outcome, RequestId};

use super::chapter;
use crate::client::Client;
use crate::queue::{one, told};
use crate::target::End;
use crate::target::http::Request;
use crate::world::World;

chapter!("actions", Engine:
    an_action_calls_mutations_and_each_is_live,
    an_action_calls_an_action,
    an_action_is_called_over_http,
    what_an_action_has_called_stays_when_it_panics,
    an_actions_own_error_reaches_its_client_as_data,
    what_cannot_be_called_as_an_action_is_refused,
    many_run_side_by_side_and_none_is_in_anothers_way,
    a_client_that_goes_away_does_not_stop_its_action,
    one_that_is_sent_again_is_answered_and_not_run_again,
    one_that_is_sent_again_while_it_runs_is_answered_when_it_ends,
    another_call_under_a_key_is_refused,
    a_failure_is_answered_again,
    a_key_of_a_request_makes_an_action_run_once,
    without_a_key_it_runs_each_time,
    a_mutation_is_made_if_nothing_has_changed,
    a_mutation_is_not_made_if_something_has_changed,
    racing_actions_lose_no_increment;
    Restart:
    one_that_has_ended_is_answered_after_a_restart,
    one_that_ran_at_a_stop_is_not_run_again;
    Kill:
    one_that_ran_at_a_kill_is_not_run_again,
);

fn key_of(name: &str, number: u8) -> ActionKey {
    let mut key = [number; 16];
    for (at, byte) in name.bytes().enumerate() {
        key[at % 15] = key[at % 15].wrapping_mul(31).wrapping_add(byte);
    }
    ActionKey(key)
}

fn call(client: &mut Client, path: &str, args: Value) -> String {
    let request = client.action(path, args);
    told(&client.answer(request))
}

fn call_under(client: &mut Client, key: ActionKey, path: &str, args: &Value) -> String {
    let request = client.action_under(Some(key), path, args);
    told(&client.answer(request))
}

fn add_under(client: &mut Client, key: ActionKey, name: &str) -> String {
    let args = json!({ "name": name, "numbers": [1] });
    call_under(client, key, "actions:add_all", &args)
}

fn add_behind(client: &mut Client, key: Option<ActionKey>, name: &str) -> RequestId {
    let args = json!({ "name": name, "gate": gate(name) });
    client.action_under(key, "actions:add_behind", &args)
}

/// Lets those go on that wait.
fn open_gate(client: &mut Client, name: &str) {
    drop(client.mutate("counters:add", one(&gate(name))));
}

fn gate(name: &str) -> String {
    format!("{name} gate")
}

fn value(client: &mut Client, name: &str) -> Value {
    client.query("counters:value", json!({ "name": name }))
}

fn an_action_calls_mutations_and_each_is_live(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, mut bob) = (world.client(), world.client());
    let live = bob.subscribe("counters:value", json!({ "name": name }));
    assert_eq!(bob.result(live), 0);
    let args = json!({ "name": name, "numbers": [1, 2, 3] });
    assert_eq!(call(&mut ann, "actions:add_all", args), "[1,3,6]");
    while bob.result(live) != 6 {
        bob.transition();
    }
}

fn an_action_calls_an_action(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    let args = json!({ "name": name });
    assert_eq!(call(&mut ann, "actions:add_by_another", args), "[1,3]");
}

fn an_action_is_called_over_http(world: &mut World<'_>) {
    let name = world.list();
    let args = json!({ "name": name, "numbers": [4] });
    let body = json!({ "path": "actions:add_all", "args": args });
    let (status, answer) = world.post("/api/action", &body);
    assert_eq!((status, &answer["value"]), (200, &json!([4])));
    let (status, answer) = world.post("/api/mutation", &body);
    assert_eq!((status, &answer["errorCode"]), (400, &json!("wrong_kind")));
}

fn what_an_action_has_called_stays_when_it_panics(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    let args = json!({ "name": name });
    assert_eq!(call(&mut ann, "actions:panic_behind_add", args), "internal");
    assert_eq!(value(&mut ann, &name), 1);
    let args = json!({ "name": name, "numbers": [1] });
    assert_eq!(call(&mut ann, "actions:add_all", args), "[2]");
}

fn an_actions_own_error_reaches_its_client_as_data(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    let args = json!({ "name": name, "numbers": [0, 0, 0, 0, 0, 0, 0, 0, 0] });
    let request = ann.action("actions:add_all", args);
    let Outcome::Error(error) = ann.answer(request) else {
        panic!("nine numbers are too many");
    };
    assert_eq!(error.code.as_str(), "too_many");
    let data = error.data.expect("it has data");
    let data: Value = serde_json::from_str(data.as_str()).expect("it is JSON");
    assert_eq!(data, json!({ "tooMany": { "most": 8 } }));
}

fn what_cannot_be_called_as_an_action_is_refused(world: &mut World<'_>) {
    let mut ann = world.client();
    for (path, code) in [
        ("actions:nothing", "function_not_found"),
        ("actions:hidden", "function_not_found"),
        ("counters:add", "wrong_kind"),
        ("counters:value", "wrong_kind"),
        ("actions:add_all", "bad_args"),
    ] {
        assert_eq!(call(&mut ann, path, json!({ "none": 1 })), code, "{path}");
    }
    let request = ann.mutation("actions:add_all", json!({}));
    assert_eq!(told(&ann.answer(request)), "wrong_kind");
    let request = ann.one_shot("actions:add_all", json!({}));
    assert_eq!(told(&ann.answer(request)), "wrong_kind");
}

fn many_run_side_by_side_and_none_is_in_anothers_way(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    let waiting: Vec<_> = (0..8).map(|_| add_behind(&mut ann, None, &name)).collect();
    let other = format!("{name} other");
    let args = json!({ "name": other, "numbers": [1] });
    assert_eq!(call(&mut ann, "actions:add_all", args), "[1]");
    open_gate(&mut ann, &name);
    let mut values: Vec<_> = waiting
        .into_iter()
        .map(|one| told(&ann.answer(one)))
        .collect();
    values.sort();
    let all: Vec<_> = (1..=8).map(|value| value.to_string()).collect();
    assert_eq!(values, all);
}

fn a_client_that_goes_away_does_not_stop_its_action(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, mut bob) = (world.client(), world.client());
    add_behind(&mut ann, None, &name);
    ann.settle();
    drop(ann);
    let live = bob.subscribe("counters:value", json!({ "name": name }));
    assert_eq!(bob.result(live), 0);
    open_gate(&mut bob, &name);
    while bob.result(live) != 1 {
        bob.transition();
    }
}

fn one_that_is_sent_again_is_answered_and_not_run_again(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, mut bob) = (world.client(), world.client());
    let key = key_of(&name, 1);
    assert_eq!(add_under(&mut ann, key, &name), "[1]");
    assert_eq!(add_under(&mut ann, key, &name), "[1]");
    assert_eq!(add_under(&mut bob, key, &name), "[1]");
    assert_eq!(add_under(&mut bob, key_of(&name, 2), &name), "[2]");
    assert_eq!(value(&mut ann, &name), 2);
}

fn one_that_is_sent_again_while_it_runs_is_answered_when_it_ends(world: &mut World<'_>) {
    let name = world.list();
    let (mut lost, mut ann) = (world.client(), world.client());
    let key = Some(key_of(&name, 1));
    add_behind(&mut lost, key, &name);
    lost.settle();
    drop(lost);
    let requests = [(); 3].map(|()| add_behind(&mut ann, key, &name));
    open_gate(&mut ann, &name);
    for request in requests {
        assert_eq!(told(&ann.answer(request)), "1");
    }
    assert_eq!(value(&mut ann, &name), 1);
}

fn another_call_under_a_key_is_refused(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    let (ended, runs) = (key_of(&name, 1), key_of(&name, 2));
    let waiting = add_behind(&mut ann, Some(runs), &name);
    assert_eq!(add_under(&mut ann, ended, &name), "[1]");
    for key in [ended, runs] {
        assert_eq!(add_under(&mut ann, key, "another"), "key_reused");
    }
    open_gate(&mut ann, &name);
    assert_eq!(told(&ann.answer(waiting)), "2");
}

fn a_failure_is_answered_again(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    let key = key_of(&name, 1);
    let args = json!({ "name": name });
    for _ in 0..2 {
        let code = call_under(&mut ann, key, "actions:panic_behind_add", &args);
        assert_eq!(code, "internal");
    }
    assert_eq!(value(&mut ann, &name), 1);
}

fn a_key_of_a_request_makes_an_action_run_once(world: &mut World<'_>) {
    let name = world.list();
    let args = json!({ "name": name, "numbers": [1] });
    let body = json!({ "path": "actions:add_all", "args": args }).to_string();
    let mut request = Request::post("/api/action", body);
    for (key, value) in [("one", "[1]"), ("one", "[1]"), ("two", "[2]")] {
        request.idempotency_key = Some(format!("{key}-{}", name.replace(' ', "-")));
        let response = world.request(&request);
        let told: Value = serde_json::from_str(&response.body).expect("it is JSON");
        assert_eq!(told["value"].to_string(), value);
    }
}

fn without_a_key_it_runs_each_time(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    for value in ["[1]", "[2]"] {
        let args = json!({ "name": name, "numbers": [1] });
        assert_eq!(call(&mut ann, "actions:add_all", args), value);
    }
}

fn set_if_unchanged(ann: &mut Client, name: &str) -> RequestId {
    let ready = format!("{name} ready");
    let live = ann.subscribe("counters:value", json!({ "name": ready }));
    let args = json!({ "name": name, "ready": ready, "gate": gate(name) });
    let request = ann.action("actions:set_if_unchanged", args);
    while ann.result(live) != 1 {
        ann.transition();
    }
    request
}

fn a_mutation_is_made_if_nothing_has_changed(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    let request = set_if_unchanged(&mut ann, &name);
    ann.mutate("counters:add", one(&format!("{name} other")));
    open_gate(&mut ann, &name);
    assert_eq!(told(&ann.answer(request)), "null");
    assert_eq!(value(&mut ann, &name), 100);
}

fn a_mutation_is_not_made_if_something_has_changed(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    let request = set_if_unchanged(&mut ann, &name);
    ann.mutate("counters:add", one(&name));
    open_gate(&mut ann, &name);
    assert_eq!(told(&ann.answer(request)), "conflict");
    assert_eq!(value(&mut ann, &name), 1);
}

fn racing_actions_lose_no_increment(world: &mut World<'_>) {
    let name = world.list();
    let mut clients: Vec<_> = (0..4).map(|_| world.client()).collect();
    let mut requests = Vec::new();
    for round in 0..64 {
        let client: &mut Client = &mut clients[round % 4];
        requests.push(client.action("actions:increment", json!({ "name": name })));
    }
    let mut values = Vec::new();
    for (round, request) in requests.into_iter().enumerate() {
        let told = told(&clients[round % 4].answer(request));
        values.push(told.parse::<u64>().expect("a number"));
    }
    values.sort_unstable();
    assert_eq!(values, (1..=64).collect::<Vec<_>>());
    assert_eq!(value(&mut clients[0], &name), 64);
}

fn one_that_has_ended_is_answered_after_a_restart(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    let key = key_of(&name, 1);
    assert_eq!(add_under(&mut ann, key, &name), "[1]");
    world.restart(End::Stop);
    let mut ann = world.client();
    assert_eq!(add_under(&mut ann, key, &name), "[1]");
    assert_eq!(value(&mut ann, &name), 1);
}

fn one_that_ran_at_a_stop_is_not_run_again(world: &mut World<'_>) {
    check_not_run_again(world, End::Stop);
}

fn one_that_ran_at_a_kill_is_not_run_again(world: &mut World<'_>) {
    check_not_run_again(world, End::Kill);
}

fn check_not_run_again(world: &mut World<'_>, end: End) {
    let name = world.list();
    let mut ann = world.client();
    let key = Some(key_of(&name, 1));
    add_behind(&mut ann, key, &name);
    ann.settle();
    world.restart(end);
    let mut ann = world.client();
    open_gate(&mut ann, &name);
    let again = add_behind(&mut ann, key, &name);
    assert_eq!(told(&ann.answer(again)), "outcome_unknown");
    assert_eq!(value(&mut ann, &name), 0);
}
