//! Where there are no pages, a client takes itself for the only one.

use futures_channel::mpsc;

use crate::engine::offline::TabsCall;
use crate::offline::world::OfflineEvent;

pub(in crate::offline) struct Tabs;

impl Tabs {
    pub(in crate::offline) fn new(_: mpsc::UnboundedSender<OfflineEvent>) -> Self {
        Self
    }

    #[expect(clippy::unused_self, reason = "there is nobody to be told")]
    pub(in crate::offline) fn call(&mut self, _: TabsCall) {}
}
