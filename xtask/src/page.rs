//! Packages a crate as the module of a page, as small as it gets.
//!
//! The crate is an ordinary library with a function that begins the page; what makes it a module of the browser's is
//! done here: compiled as a `cdylib`, bound to JavaScript by wasm-bindgen, and made small. The crate type is given here
//! and not in its manifest, where a `cdylib` beside an `rlib` would turn off link-time optimisation.

use std::fs;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::paths;
use crate::setup::{npm, wasm};
use crate::step::step;
use crate::worker::{bind, gzipped_bytes, optimise};

#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// The crate to package
    #[arg(long)]
    pub(crate) package: String,
    /// The features that make it a page for browsers, in the place of its default ones
    #[arg(long)]
    pub(crate) features: String,
    /// The folder to write to, seen from the workspace
    #[arg(long)]
    pub(crate) out: PathBuf,
    /// What the files are called: `<name>.js` and `<name>_bg.wasm`
    #[arg(long)]
    pub(crate) name: String,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let module = package(options)?;
    let gzipped = gzipped_bytes(&module)?;
    let bytes = fs::metadata(&module)?.len();
    println!("{}  {bytes} bytes, {gzipped} gzipped", module.display());
    Ok(())
}

/// Packages a crate and returns its module.
///
/// # Errors
///
/// If a tool is missing and cannot be installed, or any of the steps fails.
pub(crate) fn package(options: &Options) -> Result<PathBuf> {
    npm::install()?;
    let toolchain = wasm::toolchain(wasm::Purpose::Page)?;
    let Options {
        package,
        features,
        out,
        name,
    } = options;
    let folder = paths::root().join(out);
    fs::create_dir_all(&folder)?;
    step(&format!("compiling {package} for browsers"), || {
        toolchain
            .cargo()
            .args(["rustc", "--quiet", "--lib", "--crate-type", "cdylib"])
            .args(["--package", package, "--no-default-features"])
            .args(["--features", features, "--profile", "page"])
            .args(["--target", wasm::TARGET])
            .run()
    })?;
    let built = wasm::Purpose::Page.target().join(wasm::TARGET).join("page");
    let module = built.join(format!("{}.wasm", package.replace('-', "_")));
    let packaged = folder.join(format!("{name}_bg.wasm"));
    // Optimising takes longer than compiling an edit does; the same module is not done twice.
    let bound_from = built.join(format!("{name}.bound-from"));
    if !packaged.exists() || fs::read(&bound_from).ok() != Some(fs::read(&module)?) {
        step("binding wasm to JavaScript", || {
            bind("page", &module, &folder, name)
        })?;
        step("making it small", || optimise(&packaged, &["-Oz"]))?;
        fs::copy(&module, &bound_from)?;
    }
    Ok(packaged)
}
