//! The state of the connection, as a stream.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;

use crate::ear::Ear;
use crate::engine::ListenerId;
use crate::{Client, ConnectionState};

/// The state of the connection, as a `Stream` that begins with the present and yields the newest whenever it has
/// changed. It ends behind the last one of a client that was closed.
pub struct ConnectionWatch {
    client: Client,
    id: ListenerId,
    ear: Arc<Ear>,
    seen: Option<ConnectionState>,
}

impl ConnectionWatch {
    pub(crate) fn new(client: Client) -> Self {
        let ear = Arc::new(Ear::default());
        let id = client.listen_to_connection(ear.listener());
        Self {
            client,
            id,
            ear,
            seen: None,
        }
    }

    /// Returns how the connection is now.
    #[must_use]
    pub fn state(&self) -> ConnectionState {
        self.client.connection_state()
    }

    /// Has a function called behind each change, in the place of the one before: on the thread that has brought the
    /// change, so it does no more than note it.
    pub fn on_change(&self, callback: impl Fn() + Send + Sync + 'static) {
        self.ear.call(callback);
    }
}

impl Stream for ConnectionWatch {
    type Item = ConnectionState;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<ConnectionState>> {
        // Before looking, so that no change goes by unheard.
        self.ear.wait(cx.waker());
        let is_closed = self.client.is_closed();
        let state = self.client.connection_state();
        if self.seen != Some(state) {
            self.seen = Some(state);
            return Poll::Ready(Some(state));
        }
        if is_closed {
            return Poll::Ready(None);
        }
        Poll::Pending
    }
}

impl Drop for ConnectionWatch {
    fn drop(&mut self) {
        self.client.stop_listening_to_connection(self.id);
    }
}

impl std::fmt::Debug for ConnectionWatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut debug = f.debug_struct("ConnectionWatch");
        debug.field("state", &self.state()).finish_non_exhaustive()
    }
}
