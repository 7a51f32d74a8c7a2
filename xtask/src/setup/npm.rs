//! The npm packages of the workspace, installed once for each state of `package-lock.json`.

use std::fs;

use anyhow::{Context as _, Result};

use super::Missing;
use crate::command::{Cmd, on_path};
use crate::paths;
use crate::step::step;

/// Installs what `package-lock.json` names, unless that was done already.
///
/// # Errors
///
/// If Node is not there, or npm fails.
pub(crate) fn install() -> Result<()> {
    if on_path("npm").is_none() {
        return Err(Missing("Node 20 or newer, with npm, must be on the PATH".to_owned()).into());
    }
    let root = paths::root();
    let lock = fs::read(root.join("package-lock.json")).context("package-lock.json")?;
    // The copy lies inside of what it vouches for, so that it goes when that is deleted.
    let stamp = root.join("node_modules/.installed-package-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    step("installing npm packages", || {
        Cmd::new("npm")
            .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
            .quiet()
    })?;
    fs::write(stamp, lock).context("node_modules")
}
