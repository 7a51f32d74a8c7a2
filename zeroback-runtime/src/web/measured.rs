//! A body that is counted and hashed while somebody else takes it.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use sha2::{Digest as _, Sha256};
use zeroback_protocol::ErrorCode;

use super::Body;
use crate::file::FileMetadata;
use crate::{Error, Result};

/// What is known of a body when it was taken.
#[derive(Clone, Debug)]
pub(crate) struct Measured(Rc<RefCell<State>>);

#[derive(Debug)]
struct State {
    bytes: u64,
    bytes_max: u64,
    hash: Sha256,
    has_ended: bool,
    fault: Option<Error>,
}

struct Measuring {
    body: Body,
    measured: Measured,
}

impl Measured {
    /// Returns a body that breaks off beyond so many bytes, and what is measured of it.
    pub(crate) fn of(body: Body, bytes_max: u64) -> (Body, Self) {
        let measured = Self(Rc::new(RefCell::new(State {
            bytes: 0,
            bytes_max,
            hash: Sha256::new(),
            has_ended: false,
            fault: None,
        })));
        let measuring = Measuring {
            body,
            measured: measured.clone(),
        };
        (Body::stream(measuring), measured)
    }

    /// Returns why the body broke off, whatever whoever took it has made of that.
    pub(crate) fn fault(&self) -> Option<Error> {
        self.0.borrow_mut().fault.take()
    }

    /// Returns what is known, once all was taken.
    ///
    /// # Errors
    ///
    /// Fails where it is not what the client says that it is.
    pub(crate) fn metadata(
        &self,
        content_type: String,
        expected: Option<&str>,
    ) -> Result<FileMetadata> {
        let state = self.0.borrow();
        if !state.has_ended {
            return Err(Error::internal("the host has not taken the whole body"));
        }
        let mut sha256 = String::new();
        for byte in state.hash.clone().finalize() {
            write!(sha256, "{byte:02x}").expect("a text takes all");
        }
        if expected.is_some_and(|expected| expected != sha256) {
            let text = "the body is not the one that its digest is of";
            return Err(Error::new(ErrorCode::BAD_ARGS, text));
        }
        Ok(FileMetadata {
            size: state.bytes,
            sha256,
            content_type,
        })
    }

    fn take(&self, piece: Option<Result<Bytes>>) -> Option<Result<Bytes>> {
        let mut state = self.0.borrow_mut();
        let bytes = match piece {
            Some(Ok(bytes)) => bytes,
            Some(Err(error)) => {
                state.fault = Some(error);
                return Some(Err(Error::internal("the body broke off")));
            }
            None => {
                state.has_ended = true;
                return None;
            }
        };
        state.bytes += bytes.len() as u64;
        if state.bytes > state.bytes_max {
            let text = format!("the file has over {} bytes", state.bytes_max);
            state.fault = Some(Error::new(ErrorCode::BODY_TOO_LARGE, text));
            return Some(Err(Error::internal("the body is too large")));
        }
        state.hash.update(&bytes);
        Some(Ok(bytes))
    }
}

impl Stream for Measuring {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let piece = Pin::new(&mut self.body).poll_next(cx);
        piece.map(|piece| self.measured.take(piece))
    }
}
