use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::super::ReadBody as _;
use super::*;

/// Runs what never has to wait.
fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}

/// A stream of what is there.
struct Pieces(std::vec::IntoIter<Result<&'static str>>);

impl Stream for Pieces {
    type Item = Result<&'static str>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.next())
    }
}

fn stream(pieces: Vec<Result<&'static str>>) -> Body {
    Body::stream(Pieces(pieces.into_iter()))
}

#[test]
fn a_body_is_read_whole_and_in_pieces() {
    let text = |body: Body| now(body.text()).unwrap();
    assert_eq!(text(Body::empty()), "");
    assert_eq!(text(Body::from("hello")), "hello");
    assert_eq!(text(stream(vec![Ok("hel"), Ok("lo")])), "hello");
    let mut body = stream(vec![Ok("hel"), Ok("lo")]);
    assert_eq!(now(body.chunk()).unwrap().unwrap(), "hel");
    assert_eq!(now(body.chunk()).unwrap().unwrap(), "lo");
    assert_eq!(now(body.chunk()).unwrap(), None);
    assert_eq!(
        now(Body::json(&[1, 2]).unwrap().json::<Vec<u8>>()).unwrap(),
        [1, 2]
    );
}

#[test]
fn a_body_that_is_too_large_is_not_read_to_its_end() {
    for body in [
        Body::from("hello"),
        stream(vec![Ok("hel"), Ok("lo"), Err(Error::invalid("read"))]),
    ] {
        let error = now(body.with_bytes_max(4).bytes()).unwrap_err();
        assert_eq!(error.code(), &ErrorCode::BODY_TOO_LARGE);
        assert_eq!(error.message(), "the body has over 4 bytes");
    }
    assert_eq!(
        now(Body::from("hello").with_bytes_max(5).bytes()).unwrap(),
        "hello"
    );
}

#[test]
fn a_body_that_breaks_off_is_no_body() {
    let error = now(stream(vec![Ok("hel"), Err(Error::invalid("gone"))]).bytes()).unwrap_err();
    assert_eq!(error.message(), "gone");
}

#[test]
fn whose_fault_a_body_is_decides_what_is_told() {
    let request = http::Request::new(Body::from("[1,300]"));
    let error = now(request.json::<Vec<u8>>()).unwrap_err();
    assert_eq!(error.code(), &ErrorCode::BAD_ARGS);
    assert_eq!(
        error.message(),
        "body[1]: invalid value: integer `300`, expected u8"
    );
    let response = http::Response::new(Body::from(vec![0xff]));
    let error = now(response.text()).unwrap_err();
    assert_eq!(error.code(), &ErrorCode::FETCH_FAILED);
    assert_eq!(
        error.message(),
        "the server that was asked has not answered as expected"
    );
}

#[test]
fn what_is_shown_of_a_body_is_not_what_is_in_it() {
    assert_eq!(format!("{:?}", Body::from("secret")), "Body(6 bytes)");
}
