//! What the engine asks its host to do.

use std::sync::Arc;

use zeroback_protocol::{Outcome, Tag, WireError};

use super::actions::{ActionId, CallId};

/// Names a socket; given by the host, never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// Names a call that did not come through a socket; given by the host, never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Names a document that the engine wants; never used again by the same engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FetchId(pub u64);

/// A text frame; one that many get is there once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame(Arc<str>);

impl Frame {
    pub(crate) fn new(text: String) -> Self {
        Self(text.into())
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Tells whether both are the same text in memory.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Something for the host to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Send a text frame.
    Send {
        /// Through which socket.
        connection: ConnectionId,
        /// The frame.
        frame: Frame,
    },
    /// Keep a text with a socket, in the place of an earlier one, for [`Engine::handle_wake`].
    ///
    /// [`Engine::handle_wake`]: super::Engine::handle_wake
    Attach {
        /// Which socket.
        connection: ConnectionId,
        /// The text.
        attachment: String,
    },
    /// Close a socket.
    Close {
        /// Which socket.
        connection: ConnectionId,
        /// The WebSocket close code.
        code: u16,
        /// The reason, for people.
        reason: &'static str,
    },
    /// Answer a call.
    Reply {
        /// Which call.
        ticket: Ticket,
        /// The HTTP status.
        status: u16,
        /// The JSON body.
        body: String,
        /// Names the value, if there is one, as it would name the same result of a live query.
        tag: Option<Tag>,
    },
    /// Run an action, which [`Engine::take_action`] hands out, and say what it has come to by
    /// [`Engine::handle_action_end`].
    ///
    /// [`Engine::take_action`]: super::Engine::take_action
    /// [`Engine::handle_action_end`]: super::Engine::handle_action_end
    Start {
        /// Which action.
        action: ActionId,
    },
    /// Have a route answer a request, or answer it with an error: `Engine::take_route` says which.
    Route {
        /// The request's action.
        action: ActionId,
    },
    /// Answer a call that an action has made.
    Answer {
        /// Which action.
        action: ActionId,
        /// Which call of it.
        call: CallId,
        /// What the call has come to.
        outcome: Outcome,
    },
    /// Get a document by HTTP, without following redirects, and hand it to [`Engine::handle_fetched`]:
    /// 256 KiB in 10 seconds at most.
    ///
    /// [`Engine::handle_fetched`]: super::Engine::handle_fetched
    Fetch {
        /// Which document.
        fetch: FetchId,
        /// Where it is.
        url: String,
    },
    /// Write to the server's log: a function failed in a way that its caller is not told.
    Log {
        /// The function's path.
        path: String,
        /// What the caller was told.
        told: WireError,
        /// What happened.
        cause: String,
    },
}
