//! Toolchains that compile for wasm32-unknown-unknown: one for Workers, one for pages.
//!
//! In a Worker a panic must fail one call and not the object, so `std` has to be compiled with
//! `panic = "unwind"`, which no ready-made wasm target is. A page has to be small, and Leptos does not
//! compile where panics unwind in wasm. Two ways lead there: the user's own compiler with rustup's
//! `rust-src`, else Debian's compiler with its source package. Nothing is linked into rustup: a
//! toolchain is a compiler, its cargo, and a folder below `target/`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::{Missing, apt, sysroot};
use crate::command::{Cmd, on_path};
use crate::paths;
use crate::step::step;

/// The Rust target of Workers and pages.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-22"];
const DEBIAN_LIBRARY: &str = "/usr/lib/rustlib/src/rust/library";

/// What is compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// A Worker: panics unwind, and `std` is fast.
    Worker,
    /// A page, which browsers load: panics abort, and `std` is small.
    Page,
}

impl Purpose {
    /// Returns what `std` is built from, and how.
    pub(super) fn std(self) -> sysroot::Std {
        match self {
            Self::Worker => sysroot::Std {
                crates: "std,panic_unwind",
                features: "",
                panic: "unwind",
                opt_level: "3",
            },
            Self::Page => sysroot::Std {
                crates: "std,panic_abort",
                features: "optimize_for_size",
                panic: "abort",
                opt_level: "\"z\"",
            },
        }
    }

    /// Returns where it is built: apart from native builds and from each other, so that two compilers neither wait for
    /// one lock nor rebuild each other's work.
    pub(crate) fn target(self) -> PathBuf {
        match self {
            Self::Worker => paths::wasm_target(),
            Self::Page => paths::target().join("page"),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Worker => "worker",
            Self::Page => "page",
        }
    }
}

/// A compiler for one purpose.
#[derive(Debug)]
pub(crate) struct Toolchain {
    /// What its compiler says it is.
    pub(crate) version: String,
    /// Whether clippy of the same version belongs to it.
    pub(crate) has_clippy: bool,
    purpose: Purpose,
    cargo: PathBuf,
    rustc: PathBuf,
    sysroot: PathBuf,
}

impl Toolchain {
    /// Returns its cargo, told to compile for wasm, with the target to be named by the caller.
    pub(crate) fn cargo(&self) -> Cmd {
        let mut flags = vec![
            "--sysroot".to_owned(),
            self.sysroot.to_string_lossy().into_owned(),
            format!("-Cpanic={}", self.purpose.std().panic),
        ];
        if self.purpose == Purpose::Page {
            flags.extend(registry_sources().iter().map(|folder| remapped(folder)));
        }
        let flags = flags.join("\x1f");
        Cmd::new(&self.cargo)
            .env("RUSTC", &self.rustc)
            .env("CARGO_ENCODED_RUSTFLAGS", flags)
            .env("CARGO_TARGET_DIR", self.purpose.target())
            .env_remove("RUSTFLAGS")
            // wasm-bindgen's macros then share one executor for futures.
            .env("WASM_BINDGEN_USE_JS_SYS", "1")
    }
}

/// Returns the toolchain, made ready if it is not.
///
/// # Errors
///
/// [`Missing`], if neither way works on this machine.
pub(crate) fn toolchain(purpose: Purpose) -> Result<Toolchain> {
    let (compiler, why_not) = match from_rustup() {
        Ok(compiler) => (compiler, None),
        Err(error) => (from_debian(&format!("{error:#}"))?, Some(error)),
    };
    if let Some(error) = why_not {
        eprintln!("    using Debian's compiler for wasm, since {error:#}");
    }
    let Compiler {
        name,
        cargo,
        rustc,
        linker,
        host_libraries,
        library,
        has_clippy,
    } = compiler;
    let version = Cmd::new(&rustc).arg("-vV").stdout()?;
    let dir = paths::target()
        .join("wasm-toolchain")
        .join(format!("{name}-{}", purpose.name()));
    let recipe = sysroot::Recipe {
        version: &version,
        cargo: &cargo,
        rustc: &rustc,
        linker: &linker,
        host_libraries: &host_libraries,
        library: &library,
        purpose,
    };
    sysroot::ensure(&dir, &recipe)?;
    let version = version.lines().next().unwrap_or_default().to_owned();
    Ok(Toolchain {
        version,
        has_clippy,
        purpose,
        cargo,
        rustc,
        sysroot: dir,
    })
}

/// Where the parts of a compiler lie.
struct Compiler {
    name: &'static str,
    cargo: PathBuf,
    rustc: PathBuf,
    linker: PathBuf,
    host_libraries: PathBuf,
    /// The source of `std` and its siblings.
    library: PathBuf,
    has_clippy: bool,
}

/// The user's own compiler, if it has its library's source or rustup can add that.
fn from_rustup() -> Result<Compiler> {
    if std::env::var("ZEROBACK_WASM_TOOLCHAIN").is_ok_and(|wanted| wanted == "debian") {
        bail!("ZEROBACK_WASM_TOOLCHAIN asks for it");
    }
    let cargo = PathBuf::from(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let sysroot = Cmd::new("rustc").args(["--print", "sysroot"]).stdout()?;
    let sysroot = PathBuf::from(sysroot.trim());
    let host = host_triple(Path::new("rustc"))?;
    let host_dir = sysroot.join("lib/rustlib").join(&host);
    let linker = host_dir.join("bin/rust-lld");
    if !linker.is_file() {
        bail!("{} has no rust-lld", sysroot.display());
    }
    let library = sysroot.join("lib/rustlib/src/rust/library");
    let has_source = || library.join("std").is_dir();
    if !has_source() {
        let limit = Duration::from_secs(120);
        let added = on_path("rustup").is_some()
            && step("asking rustup for rust-src", || {
                let ask = Cmd::new("rustup").args(["component", "add", "rust-src"]);
                Ok(ask.succeeds_within(limit))
            })?;
        if !added || !has_source() {
            bail!("rustup cannot add the component rust-src");
        }
    }
    Ok(Compiler {
        name: "rustup",
        cargo,
        rustc: sysroot.join("bin/rustc"),
        linker,
        host_libraries: host_dir.join("lib"),
        library,
        has_clippy: true,
    })
}

/// Debian's compiler for the web, by apt where it is not installed.
fn from_debian(why_not_rustup: &str) -> Result<Compiler> {
    let (rustc, cargo) = (
        PathBuf::from("/usr/bin/rustc"),
        PathBuf::from("/usr/bin/cargo"),
    );
    let linker = PathBuf::from("/usr/lib/llvm-22/bin/lld");
    let is_there = || {
        let files = [&rustc, &cargo, &linker]
            .into_iter()
            .all(|file| file.is_file());
        files && Path::new(DEBIAN_LIBRARY).is_dir()
    };
    if !is_there() {
        let outcome = apt::install(&DEBIAN_PACKAGES);
        if !is_there() {
            let why_not_apt = outcome.err().map_or_else(
                || "the packages do not bring what they should".to_owned(),
                |error| format!("{error:#}"),
            );
            return Err(Missing(format!(
                "no compiler for wasm. Either `rustup component add rust-src` must work \
                 ({why_not_rustup}), or Debian's packages {} must be installed ({why_not_apt})",
                DEBIAN_PACKAGES.join(" "),
            ))
            .into());
        }
    }
    let host = host_triple(&rustc)?;
    let host_libraries = Path::new("/usr/lib/rustlib").join(host).join("lib");
    Ok(Compiler {
        name: "debian",
        cargo,
        rustc,
        linker,
        host_libraries,
        library: PathBuf::from(DEBIAN_LIBRARY),
        has_clippy: false,
    })
}

/// Returns the flag that has a module call the files of a folder by what follows its name: where somebody's sources lie
/// makes a page no better, and longer.
pub(super) fn remapped(folder: &Path) -> String {
    format!("--remap-path-prefix={}/=", folder.display())
}

/// Returns the folders that cargo unpacks crates into.
fn registry_sources() -> Vec<PathBuf> {
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let entries = home.and_then(|home| std::fs::read_dir(home.join("registry/src")).ok());
    let mut folders: Vec<_> = { entries.into_iter().flatten().flatten() }
        .map(|entry| entry.path())
        .collect();
    folders.sort();
    folders
}

fn host_triple(rustc: &Path) -> Result<String> {
    let version = Cmd::new(rustc).arg("-vV").stdout()?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("`rustc -vV` names no host")
}
