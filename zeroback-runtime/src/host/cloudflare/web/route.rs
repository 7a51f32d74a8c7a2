//! Requests to routes.

use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Uri, header};
use zeroback_protocol::{ErrorCode, Outcome, WireError};

use super::super::Instance;
use super::super::actions::keep_until_end;
use super::streams::{From, Incoming, Streams};
use super::{flat, header_map};
use crate::engine::{ActionDesk, ActionId};
use crate::registry::RouteEntry;
use crate::routes::Found;
use crate::web::{Answer, Body, Content, Request};

/// Finds what a request is for, and begins to answer it.
pub(super) fn begin(
    instance: &mut Instance,
    number: f64,
    (method, path): (&str, &str),
    headers: Vec<String>,
    has_body: bool,
) {
    let streams = instance.streams.clone();
    // Dropped, it is cancelled.
    let body = has_body.then(|| Incoming::new(streams.clone(), number, From::Client));
    let (Ok(method), Ok(path)) = (method.parse::<Method>(), path.parse::<PathAndQuery>()) else {
        let error = WireError::new(
            ErrorCode::BAD_MESSAGE,
            "the request has no path that can be",
        );
        return respond_error(&streams, number, 400, error, None);
    };
    let (route, params) = match instance.routes.find(&method, path.path()) {
        Found::Route(route, params) => (route, params),
        Found::OtherMethods(allow) => {
            let text = "this path is for another method";
            let error = WireError::new(ErrorCode::BAD_MESSAGE, text);
            return respond_error(&streams, number, 405, error, Some(&allow));
        }
        Found::Refused(error) => return respond_error(&streams, number, 400, error, None),
        Found::Nothing => {
            let error = WireError::new(ErrorCode::NOT_FOUND, "there is nothing at this path");
            return respond_error(&streams, number, 404, error, None);
        }
    };
    let id = match instance.engine.begin_route(route.function) {
        Ok(id) => id,
        Err(error) => {
            let status = error.code.http_status();
            return respond_error(&streams, number, status, error, None);
        }
    };
    let mut request = Request::new(body.map_or_else(Body::empty, Body::stream));
    *request.method_mut() = method;
    *request.uri_mut() = Uri::from(path);
    *request.headers_mut() = header_map(headers);
    request.extensions_mut().insert(params);
    let desk = instance.actions.clone();
    let answer = answer(desk, streams, (id, number), route, request);
    keep_until_end(&instance.tasks, &instance.platform, id, answer);
}

/// Has a route answer. It goes on where nobody waits for its answer.
async fn answer(
    desk: ActionDesk,
    streams: Streams,
    (id, number): (ActionId, f64),
    route: RouteEntry,
    request: Request,
) {
    match desk.answer_request(id, &route, request).await {
        Ok(Answer { head, content }) => {
            let (status, headers) = (head.status.as_u16(), flat(&head.headers));
            match content {
                Content::Bytes(bytes) => {
                    streams.web.respond(number, status, headers, &bytes, None);
                }
                Content::Stream(stream) => {
                    let body = streams.open();
                    streams
                        .web
                        .respond(number, status, headers, &[], Some(body));
                    if let Err(error) = streams.send_all(body, stream).await {
                        // It was answered already; the log is told.
                        desk.fail_route(id, error, drop);
                    }
                }
            }
        }
        Err(error) => desk.fail_route(id, error, move |told| {
            let status = told.code.http_status();
            respond_error(&streams, number, status, told, None);
        }),
    }
    desk.end_route(id);
}

/// Answers a request with an error.
fn respond_error(
    streams: &Streams,
    number: f64,
    status: u16,
    error: WireError,
    allow: Option<&str>,
) {
    let json = HeaderValue::from_static("application/json");
    let mut headers = HeaderMap::from_iter([(header::CONTENT_TYPE, json)]);
    if let Some(allow) = allow {
        let allow = HeaderValue::from_str(allow).expect("names of methods");
        headers.insert(header::ALLOW, allow);
    }
    let body = Outcome::Error(error).encode();
    streams
        .web
        .respond(number, status, flat(&headers), body.as_bytes(), None);
}
