//! What comes out of the engine: what is to be done outside, and what the app is to be told.

use super::guesses::Guess;
#[cfg(feature = "offline")]
use super::offline::{OnRefused, StoreCall, StoreId, TabsCall};
#[cfg(feature = "offline")]
use zeroback_protocol::{Call, WireError};

use super::{Engine, Listener, ListenerId, QueryKey, Settlement};

/// Names a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SocketId(pub(crate) u64);

/// What is to be done outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// Open a socket.
    Open(SocketId),
    /// Send a text frame.
    Send(SocketId, String),
    /// Close the socket, and say nothing of it any more.
    Close(SocketId),
    /// Ask for a token, and hand it to `handle_token`.
    FetchToken { turn: u64, force_refresh: bool },
    /// Ask the storage, and hand its answer to `handle_stored`.
    #[cfg(feature = "offline")]
    Store(StoreId, StoreCall),
    /// Do something with the other pages of the app, and hand what they say to `handle_heard`.
    #[cfg(feature = "offline")]
    Tabs(TabsCall),
}

/// What the app is to be told, outside of the lock.
pub(crate) enum Notice {
    /// Something may have changed.
    Changed(Listener),
    /// A promise settles.
    Settled(Settlement),
    /// Something that no caller is there to hear.
    Warning(String),
    /// A guess is not needed any more, and is dropped.
    Gone(Guess),
    /// The server has refused a mutation that was kept.
    #[cfg(feature = "offline")]
    Refused(OnRefused, Call, WireError),
}

/// What the app is to be told, if those are still there who want to know.
pub(super) enum Pending {
    Listener(Listener),
    Query(QueryKey, ListenerId),
    Connection(ListenerId),
    Settled(Settlement),
    Warning(String),
    Gone(Guess),
    #[cfg(feature = "offline")]
    Refused(Call, WireError),
}

impl Engine {
    /// Returns what is to be done outside. All that was asked since the last time goes out together.
    pub(crate) fn poll_output(&mut self, now_ms: u64) -> Option<Output> {
        #[cfg(feature = "offline")]
        if self.outputs.is_empty() {
            self.keep_up(now_ms);
        }
        if self.outputs.is_empty() && std::mem::take(&mut self.wants_flush) {
            self.at(now_ms);
            self.flush();
            self.settle_down();
        }
        self.outputs.pop_front()
    }

    /// Returns what the app is to be told, in the order in which it has come to be.
    pub(crate) fn poll_notice(&mut self) -> Option<Notice> {
        loop {
            let listener = match self.notices.pop_front()? {
                Pending::Settled(settlement) => return Some(Notice::Settled(settlement)),
                Pending::Warning(text) => return Some(Notice::Warning(text)),
                Pending::Gone(guess) => return Some(Notice::Gone(guess)),
                #[cfg(feature = "offline")]
                Pending::Refused(call, error) => match &self.offline {
                    Some(keeper) => {
                        return Some(Notice::Refused(keeper.on_refused(), call, error));
                    }
                    None => continue,
                },
                Pending::Listener(listener) => return Some(Notice::Changed(listener)),
                Pending::Connection(id) => self.connection_listeners.get(&id),
                Pending::Query(key, id) => {
                    let query = self.asked.by_key(&key);
                    query.and_then(|query| query.listeners.get(&id))
                }
            };
            // It may have stopped meanwhile.
            if let Some(listener) = listener {
                return Some(Notice::Changed(Listener::clone(listener)));
            }
        }
    }
}
