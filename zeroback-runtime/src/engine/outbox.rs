//! What the engine asks its host to do.

use zeroback_protocol::WireError;

/// Names a socket; given by the host, never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

/// Names a call that did not come through a socket; given by the host, never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// Something for the host to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Send a text frame.
    Send {
        /// Through which socket.
        connection: ConnectionId,
        /// The frame.
        frame: String,
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
