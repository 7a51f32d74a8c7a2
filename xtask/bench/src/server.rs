//! The server under measurement, as a process of its own.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use tokio::net::TcpStream;

/// A running server on fresh data; both go when it is dropped.
pub(crate) struct Server {
    process: Child,
    data: PathBuf,
    port: u16,
}

impl Server {
    pub(crate) async fn start() -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let data = fresh_folder("server")?;
        let process = Command::new(std::env::current_exe()?)
            .args(["serve", "--port", &port.to_string(), "--data"])
            .arg(&data)
            .stdout(Stdio::null())
            .spawn()
            .context("cannot start the server")?;
        let server = Self {
            process,
            data,
            port,
        };
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            if Instant::now() > deadline {
                bail!("the server does not listen");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(server)
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://127.0.0.1:{}/ws", self.port)
    }

    /// Returns the processor time that the server has used, in microseconds.
    pub(crate) fn cpu_us(&self) -> Result<f64> {
        cpu_us(&self.process.id().to_string())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
        std::fs::remove_dir_all(&self.data).ok();
    }
}

/// Returns the processor time of a process (`self` for this one), in microseconds.
pub(crate) fn cpu_us(process: &str) -> Result<f64> {
    let mut nanoseconds = 0.0;
    for thread in std::fs::read_dir(format!("/proc/{process}/task"))? {
        let schedstat = std::fs::read_to_string(thread?.path().join("schedstat"))?;
        let ran = schedstat.split(' ').next().context("schedstat is empty")?;
        nanoseconds += ran.parse::<f64>()?;
    }
    Ok(nanoseconds / 1_000.0)
}

/// Returns a new folder on a disk: `/tmp` may be memory, where `synchronous=FULL` costs nothing.
pub(crate) fn fresh_folder(name: &str) -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let target = program.parent().context("the program lies in no folder")?;
    let folder = target
        .join("bench-data")
        .join(format!("{name}-{}", std::process::id()));
    std::fs::remove_dir_all(&folder).ok();
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
