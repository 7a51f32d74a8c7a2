//! Workers on workerd, each as a process without Miniflare between it and the driver.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::process::{Folder, Program};

/// The folder of the packaged Worker.
const WORKER: &str = "ZEROBACK_BENCH_WORKER";

/// The program workerd.
const WORKERD: &str = "ZEROBACK_BENCH_WORKERD";

const BY_HAND: &str = include_str!("../../../../workerd/bench/by-hand.js");
const COUNTING: &str = include_str!("../../../../workerd/bench/counting.js");
const CROSSINGS: &str = include_str!("../../../../workerd/bench/crossings.js");

/// A Worker's modules, of which the first is its entry.
pub(super) struct Worker {
    package: Option<PathBuf>,
    modules: Vec<(&'static str, &'static str)>,
    class: &'static str,
    binding: &'static str,
}

/// What one event did.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Counted {
    pub(super) statements: f64,
    pub(super) into: f64,
    pub(super) out_of: f64,
}

impl Worker {
    /// Returns the packaged one, where whoever has started this program has made one.
    pub(super) fn from_env() -> Option<Self> {
        std::env::var_os(WORKERD)?;
        Some(Self {
            package: Some(std::env::var_os(WORKER)?.into()),
            modules: Vec::new(),
            class: "ZerobackObject",
            binding: "ZEROBACK",
        })
    }

    /// Returns the same with what it does counted.
    pub(super) fn counting(&self) -> Self {
        Self {
            package: self.package.clone(),
            modules: vec![("counting.js", COUNTING), ("crossings.js", CROSSINGS)],
            class: self.class,
            binding: self.binding,
        }
    }

    pub(super) fn by_hand() -> Self {
        Self {
            package: None,
            modules: vec![("by-hand.js", BY_HAND)],
            class: "ByHand",
            binding: "OBJECT",
        }
    }

    /// Starts it on fresh data.
    pub(super) fn start(&self) -> Result<Program> {
        let folder = Folder::fresh("object")?;
        let at = folder.path();
        std::fs::create_dir(at.join("data"))?;
        let mut modules = String::new();
        for (name, text) in &self.modules {
            std::fs::write(at.join(name), text)?;
            modules += &format!("(name = \"{name}\", esModule = embed \"{name}\"), ");
        }
        if let Some(package) = &self.package {
            for (name, kind) in [("index.js", "esModule"), ("index_bg.wasm", "wasm")] {
                std::fs::copy(package.join(name), at.join(name))?;
                modules += &format!("(name = \"{name}\", {kind} = embed \"{name}\"), ");
            }
        }
        let config = at.join("config.capnp");
        std::fs::write(&config, self.config(&modules, &at.join("data")))?;
        let workerd = std::env::var_os(WORKERD).context("workerd")?;
        let mut command = Command::new(workerd);
        command.args(["serve", "--control-fd=1"]).arg(config);
        Ok(Program::start(&mut command)?.with_data(folder))
    }

    fn config(&self, modules: &str, data: &Path) -> String {
        let Self { class, binding, .. } = self;
        format!(
            r#"using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "data", disk = (path = "{}", writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [{modules}],
  compatibilityDate = "2026-04-01",
  durableObjectNamespaces = [(className = "{class}", uniqueKey = "bench", enableSql = true)],
  durableObjectStorage = (localDisk = "data"),
  bindings = [(name = "{binding}", durableObjectNamespace = "{class}")],
);
"#,
            data.display()
        )
    }
}

/// Returns what was done since the last call.
pub(super) fn counted(address: SocketAddr) -> Result<Counted> {
    let mut stream = TcpStream::connect(address)?;
    let request = format!("GET /counted HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let json = answer.find('{').and_then(|at| {
        let end = answer.rfind('}')?;
        answer.get(at..=end)
    });
    let json = json.with_context(|| format!("no counts: {answer}"))?;
    Ok(serde_json::from_str(json)?)
}
