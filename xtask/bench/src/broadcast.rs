//! The baseline of pushes: a server that sends what one client says to all, and does nothing else.

use std::net::SocketAddr;

use anyhow::Result;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

/// How many messages may wait for a slow client.
const WAITING_MAX: usize = 64;

/// Starts the server in this process.
pub(crate) async fn start() -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (sender, _) = broadcast::channel(WAITING_MAX);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, sender.clone()));
        }
    });
    Ok(address)
}

async fn serve(stream: TcpStream, sender: broadcast::Sender<Utf8Bytes>) -> Result<()> {
    stream.set_nodelay(true)?;
    let (mut out, mut incoming) = accept_async(stream).await?.split();
    let mut receiver = sender.subscribe();
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
