//! The npm packages of the workspace, installed again when `package-lock.json` has changed.

use std::fs;

use anyhow::Result;

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
    if is_fresh() {
        return Ok(());
    }
    step("installing npm packages", || {
        Cmd::new("npm")
            .args(["ci", "--no-audit", "--no-fund", "--loglevel=error"])
            .quiet()
    })
}

/// Tells whether npm's own note of what it installed, the last thing that it writes, is younger
/// than the lock file; so an `npm install` by hand counts as well.
fn is_fresh() -> bool {
    let changed = |file: &str| fs::metadata(paths::root().join(file))?.modified();
    let installed = changed("node_modules/.package-lock.json");
    let locked = changed("package-lock.json");
    matches!((installed, locked), (Ok(installed), Ok(locked)) if installed >= locked)
}
