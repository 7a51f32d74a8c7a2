//! Responses that are made, and looked at, in one line.

use http::{HeaderValue, StatusCode};
use serde::Serialize;
use zeroback_protocol::ErrorCode;

use super::{Body, Response};
use crate::{Error, Result};

/// Makes responses.
///
/// It is in the prelude, so its methods are there without its name.
///
/// ```
/// use zeroback_runtime::web::{MakeResponse as _, Response};
///
/// assert_eq!(Response::from_text("hello").status(), 200);
/// assert_eq!(Response::from_status(404).unwrap().status(), 404);
/// assert_eq!(Response::from_json(&["a"]).unwrap().headers()["content-type"], "application/json");
/// ```
pub trait MakeResponse: Sized {
    /// Makes a response of status 200 with a text.
    fn from_text(text: impl Into<String>) -> Self;

    /// Makes a response of status 200 with a value as JSON.
    ///
    /// # Errors
    ///
    /// Fails where the value cannot be written as JSON.
    fn from_json<T: Serialize + ?Sized>(value: &T) -> Result<Self>;

    /// Makes a response without a body.
    ///
    /// # Errors
    ///
    /// Fails where there can be no such status.
    fn from_status(status: u16) -> Result<Self>;

    /// Returns the response where its status is one of success.
    ///
    /// # Errors
    ///
    /// Fails with `fetch_failed` for a status from 400 on.
    fn error_for_status(self) -> Result<Self>;
}

impl MakeResponse for Response {
    fn from_text(text: impl Into<String>) -> Self {
        let mut response = Self::new(Body::from(text.into()));
        let content_type = HeaderValue::from_static("text/plain; charset=utf-8");
        response
            .headers_mut()
            .insert(http::header::CONTENT_TYPE, content_type);
        response
    }

    fn from_json<T: Serialize + ?Sized>(value: &T) -> Result<Self> {
        let mut response = Self::new(Body::json(value)?);
        let content_type = HeaderValue::from_static("application/json");
        response
            .headers_mut()
            .insert(http::header::CONTENT_TYPE, content_type);
        Ok(response)
    }

    fn from_status(status: u16) -> Result<Self> {
        let mut response = Self::new(Body::empty());
        *response.status_mut() = StatusCode::from_u16(status)?;
        Ok(response)
    }

    fn error_for_status(self) -> Result<Self> {
        let status = self.status().as_u16();
        if status < 400 {
            return Ok(self);
        }
        let text = format!("the server that was asked has answered with status {status}");
        Err(Error::new(ErrorCode::FETCH_FAILED, text))
    }
}
