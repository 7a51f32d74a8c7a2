//! A headless browser for the browser test.

use std::path::PathBuf;

use anyhow::Result;

use super::{Missing, apt};
use crate::command::on_path;

const NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// Returns the browser that `CHROME_BIN` or `CHROME` names, else one on the `PATH`, else installs
/// Debian's.
///
/// # Errors
///
/// [`Missing`], if there is none and none can be installed.
pub(crate) fn find() -> Result<PathBuf> {
    if let Some(browser) = installed() {
        return Ok(browser);
    }
    let outcome = apt::install(&["chromium"]);
    installed().ok_or_else(|| {
        let reason = outcome.err().map_or_else(String::new, |error| format!(" ({error:#})"));
        Missing(format!(
            "no Chromium or Chrome: install the package `chromium`, or name one in CHROME_BIN{reason}"
        ))
        .into()
    })
}

fn installed() -> Option<PathBuf> {
    let named = ["CHROME_BIN", "CHROME"]
        .into_iter()
        .filter_map(std::env::var_os);
    let named = named.map(PathBuf::from).find(|path| path.is_file());
    named.or_else(|| NAMES.into_iter().find_map(on_path))
}
