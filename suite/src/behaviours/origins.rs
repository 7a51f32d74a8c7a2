//! Pages of other origins are let in only where the operator says so.

use super::chapter;
use crate::target::ORIGIN;
use crate::target::http::{Request, Response};
use crate::world::World;

chapter!("origins", Host:
    a_page_of_the_servers_own_origin_is_let_in,
    a_page_of_another_origin_is_refused_at_every_door,
    a_page_of_a_listed_origin_is_let_in_and_its_browser_told,
    a_page_that_is_developed_is_let_in_without_cookies,
    a_cookie_is_taken_from_listed_origins_alone,
    a_browser_that_asks_is_answered,
    a_page_is_told_nothing_of_what_it_was_refused,
);

const FOREIGN: &str = "https://evil.example";
const LOCAL: &str = "http://localhost:5173";
const COOKIE: &str = "zeroback_token=x";

/// One request through each door.
fn doors() -> [Request; 4] {
    let call = |path| {
        let body = r#"{"path":"marker","args":{}}"#;
        Request::post(path, body)
    };
    let socket = Request::get("/ws")
        .header("connection", "upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    [
        call("/api/query"),
        call("/api/mutation"),
        call("/api/action"),
        socket,
    ]
}

/// Returns whether a response is that to a page which is not let in.
fn is_refused(response: &Response) -> bool {
    response.status == 403 && response.body.contains(r#""errorCode":"forbidden""#)
}

fn check(world: &mut World<'_>, origin: &str, cookie: Option<&str>, refused: bool) {
    for mut request in doors() {
        request = request.header("origin", origin);
        if let Some(cookie) = cookie {
            request = request.header("cookie", cookie);
        }
        let response = world.request(&request);
        let (path, status) = (&request.path, response.status);
        assert_eq!(
            is_refused(&response),
            refused,
            "{origin} at {path}: {status}"
        );
    }
}

fn a_page_of_the_servers_own_origin_is_let_in(world: &mut World<'_>) {
    let own = format!("http://{}", world.address());
    check(world, &own, None, false);
    check(world, &own, Some(COOKIE), false);
}

fn a_page_of_another_origin_is_refused_at_every_door(world: &mut World<'_>) {
    for origin in [
        FOREIGN,
        "null",
        "http://localhost.evil.example",
        "\u{e4}",
        "https://app.example.evil.example",
    ] {
        check(world, origin, None, true);
        check(world, origin, Some(COOKIE), true);
    }
}

fn a_page_of_a_listed_origin_is_let_in_and_its_browser_told(world: &mut World<'_>) {
    check(world, ORIGIN, None, false);
    let [query, ..] = doors();
    let response = world.request(&query.header("origin", ORIGIN));
    assert_eq!(response.status, 200);
    assert_eq!(response.header("access-control-allow-origin"), Some(ORIGIN));
    assert_eq!(
        response.header("access-control-allow-credentials"),
        Some("true")
    );
    assert!(
        response
            .header("vary")
            .is_some_and(|vary| vary.contains("origin"))
    );
}

fn a_page_that_is_developed_is_let_in_without_cookies(world: &mut World<'_>) {
    check(world, LOCAL, None, false);
    let [query, ..] = doors();
    let response = world.request(&query.header("origin", LOCAL));
    assert_eq!(response.header("access-control-allow-origin"), Some(LOCAL));
    assert_eq!(response.header("access-control-allow-credentials"), None);
    check(world, LOCAL, Some(COOKIE), true);
}

fn a_cookie_is_taken_from_listed_origins_alone(world: &mut World<'_>) {
    check(world, ORIGIN, Some(COOKIE), false);
    check(world, FOREIGN, Some("other=x"), true);
    check(world, LOCAL, Some("other=x"), false);
}

fn a_browser_that_asks_is_answered(world: &mut World<'_>) {
    let ask = |origin: &str| {
        let mut request = Request::get("/api/mutation")
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type");
        request.method = "OPTIONS";
        request
    };
    let response = world.request(&ask(ORIGIN));
    assert_eq!(response.status, 204);
    let header = |name: &str| response.header(name).unwrap_or_default();
    assert_eq!(header("access-control-allow-origin"), ORIGIN);
    assert!(header("access-control-allow-methods").contains("POST"));
    assert!(header("access-control-allow-headers").contains("idempotency-key"));
    let response = world.request(&ask(FOREIGN));
    assert!(is_refused(&response));
    assert_eq!(response.header("access-control-allow-origin"), None);
}

fn a_page_is_told_nothing_of_what_it_was_refused(world: &mut World<'_>) {
    let name = world.list();
    let body = format!(r#"{{"path":"counters:add","args":{{"name":"{name}","by":1}}}}"#);
    let request = Request::post("/api/mutation", body).header("origin", FOREIGN);
    let response = world.request(&request);
    assert!(is_refused(&response));
    assert_eq!(response.header("access-control-allow-origin"), None);
    let mut ann = world.client();
    let value = ann.query("counters:value", serde_json::json!({ "name": name }));
    assert_eq!(value, 0);
}
