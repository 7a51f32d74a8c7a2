//! Every developer verb of this workspace: `cargo xtask <verb>`.
//!
//! A verb does all of its own set-up, so that on a machine with rustup's stable toolchain, Node 20
//! and apt each one works on a fresh clone. It has few dependencies, because every verb waits for it
//! to compile; what needs more (wasm-bindgen's library, the benchmarks) is a crate of its own below.

mod bench;
mod ci;
mod codegen;
mod demo;
mod fuzz;
mod page;
mod setup;
mod sim;
mod test;
mod worker;

mod command;
mod paths;
mod serve;
mod step;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

fn main() -> ExitCode {
    let outcome = match Cli::parse().verb {
        Verb::Setup => setup::all(),
        Verb::Demo(options) => demo::run(&options),
        Verb::Test(options) => test::run(&options),
        Verb::Fuzz(options) => fuzz::run(&options),
        Verb::Codegen(options) => codegen::run(&options),
        Verb::Worker(options) => worker::run(&options),
        Verb::Page(options) => page::run(&options),
        Verb::Sim(options) => sim::run(&options),
        Verb::Ci => ci::run(),
        Verb::Bench(options) => bench::run(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Builds, serves, checks and measures this workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Does all set-up at once: npm packages, the wasm toolchain, a headless browser, a C++ compiler
    Setup,
    /// Serves the task board and prints the address to open
    Demo(demo::Options),
    /// Runs every check and test; the last line counts passed, failed and skipped
    Test(test::Options),
    /// Feeds the engine what nobody wrote, guided by what it covers
    Fuzz(fuzz::Options),
    /// Writes the example's `api.ts`, or checks that it is fresh
    Codegen(codegen::Options),
    /// Packages a crate as a Cloudflare Worker: `index.js` and `index_bg.wasm`
    Worker(worker::Options),
    /// Packages a crate as the module of a page: `<name>.js` and `<name>_bg.wasm`
    Page(page::Options),
    /// Runs random scripts of clients, networks and crashes around the engine, against a model
    Sim(sim::Options),
    /// Runs `test` where nothing may be skipped
    Ci,
    /// Prints costs as ratios to a baseline measured in the same run
    Bench(bench::Options),
}
