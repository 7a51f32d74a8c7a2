//! Where things lie in this workspace.

use std::path::{Path, PathBuf};

/// Returns the folder of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies one folder below the workspace")
}

/// Returns the folder that holds everything built, which a caller may have moved.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// Returns where wasm is built: apart from native builds, so that two compilers neither wait for
/// one lock nor rebuild each other's work.
pub(crate) fn wasm_target() -> PathBuf {
    target().join("wasm")
}

/// Returns the folder of the example that `demo` and the browser test show.
pub(crate) fn example() -> PathBuf {
    root().join("examples/task-manager")
}

/// Returns the folder of the TypeScript client.
pub(crate) fn client() -> PathBuf {
    root().join("zeroback-client/ts")
}

/// Returns the built page of the example.
pub(crate) fn example_page() -> PathBuf {
    example().join("web/dist")
}

/// Returns a native program of this workspace as `cargo build` leaves it.
pub(crate) fn debug_program(name: &str) -> PathBuf {
    target()
        .join("debug")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// Returns a native program of this workspace as `cargo build --release` leaves it.
pub(crate) fn release_program(name: &str) -> PathBuf {
    target()
        .join("release")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// Returns the script that serves a packaged Worker on workerd.
pub(crate) fn workerd_harness() -> PathBuf {
    root().join("xtask/workerd/serve.mjs")
}

/// Returns what measures a packaged Worker on workerd.
pub(crate) fn workerd_bench() -> PathBuf {
    root().join("xtask/workerd/bench.mjs")
}
