//! A C++ compiler, for libFuzzer.

use anyhow::Result;

use super::{Missing, apt};
use crate::command::on_path;

/// Makes sure that there is a C++ compiler: the one that `CXX` names, or `c++`, or Debian's.
///
/// # Errors
///
/// [`Missing`], if there is none and none can be installed.
pub(crate) fn ensure() -> Result<()> {
    if is_there() {
        return Ok(());
    }
    let outcome = apt::install(&["g++"]);
    if is_there() {
        return Ok(());
    }
    let reason = outcome
        .err()
        .map_or_else(String::new, |error| format!(" ({error:#})"));
    let text = format!("no C++ compiler: install the package `g++`, or name one in CXX{reason}");
    Err(Missing(text).into())
}

fn is_there() -> bool {
    std::env::var_os("CXX").is_some() || on_path("c++").is_some()
}
