//! No world: nothing is ever sent, and nothing comes.

use std::future::Future;
use std::task::{Context, Poll};

use super::SocketEvent;
use crate::address::socket_url;
use crate::engine::env::Entropy;

pub(crate) type Sleep = std::future::Pending<()>;

/// A socket that never opens.
pub(crate) struct Socket;

impl Socket {
    pub(crate) fn open(_: &str) -> Self {
        Self
    }

    pub(crate) fn send(&self, _: String) {}

    pub(crate) fn poll_event(&mut self, _: &mut Context<'_>) -> Poll<SocketEvent> {
        Poll::Pending
    }
}

/// None is needed: what would have to be secret is never sent.
pub(crate) struct OwnEntropy;

impl Entropy for OwnEntropy {
    fn bits(&mut self) -> [u8; 16] {
        [0; 16]
    }

    fn luck(&mut self) -> f64 {
        0.0
    }
}

/// There is nothing to wait for.
pub(crate) fn spawn(_: impl Future<Output = ()>) {}

pub(crate) fn sleep(_: u64) -> Sleep {
    std::future::pending()
}

pub(crate) fn now_ms() -> u64 {
    0
}

pub(crate) fn address(url: &str) -> Option<String> {
    // Relative to a page, where there will be one.
    Some(socket_url(url).unwrap_or_default())
}

pub(crate) fn warn(_: &str) {}
