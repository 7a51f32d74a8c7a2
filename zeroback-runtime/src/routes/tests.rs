use super::*;
use crate::web::{Body, Request, RequestParams as _, Response};

fn route(method: &'static str, path: &'static str) -> RouteEntry {
    let handler = |_: &crate::ActionCtx, _: Request| -> crate::registry::RouteFuture<'_> {
        Box::pin(async { Ok(Response::new(Body::empty())) })
    };
    RouteEntry::new(
        (method, path),
        "here:there",
        "a_crate",
        ("src/lib.rs", 7),
        handler,
    )
}

fn routes(all: &[(&'static str, &'static str)]) -> Routes {
    let mut routes = Routes::default();
    for (method, path) in all {
        routes.add(route(method, path)).expect("no conflict");
    }
    routes
}

/// Says what a request is for in a few words.
fn found(routes: &Routes, method: &str, path: &str) -> String {
    let method = method.parse().expect("a method");
    match routes.find(&method, path) {
        Found::Route(route, params) => {
            let mut request = Request::new(Body::empty());
            request.extensions_mut().insert(params);
            let params: Vec<(String, String)> = request.path_params().expect("text");
            let params: Vec<_> = params
                .iter()
                .map(|(name, value)| format!(" {name}={value}"))
                .collect();
            format!("{} {}{}", route.method, route.path, params.concat())
        }
        Found::OtherMethods(allow) => format!("405 {allow}"),
        Found::Refused(error) => error.to_string(),
        Found::Nothing => "nothing".to_owned(),
    }
}

#[test]
fn the_exact_path_comes_before_the_others() {
    let routes = routes(&[
        ("GET", "/"),
        ("GET", "/a/b"),
        ("GET", "/a/{x}"),
        ("POST", "/a/{x}"),
        ("GET", "/a/{x}/c"),
        ("GET", "/a/{*rest}"),
        ("PATCH", "/a/{*rest}"),
        ("DELETE", "/files/{name}.txt"),
    ]);
    #[track_caller]
    fn check(routes: &Routes, request: &str, expected: &str) {
        let (method, path) = request.split_once(' ').expect("a method and a path");
        assert_eq!(found(routes, method, path), expected, "{request}");
    }
    let check = |request, expected| check(&routes, request, expected);
    check("GET /", "GET /");
    check("GET /a/b", "GET /a/b");
    check("GET /a/c", "GET /a/{x} x=c");
    check("POST /a/c", "POST /a/{x} x=c");
    check("GET /a/c/c", "GET /a/{x}/c x=c");
    check("GET /a/c/d/e", "GET /a/{*rest} rest=c/d/e");
    check("GET /a", "nothing");
    check("HEAD /a/c", "GET /a/{x} x=c");
    check("PATCH /a/b", "PATCH /a/{*rest} rest=b");
    check("POST /a/b", "405 GET, HEAD, PATCH");
    check("PUT /a/c", "405 GET, HEAD, PATCH, POST");
    check("PUT /", "405 GET, HEAD");
    check("GET /api/x", "nothing");
    check("GET /files/x.txt", "405 DELETE");
    check("DELETE /files/x.txt", "DELETE /files/{name}.txt name=x");
    check("get /", "405 GET, HEAD");
}

#[test]
fn parameters_are_decoded_and_stay_in_their_segment() {
    let routes = routes(&[("GET", "/a/{x}"), ("GET", "/b/{*rest}")]);
    assert_eq!(
        found(&routes, "GET", "/a/sp%C3%A4ter%2Fx+%26"),
        "GET /a/{x} x=später/x+&"
    );
    assert_eq!(
        found(&routes, "GET", "/a/%ff"),
        "bad_args: path.x: is not UTF-8"
    );
    for path in [
        "/b/..",
        "/b/../c",
        "/b/%2e%2E/c",
        "/b/.%2e",
        "/b/./c",
        "/b/%2e",
    ] {
        assert_eq!(found(&routes, "GET", path), "nothing", "{path}");
    }
    assert_eq!(
        found(&routes, "GET", "/b/...%2e"),
        "GET /b/{*rest} rest=...."
    );
}

#[test]
fn routes_that_cannot_stand_side_by_side_are_refused() {
    #[track_caller]
    fn check(
        first: (&'static str, &'static str),
        second: (&'static str, &'static str),
        expected: &str,
    ) {
        let refused = routes(&[first]).add(route(second.0, second.1)).unwrap_err();
        assert_eq!(refused, expected);
    }
    check(
        ("GET", "/a"),
        ("GET", "/a"),
        "two routes are the same: `GET /a` in crate `a_crate` (src/lib.rs:7) and `GET /a` in crate \
         `a_crate` (src/lib.rs:7)",
    );
    check(
        ("GET", "/a/{x}"),
        ("POST", "/a/{y}"),
        "two routes would take the same requests: `GET /a/{x}` in crate `a_crate` (src/lib.rs:7) and \
         `POST /a/{y}` in crate `a_crate` (src/lib.rs:7); name their parameters alike, or give one \
         another path",
    );
}

#[test]
fn the_paths_of_the_server_are_not_for_routes() {
    for path in [
        "/ws",
        "/health",
        "/api",
        "/api/x",
        "/api/{*rest}",
        "/storage",
        "/storage/{id}",
    ] {
        let refused = Routes::default().add(route("GET", path)).unwrap_err();
        assert!(refused.contains("one of the server's own"), "{refused}");
    }
    routes(&[
        ("GET", "/ws/x"),
        ("GET", "/apis"),
        ("GET", "/{*rest}"),
        ("GET", "/healthy"),
    ]);
}
