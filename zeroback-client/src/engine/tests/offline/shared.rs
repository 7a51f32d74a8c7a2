//! A device with several pages that share a storage, locks and channels, and the server that they speak with.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use serde_json::json;
use zeroback_protocol::{Call, FunctionKind, WireError};

use super::device::{Disk, Page, config};
use crate::Phase;
use crate::engine::guesses::Guess;
use crate::engine::offline::{OfflineConfig, OnRefused, TabsCall};
use crate::engine::tests::model::{Line, Server};
use crate::engine::tests::world::{Promise, START_MS};

pub(super) struct Tab {
    pub(super) id: u64,
    pub(super) page: Page,
    line: Line,
    channels: BTreeSet<String>,
}

/// Who wants a lock.
struct Waiting {
    name: String,
    tab: u64,
    number: u64,
}

pub(super) struct Device {
    pub(super) disk: Disk,
    pub(super) server: Server,
    pub(super) tabs: Vec<Tab>,
    pub(super) now_ms: u64,
    /// What was ever told other pages.
    pub(super) said: Vec<String>,
    locks: Vec<Waiting>,
    refused: Arc<Mutex<Vec<(String, String)>>>,
    last_tab: u64,
}

impl Device {
    pub(super) fn new() -> Self {
        Self {
            disk: Disk::default(),
            server: Server::default(),
            tabs: Vec::new(),
            now_ms: START_MS,
            said: Vec::new(),
            locks: Vec::new(),
            refused: Arc::default(),
            last_tab: 0,
        }
    }

    /// Opens so many pages.
    pub(super) fn with(count: usize) -> Self {
        let mut device = Self::new();
        for _ in 0..count {
            device.open();
        }
        device
    }

    pub(super) fn open(&mut self) -> usize {
        self.open_at_once();
        self.rest();
        self.tabs.len() - 1
    }

    /// Opens a page that does nothing yet.
    pub(super) fn open_at_once(&mut self) {
        let refused = Arc::clone(&self.refused);
        let on_refused: OnRefused = Arc::new(move |call: Call, error: WireError| {
            let args: serde_json::Value = serde_json::from_str(call.args.as_str()).unwrap();
            let text = args["text"].as_str().unwrap().to_owned();
            refused.lock().unwrap().push((text, error.code.to_string()));
        });
        let config = OfflineConfig {
            on_refused,
            ..config()
        };
        self.last_tab += 1;
        let id = self.last_tab;
        let page = Page::open_numbered(&self.disk, config, self.now_ms, id);
        self.tabs.push(Tab {
            id,
            page,
            line: Line::default(),
            channels: BTreeSet::new(),
        });
    }

    /// A page is gone, without having said a word.
    pub(super) fn kill(&mut self, at: usize) {
        let tab = self.tabs.remove(at);
        let held = self.holders();
        self.locks.retain(|waiting| waiting.tab != tab.id);
        self.tell_holders(&held);
    }

    /// Lets everything happen that waits for nothing but its turn.
    pub(super) fn rest(&mut self) {
        loop {
            for tab in &mut self.tabs {
                tab.page.rest();
            }
            if !self.carry() {
                return;
            }
        }
    }

    /// Carries what pages do to each other. Returns whether there was something.
    pub(super) fn carry(&mut self) -> bool {
        let mut calls = Vec::new();
        for tab in &mut self.tabs {
            tab.page.take_calls();
            calls.extend(tab.page.calls.drain(..).map(|call| (tab.id, call)));
        }
        let is_any = !calls.is_empty();
        for (id, call) in calls {
            let held = self.holders();
            match call {
                TabsCall::Join(name) => drop(self.tab(id).channels.insert(name)),
                TabsCall::Leave(name) => drop(self.tab(id).channels.remove(&name)),
                TabsCall::Post(name, text) => self.post(id, &name, &text),
                TabsCall::Lock(number, name) => self.locks.push(Waiting {
                    name,
                    tab: id,
                    number,
                }),
                TabsCall::Unlock(number) => {
                    self.locks
                        .retain(|waiting| (waiting.tab, waiting.number) != (id, number));
                }
            }
            self.tell_holders(&held);
        }
        is_any
    }

    /// Connects a page, and lets everything be said that it has to say and to hear.
    pub(super) fn serve(&mut self, at: usize) {
        self.connect(at);
        self.rest();
        self.deliver(at);
        self.speak(at, |server| {
            while server.waiting() > 0 {
                server.read();
            }
            server.flush();
        });
        self.rest();
    }

    pub(super) fn connect(&mut self, at: usize) {
        let world = &mut self.tabs[at].page.world;
        if world.engine.connection_state().phase == Phase::Disconnected {
            world.wake();
        }
        let (_, socket) = self.tabs[at].page.world.socket();
        if !socket.is_open && !socket.is_closed {
            self.tabs[at].page.world.open();
            self.tabs[at].line = Line::default();
            self.speak(at, Server::accept);
            self.deliver(at);
            self.speak(at, Server::read);
        }
    }

    /// Hands what a page has sent to the server, which does not read it yet.
    pub(super) fn deliver(&mut self, at: usize) {
        let (_, socket) = self.tabs[at].page.world.socket();
        let sent: Vec<_> = socket.sent.drain(..).collect();
        self.speak(at, |server| {
            sent.into_iter().for_each(|text| server.deliver(text));
        });
    }

    /// Has the server do something on the connection of a page, and hands on what it says.
    pub(super) fn speak(&mut self, at: usize, act: impl FnOnce(&mut Server)) {
        self.server.turn_to(&mut self.tabs[at].line);
        act(&mut self.server);
        let says: Vec<_> = self.server.says.drain(..).collect();
        self.server.turn_to(&mut self.tabs[at].line);
        for text in says {
            self.tabs[at].page.world.say(&text);
        }
    }

    pub(super) fn lose(&mut self, at: usize) {
        let world = &mut self.tabs[at].page.world;
        if world.socket().1.is_open {
            world.lose();
        }
        self.speak(at, Server::lose);
    }

    /// Has everything said and done, for a while.
    pub(super) fn run(&mut self) {
        for _ in 0..6 {
            for at in 0..self.tabs.len() {
                self.serve(at);
            }
            self.advance(300);
        }
    }

    pub(super) fn advance(&mut self, ms: u64) {
        self.now_ms += ms;
        for tab in &mut self.tabs {
            tab.page.world.advance(ms);
        }
        self.rest();
    }

    pub(super) fn create(&mut self, at: usize, text: &str, guess: Option<Guess>) -> Promise {
        let args = json!({ "text": text });
        let world = &mut self.tabs[at].page.world;
        world.request(FunctionKind::Mutation, "tasks:create", &args, guess)
    }

    /// Returns what the server has made, in its order.
    pub(super) fn texts(&self) -> Vec<String> {
        let log = self.server.database.log.iter();
        log.map(|task| task["text"].as_str().unwrap().to_owned())
            .collect()
    }

    pub(super) fn refused(&self) -> Vec<(String, String)> {
        self.refused.lock().unwrap().clone()
    }

    pub(super) fn warnings(&self) -> Vec<String> {
        let warnings = self.tabs.iter().flat_map(|tab| &tab.page.world.warnings);
        warnings.cloned().collect()
    }

    fn tab(&mut self, id: u64) -> &mut Tab {
        let mut tabs = self.tabs.iter_mut();
        tabs.find(|tab| tab.id == id).expect("it is open")
    }

    fn post(&mut self, from: u64, name: &str, text: &str) {
        self.said.push(text.to_owned());
        for tab in &mut self.tabs {
            if tab.id != from && tab.channels.contains(name) {
                let now_ms = tab.page.world.now_ms;
                tab.page.world.engine.handle_heard(now_ms, name, text);
            }
        }
    }

    /// Returns who has a lock.
    fn holders(&self) -> Vec<(u64, u64)> {
        let mut names = BTreeSet::new();
        let first = self
            .locks
            .iter()
            .filter(|waiting| names.insert(&waiting.name));
        first.map(|waiting| (waiting.tab, waiting.number)).collect()
    }

    fn tell_holders(&mut self, before: &[(u64, u64)]) {
        for (id, number) in self.holders() {
            if !before.contains(&(id, number)) {
                let world = &mut self.tab(id).page.world;
                world.engine.handle_lock(world.now_ms, number);
            }
        }
    }
}
