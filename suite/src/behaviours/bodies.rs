//! Limits of bodies, of files and of requests to the world, as the operator sets them.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::chapter;
use crate::target::http::{Request, Response};
use crate::target::socket::PATIENCE;
use crate::world::World;

chapter!("bodies", SmallLimits:
    a_body_beyond_the_setting_is_not_read,
    an_answer_beyond_the_setting_is_not_read,
    a_file_beyond_the_setting_is_not_taken,
    redirects_beyond_the_setting_are_not_followed,
    a_server_that_is_silent_beyond_the_setting_is_given_up,
    clients_that_take_nothing_leave_their_places,
    clients_that_send_nothing_leave_their_places,
);

/// What the setting says, in bytes.
const BYTES_MAX: usize = 1_000;

/// How many actions run at a time.
const ACTIONS_MAX: usize = 3;

#[track_caller]
fn assert_refused(response: &Response, status: u16, code: &str) {
    assert_eq!(response.status, status, "{}", response.body);
    let body: Value = serde_json::from_str(&response.body).expect("the body is JSON");
    assert_eq!(body["errorCode"], code);
}

fn fetch(world: &mut World<'_>, url: &str) -> (Value, Value) {
    let call = json!({ "path": "routes:fetch", "args": { "url": url } });
    let (_, body) = world.post("/api/action", &call);
    (body["errorCode"].clone(), body["errorMessage"].clone())
}

fn a_body_beyond_the_setting_is_not_read(world: &mut World<'_>) {
    let path = format!("/routes/counters/{}", world.list());
    let of_bytes = |bytes: usize| {
        let json = r#"{"by":3}"#;
        Request::post(&path, format!("{json}{}", " ".repeat(bytes - json.len())))
    };
    assert_eq!(world.request(&of_bytes(BYTES_MAX)).status, 201);
    let refused = world.request(&of_bytes(BYTES_MAX + 1));
    assert_refused(&refused, 413, "body_too_large");
}

fn an_answer_beyond_the_setting_is_not_read(world: &mut World<'_>) {
    let url = format!("http://{}/routes/endless", world.address());
    let (code, text) = fetch(world, &url);
    assert_eq!(
        (code, text),
        (
            json!("body_too_large"),
            json!("the body has over 1000 bytes")
        )
    );
}

fn a_file_beyond_the_setting_is_not_taken(world: &mut World<'_>) {
    let mut ann = world.client();
    for (bytes, args, status) in [
        (BYTES_MAX, json!({}), 200),
        (BYTES_MAX + 1, json!({}), 413),
        // The function knows better.
        (BYTES_MAX + 1, json!({ "bytesMax": 2_000 }), 200),
    ] {
        let url = ann.mutate("files:begin", args);
        let upload = Request::post(url.as_str().expect("a URL"), vec![7; bytes]);
        let response = world.request(&upload);
        assert_eq!(response.status, status, "{bytes} bytes: {}", response.body);
    }
}

fn redirects_beyond_the_setting_are_not_followed(world: &mut World<'_>) {
    let url = format!("http://{}/routes/redirects", world.address());
    assert_eq!(
        fetch(world, &format!("{url}/2")),
        (Value::Null, Value::Null)
    );
    let (code, text) = fetch(world, &format!("{url}/3"));
    let expected = "the request was redirected more than 2 times";
    assert_eq!((code, text), (json!("fetch_failed"), json!(expected)));
}

fn a_server_that_is_silent_beyond_the_setting_is_given_up(world: &mut World<'_>) {
    let silent = TcpListener::bind("127.0.0.1:0").expect("there is a port");
    let url = format!(
        "http://{}/",
        silent.local_addr().expect("it has an address")
    );
    let (code, text) = fetch(world, &url);
    let expected = "the server that was asked was silent for 100 ms";
    assert_eq!((code, text), (json!("fetch_timeout"), json!(expected)));
}

/// Sends a request as it stands there.
fn send(world: &mut World<'_>, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(world.address()).expect("the host listens");
    let patience = Some(Duration::from_secs(PATIENCE));
    stream.set_read_timeout(patience).expect("it is not none");
    stream.write_all(text.as_bytes()).expect("it is taken");
    stream
}

/// Waits until there is a place for an action, of which there is none at first.
fn wait_for_a_place(world: &mut World<'_>) {
    let ask = Request::get("/routes/items/special");
    assert_refused(&world.request(&ask), 422, "limit_exceeded");
    let begun = Instant::now();
    while world.request(&ask).status != 200 {
        assert!(begun.elapsed().as_secs() < PATIENCE, "no place was left");
    }
}

fn clients_that_take_nothing_leave_their_places(world: &mut World<'_>) {
    let begin = |_| {
        let mut stream = send(
            world,
            "GET /routes/endless HTTP/1.1\r\nhost: localhost\r\n\r\n",
        );
        let mut head = [0; 12];
        stream.read_exact(&mut head).expect("it is answered");
        assert_eq!(&head, b"HTTP/1.1 200");
        stream
    };
    let streams: Vec<_> = (0..ACTIONS_MAX).map(begin).collect();
    wait_for_a_place(world);
    drop(streams);
}

fn clients_that_send_nothing_leave_their_places(world: &mut World<'_>) {
    let text = "POST /routes/echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 10\r\n\r\nhello";
    let begin = |_| {
        let mut stream = send(world, text);
        let mut head = [0; 12];
        stream.read_exact(&mut head).expect("it is answered");
        assert_eq!(&head, b"HTTP/1.1 200");
        stream
    };
    let streams: Vec<_> = (0..ACTIONS_MAX).map(begin).collect();
    wait_for_a_place(world);
    drop(streams);
}
