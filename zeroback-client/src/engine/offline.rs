//! What outlives the page: keeps the results and the mutations of whoever is here for the next time, in a storage that
//! several pages share. Knows no storage and no browser: what it wants of them comes out as outputs.
//!
//! The keys and texts are those of the TypeScript client, so that both can use one storage.

mod cache;
mod elsewhere;
mod entries;
mod joined;
mod keys;
mod leaving;
mod outbox;
mod placing;
mod sending;
mod storing;
mod writing;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroback_protocol::{Call, RawJson, RequestId, Tag, WireError};

use super::env::{Due, Env, TimerId};
use super::{Output, QueryKey};

use cache::Cache;
use entries::Entries;
use keys::{key_in, prefix_of};
use outbox::{Outbox, OutboxTask};
use storing::Storing;
pub(crate) use storing::{Change, StoreCall, StoreId, Stored};

/// What is kept is waited for so long, and then shown whenever it comes.
const LOAD_MS_MAX: u64 = 1_000;

/// So long results are gathered before they are written.
const WRITE_AFTER_MS: u64 = 1_000;

/// Is told of mutations that the server has refused.
pub(crate) type OnRefused = Arc<dyn Fn(Call, WireError) + Send + Sync>;

/// What is kept, and for how long.
#[derive(Clone)]
pub(crate) struct OfflineConfig {
    /// Names the deployment.
    pub(crate) url: String,
    /// Names what results are like: nothing of another schema is of use.
    pub(crate) schema: String,
    pub(crate) cache_bytes_max: u64,
    pub(crate) cache_age_ms: u64,
    pub(crate) on_refused: OnRefused,
}

/// What an app does with its other pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TabsCall {
    /// Hear what others say on this channel.
    Join(String),
    Leave(String),
    /// Say something to the others.
    Post(String, String),
    /// Have this lock as the only page, under a number.
    Lock(u64, String),
    /// Let another page have it, or give up waiting.
    Unlock(u64),
}

/// What was asked of the storage for.
enum Task {
    /// Who was here last.
    Identity,
    /// What is kept; of an earlier one that was left nothing is taken in.
    Load(u64),
    Write,
    /// What is kept of somebody, who has this lock, to be taken away: results first, then mutations, with the changes
    /// so far.
    Wipe(String, u64),
    WipeMutations(String, u64, Vec<Change>),
    Wiped(u64),
    /// Something of the mutations of an outbox.
    Outbox(u64, OutboxTask),
}

/// Order of calls: `begin`; everything else whenever; at last `close`.
pub(crate) struct Keeper {
    config: OfflineConfig,
    storing: Storing<Task>,
    outputs: Vec<Output>,
    /// Whether nothing is to be sent yet: what is kept is being read.
    is_loading: bool,
    /// Ends that.
    patience: Option<TimerId>,
    /// Whether it is not read yet who was here last, and whether what is kept of them is to go.
    is_starting: bool,
    wipes_last: bool,
    /// What the server has named whoever is here.
    named: Option<String>,
    /// Who is here, as the server says, while that is certain; nobody is empty.
    said: Option<String>,
    /// Whose results these are: who was here last, until the server says who is.
    present: Option<Present>,
    /// Mutations that were made before anybody could say who makes them.
    early: Vec<(RequestId, Call)>,
    /// Counts those who were here.
    entered: u64,
    has_warned: bool,
    is_closed: bool,
}

/// What is kept of whoever is here.
struct Present {
    identity: String,
    cache: Cache,
    outbox: Outbox,
    write: Option<TimerId>,
}

impl Keeper {
    pub(crate) fn begin(env: &mut Env, config: OfflineConfig) -> Self {
        let identity_key = key_in(&prefix_of(&["identity"]), &config.url);
        let mut storing = Storing::new();
        storing.ask(Task::Identity, StoreCall::Read(identity_key));
        let join = TabsCall::Join(channel_of(&config));
        Self {
            config,
            storing,
            outputs: vec![Output::Tabs(join)],
            is_loading: true,
            patience: Some(env.set(LOAD_MS_MAX, Due::Patience)),
            is_starting: true,
            wipes_last: false,
            named: None,
            said: None,
            present: None,
            early: Vec::new(),
            entered: 0,
            has_warned: false,
            is_closed: false,
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    pub(super) fn on_refused(&self) -> OnRefused {
        Arc::clone(&self.config.on_refused)
    }

    fn is_of(&self, identity: &str) -> bool {
        let present = self.present.as_ref();
        present.is_some_and(|present| present.identity == identity)
    }

    /// Opens what is kept of somebody.
    fn enter(&mut self, env: &mut Env, identity: String) {
        self.entered += 1;
        let page = URL_SAFE_NO_PAD.encode(&env.bits()[..6]);
        let mut outbox = Outbox::new(self.entered, &self.config.url, &identity, page);
        outbox.unwritten.append(&mut self.early);
        let join = TabsCall::Join(outbox.name.clone());
        let lock = TabsCall::Lock(outbox.number, outbox.name.clone());
        self.outputs.extend([join, lock].map(Output::Tabs));
        self.present = Some(Present {
            cache: Cache::new(&self.config, &identity),
            outbox,
            identity,
            write: None,
        });
        let all = prefix_of(&["cache", &self.config.url]);
        self.storing
            .ask(Task::Load(self.entered), StoreCall::Read(all));
    }

    /// Says who is here now, for the next time.
    fn note_identity(&self, identity: Option<String>) -> Change {
        (
            key_in(&prefix_of(&["identity"]), &self.config.url),
            identity,
        )
    }

    /// Takes away all that is kept of somebody.
    fn clear(&mut self, identity: String, lock: u64) {
        let all = prefix_of(&["cache", &self.config.url]);
        self.storing
            .ask(Task::Wipe(identity, lock), StoreCall::Read(all));
    }

    /// Goes on with that, when it is known which results those are.
    fn clear_mutations(&mut self, identity: String, lock: u64, changes: Vec<Change>) {
        let entries = Entries::new(&self.config.url, &identity);
        let task = Task::WipeMutations(identity, lock, changes);
        self.storing.ask_next(task, StoreCall::Read(entries.prefix));
    }

    /// Ends it, when it is known which mutations those are.
    fn clear_all(
        &mut self,
        identity: &str,
        lock: u64,
        mut changes: Vec<Change>,
        mutations: Vec<(String, String)>,
    ) {
        changes.extend(mutations.into_iter().map(|(key, _)| (key, None)));
        changes.push((Entries::new(&self.config.url, identity).queue_key, None));
        self.storing
            .ask_next(Task::Wiped(lock), StoreCall::Write(changes));
    }

    /// Returns what takes away what is kept of somebody, of any schema.
    fn clearing(&self, identity: &str, entries: &[(String, String)]) -> Vec<Change> {
        let is_theirs = |key: &&String| {
            let parts = serde_json::from_str::<Vec<String>>(key).ok();
            parts.is_some_and(|parts| parts.get(3).is_some_and(|of| of == identity))
        };
        let theirs = entries.iter().map(|(key, _)| key).filter(is_theirs);
        let mut changes: Vec<Change> = theirs.map(|key| (key.clone(), None)).collect();
        changes.push(self.note_identity(None));
        changes
    }

    fn take_in(&mut self, now_ms: u64, entries: Vec<(String, String)>) {
        let Some(present) = &mut self.present else {
            return;
        };
        let gone = present.cache.load(&self.config, now_ms, entries);
        if !gone.is_empty() {
            self.storing.ask(Task::Write, StoreCall::Write(gone));
        }
    }

    /// Has what has changed written, after a while.
    fn write_later(&mut self, env: &mut Env) {
        if let Some(present) = &mut self.present
            && present.write.is_none()
            && present.cache.is_unwritten()
        {
            present.write = Some(env.set(WRITE_AFTER_MS, Due::CacheWrite));
        }
    }

    fn kept(&mut self, env: &mut Env, key: &QueryKey) -> Option<(Tag, RawJson)> {
        let kept = self.present.as_mut()?.cache.get(env.now_ms, key);
        self.write_later(env);
        kept
    }

    fn warn(&mut self, env: &mut Env, fault: &str) {
        if !std::mem::replace(&mut self.has_warned, true) {
            let what = "the storage failed; what it does not take is in memory only";
            env.warn(format!("{what}: {fault}"));
        }
    }

    pub(super) fn take_outputs(&mut self) -> Vec<Output> {
        let mut outputs = std::mem::take(&mut self.outputs);
        outputs.extend(self.storing.take_outputs());
        outputs
    }
}

/// On which those who use one deployment tell each other who has signed out.
fn channel_of(config: &OfflineConfig) -> String {
    format!("zeroback {}", config.url)
}
