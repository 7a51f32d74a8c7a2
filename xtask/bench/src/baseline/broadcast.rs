//! The baseline of pushes: a server that sends what one client says to all, and does nothing else.

use anyhow::Result;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio::sync::broadcast;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

/// How many messages may wait for a slow client.
const WAITING_MAX: usize = 64;

pub(super) async fn serve() -> Result<()> {
    let listener = super::listen().await?;
    let (sender, _) = broadcast::channel(WAITING_MAX);
    while let Ok((stream, _)) = listener.accept().await {
        // It hears all that is said after its handshake.
        tokio::spawn(hear(stream, sender.clone(), sender.subscribe()));
    }
    Ok(())
}

async fn hear(
    stream: TcpStream,
    sender: broadcast::Sender<Utf8Bytes>,
    mut receiver: broadcast::Receiver<Utf8Bytes>,
) -> Result<()> {
    stream.set_nodelay(true)?;
    let (mut out, mut incoming) = accept_async(stream).await?.split();
    let pushes = async {
        while let Ok(text) = receiver.recv().await {
            out.send(Message::Text(text)).await?;
        }
        anyhow::Ok(())
    };
    let receives = async {
        while let Some(Ok(message)) = incoming.next().await {
            if let Message::Text(text) = message {
                sender.send(text).ok();
            }
        }
        anyhow::Ok(())
    };
    tokio::try_join!(pushes, receives)?;
    Ok(())
}
