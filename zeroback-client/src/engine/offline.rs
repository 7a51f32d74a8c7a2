//! What outlives the page: keeps the results of whoever is here for the next time, in a storage that several pages
//! share. Knows no storage and no browser: what it wants of them comes out as outputs.
//!
//! The keys and texts are those of the TypeScript client, so that both can use one storage.

mod cache;
mod joined;
mod keys;
mod storing;

use zeroback_protocol::{RawJson, Tag};

use super::env::{Due, Env, TimerId};
use super::{Output, QueryKey};

use cache::Cache;
use keys::{key_in, prefix_of};
use storing::Storing;
pub(crate) use storing::{Change, StoreCall, StoreId, Stored};

/// What is kept is waited for so long, and then shown whenever it comes.
const LOAD_MS_MAX: u64 = 1_000;

/// So long results are gathered before they are written.
const WRITE_AFTER_MS: u64 = 1_000;

/// What is kept, and for how long.
#[derive(Clone, Debug)]
pub(crate) struct OfflineConfig {
    /// Names the deployment.
    pub(crate) url: String,
    /// Names what results are like: nothing of another schema is of use.
    pub(crate) schema: String,
    pub(crate) cache_bytes_max: u64,
    pub(crate) cache_age_ms: u64,
}

/// What an app does with its other pages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TabsCall {
    /// Hear what others say on this channel.
    Join(String),
    Leave(String),
    /// Say something to the others.
    Post(String, String),
}

/// What was asked of the storage for.
enum Task {
    /// Who was here last.
    Identity,
    /// What is kept; of an earlier one that was left nothing is taken in.
    Load(u32),
    Write,
    /// What is kept of somebody, to be taken away.
    Wipe(String),
    Wiped,
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
    /// Counts those who were here.
    entered: u32,
    has_warned: bool,
    is_closed: bool,
}

/// What is kept of whoever is here.
struct Present {
    identity: String,
    cache: Cache,
    is_loaded: bool,
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
            entered: 0,
            has_warned: false,
            is_closed: false,
        }
    }

    fn is_of(&self, identity: &str) -> bool {
        let present = self.present.as_ref();
        present.is_some_and(|present| present.identity == identity)
    }

    /// Opens what is kept of somebody.
    fn enter(&mut self, identity: String) {
        self.entered += 1;
        self.present = Some(Present {
            cache: Cache::new(&self.config, &identity),
            identity,
            is_loaded: false,
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
    fn clear(&mut self, identity: String) {
        let all = prefix_of(&["cache", &self.config.url]);
        self.storing.ask(Task::Wipe(identity), StoreCall::Read(all));
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
        present.is_loaded = true;
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
