//! A packaged Worker on workerd. It starts slowly, so behaviours share one, by turns.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::de::DeserializeOwned;
use zeroback::native::{Durability, NativeStore};

use super::folder::Folder;
use super::http::{Request, Response};
use super::native::address_of;
use super::socket::{RUNTIME, RealSocket};
use super::store::edit;
use super::{ADMIN_KEY, End, ORIGIN, SMALL_LIMITS, Socket, Target, http};
use crate::{issuer, provider};

/// Serves a Worker; stops when its input closes.
const HARNESS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../xtask/workerd/serve.mjs");

/// A packaged Worker, and the server that behaviours share.
#[derive(Debug)]
pub struct Worker {
    folder: PathBuf,
    shared: Mutex<Option<Server>>,
}

/// A turn on the shared server, or a server of one's own.
#[derive(Debug)]
pub enum Workerd<'w> {
    /// A turn on the server that all share.
    Shared(MutexGuard<'w, Option<Server>>),
    /// One that may be restarted.
    Own(Server),
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    worker: PathBuf,
    child: Child,
    address: SocketAddr,
    data: Folder,
}

impl Worker {
    /// Names the folder of a packaged Worker.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            shared: Mutex::new(None),
        }
    }

    /// Waits for a turn on the shared server.
    #[must_use]
    pub fn shared(&self) -> Workerd<'_> {
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.get_or_insert_with(|| Server::start(&self.folder));
        Workerd::Shared(shared)
    }

    /// Starts a server for one behaviour.
    #[must_use]
    pub fn own(&self) -> Workerd<'static> {
        Workerd::Own(Server::start(&self.folder))
    }

    /// Starts a server with small limits for one behaviour.
    #[must_use]
    pub fn small(&self) -> Workerd<'static> {
        let limits = format!("ZEROBACK_LIMITS={SMALL_LIMITS}");
        let auth = format!("ZEROBACK_AUTH={}", issuer::setting());
        Workerd::Own(Server::start_with(&self.folder, &[limits, auth]))
    }

    /// Ends the shared server.
    pub fn end(&self) {
        *self.shared.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl Workerd<'_> {
    fn listens(&self) -> SocketAddr {
        match self {
            Self::Shared(server) => server.as_ref().expect("it was started").address,
            Self::Own(server) => server.address,
        }
    }

    fn worker(&self) -> &Path {
        match self {
            Self::Shared(server) => &server.as_ref().expect("it was started").worker,
            Self::Own(server) => &server.worker,
        }
    }

    /// Asks what is around the object, see observe.mjs.
    fn observe<T: DeserializeOwned>(&self, what: &str) -> T {
        let request = Request::get(&format!("/observe/{what}"));
        let response = RUNTIME.block_on(http::send(self.listens(), &request));
        serde_json::from_str(&response.body)
            .unwrap_or_else(|error| panic!("{what}: {error}: {}", response.body))
    }
}

impl Target for Workerd<'_> {
    fn address(&self) -> SocketAddr {
        self.listens()
    }

    fn open(&mut self) -> Box<dyn Socket> {
        Box::new(RealSocket::open(self.listens()))
    }

    fn request(&mut self, request: &Request) -> Response {
        RUNTIME.block_on(http::send(self.listens(), request))
    }

    fn request_without_key(&mut self, request: &Request) -> Option<Response> {
        let server = Server::start_with(self.worker(), &[]);
        Some(RUNTIME.block_on(http::send(server.address, request)))
    }

    fn restart(&mut self, end: End) {
        assert_eq!(
            end,
            End::Stop,
            "a killed harness would leave workerd behind"
        );
        let Self::Own(server) = self else {
            panic!("a shared server is not restarted");
        };
        server.stop();
        (server.child, server.address) = start(&server.worker, &server.data.path, &with_key());
    }

    fn restart_edited(&mut self, statements: &[&str]) -> Result<(), String> {
        let Self::Own(server) = self else {
            panic!("a shared server is not edited");
        };
        server.stop();
        edit(&database(&server.data.path), statements);
        (server.child, server.address) = start(&server.worker, &server.data.path, &with_key());
        Ok(())
    }

    fn hibernate(&mut self) {
        self.observe::<()>("evict");
    }

    fn lives(&mut self) -> u64 {
        self.observe("lives")
    }

    fn statements(&mut self) -> Vec<String> {
        self.observe("statements")
    }
}

/// The object's database, in the folder of a workerd that has stopped.
fn database(data: &Path) -> NativeStore {
    let entries = std::fs::read_dir(data).expect("the folder can be read");
    let folders = entries.map(|entry| entry.expect("an entry").path());
    let found = folders
        .filter(|path| path.is_dir())
        .flat_map(|folder| std::fs::read_dir(folder).expect("it can be read"))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|end| end == "sqlite"))
        // Miniflare has one of its own beside it.
        .find(|path| {
            path.file_name()
                .is_none_or(|name| name != "metadata.sqlite")
        });
    let file = found.expect("the object has a database");
    NativeStore::open(&file, Durability::Full).expect("it is SQLite's")
}

impl Server {
    fn start(worker: &Path) -> Self {
        Self::start_with(worker, &with_key())
    }

    fn start_with(worker: &Path, variables: &[String]) -> Self {
        let data = Folder::new("workerd");
        let (child, address) = start(worker, &data.path, variables);
        Self {
            worker: worker.to_owned(),
            data,
            child,
            address,
        }
    }

    fn stop(&mut self) {
        drop(self.child.stdin.take());
        // It may have ended already.
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

fn with_key() -> [String; 4] {
    [
        format!("ZEROBACK_ADMIN_KEY={ADMIN_KEY}"),
        format!("ZEROBACK_ORIGINS={ORIGIN}"),
        format!("ZEROBACK_AUTH={}", issuer::setting()),
        format!("ZEROBACK_ACCOUNTS={}", provider::setting()),
    ]
}

fn start(worker: &Path, data: &Path, variables: &[String]) -> (Child, SocketAddr) {
    let mut child = Command::new("node")
        .arg(HARNESS)
        .arg("--worker")
        .arg(worker)
        .arg("--data")
        .arg(data)
        .arg("--observe")
        .args(variables.iter().flat_map(|variable| ["--var", variable]))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("node starts");
    let address = address_of(&mut child);
    (child, address)
}
