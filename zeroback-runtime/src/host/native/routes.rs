//! Requests to routes: found by tokio's side, begun by the engine's thread, answered on the thread of the
//! actions.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::uri::PathAndQuery;
use axum::http::{HeaderValue, StatusCode, Uri, header, request, response};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};
use zeroback_protocol::{ErrorCode, ServerRequestId, WireError};

use super::engine_thread::{ActionDoor, ActionName};
use super::http::{Shared, not_found, refusal, wrong_method};
use super::pieces::{self, Piece};
use crate::accounts::Peer;
use crate::engine::{Viewer, guarded_route};
use crate::registry::RouteEntry;
use crate::routes::Found;
use crate::web::{self, Answer, Content, checked};
use crate::{ActionCtx, World, request_scope};

/// A request on its way to its route.
pub(super) struct RouteJob {
    pub(super) route: RouteEntry,
    pub(super) head: request::Parts,
    body: Option<mpsc::Receiver<Piece>>,
    /// Under which id in the log, and as whom it is answered, once that is known.
    pub(super) made_by: Option<(ServerRequestId, Viewer)>,
    pub(super) answer: oneshot::Sender<Answered>,
}

/// What a request comes to.
pub(super) type Answered = Result<(response::Parts, Outgoing), WireError>;

/// A body on its way out.
pub(super) enum Outgoing {
    Bytes(Bytes),
    Pieces(mpsc::Receiver<Piece>),
}

/// Answers a request that is for a route; any other goes on to the page.
pub(super) async fn serve(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let found = shared.routes.find(&head.method, head.uri.path());
    match found {
        Found::Nothing if shared.routes.is_reserved(head.uri.path()) => not_found().await,
        Found::Nothing => next.run(Request::from_parts(head, body)).await,
        Found::OtherMethods(allow) => {
            let mut response = wrong_method().await;
            let allow = HeaderValue::from_str(&allow).expect("names of methods");
            response.headers_mut().insert(header::ALLOW, allow);
            response
        }
        Found::Refused(error) => refusal(StatusCode::BAD_REQUEST, error),
        Found::Route(route, params) => {
            let peer = head.extensions.get::<ConnectInfo<SocketAddr>>().copied();
            let mut head = stripped(head);
            head.extensions.insert(params);
            if let Some(ConnectInfo(peer)) = peer {
                head.extensions.insert(Peer(peer.ip()));
            }
            ask(&shared, route, head, body).await
        }
    }
}

/// Takes away what is only this server's: a route sees the same on every host.
fn stripped(head: request::Parts) -> request::Parts {
    let path = head.uri.path_and_query().cloned();
    let mut stripped = axum::http::Request::new(()).into_parts().0;
    stripped.method = head.method;
    stripped.uri = Uri::from(path.unwrap_or_else(|| PathAndQuery::from_static("/")));
    stripped.version = head.version;
    stripped.headers = head.headers;
    stripped
}

async fn ask(shared: &Shared, route: RouteEntry, head: request::Parts, body: Body) -> Response {
    let body = (!body.is_end_stream()).then(|| pieces::forward(body));
    let (answer, answered) = oneshot::channel();
    let job = RouteJob {
        route,
        head,
        body,
        made_by: None,
        answer,
    };
    shared.engine.route(job).await;
    let unanswered = || {
        let text = "the server has stopped; what it was asked for may have been done";
        Err(WireError::new(ErrorCode::UNAVAILABLE, text))
    };
    match answered.await.unwrap_or_else(|_| unanswered()) {
        Ok((head, Outgoing::Bytes(bytes))) => Response::from_parts(head, Body::from(bytes)),
        Ok((head, Outgoing::Pieces(pieces))) => {
            let body = Body::from_stream(pieces::sendable(pieces));
            Response::from_parts(head, body)
        }
        Err(error) => {
            let status = StatusCode::from_u16(error.code.http_status());
            refusal(status.expect("the protocol knows HTTP"), error).into_response()
        }
    }
}

/// Has a route answer, on the thread of the actions. It goes on where nobody waits for its answer.
pub(super) async fn run(
    job: RouteJob,
    name: ActionName,
    engine: &ActionDoor,
    world: Rc<dyn World>,
) {
    let RouteJob {
        route,
        head,
        body,
        made_by,
        answer,
    } = job;
    let (request_id, viewer) = made_by.expect("it has begun");
    let method = head.method.clone();
    let stall_max = Duration::from_millis(world.web_limits().body_stall_ms.into());
    let body = match body {
        Some(pieces) => web::Body::stream(pieces::from_client(pieces, stall_max)),
        None => web::Body::empty(),
    };
    let request = web::Request::from_parts(head, body);
    let ctx = ActionCtx::new(world, viewer.auth());
    let runs = guarded_route(&route, &ctx, request);
    let response = request_scope::within_polls(request_id, runs).await;
    // Whoever has asked may be gone each time that something is sent here.
    match response.and_then(|response| checked(&method, response)) {
        Ok(Answer { head, content }) => match content {
            Content::Bytes(bytes) => {
                let _ = answer.send(Ok((head, Outgoing::Bytes(bytes))));
            }
            Content::Stream(stream) => {
                let (sender, receiver) = pieces::channel();
                if answer.send(Ok((head, Outgoing::Pieces(receiver)))).is_ok()
                    && let Err(error) = pieces::send_all(stream, sender, stall_max).await
                {
                    engine.route_failed(name, error).await;
                }
            }
        },
        Err(error) => {
            if let Some(told) = engine.route_failed(name, error).await {
                let _ = answer.send(Err(told));
            }
        }
    }
    engine.route_ended(name).await;
}
