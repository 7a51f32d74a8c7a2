//! What a route has answered, as it may go out: the same on all hosts.

use bytes::Bytes;
use futures_util::stream;
use http::response::Parts;
use http::{HeaderName, HeaderValue, Method, StatusCode, header};

use super::body::Content;
use super::{Body, Response};
use crate::{Error, Result};

/// A response whose body is known to be wanted, or not.
pub(crate) struct Answer {
    pub(crate) head: Parts,
    pub(crate) content: Content,
}

/// Headers that say how a message is sent, which is the host's part.
const OF_THE_HOST: [HeaderName; 5] = [
    header::CONNECTION,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::TE,
    header::TRAILER,
];

/// Checks a response to a request of this method.
///
/// # Errors
///
/// Fails where its status is none that a response can have.
pub(crate) fn checked(method: &Method, response: Response) -> Result<Answer> {
    let (mut head, body) = response.into_parts();
    let status = head.status.as_u16();
    if !(200..=599).contains(&status) {
        let text = format!("a route has answered with status {status}: expected 200 to 599");
        return Err(Error::internal(text));
    }
    body.label(&mut head.headers);
    OF_THE_HOST
        .iter()
        .for_each(|name| drop(head.headers.remove(name)));
    let content = match body.into_content() {
        // The stream of a body that is not wanted ends here.
        _ if has_no_body(head.status) => counted(Bytes::new(), &mut head),
        content if *method == Method::HEAD => left_out(content, &mut head),
        Content::Bytes(bytes) => counted(bytes, &mut head),
        stream @ Content::Stream(_) => stream,
    };
    Ok(Answer { head, content })
}

/// Returns a body of which the host counts what there is.
fn counted(bytes: Bytes, head: &mut Parts) -> Content {
    head.headers.remove(header::CONTENT_LENGTH);
    Content::Bytes(bytes)
}

/// Leaves out a body that `HEAD` does not want, and says how long it would be where that is known.
fn left_out(content: Content, head: &mut Parts) -> Content {
    match content {
        Content::Bytes(bytes) if !bytes.is_empty() => {
            let length = HeaderValue::from(bytes.len());
            head.headers.insert(header::CONTENT_LENGTH, length);
            Content::Bytes(Bytes::new())
        }
        // A route that knows its length has said it.
        empty @ Content::Bytes(_) => empty,
        Content::Stream(_) if head.headers.contains_key(header::CONTENT_LENGTH) => {
            Content::Bytes(Bytes::new())
        }
        // Bytes would be counted by the host.
        Content::Stream(_) => Body::stream(stream::empty::<Result<Bytes>>()).into_content(),
    }
}

fn has_no_body(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked_of(method: &Method, status: u16, headers: &[(&str, &str)]) -> Result<Answer> {
        let mut response = http::Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        let response = response.body(Body::from("hello")).expect("a response");
        checked(method, response)
    }

    fn length(answer: &Answer) -> usize {
        match &answer.content {
            Content::Bytes(bytes) => bytes.len(),
            Content::Stream(_) => panic!("it is no stream"),
        }
    }

    #[test]
    fn what_the_host_decides_is_taken_away() {
        let headers = [
            ("connection", "close"),
            ("content-length", "3"),
            ("x-own", "1"),
        ];
        let answer = checked_of(&Method::GET, 200, &headers).unwrap();
        let names: Vec<_> = answer.head.headers.keys().map(HeaderName::as_str).collect();
        assert_eq!(names, ["content-type", "x-own"]);
        assert_eq!(length(&answer), 5);
    }

    #[test]
    fn a_head_says_how_long_the_body_would_be() {
        let answer = checked_of(&Method::HEAD, 200, &[("content-length", "3")]).unwrap();
        assert_eq!(answer.head.headers[header::CONTENT_LENGTH], "5");
        assert_eq!(length(&answer), 0);
        let streamed = || {
            let pieces: [Result<&str>; 1] = [Ok("x")];
            Response::new(Body::stream(stream::iter(pieces)))
        };
        let answer = checked(&Method::HEAD, streamed()).unwrap();
        assert!(!answer.head.headers.contains_key(header::CONTENT_LENGTH));
        assert!(matches!(answer.content, Content::Stream(_)));
        let mut sized = streamed();
        let one = HeaderValue::from_static("1");
        sized.headers_mut().insert(header::CONTENT_LENGTH, one);
        let answer = checked(&Method::HEAD, sized).unwrap();
        assert_eq!(answer.head.headers[header::CONTENT_LENGTH], "1");
        assert_eq!(length(&answer), 0);
    }

    #[test]
    fn what_can_have_no_body_has_none() {
        assert_eq!(length(&checked_of(&Method::HEAD, 200, &[]).unwrap()), 0);
        for status in [204, 205, 304] {
            let answer = checked_of(&Method::GET, status, &[]).unwrap();
            assert_eq!(length(&answer), 0);
        }
    }

    #[test]
    fn a_status_that_is_no_answer_is_refused() {
        for status in [100, 101, 600, 999] {
            let refused = checked_of(&Method::GET, status, &[])
                .err()
                .expect("an error");
            assert_eq!(refused.code().as_str(), "internal");
        }
    }
}
