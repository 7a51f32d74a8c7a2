//! Pages tell each other by a `BroadcastChannel`, and know by Web Locks which of them sends. Where there is neither, each
//! takes itself for the only one.

use std::collections::BTreeMap;

use futures_channel::mpsc;
use js_sys::JSON;
use wasm_bindgen::prelude::*;
use web_sys::{BroadcastChannel, Event, MessageEvent};

use super::locks::Lock;
use crate::engine::offline::TabsCall;
use crate::offline::world::OfflineEvent;
use crate::transport::Listener;

pub(in crate::offline) struct Tabs {
    tell: mpsc::UnboundedSender<OfflineEvent>,
    channels: BTreeMap<String, Channel>,
    locks: BTreeMap<u64, Lock>,
}

struct Channel {
    channel: BroadcastChannel,
    _listener: Listener,
}

impl Tabs {
    pub(in crate::offline) fn new(tell: mpsc::UnboundedSender<OfflineEvent>) -> Self {
        Self {
            tell,
            channels: BTreeMap::new(),
            locks: BTreeMap::new(),
        }
    }

    pub(in crate::offline) fn call(&mut self, call: TabsCall) {
        match call {
            TabsCall::Join(name) => {
                if let Some(channel) = self.join(&name) {
                    self.channels.insert(name, channel);
                }
            }
            TabsCall::Leave(name) => drop(self.channels.remove(&name)),
            TabsCall::Post(name, text) => {
                if let Some(Channel { channel, .. }) = self.channels.get(&name)
                    && let Ok(message) = JSON::parse(&text)
                {
                    // It fails where it is closed.
                    let _ = channel.post_message(&message);
                }
            }
            TabsCall::Lock(number, name) => {
                let tell = self.tell.clone();
                let lock = Lock::request(&name, move || {
                    drop(tell.unbounded_send(OfflineEvent::Held(number)));
                });
                self.locks.insert(number, lock);
            }
            TabsCall::Unlock(number) => drop(self.locks.remove(&number)),
        }
    }

    fn join(&self, name: &str) -> Option<Channel> {
        let channel = BroadcastChannel::new(name).ok()?;
        let (tell, name) = (self.tell.clone(), name.to_owned());
        let listener = Listener::new(&channel, "message", move |event: Event| {
            let data = event.unchecked_into::<MessageEvent>().data();
            if let Some(text) = JSON::stringify(&data)
                .ok()
                .and_then(|text| text.as_string())
            {
                drop(tell.unbounded_send(OfflineEvent::Heard(name.clone(), text)));
            }
        });
        Some(Channel {
            channel,
            _listener: listener,
        })
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.channel.close();
    }
}
