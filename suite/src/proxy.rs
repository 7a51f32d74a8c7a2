//! What stands between a client and a server, so that a connection can be cut while the client keeps its address, and
//! the server comes back under another.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinHandle};

use crate::target::socket::RUNTIME;

/// Carries bytes to a server, until it is dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    listening: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    server: SocketAddr,
    connections: Vec<AbortHandle>,
}

impl Proxy {
    /// Listens for those who want to speak with a server.
    #[must_use]
    pub fn to(server: SocketAddr) -> Self {
        let listener = RUNTIME.block_on(TcpListener::bind("127.0.0.1:0"));
        let listener = listener.expect("a port is free");
        let shared = Arc::new(Mutex::new(Shared {
            server,
            connections: Vec::new(),
        }));
        Self {
            address: listener.local_addr().expect("it has one"),
            listening: RUNTIME.spawn(listen(listener, Arc::clone(&shared))),
            shared,
        }
    }

    /// Returns where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The server is somewhere else now.
    pub fn lead_to(&self, server: SocketAddr) {
        lock(&self.shared).server = server;
    }

    /// Cuts all connections, at once.
    pub fn cut(&self) {
        for connection in lock(&self.shared).connections.drain(..) {
            connection.abort();
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
        self.cut();
    }
}

async fn listen(listener: TcpListener, shared: Arc<Mutex<Shared>>) {
    while let Ok((mut client, _)) = listener.accept().await {
        let server = lock(&shared).server;
        let carried = RUNTIME.spawn(async move {
            // Whoever is gone is gone: the other side sees it by its end.
            if let Ok(mut server) = TcpStream::connect(server).await {
                let _ = copy_bidirectional(&mut client, &mut server).await;
            }
        });
        lock(&shared).connections.push(carried.abort_handle());
    }
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
