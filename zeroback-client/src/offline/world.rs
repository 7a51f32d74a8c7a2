//! What stands between the engine and what outlives the page.

use std::sync::Arc;
use std::task::{Context, Poll};

use futures_channel::mpsc;
use futures_util::StreamExt as _;

use super::storage::OfflineStorage;
use super::tabs::Tabs;
use crate::engine::offline::{StoreCall, StoreId, Stored, TabsCall};
use crate::transport;

/// What is to be told of.
pub(crate) enum OfflineEvent {
    Stored(StoreId, Stored),
    /// Another page has said something on a channel.
    #[cfg_attr(
        not(all(target_family = "wasm", feature = "browser")),
        expect(dead_code, reason = "there are no pages")
    )]
    Heard(String, String),
    /// This page has the lock with this number.
    Held(u64),
}

pub(crate) struct OfflineWorld {
    storage: Arc<dyn OfflineStorage>,
    tabs: Tabs,
    tell: mpsc::UnboundedSender<OfflineEvent>,
    events: mpsc::UnboundedReceiver<OfflineEvent>,
}

impl OfflineWorld {
    pub(crate) fn new(storage: Arc<dyn OfflineStorage>) -> Self {
        let (tell, events) = mpsc::unbounded();
        Self {
            storage,
            tabs: Tabs::new(tell.clone()),
            tell,
            events,
        }
    }

    /// Asks the storage. What was begun is done, though nobody waits for it any more.
    pub(crate) fn store(&self, id: StoreId, call: StoreCall) {
        let storage = Arc::clone(&self.storage);
        let tell = self.tell.clone();
        transport::spawn(async move {
            let stored = match call {
                StoreCall::Read(prefix) => storage.read(prefix).await,
                StoreCall::Write(changes) => storage.write(changes).await.map(|()| Vec::new()),
            };
            let stored = stored.map_err(|fault| fault.to_string());
            drop(tell.unbounded_send(OfflineEvent::Stored(id, stored)));
        });
    }

    pub(crate) fn tabs(&mut self, call: TabsCall) {
        self.tabs.call(call);
    }

    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<OfflineEvent> {
        match self.events.poll_next_unpin(cx) {
            Poll::Ready(Some(event)) => Poll::Ready(event),
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }
}
