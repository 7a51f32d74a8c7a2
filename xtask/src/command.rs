//! Running other programs, with errors that name the command and the folder it ran in.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use crate::paths;

/// A command to be run in the workspace's folder, unless told otherwise.
#[derive(Debug)]
pub(crate) struct Cmd {
    command: Command,
}

impl Cmd {
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(program);
        command.current_dir(paths::root());
        Self { command }
    }

    /// The cargo of the user's toolchain.
    pub(crate) fn cargo() -> Self {
        Self::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")))
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn env_remove(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    pub(crate) fn dir(mut self, dir: &Path) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// Runs the command, which prints as it goes.
    ///
    /// # Errors
    ///
    /// If it cannot be started or does not exit with 0.
    pub(crate) fn run(mut self) -> Result<()> {
        self.command.stdin(Stdio::null());
        let status = self.command.status().with_context(|| self.cannot_start())?;
        self.check(status)
    }

    /// Runs the command and returns what it printed to standard output.
    ///
    /// # Errors
    ///
    /// If it cannot be started, does not exit with 0, or prints what is not UTF-8.
    pub(crate) fn stdout(mut self) -> Result<String> {
        self.command.stdin(Stdio::null()).stderr(Stdio::inherit());
        let output = self.command.output().with_context(|| self.cannot_start())?;
        self.check(output.status)?;
        String::from_utf8(output.stdout)
            .with_context(|| format!("`{}` printed what is not UTF-8", self.shown()))
    }

    /// Runs the command and keeps what it prints to itself, unless it fails.
    ///
    /// # Errors
    ///
    /// If it cannot be started or does not exit with 0; the error ends with its output.
    pub(crate) fn quiet(mut self) -> Result<()> {
        self.command.stdin(Stdio::null());
        let output = self.command.output().with_context(|| self.cannot_start())?;
        self.check(output.status).with_context(|| {
            let out = String::from_utf8_lossy(&output.stdout);
            let err = String::from_utf8_lossy(&output.stderr);
            format!("{out}{err}").trim_end().to_owned()
        })
    }

    /// Runs the command silently and tells whether it exited with 0 before `limit` was over.
    pub(crate) fn succeeds_within(mut self, limit: Duration) -> bool {
        self.command.stdin(Stdio::null());
        self.command.stdout(Stdio::null()).stderr(Stdio::null());
        let Ok(mut child) = self.command.spawn() else {
            return false;
        };
        let deadline = Instant::now() + limit;
        while Instant::now() < deadline {
            match child.try_wait() {
                Ok(Some(status)) => return status.success(),
                Ok(None) => std::thread::sleep(Duration::from_millis(50)),
                Err(_) => break,
            }
        }
        // It may have ended in the meantime, and then there is nothing left to stop.
        child.kill().ok();
        child.wait().ok();
        false
    }

    /// Starts the command. Its standard input stays open for as long as the child is kept, which
    /// is how our own servers know that they are still wanted.
    ///
    /// # Errors
    ///
    /// If it cannot be started.
    pub(crate) fn start(mut self, stdout: Stdio) -> Result<Child> {
        self.command.stdin(Stdio::piped()).stdout(stdout);
        self.command.spawn().with_context(|| self.cannot_start())
    }

    fn check(&self, status: ExitStatus) -> Result<()> {
        if !status.success() {
            bail!("`{}` failed with {status}", self.shown());
        }
        Ok(())
    }

    fn cannot_start(&self) -> String {
        format!("cannot start `{}`: is it installed?", self.shown())
    }

    fn shown(&self) -> String {
        let mut words = vec![self.command.get_program()];
        words.extend(self.command.get_args());
        let words: Vec<_> = words.into_iter().map(OsStr::to_string_lossy).collect();
        words.join(" ")
    }
}

/// Returns where a program lies, if it is on the `PATH`.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|dir| dir.join(&name))
        .find(|path| path.is_file())
}
