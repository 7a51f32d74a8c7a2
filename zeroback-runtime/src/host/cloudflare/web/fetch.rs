//! Requests that actions make, by the platform's `fetch`.

use std::future::poll_fn;

use zeroback_protocol::ErrorCode;

use super::super::tasks::Tasks;
use super::flat;
use super::streams::{From, Incoming, Streams, Told, silent};
use crate::context::Fetched;
use crate::web::{Body, Content, FetchOptions, Request, Response};
use crate::{Error, Result};

/// Makes a request, and follows no redirect.
pub(in super::super) fn fetch(
    streams: Streams,
    tasks: &Tasks,
    request: Request,
    options: FetchOptions,
) -> Fetched {
    let silence_ms = options.timeout.as_millis() as f64;
    let asked = Asked::new(streams, tasks, request, silence_ms);
    Box::pin(async move { asked.answered(silence_ms).await })
}

/// A request that has no answer yet.
struct Asked {
    streams: Streams,
    number: f64,
    is_answered: bool,
}

impl Asked {
    fn new(streams: Streams, tasks: &Tasks, request: Request, silence_ms: f64) -> Self {
        let (head, body) = request.into_parts();
        let (bytes, stream) = match body.into_content() {
            Content::Bytes(bytes) => (bytes, None),
            Content::Stream(stream) => {
                let number = streams.open();
                let streams = streams.clone();
                tasks.spawn(async move {
                    // Where it fails, the request does.
                    let _ = streams.send_all(number, stream).await;
                });
                (bytes::Bytes::new(), Some(number))
            }
        };
        let number = streams.web.number();
        streams.expect(number);
        let (method, url) = (head.method.as_str(), head.uri.to_string());
        let headers = flat(&head.headers);
        streams
            .web
            .fetch(number, method, &url, headers, &bytes, stream, silence_ms);
        Self {
            streams,
            number,
            is_answered: false,
        }
    }

    async fn answered(mut self, silence_ms: f64) -> Result<Response> {
        let told = poll_fn(|cx| self.streams.poll_told(self.number, cx)).await;
        self.is_answered = true;
        self.streams.forget(self.number);
        match told {
            Told::Head {
                status,
                headers,
                has_body,
            } => {
                let mut response = Response::new(Body::empty());
                *response.status_mut() = status.try_into()?;
                *response.headers_mut() = headers;
                if has_body {
                    let from = From::Server { silence_ms };
                    let body = Incoming::new(self.streams.clone(), self.number, from);
                    *response.body_mut() = Body::stream(body);
                }
                Ok(response)
            }
            Told::Silent => Err(silent(silence_ms)),
            Told::Unreachable(cause) => {
                let text = "the server that was asked cannot be reached";
                Err(Error::new(ErrorCode::FETCH_FAILED, text).caused_by(cause))
            }
            told => unreachable!("{told:?} is told of a body"),
        }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        // Of one that was answered the body has the number.
        if !self.is_answered {
            self.streams.forget(self.number);
            self.streams.web.abort(self.number);
        }
    }
}
