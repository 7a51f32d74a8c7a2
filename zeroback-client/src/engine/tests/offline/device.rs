//! A device: one storage, channels between pages, and a client in each page. A test is the server.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use zeroback_protocol::Tag;

use crate::ClientOptions;
use crate::engine::offline::{OfflineConfig, StoreCall, TabsCall};
use crate::engine::tests::world::{Heard, START_MS, State, World};

/// What a device has on its disk.
pub(super) type Disk = Rc<RefCell<BTreeMap<String, String>>>;

pub(super) struct Page {
    pub(super) world: World,
    disk: Disk,
    /// Whether everything that is asked of the storage fails.
    pub(super) is_broken: bool,
    /// Whether the storage does not answer.
    pub(super) is_slow: bool,
    /// How much was asked of the storage.
    pub(super) operations: u32,
    /// Whether each write fails that is more than taking away.
    pub(super) is_full: bool,
    /// Whether anything ever failed.
    pub(super) has_failed: bool,
    /// What is to be done with other pages.
    pub(super) calls: Vec<TabsCall>,
}

pub(super) fn config() -> OfflineConfig {
    OfflineConfig {
        url: "wss://test/ws".to_owned(),
        schema: "schema1".to_owned(),
        cache_bytes_max: 1 << 20,
        cache_age_ms: 7 * 24 * 3_600_000,
        on_refused: std::sync::Arc::new(|_, _| {}),
    }
}

/// What a server that has one list of tasks says of it.
pub(super) fn list(tag: u64, value: &Value) -> Value {
    json!({ "queryId": 1, "tag": Tag(tag).to_text(), "status": "success", "value": value })
}

impl Page {
    pub(super) fn open(disk: &Disk) -> Self {
        Self::open_with(disk, config(), START_MS)
    }

    pub(super) fn open_with(disk: &Disk, config: OfflineConfig, now_ms: u64) -> Self {
        Self::open_numbered(disk, config, now_ms, 0)
    }

    /// Opens one whose luck is nobody else's.
    pub(super) fn open_numbered(
        disk: &Disk,
        config: OfflineConfig,
        now_ms: u64,
        number: u64,
    ) -> Self {
        let options = ClientOptions::new("ws://test/ws").linger(Duration::from_millis(10));
        let prepare = |engine: &mut crate::engine::Engine| engine.keep_offline(now_ms, config);
        let mut page = Self {
            world: World::begin(&options, 0.999_999, now_ms, number as u8 * 7, prepare),
            disk: Rc::clone(disk),
            is_broken: false,
            is_slow: false,
            operations: 0,
            is_full: false,
            has_failed: false,
            calls: Vec::new(),
        };
        page.world.settle();
        page
    }

    /// Has the storage answer, until nothing is asked of it.
    pub(super) fn rest(&mut self) {
        self.world.settle();
        while !self.is_slow && self.step() {}
        self.take_calls();
    }

    /// Takes out what is to be done with other pages.
    pub(super) fn take_calls(&mut self) {
        self.world.settle();
        self.calls.extend(self.world.tabs.drain(..));
    }

    /// Has the storage answer one thing, if it was asked for one.
    pub(super) fn step(&mut self) -> bool {
        let Some((id, call)) = self.world.stores.pop_front() else {
            return false;
        };
        self.operations += 1;
        let is_more =
            matches!(&call, StoreCall::Write(all) if all.iter().any(|(_, text)| text.is_some()));
        let fails = self.is_broken || self.is_full && is_more;
        self.has_failed |= fails;
        let stored = match fails {
            true => Err("no room".to_owned()),
            false => Ok(self.store(call)),
        };
        let now_ms = self.world.now_ms;
        self.world.engine.handle_stored(now_ms, id, stored);
        self.world.settle();
        true
    }

    /// Hears what another page has said.
    pub(super) fn hear(&mut self, other: &mut Self) {
        other.rest();
        for call in other.calls.drain(..) {
            if let TabsCall::Post(channel, text) = call {
                let now_ms = self.world.now_ms;
                self.world.engine.handle_heard(now_ms, &channel, &text);
            }
        }
        self.rest();
    }

    pub(super) fn advance(&mut self, ms: u64) {
        self.world.advance(ms);
        self.rest();
    }

    /// Connects, as somebody; nobody has no name.
    pub(super) fn connect(&mut self, identity: Option<&str>) {
        self.world.open();
        let mut connected = json!({ "type": "connected", "protocol": 1, "limits": {} });
        if let Some(identity) = identity {
            connected["identity"] = json!(identity);
        }
        self.world.say_json(&connected);
        self.rest();
    }

    pub(super) fn say(&mut self, counter: u64, set: u64, queries: &[Value]) {
        let version = [1, counter];
        let message =
            json!({ "type": "transition", "version": version, "set": set, "queries": queries });
        self.world.say_json(&message);
        self.rest();
    }

    pub(super) fn listen(&mut self, project: &str) -> Heard {
        self.world
            .listen("tasks:list", &json!({ "project": project }))
    }

    /// Returns what is shown of a list, and whether that is marked; nothing while it is loading.
    pub(super) fn shown(&self, heard: &Heard) -> Option<(Value, bool)> {
        match self.world.state(heard) {
            State::Ready { data, stale } => Some(((*data).clone(), stale)),
            State::Loading => None,
            other => panic!("{other:?}"),
        }
    }

    fn store(&mut self, call: StoreCall) -> Vec<(String, String)> {
        let mut disk = self.disk.borrow_mut();
        match call {
            StoreCall::Read(prefix) => {
                let found = disk.iter().filter(|(key, _)| key.starts_with(&prefix));
                found
                    .map(|(key, text)| (key.clone(), text.clone()))
                    .collect()
            }
            StoreCall::Write(changes) => {
                for (key, text) in changes {
                    match text {
                        Some(text) => drop(disk.insert(key, text)),
                        None => drop(disk.remove(&key)),
                    }
                }
                Vec::new()
            }
        }
    }
}

/// A device on which somebody has seen one list of tasks.
pub(super) fn used(identity: Option<&str>) -> Disk {
    let disk = Disk::default();
    let mut page = Page::open(&disk);
    page.rest();
    page.listen("a");
    page.connect(identity);
    page.say(1, 1, &[list(7, &json!(["milk"]))]);
    page.advance(1_000);
    disk
}

/// Returns the keys of a kind: "cache" or "identity".
pub(super) fn kept(disk: &Disk, kind: &str) -> Vec<String> {
    let disk = disk.borrow();
    let prefix = format!("[\"{kind}\",");
    disk.keys()
        .filter(|key| key.starts_with(&prefix))
        .cloned()
        .collect()
}
