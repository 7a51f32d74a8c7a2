//! What outlives a page: what is shown is shown at once the next time.
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
//! Everything is somebody's, as the server says who that is. At the start it is taken to be whoever was here last; when
//! the server says somebody else, what was shown is taken away before anything else.
//! [`Client::clear_auth`](crate::Client::clear_auth) wipes what is kept of whoever is here, in all pages of the app.

#[cfg(all(target_family = "wasm", feature = "browser"))]
mod indexed_db;
mod storage;
mod tabs;
mod world;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

#[cfg(all(target_family = "wasm", feature = "browser"))]
pub use indexed_db::IndexedDb;
pub use storage::{InMemory, OfflineStorage, StorageChange, StorageFault, StorageFuture};
pub(crate) use world::{OfflineEvent, OfflineWorld};

use crate::engine::offline::OfflineConfig;
use crate::options::ms;

/// What a client keeps, where, and for how long.
#[derive(Clone)]
pub struct OfflineOptions {
    schema: String,
    storage: Arc<dyn OfflineStorage>,
    cache_bytes_max: u64,
    cache_age: Duration,
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

    pub(crate) fn config(&self, url: &str) -> OfflineConfig {
        OfflineConfig {
            url: url.to_owned(),
            schema: self.schema.clone(),
            cache_bytes_max: self.cache_bytes_max,
            cache_age_ms: ms(self.cache_age),
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
