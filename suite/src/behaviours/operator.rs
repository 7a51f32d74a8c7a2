//! What needs authority sits behind one key, and without a key is not there.

use serde_json::{Value, json};

use super::chapter;
use crate::target::ADMIN_KEY;
use crate::target::http::{Request, Response};
use crate::world::World;

chapter!("operator", Engine:
    the_operator_runs_internal_functions,
    the_operator_lists_jobs_and_has_them_made_again,
    the_operator_cancels_a_job_that_waits,
    what_is_no_call_is_refused_to_the_operator_too;
    Host:
    without_the_key_nothing_is_run,
    without_a_key_there_is_nothing_at_the_path,
    the_operators_path_has_its_method_and_its_type,
);

const PATH: &str = "/api/admin/run";

fn run(path: &str, args: &Value) -> Request {
    let body = json!({ "path": path, "args": args }).to_string();
    Request::post(PATH, body).bearer(ADMIN_KEY)
}

fn told(response: &Response) -> Value {
    serde_json::from_str(&response.body).expect("the body is JSON")
}

#[track_caller]
fn assert_refused(response: &Response, status: u16, code: &str) {
    let code_told = told(response)["errorCode"].clone();
    assert_eq!((response.status, code_told), (status, json!(code)));
}

fn the_operator_runs_internal_functions(world: &mut World<'_>) {
    let name = world.list();
    let planted = world.request(&run("secret:plant", &json!({ "name": name })));
    assert_eq!((planted.status, &told(&planted)["value"]), (200, &json!(1)));
    let revealed = world.request(&run("secret:reveal", &json!({})));
    assert_eq!(told(&revealed)["value"], "the secret");
    let hidden = world.request(&run("actions:hidden", &json!({})));
    assert_eq!(
        (hidden.status, &told(&hidden)["value"]),
        (200, &Value::Null)
    );
    // The same is not there for clients.
    let mut ann = world.client();
    let error = ann.query_in_vain("secret:reveal", json!({}));
    assert_eq!(error.code.as_str(), "function_not_found");
}

fn the_operator_lists_jobs_and_has_them_made_again(world: &mut World<'_>) {
    let page = json!({ "state": "dead", "page": { "limit": 1 } });
    let response = world.request(&run("_zeroback:jobs", &page));
    assert_eq!(response.status, 200, "{}", response.body);
    assert!(told(&response)["value"]["items"].is_array());
    for path in ["_zeroback:jobs", "_zeroback:cancel", "_zeroback:retry"] {
        let body = json!({ "path": path, "args": page });
        for door in ["/api/query", "/api/mutation"] {
            let response = world.request(&Request::post(door, body.to_string()));
            assert_refused(&response, 404, "function_not_found");
        }
    }
}

fn the_operator_cancels_a_job_that_waits(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    let args = json!({ "name": name, "jobs": 1, "afterMs": 3_600_000 });
    let job = json!({ "id": ann.mutate("jobs:add_later", args) });
    let live = ann.subscribe("jobs:status", job.clone());
    for (path, is_done, state) in [
        ("_zeroback:cancel", true, "cancelled"),
        ("_zeroback:cancel", false, "cancelled"),
        ("_zeroback:retry", true, "done"),
        ("_zeroback:cancel", false, "done"),
    ] {
        let response = world.request(&run(path, &job));
        assert_eq!(told(&response)["value"], is_done, "{}", response.body);
        while ann.result(live)["state"] != state {
            ann.transition();
        }
    }
    assert_eq!(ann.query("counters:value", json!({ "name": name })), 1);
}

fn what_is_no_call_is_refused_to_the_operator_too(world: &mut World<'_>) {
    for body in [
        "",
        "null",
        "[]",
        "{",
        r#"{"path":7}"#,
        r#"{"path":"marker","x":1}"#,
    ] {
        let response = world.request(&Request::post(PATH, body).bearer(ADMIN_KEY));
        assert_refused(&response, 400, "bad_message");
    }
    let unknown = world.request(&run("nowhere:nothing", &json!({})));
    assert_refused(&unknown, 404, "function_not_found");
}

fn without_the_key_nothing_is_run(world: &mut World<'_>) {
    let name = world.list();
    let plant = || {
        let mut request = run("secret:plant", &json!({ "name": name }));
        request.authorization = None;
        request
    };
    assert_refused(&world.request(&plant()), 401, "unauthenticated");
    for key in [
        "",
        "x",
        "the suite's own admin kex",
        "the suite's own admin key2",
    ] {
        let response = world.request(&plant().bearer(key));
        assert_refused(&response, 401, "unauthenticated");
    }
    let mut ann = world.client();
    assert_eq!(ann.query("counters:value", json!({ "name": name })), 0);
}

fn without_a_key_there_is_nothing_at_the_path(world: &mut World<'_>) {
    let request = run("secret:reveal", &json!({}));
    let Some(response) = world.request_without_key(&request) else {
        return;
    };
    assert_refused(&response, 404, "not_found");
    let unknown = world.request_without_key(&Request::get("/api/none"));
    let unknown = unknown.map(|unknown| unknown.of_any_request());
    assert_eq!(Some(response.of_any_request()), unknown);
}

fn the_operators_path_has_its_method_and_its_type(world: &mut World<'_>) {
    let response = world.request(&Request::get(PATH).bearer(ADMIN_KEY));
    assert_refused(&response, 405, "bad_message");
    let request = run("marker", &json!({})).content_type(Some("text/plain"));
    assert_refused(&world.request(&request), 415, "bad_message");
}
