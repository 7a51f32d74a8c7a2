//! Connections of clients: taken in, served until the server stops, and closed where nothing comes.
//!
//! The loop is ours because a client that never ends the head of its request is to lose its place, and
//! `axum::serve` waits for it for ever.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};

/// How long the server waits where it can take no connection, for one because it has no more files.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// Takes connections in until it is to stop, and returns when the requests are answered that are under way.
/// One on which no head of a request comes for `head_max` is closed.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    head_max: Duration,
    mut stop: oneshot::Receiver<()>,
) {
    let (stopping, stopped) = watch::channel(());
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    let (router, stopped) = (router.clone(), stopped.clone());
                    tokio::spawn(serve_one((stream, peer), router, head_max, stopped));
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    tracing::error!("no connection can be taken in: {error}");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            // A dropped sender stops the server too.
            _ = &mut stop => break,
        }
    }
    drop((listener, stopped));
    let _ = stopping.send(());
    stopping.closed().await;
}

async fn serve_one(
    (stream, peer): (TcpStream, SocketAddr),
    router: Router,
    head_max: Duration,
    mut stopped: watch::Receiver<()>,
) {
    // Frames are small and each is awaited: none may wait for the next to fill a packet.
    let _ = stream.set_nodelay(true);
    let answer = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        answered(router.clone(), request)
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(head_max);
    let connection = builder.serve_connection(TokioIo::new(stream), answer);
    let mut connection = pin!(connection.with_upgrades());
    tokio::select! {
        // How a client goes away is its business.
        _ = connection.as_mut() => return,
        _ = stopped.changed() => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

async fn answered(
    router: Router,
    request: Request,
) -> Result<axum::response::Response, Infallible> {
    TowerToHyperService::new(router).call(request).await
}

/// Tells an error of a connection that was gone before it was taken in.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

#[cfg(test)]
mod tests;
