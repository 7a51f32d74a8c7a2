//! The server: opens the database, listens, and stops without losing what it has acknowledged.

use std::fmt;
use std::fs::{File, TryLockError};
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::{Router, middleware};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tower_http::services::{ServeDir, ServeFile};

use super::actions::Surroundings;
use super::admission;
use super::clock::{now, seed};
use super::connections;
use super::engine_thread::{self, EngineHandle};
use super::files::{Files, FilesPlace};
use super::http::{self, Shared};
use super::pages::Pages;
use super::routes;
use super::store::{Durability, NativeStore};
use super::transfer::Admin;
use crate::engine::{Engine, EngineConfig, Noted, OpenError};
use crate::host::{AdminKey, Origins};
use crate::{AccountSettings, App, AuthSettings};

/// The database's file inside the data folder.
pub(super) const DATABASE_FILE: &str = "zeroback.sqlite";

/// The folder of files inside the data folder.
const FILES_FOLDER: &str = "files";

/// Locked by the server that uses the folder.
const LOCK_FILE: &str = "zeroback.lock";

/// How long a stopping server waits for its sockets to close.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);

/// Where and how to serve.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// The address to listen on; 127.0.0.1:8788 by default. Port 0 takes a free one.
    pub address: SocketAddr,
    /// The folder of the data; `./.zeroback` by default.
    pub data: PathBuf,
    /// A folder with a built page, served at every path that is not the server's own.
    pub assets: Option<PathBuf>,
    /// What renders pages, at every path that is neither the server's own nor a file in `assets`.
    pub pages: Option<Pages>,
    /// The engine's limits.
    pub engine: EngineConfig,
    /// When a commit counts as made.
    pub durability: Durability,
    /// How long one run of a query or a mutation may take, in milliseconds: beyond it what it asks of
    /// the database is `limit_exceeded`. One that computes and asks for nothing is not stopped.
    pub function_ms_max: u64,
    /// How many bytes may wait for one socket beyond the newest frame; over it the client is
    /// disconnected with close code 4408.
    pub outbox_bytes_max: usize,
    /// How many WebSockets there may be; beyond it the upgrade is refused with `unavailable`.
    pub connections_max: usize,
    /// The key of `/api/admin/export` and `/api/admin/import`; without one they are not there.
    pub admin_key: Option<AdminKey>,
    /// The origins whose pages may speak to the server, beside its own.
    pub origins: Origins,
    /// Where files are kept; in the data folder by default.
    pub files: Option<FilesPlace>,
    /// Whose tokens are taken; of nobody by default.
    pub auth: AuthSettings,
    /// How the app's own accounts are kept, where it has some.
    pub accounts: AccountSettings,
    /// How many bytes an archive may have that is imported over HTTP; beyond it
    /// `import_too_large`.
    pub import_bytes_max: u64,
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    engine: EngineHandle,
    thread: JoinHandle<()>,
    http: tokio::task::JoinHandle<()>,
    stop_http: oneshot::Sender<()>,
    sockets: mpsc::Receiver<()>,
}

/// Why a server could not start, or failed.
#[derive(Debug)]
#[non_exhaustive]
pub enum ServeError {
    /// The data folder cannot be used.
    Data(PathBuf, io::Error),
    /// Another server uses the data folder.
    InUse(PathBuf),
    /// The engine could not open.
    Open(OpenError),
    /// The address cannot be listened on.
    Listen(SocketAddr, io::Error),
    /// The database was lost and could not be opened again; the log says why.
    Lost,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8788),
            data: PathBuf::from(".zeroback"),
            assets: None,
            pages: None,
            engine: EngineConfig {
                noted: Noted::Calls,
                ..EngineConfig::default()
            },
            durability: Durability::default(),
            function_ms_max: 10_000,
            outbox_bytes_max: 8 << 20,
            connections_max: 10_000,
            admin_key: None,
            origins: Origins::default(),
            files: None,
            auth: AuthSettings::default(),
            accounts: AccountSettings::default(),
            import_bytes_max: 4 << 30,
        }
    }
}

/// Serves an app until `stop` is ready, and then stops in order.
///
/// # Errors
///
/// Fails where the server cannot start, or fails while it runs.
pub async fn serve(
    app: App,
    options: ServeOptions,
    stop: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let server = Server::start(app, options).await?;
    tokio::select! {
        () = stop => server.stop().await,
        () = server.failed() => {
            server.stop().await?;
            Err(ServeError::Lost)
        }
    }
}

impl Server {
    /// Starts a server in the background.
    ///
    /// # Errors
    ///
    /// Fails where the data folder, the database or the address cannot be used.
    pub async fn start(app: App, options: ServeOptions) -> Result<Self, ServeError> {
        let lock = lock(&options.data)?;
        let file = options.data.join(DATABASE_FILE);
        let (config, durability) = (options.engine, options.durability);
        let time_limit = Duration::from_millis(options.function_ms_max);
        let routes = Arc::new(app.routes().clone());
        let auth = options.auth;
        let around = Surroundings {
            files: files(&options.data, options.files)?,
            limits: config.web,
            accounts: Arc::new(options.accounts),
        };
        let (engine, thread) = engine_thread::start(lock, around, move || {
            let store = NativeStore::open(&file, durability)?.with_time_limit(time_limit)?;
            let engine = Engine::open_checked(store, app.clone(), config, now(), seed())?;
            Ok(engine.with_auth(auth.clone()))
        })
        .await
        .map_err(ServeError::Open)?;
        let listener = TcpListener::bind(options.address)
            .await
            .map_err(|error| ServeError::Listen(options.address, error))?;
        let address = listener
            .local_addr()
            .map_err(|error| ServeError::Listen(options.address, error))?;
        let (alive, sockets) = mpsc::channel(1);
        let shared = Shared {
            engine: engine.clone(),
            outbox_bytes_max: options.outbox_bytes_max,
            body_stall_max: Duration::from_millis(config.web.body_stall_ms.into()),
            places: Arc::new(Semaphore::new(options.connections_max)),
            alive,
            admin: Arc::new(Admin::new(
                options.admin_key,
                options.data,
                options.import_bytes_max,
            )),
            routes,
        };
        let pages = options.pages.map(|pages| pages.router(engine.clone()));
        let others = others(shared.clone(), options.assets.as_deref(), pages);
        let router = http::routes(shared).fallback_service(others);
        let origins = Arc::new(options.origins.at(address.ip()));
        let router = router.layer(middleware::from_fn_with_state(origins, admission::admit));
        let (stop_http, stopped) = oneshot::channel();
        let head_max = Duration::from_millis(config.web.body_stall_ms.into());
        let serving = connections::serve(listener, router, head_max, stopped);
        Ok(Self {
            address,
            engine,
            thread,
            http: tokio::spawn(serving),
            stop_http,
            sockets,
        })
    }

    /// Returns the address that the server listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until the server has lost its database and cannot open it again: the log says why. It
    /// answers everything with `unavailable` from then on.
    pub async fn failed(&self) {
        self.engine.ended().await;
    }

    /// Commits and answers what has arrived, closes every socket with 1012, and ends.
    ///
    /// # Errors
    ///
    /// There are none at present: what goes wrong here is in the log.
    pub async fn stop(mut self) -> Result<(), ServeError> {
        let _ = self.stop_http.send(());
        self.engine.stop().await;
        // Every socket holds a sender; when all have ended there is nothing more to receive.
        let _ = tokio::time::timeout(STOP_TIMEOUT, self.sockets.recv()).await;
        drop(self.engine);
        let thread = self.thread;
        let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        // Whoever is still asking has been waited for.
        let _ = tokio::time::timeout(STOP_TIMEOUT, self.http).await;
        Ok(())
    }
}

/// Takes the data folder for this process alone.
pub(super) fn lock(data: &Path) -> Result<File, ServeError> {
    let fail = |error| ServeError::Data(data.to_owned(), error);
    std::fs::create_dir_all(data).map_err(fail)?;
    let file = File::create(data.join(LOCK_FILE)).map_err(fail)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(ServeError::InUse(data.to_owned())),
        Err(TryLockError::Error(error)) => Err(fail(error)),
    }
}

/// Opens the place of the files, which is in the data folder unless there is another one.
pub(super) fn files(data: &Path, place: Option<FilesPlace>) -> Result<Files, ServeError> {
    if let Some(FilesPlace(files)) = place {
        return Ok(files);
    }
    Files::in_folder(&data.join(FILES_FOLDER))
        .map_err(|error| ServeError::Data(data.to_owned(), error))
}

/// Returns what serves all paths that are not the server's own: routes, and then the page.
fn others(shared: Shared, assets: Option<&Path>, pages: Option<Router>) -> Router {
    let page = match (assets, pages) {
        (Some(folder), Some(pages)) => {
            let files = ServeDir::new(folder).append_index_html_on_directories(false);
            Router::new().fallback_service(files.fallback(pages))
        }
        (Some(folder), None) => {
            let index = ServeFile::new(folder.join("index.html"));
            Router::new().fallback_service(ServeDir::new(folder).fallback(index))
        }
        (None, Some(pages)) => pages,
        (None, None) => Router::new().fallback(http::not_found),
    };
    page.layer(middleware::from_fn_with_state(shared, routes::serve))
}

impl fmt::Display for ServeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data(path, error) => {
                write!(
                    f,
                    "the data folder {} cannot be used: {error}",
                    path.display()
                )
            }
            Self::InUse(path) => write!(
                f,
                "another server uses the data folder {}; stop it, or give another one with --data",
                path.display()
            ),
            Self::Open(error) => error.fmt(f),
            Self::Listen(address, error) => write!(f, "cannot listen on {address}: {error}"),
            Self::Lost => f.write_str("the database could not be opened again; the log says why"),
        }
    }
}

impl std::error::Error for ServeError {}
