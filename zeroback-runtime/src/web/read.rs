//! What a body is read as.

use bytes::Bytes;
use serde::de::DeserializeOwned;
use zeroback_protocol::{ErrorCode, decode};

use super::{Body, Request, Response};
use crate::{Error, Result};

/// Reads the body of a request, of a response, or a body alone, into memory.
///
/// It is in the prelude, so its methods are there without its name.
pub trait ReadBody: Sized {
    /// Sets how many bytes the other methods read; beyond it they fail with `body_too_large`. The
    /// default is the setting `body_bytes_max`.
    #[must_use]
    fn with_bytes_max(self, bytes_max: usize) -> Self;

    /// Reads the body.
    ///
    /// # Errors
    ///
    /// Fails with `body_too_large`, and where the other side goes away before the end.
    fn bytes(self) -> impl Future<Output = Result<Bytes>>;

    /// Reads the body as text, which must be UTF-8.
    ///
    /// # Errors
    ///
    /// As [`ReadBody::bytes`]. What is no text is `bad_args` in a request, and `fetch_failed` in a response.
    fn text(self) -> impl Future<Output = Result<String>>;

    /// Reads the body as JSON. The `content-type` is not asked for.
    ///
    /// # Errors
    ///
    /// As [`ReadBody::text`]; the message of `bad_args` says where the fault is.
    fn json<T: DeserializeOwned>(self) -> impl Future<Output = Result<T>>;
}

/// Whose body it is, and so whose fault it is where it is not as it should be.
#[derive(Clone, Copy)]
enum Side {
    /// Whoever has made the request, and is told.
    Client,
    /// A server that was asked. The client is told nothing of what it has said.
    Server,
}

impl ReadBody for Request {
    fn with_bytes_max(self, bytes_max: usize) -> Self {
        self.map(|body| body.with_bytes_max(bytes_max))
    }

    fn bytes(self) -> impl Future<Output = Result<Bytes>> {
        self.into_body().collect()
    }

    async fn text(self) -> Result<String> {
        text(self.into_body(), Side::Client).await
    }

    async fn json<T: DeserializeOwned>(self) -> Result<T> {
        json(self.into_body(), Side::Client).await
    }
}

impl ReadBody for Response {
    fn with_bytes_max(self, bytes_max: usize) -> Self {
        self.map(|body| body.with_bytes_max(bytes_max))
    }

    fn bytes(self) -> impl Future<Output = Result<Bytes>> {
        self.into_body().collect()
    }

    async fn text(self) -> Result<String> {
        text(self.into_body(), Side::Server).await
    }

    async fn json<T: DeserializeOwned>(self) -> Result<T> {
        json(self.into_body(), Side::Server).await
    }
}

impl ReadBody for Body {
    fn with_bytes_max(self, bytes_max: usize) -> Self {
        Self::with_bytes_max(self, bytes_max)
    }

    fn bytes(self) -> impl Future<Output = Result<Bytes>> {
        self.collect()
    }

    async fn text(self) -> Result<String> {
        text(self, Side::Client).await
    }

    async fn json<T: DeserializeOwned>(self) -> Result<T> {
        json(self, Side::Client).await
    }
}

async fn text(body: Body, side: Side) -> Result<String> {
    let bytes = body.collect().await?;
    String::from_utf8(bytes.into()).map_err(|error| side.fault(format!("body: {error}")))
}

async fn json<T: DeserializeOwned>(body: Body, side: Side) -> Result<T> {
    let bytes = body.collect().await?;
    decode(&bytes).map_err(|error| side.fault(error.at("body").to_string()))
}

impl Side {
    fn fault(self, text: String) -> Error {
        match self {
            Self::Client => Error::new(ErrorCode::BAD_ARGS, text),
            Self::Server => {
                let told = "the server that was asked has not answered as expected";
                Error::new(ErrorCode::FETCH_FAILED, told).caused_by(text)
            }
        }
    }
}
