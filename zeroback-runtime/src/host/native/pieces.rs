//! Bodies on their way between threads: streams of an action's thread on one side, which stay there, and
//! those of tokio's other threads on the other. A channel holds little, so the slower side is waited for.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _, stream};
use tokio::sync::mpsc;
use tokio::time::timeout;
use zeroback_protocol::ErrorCode;

use crate::web::{BodyStream, next_piece};
use crate::{Error, Result};

/// How many pieces wait for a side that is slower than the other.
const PIECES_MAX: usize = 8;

/// A part of a body. One that ends without an end is cut off.
#[derive(Debug)]
pub(super) enum Piece {
    Bytes(Bytes),
    End,
}

/// Makes the two ends.
pub(super) fn channel() -> (mpsc::Sender<Piece>, mpsc::Receiver<Piece>) {
    mpsc::channel(PIECES_MAX)
}

/// Sends all of a stream; fails as the stream does, and ends where nobody takes it for so long.
pub(super) async fn send_all(
    mut stream: BodyStream,
    pieces: mpsc::Sender<Piece>,
    stall_max: Duration,
) -> Result<()> {
    while let Some(piece) = next_piece(&mut stream).await {
        let sent = timeout(stall_max, pieces.send(Piece::Bytes(piece?))).await;
        if !matches!(sent, Ok(Ok(()))) {
            return Ok(());
        }
    }
    let _ = timeout(stall_max, pieces.send(Piece::End)).await;
    Ok(())
}

/// Returns what is received as a stream that another thread may take.
pub(super) fn sendable(
    pieces: mpsc::Receiver<Piece>,
) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
    stream::unfold(Some(pieces), |pieces| async {
        let mut pieces = pieces?;
        match pieces.recv().await {
            Some(Piece::Bytes(bytes)) => Some((Ok(bytes), Some(pieces))),
            Some(Piece::End) => None,
            None => Some((Err(io::Error::other("the body broke off")), None)),
        }
    })
}

/// Returns what a client sends as a stream, which breaks off where it sends nothing for so long.
pub(super) fn from_client(
    pieces: mpsc::Receiver<Piece>,
    stall_max: Duration,
) -> impl Stream<Item = Result<Bytes>> {
    stream::unfold(Some(pieces), move |pieces| async move {
        let mut pieces = pieces?;
        match timeout(stall_max, pieces.recv()).await {
            Ok(Some(Piece::Bytes(bytes))) => Some((Ok(bytes), Some(pieces))),
            Ok(Some(Piece::End)) => None,
            Ok(None) => Some((Err(gone()), None)),
            Err(_) => Some((Err(gone()), None)),
        }
    })
}

fn gone() -> Error {
    let text = "the client went away before the end of its body";
    Error::new(ErrorCode::BAD_MESSAGE, text)
}

/// Receives a body on a task of its own: it goes on while nobody asks for its answer.
pub(super) fn forward(body: axum::body::Body) -> mpsc::Receiver<Piece> {
    let (sender, receiver) = channel();
    tokio::spawn(async move {
        let mut body = body.into_data_stream();
        while let Some(piece) = body.next().await {
            let Ok(piece) = piece else {
                return;
            };
            if sender.send(Piece::Bytes(piece)).await.is_err() {
                return;
            }
        }
        // Nobody may want to know any more.
        let _ = sender.send(Piece::End).await;
    });
    receiver
}
