//! One WebSocket: its frames to the engine, the engine's frames to it.

use std::ops::ControlFlow;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::time::timeout;

use super::engine_thread::EngineHandle;
use super::http::TRANSPORT_BYTES_MAX;
use super::outbox::{Outbox, OutboxReader, Outgoing};
use crate::engine::ConnectionId;

/// The heartbeat's question and answer: text frames that are not JSON and never reach the engine.
const PING: &str = "ping";
const PONG: &str = "pong";

/// How long a frame may take to be handed to the operating system.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a close frame may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// A socket that has been silent for so long is asked for a sign of life, and is taken for dead when
/// it has been silent for as long again. Browsers answer by themselves.
const SILENCE: Duration = Duration::from_secs(45);

/// Serves a socket until either side ends it.
pub(super) async fn serve(socket: WebSocket, engine: EngineHandle, outbox_bytes_max: usize) {
    let (outbox, frames) = Outbox::new(outbox_bytes_max);
    let connection = engine.open(outbox).await;
    let (sink, stream) = socket.split();
    let mut pump = Pump {
        sink,
        frames,
        engine: &engine,
        connection,
    };
    pump.run(stream).await;
    engine.close(connection).await;
}

/// Moves frames between a socket and the engine.
struct Pump<'e> {
    sink: SplitSink<WebSocket, Message>,
    frames: OutboxReader,
    engine: &'e EngineHandle,
    connection: ConnectionId,
}

/// Whether a socket goes on.
type Goes = ControlFlow<End>;

/// How a socket ends.
enum End {
    /// The client has gone, or nothing gets through to it.
    Gone,
    /// We have said why, and the client is to answer.
    Closed,
}

impl Pump<'_> {
    async fn run(&mut self, mut stream: SplitStream<WebSocket>) {
        if let End::Closed = self.pump(&mut stream).await {
            // With input unread the socket would be reset, and the client not learn why.
            let rest = async { while let Some(Ok(_)) = stream.next().await {} };
            let _ = timeout(CLOSE_TIMEOUT, rest).await;
        }
    }

    async fn pump(&mut self, stream: &mut SplitStream<WebSocket>) -> End {
        let mut silence = tokio::time::interval(SILENCE);
        silence.reset();
        let mut was_asked = false;
        loop {
            let goes = tokio::select! {
                incoming = stream.next() => {
                    silence.reset();
                    was_asked = false;
                    self.take(incoming).await
                }
                outgoing = self.frames.next() => self.write(outgoing).await,
                _ = silence.tick() => {
                    if was_asked {
                        return End::Gone;
                    }
                    was_asked = true;
                    self.send(Message::Ping(Bytes::new())).await
                }
            };
            if let Goes::Break(end) = goes {
                return end;
            }
        }
    }

    async fn take(&mut self, incoming: Option<Result<Message, axum::Error>>) -> Goes {
        match incoming {
            Some(Ok(Message::Text(text))) if text.as_str() == PING => {
                return self.send(Message::text(PONG)).await;
            }
            Some(Ok(Message::Text(text))) if text.len() > TRANSPORT_BYTES_MAX => {
                return self.refuse_size().await;
            }
            Some(Ok(Message::Binary(bytes))) if bytes.len() > TRANSPORT_BYTES_MAX => {
                return self.refuse_size().await;
            }
            Some(Ok(Message::Text(text))) => {
                let json = text.as_str().to_owned();
                self.engine.message(self.connection, json).await;
            }
            Some(Ok(Message::Binary(_))) => self.engine.binary(self.connection).await,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Err(error)) => {
                if is_too_large(error) {
                    return self.refuse_size().await;
                }
                return Goes::Break(End::Gone);
            }
            Some(Ok(Message::Close(_))) | None => return Goes::Break(End::Gone),
        }
        Goes::Continue(())
    }

    async fn write(&mut self, outgoing: Option<Outgoing>) -> Goes {
        match outgoing {
            Some(Outgoing::Frame(frame)) => self.send(Message::text(frame)).await,
            Some(Outgoing::Close(code, reason)) => self.close(code, reason).await,
            None => Goes::Break(End::Gone),
        }
    }

    /// Sends a frame, unless the client takes nothing for so long that it is gone, or is cut off.
    async fn send(&mut self, message: Message) -> Goes {
        let Self { sink, frames, .. } = self;
        let (code, reason) = tokio::select! {
            sent = timeout(SEND_TIMEOUT, sink.send(message)) => {
                return match sent {
                    Ok(Ok(())) => Goes::Continue(()),
                    Ok(Err(_)) | Err(_) => Goes::Break(End::Gone),
                };
            }
            cut_off = frames.cut_off() => cut_off,
        };
        self.close(code, reason).await
    }

    /// Ends the socket, whether its peer hears why or not.
    async fn close(&mut self, code: u16, reason: &'static str) -> Goes {
        let frame = CloseFrame {
            code,
            reason: reason.into(),
        };
        let close = self.sink.send(Message::Close(Some(frame)));
        Goes::Break(match timeout(CLOSE_TIMEOUT, close).await {
            Ok(Ok(())) => End::Closed,
            Ok(Err(_)) | Err(_) => End::Gone,
        })
    }

    async fn refuse_size(&mut self) -> Goes {
        self.close(close_code::SIZE, "a frame may have at most 32 MiB")
            .await
    }
}

/// Tells whether a socket failed because its client sent more than is read at all.
fn is_too_large(error: axum::Error) -> bool {
    error
        .into_inner()
        .downcast_ref::<tungstenite::Error>()
        .is_some_and(|error| matches!(error, tungstenite::Error::Capacity(_)))
}
