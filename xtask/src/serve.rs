//! Starting our own servers and waiting until they answer.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Child;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// How long a server may take from its start to its first answer.
const START_MAX: Duration = Duration::from_secs(60);

/// Waits until the server on `port` answers `GET /health`.
///
/// # Errors
///
/// If the server ends before it answers, or does not answer in time.
pub(crate) fn wait_until_healthy(server: &mut Child, port: u16) -> Result<()> {
    let deadline = Instant::now() + START_MAX;
    while Instant::now() < deadline {
        if let Some(status) = server.try_wait().context("the server")? {
            bail!("the server ended at its start with {status}");
        }
        if answers(port).unwrap_or(false) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    bail!(
        "the server on port {port} did not answer within {} s",
        START_MAX.as_secs()
    )
}

fn answers(port: u16) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut status = [0; 12];
    stream.read_exact(&mut status)?;
    Ok(status.ends_with(b" 200"))
}
