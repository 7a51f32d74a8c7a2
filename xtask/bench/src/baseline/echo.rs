//! The baseline of one mutation in flight: axum alone. What a client says is echoed once a row has
//! been committed, and told to a subscriber where it is one that it watches.

use std::path::Path;
use std::sync::{Arc, Mutex};

use anyhow::Result;
use axum::Router;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::routing::any;
use axum::serve::ListenerExt as _;
use tokio::sync::broadcast;

use super::sqlite::Database;

/// How many messages may wait for a slow subscriber.
const WAITING_MAX: usize = 64;

/// What a text has in it of which the subscriber is told.
const WATCHED: &str = r#""topic":"watched""#;

#[derive(Clone)]
struct Shared {
    database: Arc<Mutex<Database>>,
    told: broadcast::Sender<Utf8Bytes>,
}

pub(super) async fn serve(data: &Path) -> Result<()> {
    let shared = Shared {
        database: Arc::new(Mutex::new(Database::open(data)?)),
        told: broadcast::channel(WAITING_MAX).0,
    };
    let told = shared.told.clone();
    let router = Router::new()
        .route(
            "/ws",
            any(async move |upgrade: WebSocketUpgrade| {
                upgrade.on_upgrade(move |socket| echo(socket, shared))
            }),
        )
        .route(
            "/subscribe",
            any(async move |upgrade: WebSocketUpgrade| {
                let heard = told.subscribe();
                upgrade.on_upgrade(move |socket| tell(socket, heard))
            }),
        );
    let listener = super::listen().await?.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, router).await?)
}

async fn echo(mut socket: WebSocket, shared: Shared) {
    while let Some(Ok(Message::Text(text))) = socket.recv().await {
        // The commit holds up this thread alone, and nothing is handed to another one.
        let inserted = match shared.database.lock() {
            Ok(mut database) => database.insert(1),
            Err(_) => return,
        };
        if inserted.is_err() {
            return;
        }
        if text.contains(WATCHED) {
            // There may be nobody to be told.
            let _ = shared.told.send(text.clone());
        }
        if socket.send(Message::Text(text)).await.is_err() {
            return;
        }
    }
}

async fn tell(mut socket: WebSocket, mut heard: broadcast::Receiver<Utf8Bytes>) {
    while let Ok(text) = heard.recv().await {
        if socket.send(Message::Text(text)).await.is_err() {
            return;
        }
    }
}
