//! Pages in Rust: what the hooks weigh, and that nothing of a server is among it.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use anyhow::{Result, ensure};

use super::parts::SUITE_APP;
use crate::command::Cmd;
use crate::page::{self, Options};
use crate::setup::wasm;
use crate::step::step;
use crate::worker::gzipped_bytes;
use crate::{demo, paths};

/// A counter in Leptos, bare or as one of a backend's.
const COUNTER: &str = "suite-counter";

/// What the hooks and the client may add to a bare counter, gzipped; then with a list in pages and the type of its
/// rows.
const BUDGETS: [(&str, u64); 2] = [("live", 80_000), ("listed", 95_000)];

/// What stands in the bodies of functions whose arguments the page names, and what only an engine or a host has.
const MARKERS: [&str; 3] = ["no counter counts as far", "CREATE TABLE", "_zeroback:jobs"];

/// What no page may depend on.
const ENGINES: [&str; 7] = [
    "axum",
    "hyper",
    "inventory",
    "reqwest",
    "rusqlite",
    "tokio",
    "worker",
];

/// The names of all that the page is built from, one a line.
const DEPENDENCIES: &str = "suite/counter/dependencies.txt";

/// Weighs the pages, and looks into them.
pub(super) fn run() -> Result<()> {
    demo::build_native(SUITE_APP)?;
    let server = fs::read(paths::debug_program(SUITE_APP))?;
    for marker in MARKERS {
        ensure!(has(&server, marker), "no server has \"{marker}\"");
    }
    let bare = weigh("bare")?;
    println!("{COUNTER}: {bare} bytes gzipped without Zeroback");
    let mut too_heavy = Vec::new();
    for (feature, budget) in BUDGETS {
        let added = weigh(feature)?.saturating_sub(bare);
        println!("{COUNTER}: {feature} adds {added} bytes gzipped, of {budget}");
        if added > budget {
            too_heavy.push(feature);
        }
    }
    ensure!(too_heavy.is_empty(), "too heavy: {}", too_heavy.join(", "));
    without_engine()
}

/// Packages the counter with a feature, and returns what a browser loads of it.
fn weigh(feature: &str) -> Result<u64> {
    let out = paths::target().join("pages").join(COUNTER);
    let module = page::package(&Options {
        package: COUNTER.to_owned(),
        features: feature.to_owned(),
        out,
        name: feature.to_owned(),
    })?;
    let bytes = fs::read(&module)?;
    for marker in MARKERS {
        ensure!(
            !has(&bytes, marker),
            "\"{marker}\" is in {}",
            module.display()
        );
    }
    gzipped_bytes(&module)
}

/// Packages the page that has each of the hooks, and returns its folder.
pub(super) fn hooks() -> Result<PathBuf> {
    let out = paths::target().join("pages").join("suite-hooks");
    page::package(&Options {
        package: "suite-hooks".to_owned(),
        features: "browser".to_owned(),
        out: out.clone(),
        name: "hooks".to_owned(),
    })?;
    Ok(out)
}

fn has(bytes: &[u8], marker: &str) -> bool {
    bytes
        .windows(marker.len())
        .any(|window| window == marker.as_bytes())
}

/// Looks at all that the page is built from.
fn without_engine() -> Result<()> {
    step("what a page depends on", || {
        let tree = Cmd::cargo()
            .args(["tree", "--package", COUNTER, "--features", "listed"])
            .args(["--target", wasm::TARGET, "--edges", "normal"])
            .args(["--prefix", "none", "--format", "{p}"])
            .stdout()?;
        let names: BTreeSet<_> = tree
            .lines()
            .filter_map(|line| line.split(' ').next())
            .collect();
        let engines: Vec<_> = ENGINES
            .into_iter()
            .filter(|name| names.contains(name))
            .collect();
        ensure!(engines.is_empty(), "a page has {}", engines.join(", "));
        let known = fs::read_to_string(paths::root().join(DEPENDENCIES))?;
        let known: BTreeSet<_> = known.lines().collect();
        let new: Vec<_> = names.difference(&known).copied().collect();
        let gone: Vec<_> = known.difference(&names).copied().collect();
        ensure!(
            new.is_empty() && gone.is_empty(),
            "{DEPENDENCIES} is not what a page is built from: new {new:?}, gone {gone:?}"
        );
        Ok(())
    })
}
