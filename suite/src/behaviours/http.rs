//! HTTP: the same functions, with statuses.

use serde_json::{Value, json};

use super::chapter;
use crate::target::http::{Request, Response};
use crate::world::World;

chapter!("http", Engine:
    calls_are_answered_with_their_value,
    a_mutation_is_seen_by_those_who_listen,
    each_code_has_its_status,
    a_body_that_is_no_call_is_refused,
    a_call_of_the_wrong_kind_is_refused,
    an_internal_function_is_not_found;
    Host:
    another_content_type_is_refused,
    a_body_that_is_not_utf8_is_refused,
    health_is_answered,
    an_unknown_path_is_not_found,
    a_path_is_for_its_method,
    a_plain_request_for_the_socket_is_refused,
);

fn calls_are_answered_with_their_value(world: &mut World<'_>) {
    let name = world.list();
    let add = json!({ "path": "counters:add", "args": { "name": name, "by": 2 } });
    let added = world.post("/api/mutation", &add);
    assert_eq!(added, (200, json!({ "status": "success", "value": 2 })));
    let value = json!({ "path": "counters:value", "args": { "name": name } });
    let read = world.post("/api/query", &value);
    assert_eq!(read, (200, json!({ "status": "success", "value": 2 })));
    let marker = world.post("/api/query", &json!({ "path": "marker" }));
    assert_eq!(marker, (200, json!({ "status": "success", "value": null })));
}

fn a_mutation_is_seen_by_those_who_listen(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    let seen = ann.subscribe("counters:value", json!({ "name": name }));
    ann.settle();
    let add = json!({ "path": "counters:add", "args": { "name": name, "by": 2 } });
    world.post("/api/mutation", &add);
    ann.transition();
    assert_eq!(ann.result(seen), 2);
}

#[track_caller]
fn check(world: &mut World<'_>, path: &str, call: &Value, status: u16, code: &str) -> Value {
    let (found, body) = world.post(path, call);
    assert_eq!(
        (found, body["errorCode"].as_str()),
        (status, Some(code)),
        "{body}"
    );
    assert_eq!(body["status"], "error");
    assert!(
        body["errorMessage"]
            .as_str()
            .is_some_and(|text| !text.is_empty())
    );
    body
}

fn each_code_has_its_status(world: &mut World<'_>) {
    let name = world.list();
    for (code, status) in [
        ("invalid", 400),
        ("unauthenticated", 401),
        ("forbidden", 403),
        ("not_found", 404),
        ("conflict", 409),
    ] {
        let call = json!({ "path": "failing:with_code", "args": { "code": code } });
        check(world, "/api/query", &call, status, code);
    }
    let panic = json!({ "path": "failing:panics", "args": {} });
    check(world, "/api/mutation", &panic, 500, "internal");
    let large = json!({ "path": "blobs:put", "args": { "list": name, "bytes": 2_000_000 } });
    check(world, "/api/mutation", &large, 422, "document_too_large");
    let body = check(
        world,
        "/api/query",
        &json!({ "path": "failing:with_data" }),
        429,
        "rate_limited",
    );
    assert_eq!(body["errorData"], json!([3, "später"]));
    let args = json!({ "name": name, "count": 3 });
    let transfer = json!({ "path": "failing:transfer", "args": args });
    check(world, "/api/mutation", &transfer, 400, "out_of_stock");
    let bad = json!({ "path": "counters:add", "args": { "name": name } });
    check(world, "/api/mutation", &bad, 400, "bad_args");
    check(
        world,
        "/api/query",
        &json!({ "path": "nowhere:nothing" }),
        404,
        "function_not_found",
    );
}

fn a_body_that_is_no_call_is_refused(world: &mut World<'_>) {
    for body in [
        "",
        "null",
        "[]",
        r#"["marker"]"#,
        "{",
        "{}",
        r#"{"path":7}"#,
        r#"{"path":"marker","x":1}"#,
        r#"{"path":"marker"} x"#,
        r#"{"path":"\ud800"}"#,
    ] {
        let response = world.request(&Request::post("/api/query", body));
        assert_refused(&response, 400, "bad_message");
    }
}

#[track_caller]
fn assert_refused(response: &Response, status: u16, code: &str) {
    let body: Value = serde_json::from_str(&response.body).expect("the body is JSON");
    assert_eq!(
        (response.status, body["errorCode"].as_str()),
        (status, Some(code))
    );
    assert_eq!(body["status"], "error");
}

fn a_call_of_the_wrong_kind_is_refused(world: &mut World<'_>) {
    let name = world.list();
    let add = json!({ "path": "counters:add", "args": { "name": name, "by": 2 } });
    check(world, "/api/query", &add, 400, "wrong_kind");
    let value = json!({ "path": "counters:value", "args": { "name": name } });
    check(world, "/api/mutation", &value, 400, "wrong_kind");
    for call in [&add, &value] {
        check(world, "/api/action", call, 400, "wrong_kind");
    }
    assert_eq!(world.post("/api/query", &value).1["value"], 0);
}

fn an_internal_function_is_not_found(world: &mut World<'_>) {
    check(
        world,
        "/api/query",
        &json!({ "path": "secret:reveal" }),
        404,
        "function_not_found",
    );
    let plant = json!({ "path": "secret:plant", "args": { "name": "x" } });
    check(world, "/api/mutation", &plant, 404, "function_not_found");
}

fn another_content_type_is_refused(world: &mut World<'_>) {
    let name = world.list();
    let add = json!({ "path": "counters:add", "args": { "name": name, "by": 2 } }).to_string();
    // A page of another site may send these without asking first.
    for kind in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("application/jsonx"),
    ] {
        let request = Request::post("/api/mutation", add.clone()).content_type(kind);
        assert_refused(&world.request(&request), 415, "bad_message");
    }
    let kind = Some("Application/JSON; charset=utf-8");
    let request = Request::post("/api/mutation", add).content_type(kind);
    let body: Value = serde_json::from_str(&world.request(&request).body).expect("JSON");
    assert_eq!(body["value"], 2, "what was refused was not run");
}

fn a_body_that_is_not_utf8_is_refused(world: &mut World<'_>) {
    let mut body = br#"{"path":"values:text","args":{"text":""#.to_vec();
    body.extend([0xff, 0xfe]);
    body.extend(br#""}}"#);
    let response = world.request(&Request::post("/api/query", body));
    assert_refused(&response, 400, "bad_message");
}

fn health_is_answered(world: &mut World<'_>) {
    let response = world.request(&Request::get("/health"));
    assert_eq!(
        (response.status, response.body.as_str()),
        (200, r#"{"status":"ok"}"#)
    );
}

fn an_unknown_path_is_not_found(world: &mut World<'_>) {
    for path in [
        "/",
        "/api",
        "/api/",
        "/api/query/x",
        "/__admin/run",
        "/__dev/reset",
        "/__internal/storage",
        "/ws/x",
    ] {
        for request in [Request::get(path), Request::post(path, "{}")] {
            assert_refused(&world.request(&request), 404, "not_found");
        }
    }
}

fn a_path_is_for_its_method(world: &mut World<'_>) {
    for request in [
        Request::get("/api/query"),
        Request::get("/api/mutation"),
        Request::get("/api/action"),
        Request::post("/health", "{}"),
    ] {
        let text = "this path is for another method";
        assert_bad_message(&world.request(&request), 405, text);
    }
}

/// Checks a whole body that says `bad_message`.
#[track_caller]
fn assert_bad_message(response: &Response, status: u16, text: &str) {
    let said = json!({ "status": "error", "errorCode": "bad_message", "errorMessage": text });
    assert_eq!(response.of_any_request(), (status, said));
}

fn a_plain_request_for_the_socket_is_refused(world: &mut World<'_>) {
    let response = world.request(&Request::get("/ws"));
    assert_bad_message(&response, 426, "GET /ws is for WebSockets");
}
