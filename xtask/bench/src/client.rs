//! As much of the protocol as a measurement needs.

use anyhow::{Context as _, Result, bail};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// The topic of the row that is pushed.
pub(crate) const TOPIC: &str = "measured";

/// One connection.
pub(crate) struct Client {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Client {
    /// Opens a socket and says nothing on it.
    pub(crate) async fn open(url: &str) -> Result<Self> {
        let (socket, _) = connect_async(url).await.context("cannot connect")?;
        if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
            stream.set_nodelay(true)?;
        }
        Ok(Self { socket })
    }

    /// Opens a socket to a Zeroback server.
    pub(crate) async fn connect(url: &str) -> Result<Self> {
        let mut client = Self::open(url).await?;
        client
            .send(json!({ "type": "connect", "protocol": 1 }).to_string())
            .await?;
        client.next_of("connected").await?;
        Ok(client)
    }

    /// Subscribes to the newest row, and waits for its first result.
    pub(crate) async fn subscribe(&mut self) -> Result<()> {
        let add = json!([{ "queryId": 0, "path": "rows:newest", "args": { "topic": TOPIC } }]);
        self.send(json!({ "type": "querySet", "add": add, "remove": [] }).to_string())
            .await?;
        self.next_of("transition").await?;
        Ok(())
    }

    pub(crate) async fn send(&mut self, text: String) -> Result<()> {
        Ok(self.socket.send(Message::text(text)).await?)
    }

    /// Puts a message into the socket's buffer; [`Client::flush`] sends what is there.
    pub(crate) async fn feed(&mut self, text: String) -> Result<()> {
        Ok(self.socket.feed(Message::text(text)).await?)
    }

    pub(crate) async fn flush(&mut self) -> Result<()> {
        Ok(self.socket.flush().await?)
    }

    /// Returns the next text frame.
    pub(crate) async fn next(&mut self) -> Result<String> {
        loop {
            match self
                .socket
                .next()
                .await
                .context("the server closed the socket")??
            {
                Message::Text(text) => return Ok(text.to_string()),
                Message::Close(frame) => bail!("the server closed the socket: {frame:?}"),
                _ => {}
            }
        }
    }

    /// Returns the next message of the protocol, which must be of this type.
    pub(crate) async fn next_of(&mut self, kind: &str) -> Result<Value> {
        let text = self.next().await?;
        let message: Value = serde_json::from_str(&text)?;
        if message["type"] != kind {
            bail!("expected a message `{kind}`, got {text}");
        }
        Ok(message)
    }
}

/// The message that inserts a row.
pub(crate) fn add_message(request_id: usize, topic: &str) -> String {
    let args = json!({ "topic": topic, "text": row_text(request_id) });
    json!({ "type": "mutation", "requestId": request_id, "path": "rows:add", "args": args })
        .to_string()
}

/// What a row says: the same for the server and for bare SQLite.
pub(crate) fn row_text(number: usize) -> String {
    format!("the row with the number {number:08}, which says nothing else")
}
