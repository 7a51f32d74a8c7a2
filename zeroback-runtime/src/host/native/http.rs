//! The paths that every host serves: `/ws`, `/api/*` and `/health`.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use futures_util::StreamExt as _;
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;
use zeroback_protocol::{ErrorCode, FunctionKind, Outcome, WireError};

use super::engine_thread::{EngineHandle, HttpCall, Reply, Unanswered};
use super::log::log;
use super::socket::TRANSPORT_BYTES_MAX;
use super::transfer::{self, Admin};
use super::upgrade;
use crate::engine::cookies_of;
use crate::routes::Routes;

/// Names the value of an answer; the glue of the other host writes it too.
const TAG_HEADER: HeaderName = HeaderName::from_static("zeroback-tag");

/// What the handlers share.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    pub(super) engine: EngineHandle,
    pub(super) outbox_bytes_max: usize,
    /// How long the body of a request may stand still.
    pub(super) body_stall_max: Duration,
    /// One for each connection that there may be.
    pub(super) places: Arc<Semaphore>,
    /// Held by each socket, so that the server can wait for them when it stops.
    pub(super) alive: mpsc::Sender<()>,
    pub(super) admin: Arc<Admin>,
    pub(super) routes: Arc<Routes>,
}

pub(super) fn routes(shared: Shared) -> Router {
    Router::new()
        .route("/ws", get(upgrade::upgrade))
        .route("/api/query", post(query))
        .route("/api/mutation", post(mutation))
        .route("/api/action", post(action))
        .route("/api/admin/export", any(transfer::export))
        .route("/api/admin/import", any(transfer::import))
        .route("/api/admin/run", any(transfer::run))
        .route("/api/admin/logs", any(transfer::logs))
        // A page's own paths never hide that these are not there.
        .route("/api/{*path}", any(not_found))
        .route("/health", get(health))
        .method_not_allowed_fallback(wrong_method)
        .with_state(shared)
}

/// Answers what no route takes.
pub(super) async fn not_found() -> Response {
    refusal(
        StatusCode::NOT_FOUND,
        WireError::new(ErrorCode::NOT_FOUND, "there is nothing at this path"),
    )
}

/// Answers a request whose path is for another method.
pub(super) async fn wrong_method() -> Response {
    let error = WireError::new(ErrorCode::BAD_MESSAGE, "this path is for another method");
    refusal(StatusCode::METHOD_NOT_ALLOWED, error)
}

async fn health(State(shared): State<Shared>) -> Response {
    let refusal = match shared.engine.is_alive() {
        true => shared.engine.refusal(),
        false => Some(WireError::new(
            ErrorCode::UNAVAILABLE,
            "the server has failed",
        )),
    };
    match refusal {
        None => json(StatusCode::OK, r#"{"status":"ok"}"#.to_owned()),
        Some(error) => self::refusal(StatusCode::SERVICE_UNAVAILABLE, error),
    }
}

async fn query(State(shared): State<Shared>, request: Request) -> Response {
    call(&shared, FunctionKind::Query, request).await
}

async fn mutation(State(shared): State<Shared>, request: Request) -> Response {
    call(&shared, FunctionKind::Mutation, request).await
}

async fn action(State(shared): State<Shared>, request: Request) -> Response {
    call(&shared, FunctionKind::Action, request).await
}

async fn call(shared: &Shared, kind: FunctionKind, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let headers = &head.headers;
    if !mime_is(headers, "application/json") {
        let text = "the content type must be application/json";
        let error = WireError::new(ErrorCode::BAD_MESSAGE, text);
        return refusal(StatusCode::UNSUPPORTED_MEDIA_TYPE, error);
    }
    let body = match whole(body, shared.body_stall_max).await {
        Ok(body) => body,
        Err((status, code)) => {
            let error = WireError::new(code, "the body could not be read");
            return refusal(status, error);
        }
    };
    let Ok(body) = String::from_utf8(body) else {
        let error = WireError::new(ErrorCode::BAD_MESSAGE, "body: is not UTF-8");
        return refusal(StatusCode::BAD_REQUEST, error);
    };
    let call = HttpCall {
        kind,
        key: idempotency_key(headers),
        authorization: authorization(headers),
        // The origin is checked before.
        cookies: cookies_of(headers),
        body,
    };
    answer(shared.engine.call(call).await, kind)
}

/// Reads a body into memory; fails where it is too large, breaks off, or stands still for so long.
pub(super) async fn whole(
    body: Body,
    stall_max: Duration,
) -> Result<Vec<u8>, (StatusCode, ErrorCode)> {
    let mut pieces = body.into_data_stream();
    let mut bytes = Vec::new();
    loop {
        let piece = match timeout(stall_max, pieces.next()).await {
            Ok(Some(Ok(piece))) => piece,
            Ok(Some(Err(_))) => return Err((StatusCode::BAD_REQUEST, ErrorCode::BAD_MESSAGE)),
            Ok(None) => return Ok(bytes),
            Err(_) => return Err((StatusCode::REQUEST_TIMEOUT, ErrorCode::BAD_MESSAGE)),
        };
        if bytes.len() + piece.len() > TRANSPORT_BYTES_MAX {
            return Err((StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::MESSAGE_TOO_LARGE));
        }
        bytes.extend_from_slice(&piece);
    }
}

/// Answers with what a call has come to.
pub(super) fn answer(answered: Result<Reply, Unanswered>, kind: FunctionKind) -> Response {
    match answered {
        Ok(reply) => {
            let status = StatusCode::from_u16(reply.status).expect("the engine knows HTTP");
            let mut response = json(status, reply.body);
            if let Some(tag) = reply.tag {
                let tag = HeaderValue::from_str(&tag.to_text()).expect("base64url");
                response.headers_mut().insert(TAG_HEADER, tag);
            }
            response
        }
        Err(Unanswered::Stopped) => {
            let text = "the server is stopping; nothing was written";
            let error = WireError::new(ErrorCode::UNAVAILABLE, text).refusing(kind);
            refusal(StatusCode::SERVICE_UNAVAILABLE, error)
        }
        Err(Unanswered::Lost) => {
            let text = "the server failed; whether the call had its effect is not known";
            let error = WireError::new(ErrorCode::INTERNAL, text);
            refusal(StatusCode::INTERNAL_SERVER_ERROR, error)
        }
    }
}

/// Returns the `Idempotency-Key`; what is none is refused by the engine. Of several headers a list
/// is made, as HTTP has it, which is none either.
fn idempotency_key(headers: &HeaderMap) -> Option<String> {
    let keys: Vec<_> = headers
        .get_all("idempotency-key")
        .iter()
        .map(|key| String::from_utf8_lossy(key.as_bytes()))
        .collect();
    (!keys.is_empty()).then(|| keys.join(", "))
}

/// Returns the `Authorization`. One that is no text is no token, and refused as such.
pub(super) fn authorization(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?;
    Some(String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// Tells whether a body is said to be of a type.
pub(super) fn mime_is(headers: &HeaderMap, expected: &str) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case(expected))
}

/// Answers with an error, which has a line in the log.
pub(super) fn refusal(status: StatusCode, error: WireError) -> Response {
    json(status, Outcome::Error(log().refused(error)).encode())
}

pub(super) fn json(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}
