//! A real WebSocket, used from outside of tokio.

use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::{Frame, Socket};

/// After so many seconds nothing is expected to come any more.
pub(crate) const PATIENCE: u64 = 20;

/// The code of a socket that ended without one.
const CLOSED_ABNORMALLY: u16 = 1006;

/// Drives the sockets of all behaviours, and the native servers.
pub(crate) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime starts")
});

/// A WebSocket to a server on this machine.
#[derive(Debug)]
pub(crate) struct RealSocket {
    stream: WebSocketStream<TcpStream>,
}

impl RealSocket {
    pub(crate) fn open(address: SocketAddr) -> Self {
        Self::try_open(address).expect("a connection, and an upgrade")
    }

    /// Opens a socket to a server that may be gone.
    pub(crate) fn try_open(address: SocketAddr) -> Option<Self> {
        let stream = RUNTIME.block_on(async {
            let tcp = TcpStream::connect(address).await.ok()?;
            tcp.set_nodelay(true).ok()?;
            let config = WebSocketConfig::default()
                .max_message_size(None)
                .max_frame_size(None);
            let url = format!("ws://{address}/ws");
            let (stream, _) = client_async_with_config(url, tcp, Some(config))
                .await
                .ok()?;
            Some(stream)
        });
        Some(Self { stream: stream? })
    }
}

impl Socket for RealSocket {
    fn send(&mut self, frame: Frame) {
        let message = match frame {
            Frame::Text(text) => Message::text(text),
            Frame::Binary(bytes) => Message::binary(bytes),
            Frame::Close(_) => Message::Close(None),
        };
        let patience = Duration::from_secs(PATIENCE);
        // A server that closes does not wait for what is still being sent; what it said comes.
        let _ = RUNTIME.block_on(async { timeout(patience, self.stream.send(message)).await });
    }

    fn receive(&mut self) -> Option<Frame> {
        let patience = Duration::from_secs(PATIENCE);
        RUNTIME.block_on(async {
            loop {
                let next = timeout(patience, self.stream.next()).await.ok()?;
                return Some(match next {
                    Some(Ok(Message::Text(text))) => Frame::Text(text.as_str().to_owned()),
                    Some(Ok(Message::Binary(bytes))) => Frame::Binary(bytes.to_vec()),
                    Some(Ok(Message::Close(frame))) => {
                        Frame::Close(frame.map_or(CLOSED_ABNORMALLY, |frame| frame.code.into()))
                    }
                    Some(Ok(_)) => continue,
                    Some(Err(_)) | None => Frame::Close(CLOSED_ABNORMALLY),
                });
            }
        })
    }
}
