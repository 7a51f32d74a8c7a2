//! What a behaviour is shown on, and what it can be asked.

mod actions;
pub(crate) mod folder;
pub mod http;
pub mod in_process;
pub mod native;
pub mod socket;
pub mod store;
pub mod workerd;

use std::net::SocketAddr;

use http::{Request, Response};

/// The origin whose pages targets let in.
pub const ORIGIN: &str = "https://app.example";

/// The key of the operator's endpoints on every host.
pub const ADMIN_KEY: &str = "the suite's own admin key";

/// Limits that a behaviour reaches soon.
pub const SMALL_LIMITS: &str = r#"{"unacknowledged_bytes_max":20000,"slow_client_ms":0,
    "key_fetch_pause_ms":0,"actions_max":3,"body_bytes_max":1000,"body_stall_ms":1500,
    "fetch_silence_ms":100,"fetch_redirects_max":2,"file_bytes_max":1000}"#;

/// A running database with the fixture's app.
pub trait Target {
    /// Opens a WebSocket.
    fn open(&mut self) -> Box<dyn Socket>;

    /// Makes a request.
    fn request(&mut self, request: &Request) -> Response;

    /// Returns where it listens.
    fn address(&self) -> SocketAddr {
        panic!("this host has no address");
    }

    /// Makes a request to a database of the same app that has no admin key; nothing where there is
    /// none at hand.
    fn request_without_key(&mut self, _request: &Request) -> Option<Response> {
        None
    }

    /// Ends it, and starts it again on the same data.
    fn restart(&mut self, end: End);

    /// Stops it, changes its database by SQL, and starts it again.
    ///
    /// # Errors
    ///
    /// Fails where it does not start on such a database, with what it says.
    fn restart_edited(&mut self, statements: &[&str]) -> Result<(), String>;

    /// Has the engine dropped from memory as a Durable Object is that is silent: its sockets stay.
    fn hibernate(&mut self) {
        panic!("this host does not sleep");
    }

    /// Returns how many lives the engine has had.
    fn lives(&mut self) -> u64 {
        panic!("this host has one life");
    }

    /// Returns the statements that the database was asked for since the last time.
    fn statements(&mut self) -> Vec<String> {
        panic!("this host does not tell");
    }
}

/// One socket. Dropped, it is gone without a farewell.
pub trait Socket {
    /// Sends a frame.
    fn send(&mut self, frame: Frame);

    /// Returns the next frame, or nothing where none comes.
    fn receive(&mut self) -> Option<Frame>;
}

/// What goes over a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A text frame.
    Text(String),
    /// A binary frame.
    Binary(Vec<u8>),
    /// The end, with its code; 1006 where there was no closing frame.
    Close(u16),
}

/// How a target ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// In order, as an operator stops it.
    Stop,
    /// At once, as a power switch does.
    Kill,
}

/// What a behaviour needs beyond the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing.
    Engine,
    /// Real sockets and HTTP.
    Host,
    /// To be stopped and started again.
    Restart,
    /// Real sockets and HTTP, and to be stopped and started again.
    HostRestart,
    /// To be killed and started again.
    Kill,
    /// Real sockets and HTTP, and to be killed and started again.
    HostKill,
    /// To be dropped from memory while its sockets stay.
    Sleep,
    /// To outlive a stack that overflows.
    Trap,
    /// [`SMALL_LIMITS`].
    SmallLimits,
}
