//! The parts of `cargo xtask test`, in the order in which they run: the cheap ones first.

use std::path::PathBuf;

use anyhow::Result;
use clap::builder::PossibleValuesParser;

use super::Part;
use crate::command::Cmd;
use crate::demo::{self, EXAMPLE, PAGE};
use crate::setup::{Missing, chromium, npm, wasm};
use crate::step::step;
use crate::worker::{self, Profile};
use crate::{codegen, fuzz, paths};

pub(super) const PARTS: &[Part] = &[
    Part {
        name: "fmt",
        run: fmt,
    },
    Part {
        name: "clippy",
        run: clippy,
    },
    Part {
        name: "docs",
        run: docs,
    },
    Part {
        name: "rust",
        run: rust,
    },
    Part {
        name: "s3",
        run: s3,
    },
    Part {
        name: "codegen",
        run: codegen,
    },
    Part {
        name: "typescript",
        run: typescript,
    },
    Part {
        name: "glue",
        run: glue,
    },
    Part {
        name: "clippy-wasm",
        run: clippy_wasm,
    },
    Part {
        name: "clippy-fuzz",
        run: fuzz::lint,
    },
    Part {
        name: "suite",
        run: suite,
    },
    Part {
        name: "sim",
        run: sim,
    },
    Part {
        name: "fuzz",
        run: fuzz::brief,
    },
    Part {
        name: "suite-workerd",
        run: suite_workerd,
    },
    Part {
        name: "runtimes",
        run: runtimes,
    },
    Part {
        name: "pages",
        run: super::pages::run,
    },
    Part {
        name: "browser",
        run: browser,
    },
];

pub(super) fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(PARTS.iter().map(|part| part.name))
}

fn fmt() -> Result<()> {
    Cmd::cargo().args(["fmt", "--all", "--check"]).run()?;
    Cmd::cargo()
        .args(["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"])
        .run()
}

fn clippy() -> Result<()> {
    step("clippy", || {
        Cmd::cargo()
            .args(["clippy", "--quiet", "--workspace", "--all-targets"])
            .args(["--", "-D", "warnings"])
            .run()
    })?;
    step("clippy without a server, as a browser build is", || {
        Cmd::cargo()
            .args(["clippy", "--quiet", "--package", "zeroback"])
            .args(["--no-default-features", "--", "-D", "warnings"])
            .run()
    })
}

/// The public documentation: every link leads somewhere.
fn docs() -> Result<()> {
    step("rustdoc", || {
        Cmd::cargo()
            .args(["doc", "--quiet", "--no-deps"])
            .args(["--features", "zeroback/leptos,zeroback/offline"])
            .args(["--package", "zeroback", "--package", "zeroback-runtime"])
            .args(["--package", "zeroback-client"])
            .args(["--package", "zeroback-protocol"])
            .args(["--package", "zeroback-macros"])
            .env("RUSTDOCFLAGS", "-D warnings")
            .run()
    })
}

/// Unit, documentation and UI tests; the suite's hosts are parts of their own.
fn rust() -> Result<()> {
    Cmd::cargo()
        .args(["test", "--workspace", "--exclude", SUITE])
        .run()?;
    let client = ["--package", "zeroback-client"];
    let all = ["--features", "accounts,leptos,offline"];
    step("clippy with the hooks for Leptos, and offline", || {
        Cmd::cargo()
            .args(["clippy", "--quiet", "--all-targets"])
            .args(client)
            .args(all)
            .args(["--", "-D", "warnings"])
            .run()
    })?;
    Cmd::cargo().arg("test").args(client).args(all).run()
}

/// Files in a bucket, which are not built unless asked for.
fn s3() -> Result<()> {
    let runtime = ["--package", "zeroback-runtime", "--features", "s3"];
    step("clippy with S3", || {
        Cmd::cargo()
            .args(["clippy", "--quiet", "--all-targets"])
            .args(runtime)
            .args(["--", "-D", "warnings"])
            .run()
    })?;
    Cmd::cargo()
        .args(["test", "--lib"])
        .args(runtime)
        .arg("files")
        .run()
}

fn codegen() -> Result<()> {
    codegen::run(&codegen::Options { check: true })
}

fn typescript() -> Result<()> {
    npm::install()?;
    for script in ["build", "typecheck", "test", "size", "delta", "package"] {
        step(&format!("npm run {script}"), || {
            Cmd::new("npm")
                .args(["run", script, "--workspaces", "--if-present"])
                .run()
        })?;
    }
    Ok(())
}

/// The JavaScript side of the Cloudflare host, on workerd, with a stand-in for the Rust side.
fn glue() -> Result<()> {
    npm::install()?;
    Cmd::new("node")
        .args(["--test", "xtask/workerd/test/glue.test.mjs"])
        .run()
}

/// The Cloudflare host, which the native build never sees.
fn clippy_wasm() -> Result<()> {
    let worker = wasm::toolchain(wasm::Purpose::Worker)?;
    if !worker.has_clippy {
        let reason = "Debian's compiler for wasm comes without a clippy of its version";
        return Err(Missing(reason.to_owned()).into());
    }
    let clippy = |toolchain: &wasm::Toolchain, package: &str, features: &str| {
        toolchain
            .cargo()
            .args(["clippy", "--quiet", "--package", package])
            .args(["--no-default-features", "--features", features])
            .args(["--target", wasm::TARGET, "--", "-D", "warnings"])
            .run()
    };
    step("clippy of Workers", || {
        clippy(&worker, "zeroback-runtime", "server")?;
        // A client that has no socket.
        clippy(&worker, "zeroback-client", "")
    })?;
    let page = wasm::toolchain(wasm::Purpose::Page)?;
    step("clippy of pages", || {
        clippy(&page, "zeroback-client", "browser")?;
        clippy(&page, "zeroback-client", "accounts,leptos,offline")?;
        clippy(&page, "suite-counter", "listed")?;
        clippy(&page, "suite-hooks", "browser")
    })
}

/// The behaviours, and the app that they are shown on.
const SUITE: &str = "suite";
pub(crate) const SUITE_APP: &str = "suite-fixture";

/// The same app with a server that renders a page.
const RENDERING_APP: &str = "suite-hooks-server";

/// The npm workspace of the TypeScript client.
const CLIENT: &str = "zeroback-client/ts";

/// The behaviours in-process and against the native server.
fn suite() -> Result<()> {
    run_suite(&["--skip", "workerd"], &[])
}

/// The simulator's first seeds; a failure prints its seed and the least script that fails so.
fn sim() -> Result<()> {
    crate::sim::seeds(1, 1_000, false)
}

/// The same behaviours on workerd, with what is deployed and with what a developer runs: link-time
/// optimisation differs between them, and with it what could be lost.
fn suite_workerd() -> Result<()> {
    let release = package(SUITE_APP, Profile::Release)?;
    let dev = package(SUITE_APP, Profile::Dev)?;
    let workers = [
        ("ZEROBACK_SUITE_WORKER", release),
        ("ZEROBACK_SUITE_WORKER_DEV", dev),
    ];
    run_suite(&["workerd"], &workers)
}

fn run_suite(filter: &[&str], workers: &[(&str, PathBuf)]) -> Result<()> {
    let mut cargo = Cmd::cargo().args(["test", "--package", SUITE, "--test", "suite"]);
    for (variable, folder) in workers {
        cargo = cargo.env(variable, folder);
    }
    cargo.arg("--").args(filter).run()
}

/// The TypeScript client in Node, Deno, Bun and a Worker, each at both hosts.
fn runtimes() -> Result<()> {
    npm::install()?;
    demo::build_native(SUITE_APP)?;
    let packaged = package(SUITE_APP, Profile::Release)?;
    let run = |script| Cmd::new("npm").args(["run", script, "--workspace", CLIENT]);
    step("building the client", || run("build").run())?;
    step("the client in each runtime, at both hosts", || {
        run("test:runtimes")
            .env("ZEROBACK_SERVER_BIN", paths::debug_program(SUITE_APP))
            .env("ZEROBACK_WORKER_DIR", packaged)
            .env("ZEROBACK_WORKERD_HARNESS", paths::workerd_harness())
            .run()
    })
}

/// The client's own pages, the task board, and the hooks for Leptos, in a real browser on both hosts.
fn browser() -> Result<()> {
    let chromium = chromium::find()?;
    demo::build_page()?;
    let hooks = super::pages::hooks()?;
    demo::build_native(RENDERING_APP)?;
    let npm = |workspace| Cmd::new("npm").args(["run", "test:browser", "--workspace", workspace]);
    let stories = [
        (SUITE_APP, CLIENT, npm(CLIENT)),
        (
            SUITE_APP,
            "hooks for Leptos",
            Cmd::new("node")
                .arg("suite/hooks/test/browser.mjs")
                .env("ZEROBACK_PAGE_DIR", hooks)
                .env(
                    "ZEROBACK_RENDERING_BIN",
                    paths::debug_program(RENDERING_APP),
                ),
        ),
        (EXAMPLE, PAGE, npm(PAGE)),
    ];
    for (app, name, story) in stories {
        demo::build_native(app)?;
        let packaged = package(app, Profile::Release)?;
        step(&format!("{name} in a browser, on both hosts"), || {
            story
                .env("ZEROBACK_SERVER_BIN", paths::debug_program(app))
                .env("ZEROBACK_WORKER_DIR", packaged)
                .env("ZEROBACK_WORKERD_HARNESS", paths::workerd_harness())
                .env("CHROME_BIN", &chromium)
                .run()
        })?;
    }
    Ok(())
}

fn package(package: &str, profile: Profile) -> Result<PathBuf> {
    worker::package(&worker::Options {
        package: package.to_owned(),
        profile,
        out: None,
    })
}
