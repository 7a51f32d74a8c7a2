//! What actions ask of the world. The world is the host itself, and sockets that say nothing.

use std::net::TcpListener;

use serde_json::{Value, json};

use super::chapter;
use crate::world::World;

chapter!("fetch", Host:
    an_answer_is_read_whatever_its_status_is,
    bodies_are_streams_both_ways,
    redirects_are_followed_and_bounded,
    one_that_says_nothing_is_given_up,
    one_that_cannot_be_reached_is_an_error,
    an_answer_that_is_too_large_is_not_read,
    what_is_no_url_of_the_web_is_refused,
);

/// The secret in every URL, which no error may tell.
const SECRET: &str = "key=s3cr3t";

fn url(world: &mut World<'_>, path: &str) -> String {
    format!("http://{}{path}?{SECRET}", world.address())
}

fn fetch(world: &mut World<'_>, args: Value) -> (u16, Value) {
    let body = json!({ "path": "routes:fetch", "args": args });
    world.post("/api/action", &body)
}

#[track_caller]
fn assert_said(told: &(u16, Value), status: u16, text: &str) {
    let said = json!({ "status": status, "text": text });
    assert_eq!(told, &(200, json!({ "status": "success", "value": said })));
}

#[track_caller]
fn assert_failed(told: &(u16, Value), status: u16, code: &str, text: &str) {
    let (found, body) = told;
    let error = json!({ "status": "error", "errorCode": code, "errorMessage": text });
    assert_eq!(
        (*found, body["errorCode"].as_str()),
        (status, Some(code)),
        "{body}"
    );
    assert_eq!(body["errorMessage"], error["errorMessage"]);
    assert!(!body.to_string().contains("s3cr3t"), "{body}");
}

fn an_answer_is_read_whatever_its_status_is(world: &mut World<'_>) {
    let special = url(world, "/routes/items/special");
    let told = fetch(world, json!({ "url": special }));
    assert_said(&told, 200, "special");
    let nowhere = url(world, "/nowhere");
    let (status, body) = fetch(world, json!({ "url": nowhere }));
    assert_eq!((status, &body["value"]["status"]), (200, &json!(404)));
}

fn bodies_are_streams_both_ways(world: &mut World<'_>) {
    let url = url(world, "/routes/echo");
    for pieces in [0, 1, 120] {
        let args = json!({ "url": url, "pieces": pieces });
        let call = json!({ "path": "routes:fetch_echo", "args": args });
        let (status, body) = world.post("/api/action", &call);
        let bytes = pieces * (64 << 10);
        assert_eq!((status, &body["value"]), (200, &json!(bytes)), "{body}");
    }
}

fn redirects_are_followed_and_bounded(world: &mut World<'_>) {
    let near = url(world, "/routes/redirects/10");
    assert_said(&fetch(world, json!({ "url": near })), 200, "arrived");
    let far = url(world, "/routes/redirects/11");
    let told = fetch(world, json!({ "url": far }));
    let text = "the request was redirected more than 10 times";
    assert_failed(&told, 502, "fetch_failed", text);
}

fn one_that_says_nothing_is_given_up(world: &mut World<'_>) {
    let silent = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let address = silent.local_addr().expect("it has an address");
    let url = format!("http://{address}/?{SECRET}");
    let told = fetch(world, json!({ "url": url, "silenceMs": 100 }));
    let text = "the server that was asked was silent for 100 ms";
    assert_failed(&told, 504, "fetch_timeout", text);
}

fn one_that_cannot_be_reached_is_an_error(world: &mut World<'_>) {
    let gone = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let address = gone.local_addr().expect("it has an address");
    drop(gone);
    let url = format!("http://{address}/?{SECRET}");
    let told = fetch(world, json!({ "url": url }));
    let text = "the server that was asked cannot be reached";
    assert_failed(&told, 502, "fetch_failed", text);
}

fn an_answer_that_is_too_large_is_not_read(world: &mut World<'_>) {
    let special = url(world, "/routes/items/special");
    let told = fetch(world, json!({ "url": special, "bytesMax": 6 }));
    assert_failed(&told, 413, "body_too_large", "the body has over 6 bytes");
    let told = fetch(world, json!({ "url": special, "bytesMax": 7 }));
    assert_said(&told, 200, "special");
}

fn what_is_no_url_of_the_web_is_refused(world: &mut World<'_>) {
    for url in [
        "/here",
        "file:///etc/passwd",
        "ftp://x/",
        "http://me:s3cr3t@x/",
    ] {
        let told = fetch(world, json!({ "url": url }));
        let text = "the server failed; its log says why";
        assert_failed(&told, 500, "internal", text);
    }
}
