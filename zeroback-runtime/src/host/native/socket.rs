//! One WebSocket: its frames to the engine, the engine's frames to it.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use futures_util::{SinkExt, StreamExt};
use tokio::time::timeout;

use super::engine_thread::{EngineHandle, Outbox, OutboxReader, Outgoing};
use crate::engine::ConnectionId;

/// The heartbeat's question and answer: text frames that are not JSON and never reach the engine.
const PING: &str = "ping";
const PONG: &str = "pong";

/// How long a frame may take to be handed to the operating system.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// Serves a socket until either side ends it.
pub(super) async fn serve(socket: WebSocket, engine: EngineHandle, outbox_bytes_max: usize) {
    let (outbox, frames) = Outbox::new(outbox_bytes_max);
    let connection = engine.open(outbox).await;
    pump(socket, frames, &engine, connection).await;
    engine.close(connection).await;
}

async fn pump(
    socket: WebSocket,
    mut frames: OutboxReader,
    engine: &EngineHandle,
    connection: ConnectionId,
) {
    let (mut sink, mut stream) = socket.split();
    loop {
        tokio::select! {
            incoming = stream.next() => match incoming {
                Some(Ok(Message::Text(text))) if text.as_str() == PING => {
                    if sink.send(Message::text(PONG)).await.is_err() {
                        return;
                    }
                }
                Some(Ok(Message::Text(text))) => {
                    engine.message(connection, text.as_str().to_owned()).await;
                }
                Some(Ok(Message::Binary(_))) => engine.binary(connection).await,
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Err(error)) => {
                    if is_too_large(error) {
                        let reason = "a frame may have at most 32 MiB".into();
                        let frame = CloseFrame { code: close_code::SIZE, reason };
                        let _ = sink.send(Message::Close(Some(frame))).await;
                    }
                    return;
                }
                Some(Ok(Message::Close(_))) | None => return,
            },
            outgoing = frames.next() => match outgoing {
                Some(Outgoing::Frame(frame)) => {
                    // A client that takes nothing for so long is gone, or does not read.
                    let sent = timeout(SEND_TIMEOUT, sink.send(Message::text(frame))).await;
                    if !matches!(sent, Ok(Ok(()))) {
                        return;
                    }
                }
                Some(Outgoing::Close(code, reason)) => {
                    let frame = CloseFrame { code, reason: reason.into() };
                    // The socket ends here, whether its peer hears why or not.
                    let close = sink.send(Message::Close(Some(frame)));
                    let _ = timeout(SEND_TIMEOUT, close).await;
                    return;
                }
                None => return,
            },
        }
    }
}

/// Tells whether a socket failed because its client sent more than is read at all.
fn is_too_large(error: axum::Error) -> bool {
    error
        .into_inner()
        .downcast_ref::<tungstenite::Error>()
        .is_some_and(|error| matches!(error, tungstenite::Error::Capacity(_)))
}
