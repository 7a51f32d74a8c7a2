//! Builds what the task board needs, serves it, and prints the one address to open.

use std::path::Path;
use std::process::{Child, Stdio};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::command::Cmd;
use crate::serve;
use crate::setup::npm;
use crate::step::step;
use crate::{paths, worker};

/// The example that is shown.
pub(crate) const EXAMPLE: &str = "task-manager";

/// The npm workspace of its page.
pub(crate) const PAGE: &str = "examples/task-manager/web";

#[derive(Args, Debug)]
pub(crate) struct Options {
    /// Serve on workerd, Cloudflare's own runtime, instead of the native host
    #[arg(long)]
    worker: bool,
    /// The port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 8788)]
    port: u16,
}

pub(crate) fn run(options: &Options) -> Result<()> {
    build_page()?;
    let data = paths::target()
        .join("demo")
        .join(if options.worker { "workerd" } else { "native" });
    std::fs::create_dir_all(&data)?;
    let mut server = if options.worker {
        workerd(options.port, &data)?
    } else {
        native(options.port, &data)?
    };
    let address = serve::address(&mut server)?;
    println!("\nThe task board is at {address}  (Ctrl-C ends it)");
    // Waiting closes a child's standard input, which tells ours that nobody wants it any more.
    let _wanted = server.stdin.take();
    let status = server.wait().context("the server")?;
    if !status.success() {
        bail!("the server ended with {status}");
    }
    Ok(())
}

/// Builds the page of the example and the npm packages below it.
pub(crate) fn build_page() -> Result<()> {
    npm::install()?;
    step("building the page", || {
        Cmd::new("npm")
            .args(["run", "build", "--workspaces", "--if-present", "--silent"])
            .quiet()
    })
}

/// Builds an app's native program.
pub(crate) fn build_native(app: &str) -> Result<()> {
    step(&format!("building {app}"), || {
        Cmd::cargo()
            .args(["build", "--quiet", "--package", app])
            .run()
    })
}

fn native(port: u16, data: &Path) -> Result<Child> {
    build_native(EXAMPLE)?;
    Cmd::new(paths::debug_program(EXAMPLE))
        .args(["serve", "--port", &port.to_string(), "--data"])
        .arg(data)
        .arg("--assets")
        .arg(paths::example_page())
        .start(Stdio::piped())
}

fn workerd(port: u16, data: &Path) -> Result<Child> {
    let packaged = worker::package(&worker::Options {
        package: EXAMPLE.to_owned(),
        profile: worker::Profile::Release,
        out: None,
    })?;
    Cmd::new("node")
        .arg(paths::workerd_harness())
        .args(["--port", &port.to_string(), "--worker"])
        .arg(packaged)
        .arg("--data")
        .arg(data)
        .arg("--assets")
        .arg(paths::example_page())
        .start(Stdio::piped())
}
