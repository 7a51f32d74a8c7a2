//! Requests, and a client for them that is as small as can be: one connection for each.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
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
    /// What the `Authorization` is, if any.
    pub authorization: Option<String>,
    /// What the `Idempotency-Key` is, if any.
    pub idempotency_key: Option<String>,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
}

/// What a request is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The body, as text.
    pub body: String,
    /// The body, as it came.
    pub bytes: Vec<u8>,
    headers: BTreeMap<String, Vec<String>>,
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
            authorization: None,
            idempotency_key: None,
            headers: Vec::new(),
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
            authorization: None,
            idempotency_key: None,
            headers: Vec::new(),
        }
    }

    /// Says something else of the body.
    #[must_use]
    pub fn content_type(mut self, content_type: Option<&'static str>) -> Self {
        self.content_type = content_type;
        self
    }

    /// Shows a key.
    #[must_use]
    pub fn bearer(mut self, key: &str) -> Self {
        self.authorization = Some(format!("Bearer {key}"));
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// Names what is to be made once.
    #[must_use]
    pub fn idempotency_key(mut self, key: &str) -> Self {
        self.idempotency_key = Some(key.to_owned());
        self
    }
}

impl Response {
    pub(crate) fn new(status: u16, bytes: Vec<u8>) -> Self {
        Self {
            status,
            body: String::from_utf8_lossy(&bytes).into_owned(),
            bytes,
            headers: BTreeMap::new(),
        }
    }

    pub(crate) fn with_header(mut self, name: &str, line: String) -> Self {
        let lines = self.headers.entry(name.to_owned()).or_default();
        lines.push(line);
        self
    }

    /// Returns the status and the JSON of the body, without the id of the request.
    #[must_use]
    pub fn of_any_request(&self) -> (u16, Value) {
        let mut body: Value = serde_json::from_str(&self.body).expect("the body is JSON");
        if let Some(fields) = body.as_object_mut() {
            fields.remove("errorRequestId");
        }
        (self.status, body)
    }

    /// Returns a header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.last().map(String::as_str)
    }

    /// Returns all headers of a name, in lower case.
    #[must_use]
    pub fn header_lines(&self, name: &str) -> Vec<String> {
        self.headers.get(name).cloned().unwrap_or_default()
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
    if let Some(authorization) = &request.authorization {
        builder = builder.header("authorization", authorization);
    }
    if let Some(key) = &request.idempotency_key {
        builder = builder.header("idempotency-key", key);
    }
    for (name, value) in &request.headers {
        builder = builder.header(*name, value);
    }
    let body = Full::new(Bytes::from(request.body.clone()));
    let response = sender.send_request(builder.body(body)?).await?;
    let status = response.status().as_u16();
    let mut headers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in response.headers() {
        if let Ok(value) = value.to_str() {
            let lines = headers.entry(name.to_string()).or_default();
            lines.push(value.to_owned());
        }
    }
    let body = response.into_body().collect().await?.to_bytes();
    Ok(Response {
        headers,
        ..Response::new(status, body.to_vec())
    })
}
