//! Programs under measurement: each is a process of its own, so that its processor time and its
//! memory can be told from those of what drives it.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result};

/// A running server; it ends, and its data go, when it is dropped.
pub(crate) struct Program {
    process: Child,
    address: SocketAddr,
    _data: Option<Folder>,
}

/// A folder that goes when it is dropped.
pub(crate) struct Folder(PathBuf);

impl Program {
    /// Starts the Zeroback server on fresh data.
    pub(crate) fn zeroback() -> Result<Self> {
        let data = Folder::fresh("server")?;
        Ok(Self::zeroback_on(data.path())?.with_data(data))
    }

    /// Starts the Zeroback server on data that are there.
    pub(crate) fn zeroback_on(data: &Path) -> Result<Self> {
        Self::start(Self::own(&["serve", "--port", "0", "--data"])?.arg(data))
    }

    /// Starts a baseline on fresh data.
    pub(crate) fn baseline(name: &str) -> Result<Self> {
        let data = Folder::fresh(name)?;
        Ok(Self::baseline_on(name, data.path())?.with_data(data))
    }

    /// Starts a baseline on data that are there.
    pub(crate) fn baseline_on(name: &str, data: &Path) -> Result<Self> {
        Self::start(Self::own(&["baseline", name])?.arg(data))
    }

    /// Starts a server that prints its address on a line once it answers.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot start {command:?}"))?;
        let stdout = process.stdout.take().context("the server's output")?;
        let address = address_in(stdout);
        let mut program = Self {
            process,
            address: ([127, 0, 0, 1], 0).into(),
            _data: None,
        };
        program.address = address.with_context(|| format!("{command:?} told no address"))?;
        Ok(program)
    }

    /// Lets a folder go when the program has ended.
    pub(crate) fn with_data(mut self, data: Folder) -> Self {
        self._data = Some(data);
        self
    }

    /// This program itself, with other arguments.
    fn own(args: &[&str]) -> Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(args);
        Ok(command)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the processor time that the program has used, in microseconds.
    pub(crate) fn cpu_us(&self) -> Result<f64> {
        cpu_us(&self.process.id().to_string())
    }

    /// Returns the memory that is resident for the program alone, in bytes.
    pub(crate) fn memory_bytes(&self) -> Result<f64> {
        let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", self.process.id()))?;
        let mut kibibytes = 0.0;
        for line in rollup.lines() {
            if let Some(amount) = line.strip_prefix("Pss:") {
                let amount = amount.trim().trim_end_matches(" kB");
                kibibytes = amount.parse::<f64>().context("Pss is no number")?;
            }
        }
        Ok(kibibytes * 1_024.0)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

impl Folder {
    /// Makes an empty folder on a disk: `/tmp` may be memory, where `synchronous=FULL` costs nothing.
    pub(crate) fn fresh(name: &str) -> Result<Self> {
        let program = std::env::current_exe()?;
        let target = program.parent().context("the program lies in no folder")?;
        let folder = target.join("bench-data").join(format!(
            "{name}-{}-{}",
            std::process::id(),
            fastrand::u32(..)
        ));
        std::fs::create_dir_all(&folder)?;
        Ok(Self(folder))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
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

fn address_in(stdout: impl std::io::Read) -> Result<SocketAddr> {
    for line in BufReader::new(stdout).lines() {
        let line = line?;
        // workerd tells its port on a line of JSON.
        if let Some((_, rest)) = line.split_once("\"port\":") {
            let port = rest.trim_end_matches('}').parse()?;
            return Ok(SocketAddr::from(([127, 0, 0, 1], port)));
        }
        if let Some((_, rest)) = line.split_once("http://") {
            let address = rest.split([' ', '/']).next().unwrap_or(rest);
            return address
                .parse()
                .with_context(|| format!("no address: {line}"));
        }
    }
    anyhow::bail!("it ended")
}
