//! The browser's own place for what is kept: a database with one store of texts, as the TypeScript client has it.
//!
//! By web-sys alone: a page needs two kinds of requests, and a crate around them would cost it more than they do.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::rc::Rc;

use futures_channel::oneshot;
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{
    EventTarget, IdbDatabase, IdbFactory, IdbKeyRange, IdbObjectStore, IdbRequest, IdbTransaction,
};

use super::storage::{OfflineStorage, StorageChange, StorageFault, StorageFuture};
use crate::transport::Listener;

const STORE: &str = "texts";

/// Above all characters that a key has: keys are JSON.
const LAST: char = '\u{ffff}';

/// Keeps texts in a database of the browser's. It is opened at the first use, and again when the browser has closed
/// it; everything fails where there is none, or no room.
#[derive(Clone, Debug)]
pub struct IndexedDb {
    name: String,
}

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = IdbDatabase)]
    type Database;
    #[wasm_bindgen(method, catch)]
    fn transaction(
        this: &Database,
        store: &str,
        mode: &str,
        options: &JsValue,
    ) -> Result<IdbTransaction, JsValue>;
}

thread_local! {
    static OPEN: RefCell<BTreeMap<String, Open>> = const { RefCell::new(BTreeMap::new()) };
}

struct Open {
    database: IdbDatabase,
    _listeners: [Listener; 2],
}

impl IndexedDb {
    /// Takes the name of the database.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

impl OfflineStorage for IndexedDb {
    fn read(&self, prefix: String) -> StorageFuture<Vec<(String, String)>> {
        let name = self.name.clone();
        Box::pin(async move {
            let read = run(&name, "readonly", |store| {
                let end = format!("{prefix}{LAST}");
                let range = IdbKeyRange::bound(&prefix.as_str().into(), &end.into())?;
                let keys = store.get_all_keys_with_key(&range)?;
                Ok([keys, store.get_all_with_key(&range)?])
            });
            let [keys, texts] = read.await.map_err(fault)?;
            let texts_of = |request: &IdbRequest| -> Result<Vec<String>, StorageFault> {
                let found: Array = request.result().map_err(fault)?.unchecked_into();
                Ok(found
                    .iter()
                    .map(|text| text.as_string().unwrap_or_default())
                    .collect())
            };
            Ok(texts_of(&keys)?
                .into_iter()
                .zip(texts_of(&texts)?)
                .collect())
        })
    }

    fn write(&self, changes: Vec<StorageChange>) -> StorageFuture<()> {
        let name = self.name.clone();
        Box::pin(async move {
            let write = run(&name, "readwrite", |store| {
                for (key, text) in &changes {
                    match text {
                        Some(text) => store.put_with_key(&text.into(), &key.into())?,
                        None => store.delete(&key.into())?,
                    };
                }
                Ok(())
            });
            write.await.map_err(fault)
        })
    }
}

/// A transaction ends by itself as soon as nothing is asked of it, so all is asked in one go.
async fn run<T>(
    name: &str,
    mode: &str,
    ask: impl FnOnce(&IdbObjectStore) -> Result<T, JsValue>,
) -> Result<T, JsValue> {
    let database: Database = open(name).await?.unchecked_into();
    // Else what is on its way to the disk counts as written.
    let options = Object::new();
    Reflect::set(&options, &"durability".into(), &"strict".into())?;
    let transaction = database.transaction(STORE, mode, &options)?;
    let end = first_of(&transaction, ["complete", "abort"]);
    let asked = transaction
        .object_store(STORE)
        .and_then(|store| ask(&store));
    if asked.is_err() {
        // Else what was asked before would be done.
        transaction.abort()?;
        return asked;
    }
    match end.await {
        "complete" => asked,
        _ => Err(transaction.error().map_or(JsValue::NULL, JsValue::from)),
    }
}

async fn open(name: &str) -> Result<IdbDatabase, JsValue> {
    if let Some(database) = OPEN.with_borrow(|open| Some(open.get(name)?.database.clone())) {
        return Ok(database);
    }
    // In a page as in a worker.
    let factory = Reflect::get(&js_sys::global(), &"indexedDB".into())?;
    if factory.is_undefined() || factory.is_null() {
        return Err("this browser has no IndexedDB".into());
    }
    let request = factory
        .unchecked_into::<IdbFactory>()
        .open_with_u32(name, 1)?;
    let upgraded = request.clone();
    let _upgrade = Listener::new(&request, "upgradeneeded", move |_| {
        // What fails here fails the request.
        if let Ok(database) = upgraded.result() {
            let _ = database
                .unchecked_into::<IdbDatabase>()
                .create_object_store(STORE);
        }
    });
    if first_of(&request, ["success", "error"]).await == "error" {
        return Err(request.error()?.map_or(JsValue::NULL, JsValue::from));
    }
    let database: IdbDatabase = request.result()?.unchecked_into();
    let listeners = ["versionchange", "close"].map(|kind| {
        let (name, database) = (name.to_owned(), database.clone());
        Listener::new(&database.clone(), kind, move |_| {
            // Whoever deletes it, or has another version, would wait for us.
            database.close();
            let closed = OPEN.with_borrow_mut(|open| open.remove(&name));
            // A listener is not taken away while it runs.
            wasm_bindgen_futures::spawn_local(async { drop(closed) });
        })
    });
    let open = Open {
        database: database.clone(),
        _listeners: listeners,
    };
    OPEN.with_borrow_mut(|all| all.insert(name.to_owned(), open));
    Ok(database)
}

/// Returns which of two events comes first from now on.
fn first_of(
    target: &EventTarget,
    kinds: [&'static str; 2],
) -> impl Future<Output = &'static str> + use<> {
    let (tell, first) = oneshot::channel();
    let tell = Rc::new(RefCell::new(Some(tell)));
    let listeners = kinds.map(|kind| {
        let tell = Rc::clone(&tell);
        Listener::new(target, kind, move |_| {
            if let Some(tell) = tell.borrow_mut().take() {
                let _ = tell.send(kind);
            }
        })
    });
    async move {
        let _listeners = listeners;
        first.await.unwrap_or(kinds[1])
    }
}

fn fault(thrown: JsValue) -> StorageFault {
    let text = thrown
        .dyn_ref::<js_sys::Error>()
        .map(|error| String::from(error.message()));
    text.unwrap_or_else(|| format!("{thrown:?}")).into()
}
