//! A body: nothing, bytes, or a stream of them.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use serde::Serialize;
use zeroback_protocol::ErrorCode;

use crate::{Error, Result};

/// How many bytes of a body are read into memory, unless it is told otherwise: the default of the setting
/// `body_bytes_max`.
pub const BODY_BYTES_MAX: usize = 16 << 20;

/// What a stream of bytes is kept as.
pub(crate) type BodyStream = Pin<Box<dyn Stream<Item = Result<Bytes>>>>;

/// The body of a request or of a response: nothing, bytes, or a stream of them.
///
/// It stays on its thread, as actions do. A body made of text or of JSON says of which type it is: a
/// request or a response without a `content-type` then gets one.
///
/// ```
/// use zeroback_runtime::web::Body;
///
/// let body = Body::from("hello");
/// assert_eq!(body.as_bytes(), Some(&b"hello"[..]));
/// assert_eq!(Body::json(&[1, 2]).unwrap().as_bytes(), Some(&b"[1,2]"[..]));
/// ```
pub struct Body {
    content: Content,
    bytes_max: usize,
    content_type: Option<&'static str>,
}

/// What a body holds.
pub(crate) enum Content {
    Bytes(Bytes),
    Stream(BodyStream),
}

impl Body {
    /// Makes a body without content.
    #[must_use]
    pub fn empty() -> Self {
        Self::of(Content::Bytes(Bytes::new()), None)
    }

    /// Makes a body of a value, as JSON.
    ///
    /// # Errors
    ///
    /// Fails where the value cannot be written as JSON.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<Self> {
        let json = serde_json::to_vec(value)?;
        Ok(Self::of(
            Content::Bytes(json.into()),
            Some("application/json"),
        ))
    }

    /// Makes a body of a stream. It is read as fast as the other side takes it, and ends where the
    /// stream fails: whoever receives it sees that it was cut off.
    #[must_use]
    pub fn stream<S, B, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<B, E>> + 'static,
        B: Into<Bytes>,
        E: Into<Error>,
    {
        Self::of(Content::Stream(Box::pin(Converted(Box::pin(stream)))), None)
    }

    fn of(content: Content, content_type: Option<&'static str>) -> Self {
        Self {
            content,
            bytes_max: BODY_BYTES_MAX,
            content_type,
        }
    }

    /// Sets how many bytes `bytes`, `text` and `json` read; beyond it they fail with
    /// `body_too_large`. The default is the setting `body_bytes_max`, or [`BODY_BYTES_MAX`] for a body that is
    /// made here.
    #[must_use]
    pub fn with_bytes_max(self, bytes_max: usize) -> Self {
        Self { bytes_max, ..self }
    }

    /// Returns the content, where it is not a stream.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match &self.content {
            Content::Bytes(bytes) => Some(bytes),
            Content::Stream(_) => None,
        }
    }

    /// Returns the next piece of the content, as it comes, or nothing at its end. No limit holds here.
    ///
    /// # Errors
    ///
    /// Fails where the other side has gone away.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx))
            .await
            .transpose()
    }

    /// Reads all of it into memory.
    pub(super) async fn collect(mut self) -> Result<Bytes> {
        let bytes_max = self.bytes_max;
        let Some(first) = self.chunk().await? else {
            return Ok(Bytes::new());
        };
        // Most have one piece, which need not be copied.
        let mut rest = Vec::new();
        let mut length = first.len();
        loop {
            if length > bytes_max {
                let text = format!("the body has over {bytes_max} bytes");
                return Err(Error::new(ErrorCode::BODY_TOO_LARGE, text));
            }
            let Some(piece) = self.chunk().await? else {
                break;
            };
            length += piece.len();
            rest.push(piece);
        }
        if rest.is_empty() {
            return Ok(first);
        }
        let mut bytes = Vec::with_capacity(length);
        bytes.extend_from_slice(&first);
        rest.iter().for_each(|piece| bytes.extend_from_slice(piece));
        Ok(bytes.into())
    }

    /// Returns a copy, where it is not a stream.
    pub(super) fn copy(&self) -> Option<Self> {
        match &self.content {
            Content::Bytes(bytes) => {
                let content = Content::Bytes(bytes.clone());
                Some(Self::of(content, self.content_type))
            }
            Content::Stream(_) => None,
        }
    }

    /// Says in the headers of which type it is, where they do not.
    pub(crate) fn label(&self, headers: &mut http::HeaderMap) {
        if let Some(content_type) = self.content_type {
            headers
                .entry(http::header::CONTENT_TYPE)
                .or_insert(http::HeaderValue::from_static(content_type));
        }
    }

    #[cfg(feature = "server")]
    pub(crate) fn into_content(self) -> Content {
        self.content
    }
}

/// Reads it piece by piece.
impl Stream for Body {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match &mut self.content {
            Content::Bytes(bytes) if bytes.is_empty() => Poll::Ready(None),
            Content::Bytes(bytes) => Poll::Ready(Some(Ok(std::mem::take(bytes)))),
            Content::Stream(stream) => stream.as_mut().poll_next(cx),
        }
    }
}

/// Returns the next piece of a stream of an author's, which may panic.
#[cfg(feature = "server")]
pub(crate) async fn next_piece(stream: &mut BodyStream) -> Option<Result<Bytes>> {
    use futures_util::FutureExt as _;
    use std::panic::AssertUnwindSafe;

    let next = poll_fn(|cx| stream.as_mut().poll_next(cx));
    let next = AssertUnwindSafe(next).catch_unwind().await;
    next.unwrap_or_else(|panic| Some(Err(crate::engine::panicked(&*panic))))
}

/// A stream with the types that a body has.
struct Converted<S>(Pin<Box<S>>);

impl<S, B, E> Stream for Converted<S>
where
    S: Stream<Item = Result<B, E>>,
    B: Into<Bytes>,
    E: Into<Error>,
{
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.0.as_mut().poll_next(cx);
        next.map(|next| next.map(|piece| piece.map(Into::into).map_err(Into::into)))
    }
}

const TEXT: &str = "text/plain; charset=utf-8";

impl From<&str> for Body {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self::of(Content::Bytes(text.into()), Some(TEXT))
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Self::from(Bytes::from(bytes))
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::of(Content::Bytes(bytes), None)
    }
}

impl From<zeroback_protocol::Bytes> for Body {
    fn from(bytes: zeroback_protocol::Bytes) -> Self {
        Self::from(bytes.0)
    }
}

impl From<()> for Body {
    fn from((): ()) -> Self {
        Self::empty()
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::empty()
    }
}

/// Says how much there is and not what: a body may hold secrets.
impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.content {
            Content::Bytes(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            Content::Stream(_) => f.write_str("Body(stream)"),
        }
    }
}

#[cfg(test)]
mod tests;
