//! A toolchain that compiles Workers: wasm32-unknown-unknown with panics that unwind.
//!
//! A panic must fail one call and not the object, so `std` has to be compiled with
//! `panic = "unwind"`, which no ready-made wasm target is. Two ways lead there: the user's own
//! compiler with rustup's `rust-src`, else Debian's compiler with its source package. Nothing is
//! linked into rustup: the toolchain is a compiler, its cargo, and a folder below `target/`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::{Missing, apt, sysroot};
use crate::command::{Cmd, on_path};
use crate::paths;
use crate::step::step;

/// The Rust target of a Worker.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";

const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-22"];
const DEBIAN_LIBRARY: &str = "/usr/lib/rustlib/src/rust/library";

/// A compiler for Workers.
#[derive(Debug)]
pub(crate) struct Toolchain {
    /// What its compiler says it is.
    pub(crate) version: String,
    /// Whether clippy of the same version belongs to it.
    pub(crate) has_clippy: bool,
    cargo: PathBuf,
    rustc: PathBuf,
    sysroot: PathBuf,
}

impl Toolchain {
    /// Returns its cargo, told to compile for wasm, with the target to be named by the caller.
    pub(crate) fn cargo(&self) -> Cmd {
        let flags = [
            "--sysroot",
            &self.sysroot.to_string_lossy(),
            "-Cpanic=unwind",
        ]
        .join("\x1f");
        Cmd::new(&self.cargo)
            .env("RUSTC", &self.rustc)
            .env("CARGO_ENCODED_RUSTFLAGS", flags)
            .env("CARGO_TARGET_DIR", paths::wasm_target())
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
pub(crate) fn toolchain() -> Result<Toolchain> {
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
        has_clippy,
    } = compiler;
    let version = Cmd::new(&rustc).arg("-vV").stdout()?;
    let dir = paths::target().join("wasm-toolchain").join(name);
    let recipe = sysroot::Recipe {
        version: &version,
        cargo: &cargo,
        rustc: &rustc,
        linker: &linker,
        host_libraries: &host_libraries,
    };
    sysroot::ensure(&dir, &recipe)?;
    let version = version.lines().next().unwrap_or_default().to_owned();
    Ok(Toolchain {
        version,
        has_clippy,
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
    let has_source = || sysroot.join("lib/rustlib/src/rust/library/std").is_dir();
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
                "no compiler for Workers. Either `rustup component add rust-src` must work \
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
        has_clippy: false,
    })
}

fn host_triple(rustc: &Path) -> Result<String> {
    let version = Cmd::new(rustc).arg("-vV").stdout()?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).context("`rustc -vV` names no host")
}
