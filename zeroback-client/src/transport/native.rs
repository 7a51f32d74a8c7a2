//! Sockets of tokio, with TLS by rustls and the roots that the system trusts.

use std::future::Future;
use std::io;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures_channel::mpsc;
use futures_util::{SinkExt as _, StreamExt as _};
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::tungstenite::http::Uri;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as SocketError, Message};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use super::SocketEvent;
use crate::address::socket_url;
use crate::engine::env::Entropy;

pub(crate) use tokio::time::Sleep;

/// The largest message that is taken from a server.
const MESSAGE_BYTES_MAX: usize = 64 << 20;

/// How many messages wait to be taken in before the next is read.
const MESSAGES_WAITING: usize = 32;

/// A socket. Dropped, it closes.
pub(crate) struct Socket {
    outbox: mpsc::UnboundedSender<String>,
    events: mpsc::Receiver<SocketEvent>,
}

impl Socket {
    pub(crate) fn open(url: &str) -> Self {
        let (outbox, to_send) = mpsc::unbounded();
        let (tell, events) = mpsc::channel(MESSAGES_WAITING);
        tokio::spawn(carry(url.to_owned(), to_send, tell));
        Self { outbox, events }
    }

    pub(crate) fn send(&self, text: String) {
        // One that is gone has said so, or will.
        let _ = self.outbox.unbounded_send(text);
    }

    pub(crate) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<SocketEvent> {
        let event = ready!(self.events.poll_next_unpin(cx));
        Poll::Ready(event.unwrap_or(SocketEvent::Lost))
    }
}

/// Opens a socket, and carries frames until it is lost or its owner has dropped it.
async fn carry(
    url: String,
    mut to_send: mpsc::UnboundedReceiver<String>,
    mut tell: mpsc::Sender<SocketEvent>,
) {
    let opened = tokio::select! {
        opened = connect(&url) => opened,
        // Nothing is sent before it is open: its owner is gone.
        _ = to_send.next() => return,
    };
    let socket = match opened {
        Ok(socket) => socket,
        Err(fault) => return tracing::debug!(target: "zeroback", %url, %fault, "no connection"),
    };
    if tell.send(SocketEvent::Open).await.is_err() {
        return;
    }
    let (mut sink, mut frames) = socket.split();
    let write = async {
        while let Some(text) = to_send.next().await {
            sink.send(Message::text(text)).await?;
        }
        sink.close().await
    };
    let read = async {
        while let Some(Ok(frame)) = frames.next().await {
            let event = match frame {
                Message::Text(text) => SocketEvent::Text(text.as_str().to_owned()),
                Message::Binary(_) => SocketEvent::Binary,
                // What these call for, the socket does by itself.
                Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => continue,
                Message::Close(_) => return,
            };
            if tell.send(event).await.is_err() {
                return;
            }
        }
    };
    // What is left of either is of no use without the other; the end of `tell` says that it is lost.
    tokio::select! {
        written = write => if let Err(fault) = written {
            tracing::debug!(target: "zeroback", %url, %fault, "the connection is lost");
        },
        () = read => {}
    }
}

/// What a socket goes over.
trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

async fn connect(url: &str) -> Result<WebSocketStream<Box<dyn Wire>>, SocketError> {
    let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidInput, what.to_owned());
    let uri: Uri = url.parse().map_err(|_| invalid("no address"))?;
    let is_secure = uri.scheme_str() == Some("wss");
    let host = uri.host().ok_or_else(|| invalid("no host"))?;
    // An IPv6 address stands in brackets.
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = uri.port_u16().unwrap_or(if is_secure { 443 } else { 80 });
    let stream = TcpStream::connect((host, port)).await?;
    stream.set_nodelay(true)?;
    let wire: Box<dyn Wire> = match is_secure {
        false => Box::new(stream),
        true => {
            let name = ServerName::try_from(host.to_owned()).map_err(|_| invalid("no name"))?;
            Box::new(connector()?.connect(name, stream).await?)
        }
    };
    let config = WebSocketConfig::default()
        .max_frame_size(Some(MESSAGE_BYTES_MAX))
        .max_message_size(Some(MESSAGE_BYTES_MAX));
    let (socket, _) = client_async_with_config(url, wire, Some(config)).await?;
    Ok(socket)
}

/// Returns what speaks TLS, made once: the system's roots may be many.
fn connector() -> io::Result<TlsConnector> {
    static CONNECTOR: LazyLock<Result<TlsConnector, String>> = LazyLock::new(|| {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_platform_verifier())
            .map_err(|fault| fault.to_string())?;
        Ok(TlsConnector::from(Arc::new(config.with_no_client_auth())))
    });
    CONNECTOR.clone().map_err(io::Error::other)
}

/// What is noticed of the network: nothing, here.
/// The system's own.
pub(crate) struct OwnEntropy;

impl Entropy for OwnEntropy {
    fn bits(&mut self) -> [u8; 16] {
        let mut bits = [0; 16];
        getrandom::fill(&mut bits).expect("the system has entropy");
        bits
    }

    fn luck(&mut self) -> f64 {
        let bits = u128::from_be_bytes(self.bits()) >> 75;
        bits as f64 / (1_u64 << 53) as f64
    }
}

pub(crate) fn spawn(task: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(task);
}

pub(crate) fn sleep(delay_ms: u64) -> Sleep {
    tokio::time::sleep(Duration::from_millis(delay_ms))
}

/// Returns Unix milliseconds that never go back.
pub(crate) fn now_ms() -> u64 {
    static START: LazyLock<(Instant, Duration)> = LazyLock::new(|| {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        (Instant::now(), since_epoch.unwrap_or_default())
    });
    let (instant, since_epoch) = *START;
    u64::try_from((since_epoch + instant.elapsed()).as_millis()).unwrap_or(u64::MAX)
}

pub(crate) fn address(url: &str) -> Option<String> {
    socket_url(url).filter(|url| url.parse::<Uri>().is_ok())
}

pub(crate) fn warn(text: &str) {
    tracing::warn!(target: "zeroback", "{text}");
}

#[cfg(test)]
mod tests;
