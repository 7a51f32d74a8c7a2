//! The world: clocks, timers, entropy, sockets and what is noticed of the network. Nothing else of the client touches
//! any of them.
//!
//! Which world it is follows from the target and the features: `native` on tokio, `browser` under wasm. Under wasm
//! without `browser` there is none, as where a Worker renders a page: a client then shows what it was given, and opens
//! no socket.

#[cfg(all(not(target_family = "wasm"), feature = "native"))]
mod native;

#[cfg(all(target_family = "wasm", feature = "browser"))]
mod browser;

#[cfg(not(any(
    all(not(target_family = "wasm"), feature = "native"),
    all(target_family = "wasm", feature = "browser")
)))]
mod none;

#[cfg(not(all(target_family = "wasm", feature = "browser")))]
mod no_hints;

#[cfg(all(target_family = "wasm", feature = "browser"))]
use browser as world;
#[cfg(all(not(target_family = "wasm"), feature = "native"))]
use native as world;
#[cfg(not(any(
    all(not(target_family = "wasm"), feature = "native"),
    all(target_family = "wasm", feature = "browser")
)))]
use none as world;

#[cfg(all(target_family = "wasm", feature = "browser"))]
pub(crate) use browser::Hints;
#[cfg(all(target_family = "wasm", feature = "browser", feature = "offline"))]
pub(crate) use browser::Listener;
#[cfg(not(all(target_family = "wasm", feature = "browser")))]
pub(crate) use no_hints::Hints;
pub(crate) use world::{OwnEntropy, Sleep, Socket, address, now_ms, sleep, spawn, warn};

/// What becomes of a socket.
#[cfg_attr(
    not(any(
        all(not(target_family = "wasm"), feature = "native"),
        all(target_family = "wasm", feature = "browser")
    )),
    expect(dead_code, reason = "where there is no world, nothing becomes of any")
)]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SocketEvent {
    /// It is open.
    Open,
    /// A text frame.
    Text(String),
    /// A binary frame.
    Binary,
    /// It has not opened, or is gone; nothing comes behind this.
    Lost,
}
