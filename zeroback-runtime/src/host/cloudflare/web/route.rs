//! Requests to routes.

use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Method, Uri, header};
use zeroback_protocol::{ErrorCode, Outcome, WireError};

use super::super::actions::keep_until_end;
use super::super::{Instance, now};
use super::streams::{From, Incoming, Streams};
use super::{flat, header_map};
use crate::accounts::Peer;
use crate::engine::{ActionDesk, ActionId, Credentials, cookies_of};
use crate::registry::RouteEntry;
use crate::routes::Found;
use crate::web::{Answer, Body, Content, Request};
use crate::{Auth, request_scope};

/// A request of which it is not known yet who makes it.
#[derive(Debug)]
pub(in super::super) struct Asked {
    number: f64,
    route: RouteEntry,
    request: Request,
}

/// Finds what a request is for; [`go_on`] answers it.
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
    let mut request = Request::new(body.map_or_else(Body::empty, Body::stream));
    *request.method_mut() = method;
    *request.uri_mut() = Uri::from(path);
    *request.headers_mut() = header_map(headers);
    request.extensions_mut().insert(params);
    if let Some(peer) = peer(request.headers()) {
        request.extensions_mut().insert(peer);
    }
    let text = |name| request.headers().get(name)?.to_str().ok();
    let cookies = cookies_of(request.headers());
    let credentials = Credentials {
        authorization: text(header::AUTHORIZATION),
        // The origin is checked before.
        cookie: cookies.as_deref(),
    };
    instance.engine.handle_time(now());
    let id = instance.engine.handle_request(&route, credentials);
    let asked = Asked {
        number,
        route,
        request,
    };
    instance.requests.insert(id, asked);
}

/// Returns who has made a request, as Cloudflare says it: a client cannot.
fn peer(headers: &HeaderMap) -> Option<Peer> {
    let ip = headers.get("cf-connecting-ip")?.to_str().ok()?;
    ip.parse().ok().map(Peer)
}

/// Goes on with a request of which the engine has said what becomes of it.
pub(in super::super) fn go_on(instance: &mut Instance, id: ActionId) {
    let taken = instance.requests.remove(&id);
    let (Some(asked), Some(begun)) = (taken, instance.engine.take_route(id)) else {
        return;
    };
    let streams = instance.streams.clone();
    match begun {
        Ok((request_id, viewer)) => {
            let desk = instance.actions.clone();
            let answer = answer(desk, streams, id, asked, viewer.auth());
            let answer = request_scope::within_polls(request_id, answer);
            keep_until_end(&instance.tasks, &instance.platform, id, answer);
        }
        Err(error) => {
            let status = error.code.http_status();
            respond_error(&streams, asked.number, status, error, None);
        }
    }
}

/// Has a route answer. It goes on where nobody waits for its answer.
async fn answer(desk: ActionDesk, streams: Streams, id: ActionId, asked: Asked, auth: Auth) {
    let Asked {
        number,
        route,
        request,
    } = asked;
    match desk.answer_request(id, &route, (request, auth)).await {
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
