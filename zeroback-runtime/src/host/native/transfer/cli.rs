//! `export` and `import`, without a server.

use std::fs::File;
use std::io::{BufWriter, Write, stdout};
use std::path::Path;

use anyhow::{Context as _, bail};

use super::super::clock::{now, seed};
use super::super::server::{DATABASE_FILE, lock};
use super::super::store::{Durability, NativeStore};
use crate::App;
use crate::engine::transfer::{Archive, ExportLimits, ImportLimits, TransferReport, export};
use crate::engine::{Engine, EngineConfig};

/// Writes an archive of the data, whether a server uses it or not, to a file or, for `-`, to
/// standard output.
pub(in super::super) fn export_to(data: &Path, out: &Path) -> anyhow::Result<()> {
    let database = data.join(DATABASE_FILE);
    if !database.exists() {
        bail!("there is no database in {}", data.display());
    }
    let store = NativeStore::open_snapshot(&database)?;
    if out == Path::new("-") {
        let report = export(&store, now(), ExportLimits::NONE, stdout().lock())?;
        tell("exported", &report);
        return Ok(());
    }
    let cannot_write = || format!("cannot write {}", out.display());
    // What is at its place is an archive at any time: the old one or the new one.
    let part = out.with_extension("zip.part");
    let file = File::create(&part).with_context(cannot_write)?;
    let mut writer = BufWriter::new(file);
    let report = export(&store, now(), ExportLimits::NONE, &mut writer)?;
    writer.flush().with_context(cannot_write)?;
    writer.get_ref().sync_all().with_context(cannot_write)?;
    std::fs::rename(&part, out).with_context(cannot_write)?;
    tell("exported", &report);
    Ok(())
}

/// Puts an archive in the place of what its tables hold. No server may use the data.
pub(in super::super) fn import_from(app: App, data: &Path, archive: &Path) -> anyhow::Result<()> {
    let cannot_read = || format!("cannot read {}", archive.display());
    let file = File::open(archive).with_context(cannot_read)?;
    let archive = Archive::open(file)?;
    let _lock = lock(data)?;
    let store = NativeStore::open(&data.join(DATABASE_FILE), Durability::Full)?;
    let mut engine = Engine::open(store, app, EngineConfig::default(), now(), seed())?;
    let report = engine.import(&archive, ImportLimits::default(), now())?;
    tell("imported", &report);
    Ok(())
}

/// Tells the operator, beside what may go to standard output.
fn tell(done: &str, report: &TransferReport) {
    for (table, report) in &report.tables {
        eprintln!("{done} {table}: {}", report.documents);
    }
    if report.tables.is_empty() {
        eprintln!("{done} nothing: there are no tables");
    }
}
