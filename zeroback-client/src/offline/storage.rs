//! Where results are kept: what a place for them has to do, and one that is gone with the program.

use std::collections::BTreeMap;
use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use crate::shared::lock;

/// Why a storage did not do what it was asked.
pub type StorageFault = Box<dyn std::error::Error + Send + Sync>;

/// What a storage will have answered.
#[cfg(not(target_family = "wasm"))]
pub type StorageFuture<T> = Pin<Box<dyn Future<Output = Result<T, StorageFault>> + Send>>;
/// What a storage will have answered.
#[cfg(target_family = "wasm")]
pub type StorageFuture<T> = Pin<Box<dyn Future<Output = Result<T, StorageFault>>>>;

/// Sets the text of a key, or without one takes the key away.
pub type StorageChange = (String, Option<String>);

/// Texts by their keys, for all pages of an app together.
///
/// A client asks for one thing after another; other pages may do so at the same time. A `read` sees all of a `write`
/// or nothing.
pub trait OfflineStorage: Send + Sync + 'static {
    /// Returns all entries whose keys begin with `prefix`, in any order.
    fn read(&self, prefix: String) -> StorageFuture<Vec<(String, String)>>;

    /// Makes all of the changes or none of them, and ends when a crash cannot undo them any more.
    fn write(&self, changes: Vec<StorageChange>) -> StorageFuture<()>;
}

/// Keeps texts in memory: for tests, and for programs that have no disk. All clones are one.
#[derive(Clone, Debug, Default)]
pub struct InMemory {
    texts: Arc<Mutex<BTreeMap<String, String>>>,
}

impl OfflineStorage for InMemory {
    fn read(&self, prefix: String) -> StorageFuture<Vec<(String, String)>> {
        let texts = lock(&self.texts);
        let entries = texts.range(prefix.clone()..);
        let found = entries.take_while(|(key, _)| key.starts_with(&prefix));
        let found = found
            .map(|(key, text)| (key.clone(), text.clone()))
            .collect();
        Box::pin(ready(Ok(found)))
    }

    fn write(&self, changes: Vec<StorageChange>) -> StorageFuture<()> {
        let mut texts = lock(&self.texts);
        for (key, text) in changes {
            match text {
                Some(text) => drop(texts.insert(key, text)),
                None => drop(texts.remove(&key)),
            }
        }
        Box::pin(ready(Ok(())))
    }
}
