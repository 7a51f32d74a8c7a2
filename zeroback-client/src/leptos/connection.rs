//! The connection.

use std::sync::Arc;

use leptos::prelude::{ArcRwSignal, Get as _, Set as _, Signal};

use super::context::use_zeroback;
use crate::ConnectionState;

/// Returns the state of the connection, as it changes; on a server, and until a browser has taken over from it, that of
/// one that has not begun.
///
/// # Panics
///
/// Panics where [`provide_zeroback`](super::provide_zeroback) was not called in a component around this one.
#[must_use]
pub fn use_connection_state() -> Signal<ConnectionState> {
    let zeroback = use_zeroback();
    let Some(client) = zeroback.client() else {
        return Signal::stored(ConnectionState::default());
    };
    let watch = client.watch_connection();
    let state = ArcRwSignal::new(client.connection_state());
    let heard = state.clone();
    watch.on_change(move || heard.set(client.connection_state()));
    let watch = Arc::new(watch);
    Signal::derive(move || {
        // It is watched for as long as somebody may look.
        let _ = &watch;
        if zeroback.is_hydrated() {
            state.get()
        } else {
            ConnectionState::default()
        }
    })
}
