//! `GET /ws`: a request that becomes a socket.
//!
//! The handshake is tungstenite's. The connection is taken out of hyper, so that a socket costs no
//! more than its stream: no buffers of a library that knows it only through a trait.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tungstenite::handshake::server::create_response_with_body;
use zeroback_protocol::{ErrorCode, WireError};

use super::http::{Shared, refusal};
use super::socket;
use crate::engine::cookies_of;

/// Answers a request for a socket, and serves it once the answer is sent.
pub(super) async fn upgrade(State(shared): State<Shared>, mut request: Request) -> Response {
    let can_be = request.extensions().get::<OnUpgrade>().is_some();
    let response = match create_response_with_body(&request, Body::empty) {
        Ok(response) if can_be => response,
        Ok(_) | Err(_) => {
            let error = WireError::new(ErrorCode::BAD_MESSAGE, "GET /ws is for WebSockets");
            return refusal(StatusCode::UPGRADE_REQUIRED, error);
        }
    };
    let Ok(place) = Arc::clone(&shared.places).try_acquire_owned() else {
        let text = "the server has as many connections as it may";
        let error = WireError::new(ErrorCode::UNAVAILABLE, text);
        return refusal(StatusCode::SERVICE_UNAVAILABLE, error);
    };
    let cookies = cookies_of(request.headers());
    let upgraded = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let _place = place;
        let Ok(upgraded) = upgraded.await else {
            // The client has gone before it was answered.
            return;
        };
        let parts = (upgraded.downcast::<TokioIo<TcpStream>>())
            .expect("the server listens on TCP and on nothing else");
        let stream = parts.io.into_inner();
        let Shared {
            engine,
            outbox_bytes_max,
            alive: _alive,
            ..
        } = shared;
        socket::serve(stream, parts.read_buf, engine, outbox_bytes_max, cookies).await;
    });
    response
}
