use std::cell::RefCell;
use std::ops::Range;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use zeroback_protocol::Timestamp;

use super::super::BodyStream;
use super::*;
use crate::{Asked, Fetched, Filed, Reply, Scope};

/// A world where each path that is a number leads to another one, by the status in front of it.
#[derive(Debug, Default)]
struct Maze(Rc<RefCell<Vec<String>>>);

impl World for Maze {
    fn call(&self, _: Asked) -> Reply {
        panic!("nothing is called")
    }

    fn forget(&self, _: Scope) {}

    fn put_file(&self, _: String, _: Body) -> Filed<()> {
        panic!("no file is stored")
    }

    fn get_file(&self, _: String, _: Range<u64>) -> Filed<Body> {
        panic!("no file is wanted")
    }

    fn delete_file(&self, _: String) -> Filed<()> {
        panic!("no file is deleted")
    }

    fn entropy(&self) -> [u8; 32] {
        panic!("nothing is random")
    }

    fn compute(&self, _: crate::Work) -> Filed<String> {
        panic!("nothing takes its time")
    }

    #[cfg(feature = "server")]
    fn accounts(&self) -> std::sync::Arc<crate::AccountSettings> {
        panic!("there are no accounts")
    }

    fn env(&self, _: &str) -> Option<String> {
        None
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_unix_ms(0)
    }

    fn resolve(&self, _: &str, location: &str) -> Option<String> {
        location.contains("://").then(|| location.to_owned())
    }

    fn fetch(&self, request: Request, _: FetchOptions) -> Fetched {
        let names: Vec<_> = request.headers().keys().map(HeaderName::as_str).collect();
        let body = request
            .body()
            .as_bytes()
            .map_or("stream".to_owned(), |bytes| {
                String::from_utf8_lossy(bytes).into_owned()
            });
        let seen = format!("{} {} {names:?} {body}", request.method(), request.uri());
        self.0.borrow_mut().push(seen);
        let mut response = Response::new(Body::empty());
        if let Some((status, to)) = request
            .uri()
            .query()
            .and_then(|query| query.split_once('='))
        {
            *response.status_mut() = status.parse().expect("a status");
            let to = HeaderValue::from_str(to).expect("a URL");
            response.headers_mut().insert(header::LOCATION, to);
        }
        Box::pin(async { Ok(response) })
    }
}

fn ran(request: Request) -> (Result<u16>, Vec<String>) {
    let maze = Maze::default();
    let seen = Rc::clone(&maze.0);
    let fetched = pin!(follow(&maze, request)).poll(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(fetched) = fetched else {
        panic!("nothing waits");
    };
    let status = fetched.map(|response| response.status().as_u16());
    (status, seen.take())
}

fn request(method: &str, uri: &str) -> Request {
    let request = http::Request::builder()
        .method(method)
        .uri(uri)
        .header("authorization", "Bearer x")
        .header("x-own", "1");
    request.body(Body::from("hello")).expect("a request")
}

#[track_caller]
fn check(method: &str, uri: &str, expected: &[&str]) {
    let (status, seen) = ran(request(method, uri));
    assert_eq!(status.expect("it is answered"), 200);
    assert_eq!(seen[1..], *expected);
}

const KEPT: &str = r#"["authorization", "x-own", "content-type"] hello"#;

#[test]
fn a_redirect_keeps_the_request_or_makes_it_a_get() {
    check(
        "POST",
        "http://a/?307=http://a/2",
        &[&format!("POST http://a/2 {KEPT}")],
    );
    check(
        "POST",
        "http://a/?308=http://a/2",
        &[&format!("POST http://a/2 {KEPT}")],
    );
    let get = r#"GET http://a/2 ["authorization", "x-own"] "#;
    for status in [301, 302, 303] {
        check("POST", &format!("http://a/?{status}=http://a/2"), &[get]);
    }
    check(
        "PUT",
        "http://a/?302=http://a/2",
        &[&format!("PUT http://a/2 {KEPT}")],
    );
    check("PUT", "http://a/?303=http://a/2", &[get]);
}

#[test]
fn no_secret_follows_to_another_origin() {
    for to in ["http://b/", "https://a/", "http://a:81/"] {
        let expected = format!(r#"POST {to} ["content-type", "x-own"] hello"#);
        check("POST", &format!("http://a/?307={to}"), &[&expected]);
    }
    check(
        "POST",
        "http://a/?307=http://a:80/2",
        &[&format!("POST http://a:80/2 {KEPT}")],
    );
}

#[test]
fn what_cannot_be_followed_is_an_error() {
    #[track_caller]
    fn check(request: Request, code: &str, expected: &str) {
        let error = ran(request).0.unwrap_err();
        assert_eq!(error.code().as_str(), code);
        let said = error
            .cause()
            .map_or(error.message().to_owned(), |cause| cause.to_string());
        assert_eq!(said, expected);
    }
    let to = |to: &str| request("POST", to);
    check(
        to("https://a/?307=http://a/"),
        "fetch_failed",
        "the request was redirected from https to what is not",
    );
    check(
        to("http://a/?307=nowhere"),
        "fetch_failed",
        "the request was redirected to what is no URL",
    );
    check(
        to("http://a/?307=ftp://a/"),
        "fetch_failed",
        "the request was redirected to what is no URL of the web",
    );
    let stream: BodyStream = Box::pin(Body::from("x"));
    let streamed = request("POST", "http://a/?307=http://a/2").map(|_| Body::stream(stream));
    check(
        streamed,
        "fetch_failed",
        "the request was redirected, and its body, a stream, is gone",
    );
    check(
        to("/here"),
        "internal",
        "fetch takes an absolute http or https URL",
    );
    check(
        to("ftp://a/"),
        "internal",
        "fetch takes an absolute http or https URL",
    );
    check(
        to("http://me:secret@a/"),
        "internal",
        "fetch takes no URL with a name and a password: send an `authorization` header",
    );
}

#[test]
fn redirects_are_bounded() {
    let endless = "http://a/?307=http://a/?307=http://a/?307=http://a/2";
    let bounded = |redirects_max| {
        let mut request = request("GET", endless);
        let options = FetchOptions {
            redirects_max,
            ..FetchOptions::default()
        };
        request.extensions_mut().insert(options);
        let (result, seen) = ran(request);
        (
            result.map_err(|error| error.message().to_owned()),
            seen.len(),
        )
    };
    assert_eq!(bounded(0), (Ok(307), 1));
    let refused = "the request was redirected more than 2 times".to_owned();
    assert_eq!(bounded(2), (Err(refused), 3));
    assert_eq!(bounded(3), (Ok(200), 4));
}
