//! What a machine needs before a verb can do its work.
//!
//! Every step is cheap when it has been done already, and each verb calls just the steps that it
//! needs. `cargo xtask setup` is all of them at once, for those who are about to lose the network.

pub(crate) mod cxx;
pub(crate) mod npm;
pub(crate) mod wasm;

mod apt;
pub(crate) mod chromium;
mod sysroot;

use std::fmt;

use anyhow::Result;

/// Does every step of set-up.
pub(crate) fn all() -> Result<()> {
    npm::install()?;
    let toolchain = wasm::toolchain(wasm::Purpose::Worker)?;
    wasm::toolchain(wasm::Purpose::Page)?;
    let browser = chromium::find()?;
    cxx::ensure()?;
    eprintln!("wasm toolchain: {}", toolchain.version);
    eprintln!("browser: {}", browser.display());
    Ok(())
}

/// Something that this machine does not have and that could not be installed. `test` counts what
/// needs it as skipped.
#[derive(Debug)]
pub(crate) struct Missing(pub(crate) String);

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Missing {}
