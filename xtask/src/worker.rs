//! Packages a crate as a Cloudflare Worker.
//!
//! The crate is an ordinary library; what makes it a Worker is done here: compiled as a `cdylib`,
//! bound to JavaScript by wasm-bindgen, made small for a release, and bundled with the glue of the
//! Cloudflare host to two files. The glue also gets the list of functions that the native build of
//! the same crate registers, so that a registration which the linker dropped cannot go unnoticed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};

use crate::command::Cmd;
use crate::setup::{npm, wasm};
use crate::step::step;
use crate::{command, paths};

/// What browsers and the runtimes of Workers understand, and what the compiler may therefore have used.
const WASM_FEATURES: [&str; 6] = [
    "--enable-mutable-globals",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-reference-types",
];

const GLUE: &str = "zeroback-runtime/src/host/cloudflare/glue.js";

#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// The crate to package; its program must be called the same
    #[arg(long)]
    pub(crate) package: String,
    /// `dev` compiles faster, `release` is what is deployed
    #[arg(long, value_enum, default_value_t = Profile::Release)]
    pub(crate) profile: Profile,
    /// The folder to write to, seen from the workspace; default: target/worker/<package>-<profile>
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Profile {
    Dev,
    Release,
}

impl Profile {
    fn cargo_profile(self) -> &'static str {
        match self {
            Self::Dev => "worker-dev",
            Self::Release => "worker",
        }
    }
}

pub(crate) fn run(options: &Options) -> Result<()> {
    let out = package(options)?;
    for file in ["index.js", "index_bg.wasm"] {
        let file = out.join(file);
        println!("{}  {} bytes", file.display(), fs::metadata(&file)?.len());
    }
    Ok(())
}

/// Packages a crate and returns the folder with the Worker's two files.
///
/// # Errors
///
/// If a tool is missing and cannot be installed, or any of the steps fails.
pub(crate) fn package(options: &Options) -> Result<PathBuf> {
    npm::install()?;
    let toolchain = wasm::toolchain(wasm::Purpose::Worker)?;
    let Options {
        package,
        profile,
        out,
    } = options;
    let name = format!("{package}-{}", profile.cargo_profile());
    let stage = paths::wasm_target().join("stage").join(&name);
    let out = match out {
        Some(out) => paths::root().join(out),
        None => paths::target().join("worker").join(&name),
    };
    fs::create_dir_all(&stage)?;
    fs::create_dir_all(&out)?;
    let functions = step(&format!("listing the functions of {package}"), || {
        functions(package)
    })?;
    let module = step(
        &format!("compiling {package} for wasm ({})", profile.cargo_profile()),
        || compile(&toolchain, package, *profile),
    )?;
    // Optimising takes longer than compiling an edit does; the same module is not done twice.
    let bound_from = stage.join("bound-from.wasm");
    if fs::read(&bound_from).ok() != Some(fs::read(&module)?) {
        fs::remove_file(&bound_from).ok();
        step("binding wasm to JavaScript", || {
            bind("worker", &module, &stage, "index")
        })?;
        if *profile == Profile::Release {
            let module = stage.join("index_bg.wasm");
            step("optimising wasm", || {
                optimise(&module, &["-O3", "--enable-exception-handling"])
            })?;
        }
        fs::copy(&module, &bound_from)?;
    }
    bundle(&stage, &out, &functions)?;
    Ok(out)
}

/// Returns the paths of the functions that the crate's native program registers, one per line.
fn functions(package: &str) -> Result<String> {
    Cmd::cargo()
        .args(["build", "--quiet", "--package", package])
        .run()?;
    Cmd::new(paths::debug_program(package))
        .arg("functions")
        .stdout()
}

/// Compiles the crate's library as a `cdylib` and returns the module. The crate type is given here
/// and not in its manifest, where a `cdylib` beside an `rlib` would turn off link-time optimisation.
fn compile(toolchain: &wasm::Toolchain, package: &str, profile: Profile) -> Result<PathBuf> {
    toolchain
        .cargo()
        .args(["rustc", "--quiet", "--lib", "--crate-type", "cdylib"])
        .args(["--package", package, "--target", wasm::TARGET])
        .args(["--profile", profile.cargo_profile()])
        .run()?;
    let file = format!("{}.wasm", package.replace('-', "_"));
    Ok(paths::wasm_target()
        .join(wasm::TARGET)
        .join(profile.cargo_profile())
        .join(file))
}

/// Binds a module to JavaScript: `<name>.js` and `<name>_bg.wasm` in a folder.
pub(crate) fn bind(purpose: &str, module: &Path, folder: &Path, name: &str) -> Result<()> {
    Cmd::cargo()
        .args(["build", "--quiet", "--package", "xtask-bindgen"])
        .run()?;
    Cmd::new(paths::debug_program("xtask-bindgen"))
        .arg(purpose)
        .args([module, folder])
        .arg(name)
        .run()
}

/// Makes a module faster and smaller, in its place.
pub(crate) fn optimise(module: &Path, how: &[&str]) -> Result<()> {
    let small = module.with_extension("small.wasm");
    Cmd::new("node")
        .arg("node_modules/binaryen/bin/wasm-opt")
        .args(how)
        .args(WASM_FEATURES)
        .arg(module)
        .arg("-o")
        .arg(&small)
        .run()?;
    fs::rename(&small, module).context("the optimised module")
}

fn bundle(stage: &Path, out: &Path, functions: &str) -> Result<()> {
    let list = stage.join("functions.txt");
    fs::write(&list, functions)?;
    Cmd::new("node")
        .arg("xtask/workerd/bundle.mjs")
        .arg(paths::root().join(GLUE))
        .args([stage, &list, out])
        .run()
}

/// Returns the size of a file after gzip at its strongest, as Cloudflare counts a Worker.
pub(crate) fn gzipped_bytes(file: &Path) -> Result<u64> {
    let script = "console.log(require('zlib').gzipSync(require('fs').readFileSync(process.argv[1]), { level: 9 }).length)";
    let bytes = command::Cmd::new("node")
        .args(["-e", script])
        .arg(file)
        .stdout()?;
    bytes
        .trim()
        .parse()
        .context("the size of a compressed file")
}
