//! Builds `std` for wasm once and lays it out as a sysroot that any later build is pointed at.
//!
//! The alternative, cargo's `-Zbuild-std` on every build, compiles `std` again for each profile and
//! each target folder, and needs the bootstrap variable on every call.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::wasm::{Purpose, TARGET, remapped};
use crate::command::Cmd;
use crate::step::step;

/// Changes when what is done below changes, so that old sysroots are built again.
const RECIPE_VERSION: u32 = 3;

/// What a sysroot is made from.
pub(crate) struct Recipe<'a> {
    /// What `rustc -vV` says.
    pub(crate) version: &'a str,
    pub(crate) cargo: &'a Path,
    pub(crate) rustc: &'a Path,
    /// The linker of wasm modules.
    pub(crate) linker: &'a Path,
    /// The libraries of the machine's own target, for proc macros and build scripts.
    pub(crate) host_libraries: &'a Path,
    /// The source of `std`.
    pub(crate) library: &'a Path,
    pub(crate) purpose: Purpose,
}

/// How `std` is built.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Std {
    /// The crates of `-Zbuild-std`.
    pub(crate) crates: &'static str,
    /// The features of `std`, beside none.
    pub(crate) features: &'static str,
    pub(crate) panic: &'static str,
    /// As it stands in a manifest.
    pub(crate) opt_level: &'static str,
}

/// Builds the sysroot into `dir`, unless it is there already and made by the same compiler.
pub(crate) fn ensure(dir: &Path, recipe: &Recipe<'_>) -> Result<()> {
    let stamp = dir.join("stamp");
    let wanted = format!("recipe {RECIPE_VERSION}\n{}", recipe.version);
    if fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
        return Ok(());
    }
    let compiler = recipe.version.lines().next().unwrap_or("rustc");
    step(&format!("building std for wasm with {compiler}"), || {
        // Cargo does not notice a new std below old dependencies.
        remove(&recipe.purpose.target())?;
        remove(dir)?;
        let scratch = dir.with_extension("build");
        remove(&scratch)?;
        build_std(&scratch, recipe)?;
        lay_out(dir, &scratch, recipe)?;
        remove(&scratch)?;
        fs::write(&stamp, wanted).context("the sysroot's stamp")
    })
}

fn build_std(scratch: &Path, recipe: &Recipe<'_>) -> Result<()> {
    fs::create_dir_all(scratch.join("src"))?;
    fs::write(scratch.join("src/lib.rs"), "#![no_std]\n")?;
    let Std {
        crates,
        features,
        panic,
        opt_level,
    } = recipe.purpose.std();
    let manifest = format!(
        "[workspace]\n[package]\nname = \"stdbuild\"\nedition = \"2021\"\n\
         [profile.release]\nopt-level = {opt_level}\n"
    );
    fs::write(scratch.join("Cargo.toml"), manifest)?;
    Cmd::new(recipe.cargo)
        .args(["build", "--release", "--target", TARGET])
        .arg(format!("-Zbuild-std={crates}"))
        .arg(format!("-Zbuild-std-features={features}"))
        .dir(scratch)
        .env("RUSTC", recipe.rustc)
        // `-Z` and std's own feature gates on a stable compiler; only std is built this way.
        .env("RUSTC_BOOTSTRAP", "1")
        // Without bitcode in std, link-time optimisation fails for want of it.
        .env(
            "CARGO_ENCODED_RUSTFLAGS",
            format!(
                "-Cembed-bitcode=yes\x1f-Cpanic={panic}\x1f{}",
                remapped(recipe.library)
            ),
        )
        .env("CARGO_TARGET_DIR", scratch.join("target"))
        .env_remove("RUSTFLAGS")
        .quiet()
}

fn lay_out(dir: &Path, scratch: &Path, recipe: &Recipe<'_>) -> Result<()> {
    let rustlib = dir.join("lib/rustlib");
    let libraries = rustlib.join(TARGET).join("lib");
    fs::create_dir_all(&libraries)?;
    let built = scratch.join("target").join(TARGET).join("release/deps");
    for entry in fs::read_dir(built)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".rlib") && !name.starts_with("libstdbuild") {
            fs::copy(&path, libraries.join(&*name))?;
        }
    }
    let host = recipe
        .version
        .lines()
        .find_map(|line| line.strip_prefix("host: "));
    let host = rustlib.join(host.context("the compiler names no host")?);
    fs::create_dir_all(host.join("bin"))?;
    symlink(recipe.host_libraries, host.join("lib"))?;
    symlink(recipe.linker, host.join("bin/rust-lld"))?;
    Ok(())
}

fn remove(dir: &Path) -> Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", dir.display()))
        }
        _ => Ok(()),
    }
}
