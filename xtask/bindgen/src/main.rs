//! Binds a compiled module to JavaScript: `xtask-bindgen MODULE.wasm FOLDER`.
//!
//! A crate apart from xtask, because only those who build a Worker should wait for it to compile.

use anyhow::{Context as _, Result};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let mut args = std::env::args_os().skip(1);
    let module = args
        .next()
        .context("usage: xtask-bindgen MODULE.wasm FOLDER")?;
    let folder = args
        .next()
        .context("usage: xtask-bindgen MODULE.wasm FOLDER")?;
    Bindgen::new()
        .input_path(module)
        .out_name("index")
        .typescript(false)
        // The module is imported as a source phase import, which is what workerd's bundler takes.
        .module(true)?
        // What the glue calls after a trap, which ends a module for good.
        .reset_state_function(true)
        .generate(folder)
}
