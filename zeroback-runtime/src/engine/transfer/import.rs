//! The way in: an import is staged while the database is used, and swapped in at once.

use std::io::{Read, Seek};
use std::rc::Rc;

use zeroback_protocol::{RawId, Timestamp, Version};

use super::archive::{Archive, ArchiveContents, ArchiveLines, entry_name};
use super::line::Rules;
use super::staging::{self, Clash, Staging};
use super::{Fault, TableReport, TransferError, TransferReport};
use crate::engine::Engine;
use crate::engine::catalog::Catalog;
use crate::engine::store::{Store, StoreError, Verdict};
use crate::planted::{self, Bug};
use crate::registry::TableEntry;

/// So many faults are told one by one; the others are counted.
const FAULTS_TOLD: usize = 20;

/// What an import may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportLimits {
    /// Documents; beyond it `import_too_large`.
    pub documents_max: u64,
    /// Bytes of all entries, unpacked; beyond it `import_too_large`.
    pub unpacked_bytes_max: u64,
    /// Bytes of a line; a longer one is a fault.
    pub line_bytes_max: usize,
}

impl Default for ImportLimits {
    fn default() -> Self {
        Self {
            documents_max: u64::MAX,
            unpacked_bytes_max: 64 << 30,
            line_bytes_max: 4 << 20,
        }
    }
}

/// An import on its way.
///
/// # Order of calls
///
/// [`Engine::begin_import`], [`Engine::stage`] for all lines, then [`Engine::finish_import`] or
/// [`Engine::drop_import`]. Between them the engine does whatever else it is asked for. There is at
/// most one import at a time: one that begins ends another.
#[derive(Debug)]
pub struct Import {
    catalog: Rc<Catalog>,
    tables: Vec<Target>,
    limits: ImportLimits,
    is_export: bool,
    documents: u64,
    faults: Faults,
    /// The newest id that came in.
    newest: Option<RawId>,
}

/// A table whose contents will be others.
#[derive(Debug)]
struct Target {
    entry: TableEntry,
    /// Its place in the catalog.
    at: usize,
    staging: Staging,
    documents: u64,
}

#[derive(Debug, Default)]
struct Faults {
    first: Vec<Fault>,
    count: u64,
}

impl Faults {
    fn add(&mut self, file: &str, line: u64, message: String) {
        self.count += 1;
        if self.first.len() < FAULTS_TOLD {
            self.first.push(Fault {
                file: entry_name(file),
                line,
                message,
            });
        }
    }
}

impl<S: Store> Engine<S> {
    /// Imports a whole archive.
    ///
    /// # Errors
    ///
    /// Fails where the archive or a line is not right, where it holds more than it may, and where
    /// the store fails. Nothing has changed then.
    pub fn import<R: Read + Seek>(
        &mut self,
        archive: &Archive<R>,
        limits: ImportLimits,
        now: Timestamp,
    ) -> Result<TransferReport, TransferError> {
        let mut import = self.begin_import(archive.contents(), limits)?;
        let staged = archive.read(
            limits.unpacked_bytes_max,
            limits.line_bytes_max,
            &mut |lines| self.stage(&mut import, &lines, now),
        );
        match staged {
            Ok(()) => self.finish_import(import, now),
            Err(error) => {
                self.drop_import(import);
                Err(error)
            }
        }
    }

    /// Begins an import of these tables.
    ///
    /// # Errors
    ///
    /// Fails for a table that the app does not have, and where the store fails.
    pub fn begin_import(
        &mut self,
        contents: &ArchiveContents,
        limits: ImportLimits,
    ) -> Result<Import, TransferError> {
        if let Some(error) = self.refusal() {
            return Err(TransferError::Refused(error));
        }
        let mut entries = Vec::new();
        for name in &contents.tables {
            let entry = self
                .app
                .table_entries()
                .find(|entry| entry.def.name == name);
            entries.push(*entry.ok_or_else(|| {
                let file = entry_name(name);
                TransferError::Archive(format!("{file}: the app has no table \"{name}\""))
            })?);
        }
        let catalog = Rc::clone(&self.catalog);
        let tables = self.in_transaction(|store| {
            staging::drop_all(store)?;
            let targets = entries.iter().map(|entry| {
                let table = catalog.table(&entry.def);
                let (at, plan) = table.map_err(|error| StoreError::new(error.to_string()))?;
                Ok(Target {
                    entry: *entry,
                    at,
                    staging: Staging::create(store, plan)?,
                    documents: 0,
                })
            });
            targets.collect::<Result<Vec<_>, StoreError>>()
        })?;
        Ok(Import {
            catalog,
            tables,
            limits,
            is_export: contents.is_export,
            documents: 0,
            faults: Faults::default(),
            newest: None,
        })
    }

    /// Checks lines, and stages those that are right.
    ///
    /// # Errors
    ///
    /// Fails where there are more than there may be, and where the store fails; then the import is
    /// to be dropped. A line that is not right makes [`Engine::finish_import`] fail.
    pub fn stage(
        &mut self,
        import: &mut Import,
        lines: &ArchiveLines,
        now: Timestamp,
    ) -> Result<(), TransferError> {
        import.documents += lines.lines.len() as u64;
        if import.documents > import.limits.documents_max {
            return Err(TransferError::ImportTooLarge(format!(
                "the archive has over {} documents, which is the most that this host imports",
                import.limits.documents_max
            )));
        }
        self.in_transaction(|store| {
            for line in &lines.lines {
                let number = line.number;
                let staged = match &line.text {
                    Ok(text) => self.stage_line(store, import, lines.table, (number, text), now)?,
                    Err(why) => Err((*why).to_owned()),
                };
                if let Err(message) = staged {
                    let table = import.tables[lines.table].entry.def.name;
                    import.faults.add(table, number, message);
                }
            }
            Ok(())
        })?;
        Ok(())
    }

    fn stage_line(
        &self,
        store: &S,
        import: &mut Import,
        table: usize,
        (number, text): (u64, &str),
        now: Timestamp,
    ) -> Result<Result<(), String>, StoreError> {
        let target = &mut import.tables[table];
        let plan = import.catalog.table_at(target.at);
        let rules = Rules {
            entry: &target.entry,
            plan,
            limits: &self.config.work,
            is_export: import.is_export,
            now,
        };
        let document = match rules.check(text, || self.ids.borrow_mut().next(now)) {
            Ok(document) => document,
            Err(message) => return Ok(Err(message)),
        };
        let inserted = target.staging.insert(store, plan, number, &document)?;
        if let Err(clash) = inserted {
            return Ok(Err(match clash {
                Clash::Id { line } => format!("has the same `_id` as line {line}"),
                Clash::Values { index, line } => {
                    format!("has the same values as line {line} in the unique index \"{index}\"")
                }
            }));
        }
        target.documents += 1;
        import.newest = import.newest.max(Some(document.id));
        Ok(Ok(()))
    }

    /// Puts what was staged in the place of what the tables held, and runs every live query again.
    ///
    /// # Errors
    ///
    /// Fails where lines were not right, and where the store fails. Nothing has changed then.
    pub fn finish_import(
        &mut self,
        import: Import,
        now: Timestamp,
    ) -> Result<TransferReport, TransferError> {
        if import.faults.count > 0 {
            let Faults { first, count } = import.faults;
            self.drop_staging();
            return Err(TransferError::Lines { first, count });
        }
        self.commit(now);
        if let Some(newest) = import.newest {
            self.ids.borrow_mut().follow(newest);
        }
        let version = Version {
            epoch: self.version.epoch + 1,
            counter: self.version.counter + 1,
        };
        let swapped = self.in_transaction(|store| {
            for target in &import.tables {
                let plan = import.catalog.table_at(target.at);
                target.staging.swap(store, plan)?;
            }
            self.write_state(version, None)
        });
        if let Err(error) = swapped {
            self.note_overtaken();
            self.drop_import(import);
            return Err(error.into());
        }
        self.version = version;
        self.jobs.forget();
        self.check_sessions();
        if !planted::has(Bug::ImportsInSilence) {
            self.live.invalidate_all();
        }
        let report = |target: &Target| {
            let documents = target.documents;
            (target.entry.def.name.to_owned(), TableReport { documents })
        };
        Ok(TransferReport {
            tables: import.tables.iter().map(report).collect(),
        })
    }

    /// Gives an import up.
    pub fn drop_import(&mut self, import: Import) {
        drop(import);
        self.drop_staging();
    }

    fn drop_staging(&mut self) {
        // Where this fails, it is done when an engine opens, or when another import begins.
        let _ = self.in_transaction(staging::drop_all);
    }

    fn in_transaction<T>(
        &self,
        mut body: impl FnMut(&S) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut result = Err(StoreError::new("the transaction did not run"));
        self.store.transaction(&mut || {
            result = body(&self.store);
            match result {
                Ok(_) => Verdict::Commit,
                Err(_) => Verdict::Rollback,
            }
        })?;
        result
    }
}
