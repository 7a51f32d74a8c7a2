//! Errors name their request, and the log has a line under that name.

use serde_json::{Value, json};
use zeroback_protocol::{Outcome, WireError};

use super::chapter;
use crate::target::ADMIN_KEY;
use crate::target::http::{Request, Response};
use crate::world::World;

chapter!("logs", Engine:
    every_error_names_its_request;
    Host:
    an_error_leads_to_its_line,
    what_an_action_calls_belongs_to_its_request,
    a_mutation_that_is_not_made_has_its_line,
    what_a_function_says_belongs_to_its_request,
    what_a_route_says_belongs_to_its_request,
    a_line_has_no_arguments_and_no_results,
    what_no_engine_has_seen_names_its_request_too,
    nobody_reads_the_log_without_the_key,
);

const PATH: &str = "/api/admin/logs";

fn logs(world: &mut World<'_>, query: &str) -> Response {
    world.request(&Request::get(&format!("{PATH}{query}")).bearer(ADMIN_KEY))
}

fn told(response: &Response) -> Value {
    serde_json::from_str(&response.body).expect("the body is JSON")
}

fn lines(response: &Response) -> Vec<Value> {
    let lines = told(response)["value"].as_array().cloned();
    lines.expect("a list of lines")
}

/// Returns the lines of a request, once there are so many. There are those of other tests as well, and an
/// answer may come before what ends with it.
fn lines_of(world: &mut World<'_>, request_id: &str, count: usize) -> Vec<Value> {
    for _ in 0..100 {
        let mut own = lines(&logs(world, ""));
        own.retain(|line| line["requestId"] == request_id);
        if own.len() >= count {
            return own;
        }
    }
    panic!("the log has no {count} lines of {request_id}");
}

/// Makes a call over HTTP that fails; returns the id of its request.
fn fail(world: &mut World<'_>, kind: &str, path: &str, args: &Value) -> String {
    let body = json!({ "path": path, "args": args }).to_string();
    let told = told(&world.request(&Request::post(&format!("/api/{kind}"), body)));
    let id = told["errorRequestId"].as_str();
    id.unwrap_or_else(|| panic!("{path}: {told}")).to_owned()
}

#[track_caller]
fn assert_is_request_id(id: &str) {
    let is_digits = id.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(id.len() == 16 && is_digits, "{id}");
}

fn every_error_names_its_request(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    let mut errors: Vec<WireError> = vec![
        ann.mutate_in_vain("failing:fails_after_writing", json!({ "name": name })),
        ann.mutate_in_vain("failing:panics", json!({})),
        ann.mutate_in_vain("nowhere:nothing", json!({})),
        ann.mutate_in_vain("counters:add", json!({ "name": 1 })),
        ann.query_in_vain("failing:query_panics", json!({})),
        ann.query_in_vain("secret:reveal", json!({})),
    ];
    for path in ["failing:query_panics", "nowhere:nothing"] {
        let live = ann.subscribe(path, json!({}));
        errors.push(ann.failure(live));
    }
    ann.send_text("{");
    errors.push(ann.refusal().0);
    errors.push(ann.sign_in_in_vain("x.y.z"));
    let named = errors.into_iter().map(|error| {
        let id = error.request_id;
        id.unwrap_or_else(|| panic!("{error}")).to_string()
    });
    let mut ids: Vec<_> = named.collect();
    for (kind, path) in [
        ("query", "secret:reveal"),
        ("mutation", "failing:panics"),
        ("action", "nowhere:nothing"),
    ] {
        ids.push(fail(world, kind, path, &json!({})));
    }
    ids.iter().for_each(|id| assert_is_request_id(id));
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "each has its own");
}

fn an_error_leads_to_its_line(world: &mut World<'_>) {
    let args = json!({ "name": world.list() });
    let id = fail(world, "mutation", "failing:fails_after_writing", &args);
    let line = &lines_of(world, &id, 1)[0];
    assert_eq!(line["kind"], "mutation");
    assert_eq!(line["path"], "failing:fails_after_writing");
    assert_eq!(line["outcome"], "conflict");
    assert_eq!(
        (&line["level"], &line["writes"]),
        (&json!("info"), &json!(2))
    );
    // What stays inside has a line of its own.
    let id = fail(world, "query", "failing:query_panics", &json!({}));
    let lines = lines_of(world, &id, 2);
    let call = lines.iter().find(|line| line["kind"] == "query");
    assert_eq!(call.expect("the call")["outcome"], "internal");
    let cause = lines.iter().find(|line| line["level"] == "error");
    let text = cause.expect("the cause")["message"].clone();
    let text = text.as_str().expect("a text");
    assert!(text.contains("planted: a query's panic"), "{text}");
    // What never ran has one too.
    let id = fail(world, "query", "nowhere:nothing", &json!({}));
    let line = &lines_of(world, &id, 1)[0];
    assert_eq!(
        (&line["kind"], &line["outcome"]),
        (&json!("refused"), &json!("function_not_found"))
    );
    assert_eq!(line["path"], "nowhere:nothing");
    // Of it the line has nothing that is no path.
    let id = fail(world, "mutation", "a\n\u{1b}[2Jsecret", &json!({}));
    assert_eq!(lines_of(world, &id, 1)[0]["path"], "");
}

fn what_an_action_calls_belongs_to_its_request(world: &mut World<'_>) {
    let args = json!({ "name": world.list(), "text": "x" });
    let id = fail(world, "action", "logs:says_twice", &args);
    let lines = lines_of(world, &id, 4);
    for (kind, path, outcome) in [
        ("mutation", "logs:says", "ok"),
        ("action", "logs:says_twice", "conflict"),
    ] {
        let line = lines.iter().find(|line| line["kind"] == kind);
        let line = line.unwrap_or_else(|| panic!("no {kind}: {lines:?}"));
        assert_eq!(
            (&line["path"], &line["outcome"]),
            (&json!(path), &json!(outcome))
        );
    }
}

fn a_mutation_that_is_not_made_has_its_line(world: &mut World<'_>) {
    let name = world.list();
    let (ready, gate) = (format!("{name} ready"), format!("{name} gate"));
    let mut ann = world.client();
    let live = ann.subscribe("counters:value", json!({ "name": ready }));
    let args = json!({ "name": name, "ready": ready, "gate": gate });
    let request = ann.action("actions:set_if_unchanged", args);
    while ann.result(live) != 1 {
        ann.transition();
    }
    for changed in [&name, &gate] {
        ann.mutate("counters:add", json!({ "name": changed, "by": 1 }));
    }
    let Outcome::Error(error) = ann.answer(request) else {
        panic!("it was made");
    };
    let id = error.request_id.expect("an id").to_string();
    let is_it = |line: &Value| line["path"] == "counters:set" && line["outcome"] == "conflict";
    // What the action reads, adds and waits for has lines as well.
    let line = lines_of(world, &id, 4).into_iter().find(is_it);
    assert_eq!(line.expect("its line")["kind"], "mutation");
}

fn what_a_function_says_belongs_to_its_request(world: &mut World<'_>) {
    let text = "first\r\nsecond";
    let args = json!({ "name": world.list(), "text": text });
    let id = fail(world, "action", "logs:says_twice", &args);
    let lines = lines_of(world, &id, 4);
    for (message, fields) in [
        ("said by a mutation", json!({ "text": text, "count": 1 })),
        ("said by an action", json!({ "said": text })),
    ] {
        let line = lines.iter().find(|line| line["message"] == message);
        let line = line.unwrap_or_else(|| panic!("no \"{message}\": {lines:?}"));
        assert_eq!(line["level"], "warn");
        assert_eq!(line["target"], "suite_fixture::logs");
        assert_eq!(line["fields"], fields);
    }
}

fn what_a_route_says_belongs_to_its_request(world: &mut World<'_>) {
    let response = world.request(&Request::get("/log/refused"));
    let id = told(&response)["errorRequestId"].clone();
    let id = id.as_str().unwrap_or_else(|| panic!("{}", response.body));
    let lines = lines_of(world, id, 2);
    let said = lines
        .iter()
        .find(|line| line["message"] == "said by a route");
    assert_eq!(
        said.expect("it was said")["fields"],
        json!({ "name": "refused" })
    );
    let call = lines.iter().find(|line| line["kind"] == "http");
    assert_eq!(call.expect("the call")["outcome"], "forbidden");
}

fn a_line_has_no_arguments_and_no_results(world: &mut World<'_>) {
    let name = format!("{} is a secret", world.list());
    let args = json!({ "name": name, "by": 987_654_321 });
    let mut ann = world.client();
    ann.mutate("counters:add", args);
    ann.query("counters:value", json!({ "name": name }));
    let args = json!({ "name": name });
    let error = ann.mutate_in_vain("failing:fails_after_writing", args);
    let id = error.request_id.expect("an id").to_string();
    lines_of(world, &id, 1);
    let all = logs(world, "").body;
    assert!(!all.contains("is a secret") && !all.contains("987654321"));
    assert!(!all.contains(ADMIN_KEY), "nor the key");
}

fn what_no_engine_has_seen_names_its_request_too(world: &mut World<'_>) {
    let foreign = Request::post("/api/query", "{}");
    for request in [
        Request::get("/api/nothing"),
        Request::get("/api/query"),
        Request::post("/api/query", "x").content_type(Some("text/plain")),
        Request::get("/api/admin/export"),
        foreign.header("origin", "https://elsewhere.example"),
    ] {
        let response = world.request(&request);
        assert!(response.status >= 400, "{}", request.path);
        let id = told(&response)["errorRequestId"].clone();
        assert_is_request_id(id.as_str().unwrap_or_else(|| panic!("{}", response.body)));
    }
}

fn nobody_reads_the_log_without_the_key(world: &mut World<'_>) {
    let wrong = Request::get(PATH).bearer("not the key of the tests");
    for request in [Request::get(PATH), wrong] {
        assert_eq!(world.request(&request).status, 401);
    }
    let post = Request::post(PATH, "{}").bearer(ADMIN_KEY);
    assert_eq!(world.request(&post).status, 405);
    for wrong in ["?after=x", "?before=1", "?after=-1"] {
        let response = logs(world, wrong);
        let code = told(&response)["errorCode"].clone();
        assert_eq!((response.status, code), (400, json!("invalid")));
    }
    if let Some(response) = world.request_without_key(&Request::get(PATH)) {
        assert_eq!(response.status, 404);
    }
    let last = lines(&logs(world, "")).last().cloned();
    let last = last.and_then(|line| line["seq"].as_u64()).unwrap_or(0);
    let newer = lines(&logs(world, &format!("?after={last}")));
    let is_newer = |line: &Value| line["seq"].as_u64() > Some(last);
    assert!(newer.iter().all(is_newer));
}
