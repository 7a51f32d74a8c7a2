//! Measures the native server against what it is built on, in one run: `xtask-bench`.
//!
//! Absolute numbers belong to a machine and an hour; the ratios to a baseline measured seconds
//! before are what later work is held against. The server is this same program, started with
//! `serve`, so that its processor time can be told from the client's; with any verb at all it is
//! the program around the app.

mod broadcast;
mod by_hand;
mod client;
mod engine;
mod mutations;
mod push;
mod reads;
mod server;
mod sqlite;

use std::process::ExitCode;

use anyhow::Result;

fn main() -> ExitCode {
    if std::env::args().nth(1).is_some() {
        return zeroback::native::main(xtask_bench::app());
    }
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> Result<()> {
    reads::compare()?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        mutations::compare().await?;
        push::compare().await
    })
}
