//! Binds a compiled module to JavaScript: `xtask-bindgen worker|page MODULE.wasm FOLDER NAME`.
//!
//! A crate apart from xtask, because only those who build a Worker or a page should wait for it to compile.

use anyhow::{Context as _, Result, bail};
use wasm_bindgen_cli_support::Bindgen;

const USAGE: &str = "usage: xtask-bindgen worker|page MODULE.wasm FOLDER NAME";

fn main() -> Result<()> {
    let args: Vec<_> = std::env::args().skip(1).collect();
    let [purpose, module, folder, name] = args.as_slice() else {
        bail!(USAGE);
    };
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name(name).typescript(false);
    match purpose.as_str() {
        // The module is imported as a source phase import, which is what workerd's bundler takes. What the glue calls
        // after a trap ends a module for good.
        "worker" => bindgen.module(true)?.reset_state_function(true),
        "page" => bindgen
            .web(true)?
            .remove_name_section(true)
            .remove_producers_section(true),
        _ => bail!(USAGE),
    };
    bindgen.generate(folder).context("cannot bind the module")
}
