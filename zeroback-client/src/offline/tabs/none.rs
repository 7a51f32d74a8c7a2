//! Where there are no pages, a client takes itself for the only one.

use futures_channel::mpsc;

use crate::engine::offline::TabsCall;
use crate::offline::world::OfflineEvent;

pub(in crate::offline) struct Tabs {
    tell: mpsc::UnboundedSender<OfflineEvent>,
}

impl Tabs {
    pub(in crate::offline) fn new(tell: mpsc::UnboundedSender<OfflineEvent>) -> Self {
        Self { tell }
    }

    pub(in crate::offline) fn call(&mut self, call: TabsCall) {
        if let TabsCall::Lock(number, _) = call {
            drop(self.tell.unbounded_send(OfflineEvent::Held(number)));
        }
    }
}
