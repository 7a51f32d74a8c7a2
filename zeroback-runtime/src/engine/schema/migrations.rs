//! Runs the migrations that have not run on this database yet, all in the transaction around them.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use zeroback_protocol::{DocumentLimits, ErrorCode, RawId, Timestamp};

use super::report::SchemaReport;
use super::stored::{Layout, Stored, is_authors};
use super::tables::{invalidate, lay_out};
use super::{Failure, Opening};
use crate::db::Encode;
use crate::engine::ids::IdSource;
use crate::engine::run::guarded;
use crate::engine::store::{SqlParam, SqlValue, Store, StoreError};
use crate::migration::RawDatabase;
use crate::registry::MigrationEntry;
use crate::{Error, MigrationCtx, Result};

/// How many documents are read at a time.
const ROWS_READ: i64 = 16;

/// Returns the migrations that have not run, in the order in which they are to run.
pub(super) fn pending<'a, S: Store>(
    opening: &Opening<'a, S>,
) -> Result<Vec<&'a MigrationEntry>, StoreError> {
    let sql = "SELECT path FROM _zeroback_migrations";
    let done: BTreeSet<_> = super::stored::texts(&*opening.store, sql)?
        .into_iter()
        .map(|[path]| path)
        .collect();
    let migrations = opening.app.migrations();
    Ok(migrations
        .filter(|entry| !done.contains(entry.path))
        .collect())
}

/// Notes that a migration need not run any more.
pub(super) fn keep_done<S: Store>(
    opening: &Opening<'_, S>,
    entry: &MigrationEntry,
) -> Result<(), StoreError> {
    opening.store.execute(
        "INSERT INTO _zeroback_migrations (path, done_at) VALUES (?, ?)",
        &[
            SqlParam::Text(entry.path),
            SqlParam::Integer(opening.now.unix_ms()),
        ],
    )
}

/// Runs them one after another, on tables of which the app's are all there. The columns and
/// indexes of those that they wrote to are out of use then. Returns the last id that was given.
pub(super) fn run<S: Store>(
    opening: &Opening<'_, S>,
    pending: &[&MigrationEntry],
    stored: &Stored,
    last_id: RawId,
) -> Result<RawId, Failure> {
    let store = &opening.store;
    for entry in opening.app.table_entries() {
        let name = entry.def.name;
        lay_out(&**store, name, stored.tables.get(name).copied())?;
    }
    for (name, layout) in &stored.tables {
        let is_apps = opening
            .app
            .table_entries()
            .any(|entry| entry.def.name == name);
        if !is_apps && *layout == Layout::Unkeyed {
            lay_out(&**store, name, Some(*layout))?;
        }
    }
    let stored = Stored::read(&**store)?;
    let database = Rc::new(RawRun {
        store: Rc::clone(store),
        tables: authors(&stored).cloned().collect(),
        ids: RefCell::new(IdSource::new(last_id, opening.seed)),
        now: opening.now,
        limits: opening.config.work.document(),
        document_bytes_max: opening.config.work.document_bytes_max,
        written: RefCell::default(),
        failure: RefCell::default(),
        is_over: Cell::new(false),
    });
    for entry in pending {
        let ctx = MigrationCtx::new(database.clone(), opening.now);
        let result = guarded(|| (entry.run)(&ctx).map(|()| String::new()));
        if let Some(error) = database.failure.take() {
            return Err(error.into());
        }
        if let Err(error) = result {
            let why = match error.cause() {
                Some(cause) => cause.to_string(),
                None => error.message().to_owned(),
            };
            return Err(SchemaReport::of_migration(entry.path, why).into());
        }
        keep_done(opening, entry)?;
    }
    database.is_over.set(true);
    for table in database.written.take() {
        invalidate(&**store, &table, &stored)?;
    }
    let last_id = database.ids.borrow().last();
    Ok(last_id)
}

/// Returns the names of the tables that an author may change: none of the runtime's own.
fn authors(stored: &Stored) -> impl Iterator<Item = &String> {
    stored.tables.keys().filter(|name| is_authors(name))
}

/// The database as migrations see it.
#[derive(Debug)]
struct RawRun<S> {
    store: Rc<S>,
    tables: Vec<String>,
    ids: RefCell<IdSource>,
    now: Timestamp,
    limits: DocumentLimits,
    document_bytes_max: usize,
    /// The tables that were written to.
    written: RefCell<BTreeSet<String>>,
    /// The store's first failure: the migration has failed then, whatever it makes of it.
    failure: RefCell<Option<StoreError>>,
    /// An author may have kept the context.
    is_over: Cell<bool>,
}

impl<S: Store> RawRun<S> {
    fn ask<T>(&self, request: impl FnOnce(&S) -> Result<T, StoreError>) -> Result<T> {
        if self.is_over.get() || self.failure.borrow().is_some() {
            return Err(Error::internal(
                "the migration is over, or its store has failed",
            ));
        }
        request(&self.store).map_err(|error| {
            *self.failure.borrow_mut() = Some(error.clone());
            error.into()
        })
    }

    fn write(&self, table: &str, sql: &str, params: &[SqlParam<'_>]) -> Result<()> {
        self.written.borrow_mut().insert(table.to_owned());
        self.ask(|store| store.execute(sql, params))
    }

    fn check_size(&self, document: &str) -> Result<()> {
        let (bytes, bytes_max) = (document.len(), self.document_bytes_max);
        if bytes > bytes_max {
            let text = format!("the document has {bytes} bytes; it may have at most {bytes_max}");
            return Err(Error::new(ErrorCode::DOCUMENT_TOO_LARGE, text));
        }
        Ok(())
    }
}

impl<S: Store> RawDatabase for RawRun<S> {
    fn limits(&self) -> DocumentLimits {
        self.limits
    }

    fn tables(&self) -> Result<Vec<String>> {
        Ok(self.tables.clone())
    }

    fn count(&self, table: &str) -> Result<u64> {
        let sql = format!("SELECT count(*) FROM \"{table}\"");
        let rows = self.ask(|store| store.query(&sql, &[]))?;
        let count = rows.first().and_then(|row| row[0].as_integer());
        Ok(count
            .and_then(|count| u64::try_from(count).ok())
            .unwrap_or(0))
    }

    fn get(&self, table: &str, id: &str) -> Result<Option<String>> {
        let sql = format!("SELECT doc FROM \"{table}\" WHERE _id = ?");
        self.ask(|store| store.text(&sql, &[SqlParam::Text(id)]))
    }

    fn last_id(&self, table: &str) -> Result<Option<String>> {
        let sql = format!("SELECT _id FROM \"{table}\" ORDER BY _id DESC LIMIT 1");
        self.ask(|store| store.text(&sql, &[]))
    }

    fn read(&self, table: &str, after: &str, last: &str) -> Result<Vec<String>> {
        let sql = format!(
            "SELECT doc FROM \"{table}\" WHERE _id > ? AND _id <= ? ORDER BY _id LIMIT {ROWS_READ}"
        );
        let params = [SqlParam::Text(after), SqlParam::Text(last)];
        let rows = self.ask(|store| store.query(&sql, &params))?;
        let text = |row: Vec<SqlValue>| match row.into_iter().next() {
            Some(SqlValue::Text(text)) => Ok(text),
            _ => Err(Error::internal(format!("a row of \"{table}\" is damaged"))),
        };
        rows.into_iter().map(text).collect()
    }

    fn insert(&self, table: &str, encode: Encode<'_>) -> Result<String> {
        let (raw, creation_time) = self.ids.borrow_mut().next(self.now);
        let id = raw.to_text(table);
        let document = encode(&id, creation_time.unix_ms(), &self.limits)?;
        self.check_size(&document)?;
        let sql = format!("INSERT INTO \"{table}\" (_id, _creation_time, doc) VALUES (?, ?, ?)");
        let params = [
            SqlParam::Text(&id),
            SqlParam::Integer(creation_time.unix_ms()),
            SqlParam::Text(&document),
        ];
        self.write(table, &sql, &params)?;
        Ok(id)
    }

    fn update(&self, table: &str, id: &str, document: &str) -> Result<()> {
        self.check_size(document)?;
        let sql = format!("UPDATE \"{table}\" SET doc = ? WHERE _id = ?");
        self.write(table, &sql, &[SqlParam::Text(document), SqlParam::Text(id)])
    }

    fn delete(&self, table: &str, id: &str) -> Result<bool> {
        if self.get(table, id)?.is_none() {
            return Ok(false);
        }
        let sql = format!("DELETE FROM \"{table}\" WHERE _id = ?");
        self.write(table, &sql, &[SqlParam::Text(id)])?;
        Ok(true)
    }
}
