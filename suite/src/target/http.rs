//! Requests, and a client for them that is as small as can be: one connection for each.

use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::socket::PATIENCE;

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// The path.
    pub path: String,
    /// The content type, if any.
    pub content_type: Option<&'static str>,
    /// The body.
    pub body: Vec<u8>,
}

/// What a request is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: String,
}

impl Request {
    /// Gets a path.
    #[must_use]
    pub fn get(path: &str) -> Self {
        Self {
            method: "GET",
            path: path.to_owned(),
            content_type: None,
            body: Vec::new(),
        }
    }

    /// Posts JSON to a path.
    #[must_use]
    pub fn post(path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            method: "POST",
            path: path.to_owned(),
            content_type: Some("application/json"),
            body: body.into(),
        }
    }

    /// Says something else of the body.
    #[must_use]
    pub fn content_type(mut self, content_type: Option<&'static str>) -> Self {
        self.content_type = content_type;
        self
    }
}

/// Makes a request.
///
/// # Panics
///
/// If no answer comes.
pub(crate) async fn send(address: SocketAddr, request: &Request) -> Response {
    timeout(Duration::from_secs(PATIENCE), exchange(address, request))
        .await
        .expect("an answer within the time")
        .expect("an answer")
}

async fn exchange(
    address: SocketAddr,
    request: &Request,
) -> Result<Response, Box<dyn std::error::Error>> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    let mut builder = hyper::Request::builder()
        .method(request.method)
        .uri(&request.path)
        .header("host", address.to_string());
    if let Some(content_type) = request.content_type {
        builder = builder.header("content-type", content_type);
    }
    let body = Full::new(Bytes::from(request.body.clone()));
    let response = sender.send_request(builder.body(body)?).await?;
    let status = response.status().as_u16();
    let body = response.into_body().collect().await?.to_bytes();
    Ok(Response {
        status,
        body: String::from_utf8(body.to_vec())?,
    })
}
