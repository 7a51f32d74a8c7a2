//! Routes: requests that are answered by functions of the app.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

use super::chapter;
use crate::client::Client;
use crate::target::http::{Request, Response};
use crate::target::socket::PATIENCE;
use crate::world::World;

chapter!("routes", Host:
    a_route_answers_and_calls_functions,
    the_exact_path_comes_first,
    parameters_are_read_from_path_and_query,
    an_error_is_answered_with_its_status,
    a_path_has_its_methods,
    a_head_is_a_get_without_a_body,
    no_header_can_be_split_in_two,
    a_body_of_any_size_goes_through,
    a_body_that_breaks_off_is_seen_to,
    what_a_client_sends_is_taken_as_it_comes,
    a_client_that_goes_away_does_not_stop_its_route,
    the_paths_of_the_server_come_before_routes;
    Trap:
    a_route_that_traps_is_answered,
);

fn get(world: &mut World<'_>, path: &str) -> Response {
    world.request(&Request::get(path))
}

fn with_method(method: &'static str, path: &str) -> Request {
    Request {
        method,
        ..Request::get(path)
    }
}

#[track_caller]
fn assert_refused(response: &Response, status: u16, code: &str) -> Value {
    assert_eq!(response.status, status, "{}", response.body);
    assert_eq!(response.header("content-type"), Some("application/json"));
    let body: Value = serde_json::from_str(&response.body).expect("the body is JSON");
    assert_eq!(body["status"], "error");
    assert_eq!(body["errorCode"], code, "{body}");
    body
}

/// Waits until a counter has a value.
fn wait_for(client: &mut Client, name: &str, value: i64) {
    let live = client.subscribe("counters:value", json!({ "name": name }));
    while client.result(live) != value {
        client.transition();
    }
    client.unsubscribe(live);
}

/// Sends a request as it stands there, and returns the connection.
fn send(world: &mut World<'_>, text: &str) -> TcpStream {
    let address = world.address();
    let mut stream = TcpStream::connect(address).expect("the host listens");
    let patience = Some(Duration::from_secs(PATIENCE));
    stream.set_read_timeout(patience).expect("it is not none");
    let text = text.replace("HOST", &address.to_string());
    stream.write_all(text.as_bytes()).expect("it is taken");
    stream
}

fn a_route_answers_and_calls_functions(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    let live = ann.subscribe("counters:value", json!({ "name": name }));
    assert_eq!(ann.result(live), 0);
    let path = format!("/routes/counters/{name}");
    let response = world.request(&Request::post(&path, r#"{"by":3}"#));
    assert_eq!((response.status, response.body.as_str()), (201, "3"));
    assert_eq!(response.header("content-type"), Some("application/json"));
    assert_eq!(response.header("x-value"), Some("3"));
    while ann.result(live) != 3 {
        ann.transition();
    }
    let bad = world.request(&Request::post(&path, r#"{"by":"3"}"#));
    let told = assert_refused(&bad, 400, "bad_args");
    let text = r#"body.by: invalid type: string "3", expected i64"#;
    assert_eq!(told["errorMessage"], text);
}

fn the_exact_path_comes_first(world: &mut World<'_>) {
    for (path, body) in [
        ("/routes/items/special", "special"),
        ("/routes/items/a", r#"["a",null,[]]"#),
        ("/routes/items/a/b", "below a/b"),
        ("/routes/items/special/", "below special/"),
    ] {
        let response = get(world, path);
        assert_eq!((response.status, response.body.as_str()), (200, body));
    }
    for path in ["/routes/items", "/routes/items/", "/routes"] {
        assert_refused(&get(world, path), 404, "not_found");
    }
}

fn parameters_are_read_from_path_and_query(world: &mut World<'_>) {
    let path = "/routes/items/a%2Fb%20sp%C3%A4ter?times=3&tag=x&tag=y%26+z";
    let response = get(world, path);
    assert_eq!(response.body, r#"["a/b später",3,["x","y& z"]]"#);
    let told = assert_refused(&get(world, "/routes/items/a?times=x"), 400, "bad_args");
    let text = "query.times: invalid digit found in string";
    assert_eq!(told["errorMessage"], text);
    let told = assert_refused(&get(world, "/routes/items/%ff"), 400, "bad_args");
    assert_eq!(told["errorMessage"], "path.name: is not UTF-8");
}

fn an_error_is_answered_with_its_status(world: &mut World<'_>) {
    let told = assert_refused(&get(world, "/routes/fails/forbidden"), 403, "forbidden");
    assert_eq!(told["errorMessage"], "not for you");
    let told = assert_refused(&get(world, "/routes/fails/data"), 400, "own_code");
    assert_eq!(told["errorData"], json!([1, 2]));
    for how in ["panic", "status"] {
        let told = assert_refused(
            &get(world, &format!("/routes/fails/{how}")),
            500,
            "internal",
        );
        assert!(!told.to_string().contains("planted"), "{told}");
    }
    assert_eq!(get(world, "/routes/items/special").status, 200);
}

fn a_path_has_its_methods(world: &mut World<'_>) {
    let response = world.request(&with_method("DELETE", "/routes/counters/x"));
    assert_refused(&response, 405, "bad_message");
    assert_eq!(response.header("allow"), Some("POST"));
    let response = world.request(&Request::post("/routes/items/special", "{}"));
    assert_refused(&response, 405, "bad_message");
    assert_eq!(response.header("allow"), Some("GET, HEAD"));
}

fn a_head_is_a_get_without_a_body(world: &mut World<'_>) {
    let response = world.request(&with_method("HEAD", "/routes/items/special"));
    assert_eq!((response.status, response.body.as_str()), (200, ""));
    let kind = response.header("content-type");
    assert_eq!(kind, Some("text/plain; charset=utf-8"));
    let got = get(world, "/routes/items/special");
    let length = got.bytes.len().to_string();
    assert_eq!(response.header("content-length"), Some(length.as_str()));
}

fn no_header_can_be_split_in_two(world: &mut World<'_>) {
    for path in [
        "/routes/fails/a%0d%0aset-cookie:%20b=1",
        "/routes/fails/a%0aset-cookie:%20b=1",
    ] {
        let response = get(world, path);
        assert_refused(&response, 500, "internal");
        assert_eq!(response.header("set-cookie"), None);
        assert_eq!(response.header("x-name"), None);
    }
}

fn a_body_of_any_size_goes_through(world: &mut World<'_>) {
    // More than a message may have, and than is kept on the way.
    let body: Vec<u8> = (0..9_000_000_u32).map(|at| (at / 7) as u8).collect();
    let request = Request::post("/routes/echo", body.clone());
    let response = world.request(&request.content_type(Some("application/x-own")));
    assert_eq!(response.status, 200);
    assert_eq!(response.header("content-type"), Some("application/x-own"));
    assert!(response.bytes == body, "{} bytes", response.bytes.len());
    let empty = world.request(&Request::post("/routes/echo", ""));
    assert_eq!((empty.status, empty.body.as_str()), (200, ""));
}

fn a_body_that_breaks_off_is_seen_to(world: &mut World<'_>) {
    for path in ["/routes/broken", "/routes/panicking"] {
        let text = format!("GET {path} HTTP/1.1\r\nhost: HOST\r\n\r\n");
        let mut stream = send(world, &text);
        let mut told = Vec::new();
        // It may also end with a reset.
        let _ = stream.read_to_end(&mut told);
        let told = String::from_utf8_lossy(&told);
        let is_begun = told.starts_with("HTTP/1.1 200");
        assert!(told.is_empty() || is_begun, "{path}: {told}");
        assert!(!told.ends_with("0\r\n\r\n"), "{path}: {told}");
    }
    assert_eq!(get(world, "/routes/items/special").status, 200);
}

fn what_a_client_sends_is_taken_as_it_comes(world: &mut World<'_>) {
    let text = "POST /routes/echo HTTP/1.1\r\nhost: HOST\r\ntransfer-encoding: chunked\r\n\r\n";
    let mut stream = send(world, &format!("{text}5\r\nhello\r\n"));
    // What was sent comes back before the rest is there.
    let mut told = String::new();
    while !told.contains("hello") {
        let mut bytes = [0; 1_024];
        let read = stream.read(&mut bytes).expect("more comes");
        assert_ne!(read, 0, "{told}");
        told.push_str(&String::from_utf8_lossy(&bytes[..read]));
    }
    stream.write_all(b"0\r\n\r\n").expect("it is taken");
    while !told.ends_with("0\r\n\r\n") {
        let mut bytes = [0; 1_024];
        let read = stream.read(&mut bytes).expect("more comes");
        assert_ne!(read, 0, "{told}");
        told.push_str(&String::from_utf8_lossy(&bytes[..read]));
    }
}

fn a_client_that_goes_away_does_not_stop_its_route(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    // One is in the middle of its body.
    let text =
        format!("PUT /routes/uploads/{name} HTTP/1.1\r\nhost: HOST\r\ncontent-length: 10\r\n\r\n");
    let stream = send(world, &format!("{text}hello"));
    stream.shutdown(Shutdown::Both).expect("it is open");
    wait_for(&mut ann, &format!("{name} gone"), 1);
    assert_eq!(ann.query("counters:value", json!({ "name": name })), 0);
    // One waits for its answer.
    let text =
        format!("POST /routes/behind/{name} HTTP/1.1\r\nhost: HOST\r\ncontent-length: 0\r\n\r\n");
    let stream = send(world, &text);
    // It has come in when an answer of a later one is there.
    ann.settle();
    stream.shutdown(Shutdown::Both).expect("it is open");
    let gate = format!("{name} gate");
    ann.mutate("counters:add", json!({ "name": gate, "by": 1 }));
    wait_for(&mut ann, &name, 1);
}

fn the_paths_of_the_server_come_before_routes(world: &mut World<'_>) {
    let health = get(world, "/health");
    assert_eq!(health.body, r#"{"status":"ok"}"#);
    for path in ["/api/x", "/storage/x", "/nowhere"] {
        assert_refused(&get(world, path), 404, "not_found");
    }
}

fn a_route_that_traps_is_answered(world: &mut World<'_>) {
    assert_refused(&get(world, "/routes/fails/trap"), 500, "internal");
    assert_eq!(get(world, "/routes/items/special").status, 200);
}
