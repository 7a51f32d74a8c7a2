//! The native server: in this process, or, to be killed, in one of its own.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use zeroback::native::{
    AdminKey, Durability, NativeStore, Origins, ServeError, ServeOptions, Server,
};
use zeroback_runtime::host::Limits;
use zeroback_runtime::{AccountSettings, AuthSettings};

use super::folder::Folder;
use super::http::{Request, Response};
use super::socket::{RUNTIME, RealSocket};
use super::store::edit;
use super::{ADMIN_KEY, End, ORIGIN, SMALL_LIMITS, Socket, Target, http};
use crate::{issuer, provider};

/// Set for the process that is to be a server: the suite's own program started again, which has
/// the fixture in it.
pub const SERVE_VARIABLE: &str = "ZEROBACK_SUITE_SERVE";

/// A native server with a data folder of its own.
#[derive(Debug)]
pub struct Native {
    running: Running,
    address: SocketAddr,
    data: Folder,
}

#[derive(Debug)]
enum Running {
    Here(Option<Server>),
    Process(Child),
}

impl Native {
    /// Starts a server in this process.
    #[must_use]
    pub fn here() -> Self {
        let data = Folder::new("native");
        let server = serve_here(&data.path, Some(ADMIN_KEY));
        Self {
            address: server.address(),
            running: Running::Here(Some(server)),
            data,
        }
    }

    /// Starts a server with small limits in this process.
    #[must_use]
    pub fn small() -> Self {
        Self::with(|options| {
            let limits = Limits::parse(SMALL_LIMITS).expect("they are limits");
            (limits.set_in(&mut options.engine)).expect("there are such");
        })
    }

    /// Starts a server in this process with other options.
    pub(crate) fn with(change: impl FnOnce(&mut ServeOptions)) -> Self {
        let data = Folder::new("native");
        let mut options = options(&data.path, Some(ADMIN_KEY));
        change(&mut options);
        let started = RUNTIME.block_on(Server::start(suite_fixture::app(), options));
        let server = started.expect("the server starts");
        Self {
            address: server.address(),
            running: Running::Here(Some(server)),
            data,
        }
    }

    /// Starts a server in a process of its own.
    #[must_use]
    pub fn process() -> Self {
        let data = Folder::new("native");
        let (child, address) = serve_process(&data.path);
        Self {
            running: Running::Process(child),
            address,
            data,
        }
    }
}

impl Native {
    /// Returns where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the folder of the data.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data.path
    }
}

impl Target for Native {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn open(&mut self) -> Box<dyn Socket> {
        Box::new(RealSocket::open(self.address))
    }

    fn request(&mut self, request: &Request) -> Response {
        RUNTIME.block_on(http::send(self.address, request))
    }

    fn request_without_key(&mut self, request: &Request) -> Option<Response> {
        let data = Folder::new("native");
        let mut server = Some(serve_here(&data.path, None));
        let address = server.as_ref().map(Server::address)?;
        let response = RUNTIME.block_on(http::send(address, request));
        stop(&mut server);
        Some(response)
    }

    fn restart(&mut self, end: End) {
        let data = &self.data.path;
        match &mut self.running {
            Running::Here(server) => {
                stop(server);
                let started = serve_here(data, Some(ADMIN_KEY));
                self.address = started.address();
                *server = Some(started);
            }
            Running::Process(child) => {
                end_process(child, end);
                (*child, self.address) = serve_process(data);
            }
        }
    }

    fn restart_edited(&mut self, statements: &[&str]) -> Result<(), String> {
        let Running::Here(server) = &mut self.running else {
            panic!("a server in a process of its own is not edited");
        };
        stop(server);
        edit(&database(&self.data.path), statements);
        let started =
            start_here(&self.data.path, Some(ADMIN_KEY)).map_err(|error| error.to_string())?;
        self.address = started.address();
        *server = Some(started);
        Ok(())
    }
}

/// The database in a folder of a server that has stopped, or has not: SQLite takes both.
pub(crate) fn database(data: &Path) -> NativeStore {
    let file = data.join("zeroback.sqlite");
    NativeStore::open(&file, Durability::Full).expect("the database is there")
}

impl Drop for Native {
    fn drop(&mut self) {
        match &mut self.running {
            Running::Here(server) => stop(server),
            Running::Process(child) => {
                // It may have ended already.
                let _ = child.kill();
                let _ = child.wait();
            }
        }
    }
}

fn stop(server: &mut Option<Server>) {
    if let Some(server) = server.take() {
        let stopped = RUNTIME.block_on(server.stop());
        assert!(stopped.is_ok(), "the server stops in order");
    }
}

fn end_process(child: &mut Child, end: End) {
    match end {
        End::Kill => child.kill().expect("it runs"),
        End::Stop => {
            let pid = child.id().to_string();
            let told = Command::new("kill").args(["-TERM", &pid]).status();
            assert!(told.is_ok_and(|status| status.success()), "it can be told");
        }
    }
    child.wait().expect("it ends");
}

fn serve_here(data: &Path, admin_key: Option<&str>) -> Server {
    start_here(data, admin_key).expect("the server starts")
}

fn start_here(data: &Path, admin_key: Option<&str>) -> Result<Server, ServeError> {
    RUNTIME.block_on(Server::start(
        suite_fixture::app(),
        options(data, admin_key),
    ))
}

fn options(data: &Path, admin_key: Option<&str>) -> ServeOptions {
    let admin_key = admin_key.map(|key| AdminKey::new(key).expect("it is long enough"));
    ServeOptions {
        address: SocketAddr::from(([127, 0, 0, 1], 0)),
        data: data.to_owned(),
        admin_key,
        origins: Origins::parse(ORIGIN).expect("it is one"),
        auth: AuthSettings::parse(&issuer::setting()).expect("it is a setting"),
        accounts: AccountSettings::parse(&provider::setting()).expect("it is a setting"),
        ..ServeOptions::default()
    }
}

fn serve_process(data: &Path) -> (Child, SocketAddr) {
    let program = std::env::current_exe().expect("this program has a path");
    let mut child = Command::new(program)
        .args(["serve", "--port", "0", "--data"])
        .arg(data)
        .env(SERVE_VARIABLE, "1")
        .env("ZEROBACK_ADMIN_KEY", ADMIN_KEY)
        .env("ZEROBACK_ORIGINS", ORIGIN)
        .env("ZEROBACK_AUTH", issuer::setting())
        .env("ZEROBACK_ACCOUNTS", provider::setting())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the server starts");
    let address = address_of(&mut child);
    (child, address)
}

/// Reads a server's output up to the line with its address.
pub(crate) fn address_of(child: &mut Child) -> SocketAddr {
    let output = child.stdout.take().expect("it is piped");
    let mut lines = BufReader::new(output).lines().map_while(Result::ok);
    let address = lines.find_map(|line| {
        let (_, address) = line.rsplit_once("http://")?;
        address.trim_end_matches('/').parse().ok()
    });
    // What it writes later has to go somewhere.
    std::thread::spawn(move || lines.for_each(drop));
    address.expect("the server says where it listens")
}
