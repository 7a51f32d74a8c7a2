//! What outlives a page: what was shown is shown at once the next time, and what was done without a connection is sent
//! when there is one, also by another page.
//!
//! ```
//! use zeroback_client::ClientOptions;
//! use zeroback_client::offline::OfflineOptions;
//!
//! /// Names what results are like: another one with each change of their types.
//! const SCHEMA: &str = "3";
//!
//! let options = ClientOptions::new("/ws").offline(OfflineOptions::new(SCHEMA));
//! # let _ = options;
//! ```
//!
//! Results are shown from the first moment, as [`QueryState::Ready`](crate::QueryState::Ready) with `stale: true`, until
//! the server has said what they are now. The server is told what is there, and sends only what has changed. They are
//! written a second after they have come, all at once: a page that ends before keeps older ones.
//!
//! Mutations are written before they are sent, and taken away when they are answered. What is left by a page that was
//! closed, or lost its network, is sent by the next one, in its order, **once**. Those of one page are made in the order
//! of its calls. Of all pages of an app one sends; when it is closed, the next one goes on. A reply comes in the page that
//! has called, when its own queries show what was made; optimistic updates end with their page. One that the server
//! refuses is told to [`OfflineOptions::on_refused`], in the page that sends, and the next one goes on. `outcome_unknown`
//! is among them: it was sent, and the server has forgotten the queue since. [`Client::close`](crate::Client::close), and
//! another user, end what is waited for with that code: it stays where it is kept.
//!
//! Everything is somebody's, as the server says who that is. At the start it is taken to be whoever was here last; when
//! the server says somebody else, what was shown is taken away before anything else, and their mutations wait until they
//! are back.
//! [`Client::clear_auth`](crate::Client::clear_auth) wipes what is kept of whoever is here, mutations too, in all pages of the app.
//!
//! A mutation that is made in the very moment in which a page ends may not be written yet, nor is one before a server has
//! ever said who is here. Queries and actions are not kept, and wait for a connection. Where there are no Web Locks (pages
//! that are not served over HTTPS), each page takes itself for the only one, and so does each client outside of a browser:
//! of two that are open at once one may have mutations refused with `key_reused`, which were not made. A storage that
//! fails is warned of once; what it does not take is in memory, and lost with the page.

#[cfg(all(target_family = "wasm", feature = "browser"))]
mod indexed_db;
mod refused;
mod storage;
mod tabs;
mod world;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

#[cfg(all(target_family = "wasm", feature = "browser"))]
pub use indexed_db::IndexedDb;
pub use refused::RefusedMutation;
pub use storage::{InMemory, OfflineStorage, StorageChange, StorageFault, StorageFuture};
pub(crate) use world::{OfflineEvent, OfflineWorld};

use crate::engine::offline::{OfflineConfig, OnRefused};
use crate::options::ms;

/// What a client keeps, where, and for how long.
#[derive(Clone)]
pub struct OfflineOptions {
    schema: String,
    storage: Arc<dyn OfflineStorage>,
    cache_bytes_max: u64,
    cache_age: Duration,
    on_refused: OnRefused,
}

impl OfflineOptions {
    /// Keeps results in the browser's IndexedDB, in the database `zeroback`; in other programs only in memory, unless
    /// they say [where](OfflineOptions::storage).
    ///
    /// `schema` names what the backend's results are like, such as the `schemaHash` of its `api.ts`: results of another
    /// schema are not shown, and are deleted.
    #[must_use]
    pub fn new(schema: impl Into<String>) -> Self {
        Self {
            schema: schema.into(),
            storage: default_storage(),
            cache_bytes_max: 8 << 20,
            cache_age: Duration::from_secs(7 * 24 * 3_600),
            on_refused: Arc::new(|_, _| {}),
        }
    }

    /// Sets where all of it is kept.
    #[must_use]
    pub fn storage(self, storage: impl OfflineStorage) -> Self {
        Self {
            storage: Arc::new(storage),
            ..self
        }
    }

    /// Sets how many bytes of results are kept (default: 8 MiB); what was used least lately goes first.
    #[must_use]
    pub fn cache_bytes_max(self, cache_bytes_max: u64) -> Self {
        Self {
            cache_bytes_max,
            ..self
        }
    }

    /// Sets for how long a result is kept that is not used (default: 7 days).
    #[must_use]
    pub fn cache_age(self, cache_age: Duration) -> Self {
        Self { cache_age, ..self }
    }

    /// Has a function told, in the page that sends, of each mutation that failed, also where the page that made it is
    /// gone. After a crash it may be told the same again.
    #[must_use]
    pub fn on_refused(self, told: impl Fn(RefusedMutation) + Send + Sync + 'static) -> Self {
        Self {
            on_refused: Arc::new(move |call, error| told(RefusedMutation { call, error })),
            ..self
        }
    }

    pub(crate) fn config(&self, url: &str) -> OfflineConfig {
        OfflineConfig {
            url: url.to_owned(),
            schema: self.schema.clone(),
            cache_bytes_max: self.cache_bytes_max,
            cache_age_ms: ms(self.cache_age),
            on_refused: Arc::clone(&self.on_refused),
        }
    }

    pub(crate) fn world(&self) -> OfflineWorld {
        OfflineWorld::new(Arc::clone(&self.storage))
    }
}

impl fmt::Debug for OfflineOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OfflineOptions")
            .field("schema", &self.schema)
            .field("cache_bytes_max", &self.cache_bytes_max)
            .field("cache_age", &self.cache_age)
            .finish_non_exhaustive()
    }
}

#[cfg(all(target_family = "wasm", feature = "browser"))]
fn default_storage() -> Arc<dyn OfflineStorage> {
    Arc::new(IndexedDb::new("zeroback"))
}

#[cfg(not(all(target_family = "wasm", feature = "browser")))]
fn default_storage() -> Arc<dyn OfflineStorage> {
    Arc::new(InMemory::default())
}
