//! One run of one function: the database it sees, and what it reads and writes.

mod files;
mod filter_sql;
mod index_text;
mod interval;
mod jobs;
mod plan;
mod scan;
mod search;
mod sparse_page;

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::time::Duration;

use zeroback_protocol::{ErrorCode, RawId, ServerRequestId, Timestamp};

use super::Engine;
use super::calls::{CallKind, CallLine};
use super::catalog::{Catalog, IndexPlan, TablePlan};
use super::config::{FileLimits, JobLimits, WorkLimits};
use super::cursor::CursorKey;
use super::document::Fields;
use super::ids::IdSource;
use super::jobs::JobRoom;
use super::key_bytes::{KeyBytes, KeyRange};
use super::read_set::{Aspect, Change, Image, IndexRef, ReadSet, WriteSet};
use super::store::{Running, SqlParam, Store, StoreError};
use crate::db::{
    Database, Documents, Encode, EncodePatch, Limit, PageBounds, RawPage, Scan, system_fields,
};
use crate::file::{FileMetadata, UploadOptions};
use crate::job::{JobStatus, NewJob};
use crate::key::KeyPart;
use crate::{Error, Result, TableDef};
use plan::Statement;

/// The database as one run of a function sees it.
pub(super) struct Run<S> {
    store: Rc<S>,
    catalog: Rc<Catalog>,
    ids: Rc<RefCell<IdSource>>,
    cursor_key: Rc<CursorKey>,
    limits: WorkLimits,
    job_limits: JobLimits,
    file_limits: FileLimits,
    job_room: Rc<JobRoom>,
    now: Timestamp,
    /// Of the function that runs.
    path: &'static str,
    done: RefCell<Done>,
    /// How long its function ran, where the host can tell.
    took: Cell<Option<Duration>>,
}

/// What a run has done so far.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) read_set: ReadSet,
    pub(super) write_set: WriteSet,
    calls: usize,
    jobs: usize,
    documents_read: usize,
    bytes_read: usize,
    bytes_written: usize,
    /// The store has failed, or a write stopped half way. SQLite may have ended the transaction with
    /// it, so nothing more is asked of the store in this run, and the run has failed whatever its
    /// function makes of it.
    store_failed: bool,
    /// It was the store that failed, and not what belongs to a row that was written.
    store_erred: bool,
    /// A limit was reached. What the run makes of it depends on how much there is to look at, and so
    /// on documents that no predicate lets pass.
    limit_reached: bool,
}

/// The time that a function may take.
#[derive(Debug)]
pub(super) struct Timed<S: Store>(Rc<Run<S>>);

impl<S: Store> Drop for Timed<S> {
    fn drop(&mut self) {
        self.0.took.set(self.0.store.run_ends());
    }
}

impl Done {
    /// Tells whether the run could go another way because of documents that no predicate of its
    /// reads lets pass.
    pub(super) fn depends_on_all_it_saw(&self) -> bool {
        self.limit_reached || self.store_failed
    }
}

impl<S: Store> Run<S> {
    pub(super) fn new(engine: &Engine<S>, path: &'static str, now: Timestamp) -> Rc<Self> {
        Self::with_limits(engine, path, now, engine.config.work)
    }

    /// Makes a run of the engine's own, in which no function of an author's runs.
    pub(super) fn of_engine(engine: &Engine<S>, path: &'static str, now: Timestamp) -> Rc<Self> {
        Self::with_limits(engine, path, now, engine.config.work.of_engine())
    }

    fn with_limits(
        engine: &Engine<S>,
        path: &'static str,
        now: Timestamp,
        limits: WorkLimits,
    ) -> Rc<Self> {
        Rc::new(Self {
            store: Rc::clone(&engine.store),
            catalog: Rc::clone(&engine.catalog),
            ids: Rc::clone(&engine.ids),
            cursor_key: Rc::clone(&engine.cursor_key),
            limits,
            job_limits: engine.config.jobs,
            file_limits: engine.config.files,
            job_room: Rc::clone(engine.jobs.room()),
            now,
            path,
            done: RefCell::default(),
            took: Cell::new(None),
        })
    }

    /// Takes out what the run has read and written.
    pub(super) fn take_done(&self) -> Done {
        self.done.take()
    }

    /// Tells whether the run has failed, even if its function ignored that.
    pub(super) fn store_failed(&self) -> bool {
        self.done.borrow().store_failed
    }

    /// Tells whether the store itself has failed: another run may come to something else.
    pub(super) fn store_erred(&self) -> bool {
        self.done.borrow().store_erred
    }

    /// Tells whether the database may not be as it was before the run.
    pub(super) fn needs_undoing(&self) -> bool {
        let done = self.done.borrow();
        done.store_failed || done.write_set.documents() > 0
    }

    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    pub(super) fn path(&self) -> &'static str {
        self.path
    }

    /// Begins the time that the function may take; it ends with the value that is returned.
    pub(super) fn timed(self: &Rc<Self>, running: Running<'_>) -> Timed<S> {
        self.store.run_begins(running);
        Timed(Rc::clone(self))
    }

    /// Says what the log has of the run, of which this is what it has done.
    pub(super) fn line(
        &self,
        request_id: ServerRequestId,
        kind: CallKind,
        done: &Done,
    ) -> CallLine {
        CallLine {
            took: self.took.get(),
            documents_read: done.documents_read,
            documents_written: done.write_set.documents(),
            ..CallLine::new(request_id, self.path, kind)
        }
    }

    fn ask<T>(&self, request: impl FnOnce(&S) -> Result<T, StoreError>) -> Result<T> {
        if self.store_failed() {
            return Err(Error::internal("the store has failed earlier in this run"));
        }
        self.count_call()?;
        request(&self.store).map_err(|error| {
            let mut done = self.done.borrow_mut();
            if error.is_too_late() {
                done.limit_reached = true;
                return Error::new(ErrorCode::LIMIT_EXCEEDED, error.message().to_owned());
            }
            done.store_failed = true;
            done.store_erred = true;
            error.into()
        })
    }

    /// Writes a document's row. SQLite undoes a statement that violates a unique index, and the
    /// transaction goes on.
    fn write_row(&self, plan: &TablePlan, sql: &str, params: &[SqlParam<'_>]) -> Result<()> {
        let mut violated = None;
        self.ask(|store| match store.execute(sql, params) {
            Err(error) if plan.violated(error.message()).is_some() => {
                violated = plan.violated(error.message());
                Ok(())
            }
            written => written,
        })?;
        match violated {
            Some(index) => Err(unique_violation(plan, index)),
            None => Ok(()),
        }
    }

    /// Does what belongs to a row that is written already: where that fails, the run has.
    fn complete(&self, rest: Result<()>) -> Result<()> {
        rest.inspect_err(|_| self.done.borrow_mut().store_failed = true)
    }

    fn count_call(&self) -> Result<()> {
        let mut done = self.done.borrow_mut();
        done.calls += 1;
        if done.calls > self.limits.database_calls_max {
            done.limit_reached = true;
            let limit = self.limits.database_calls_max;
            return Err(exceeded("calls of the database", limit));
        }
        Ok(())
    }

    fn note_read(&self, documents: usize, bytes: usize) -> Result<()> {
        let mut done = self.done.borrow_mut();
        done.documents_read += documents;
        done.bytes_read += bytes;
        done.limit_reached |= done.documents_read > self.limits.documents_read_max
            || done.bytes_read > self.limits.bytes_read_max;
        if done.documents_read > self.limits.documents_read_max {
            return Err(exceeded("documents read", self.limits.documents_read_max));
        }
        if done.bytes_read > self.limits.bytes_read_max {
            return Err(exceeded("bytes read", self.limits.bytes_read_max));
        }
        Ok(())
    }

    fn note_point_read(&self, table: usize, id: &str) {
        let mut key = KeyBytes::new();
        key.push_text(id.as_bytes());
        let by_id = IndexRef { table, index: 0 };
        let point = KeyRange::point(key);
        let mut done = self.done.borrow_mut();
        done.read_set.add(by_id, Aspect::Contents, point, None);
    }

    /// Notes what became of a document.
    fn note_change(&self, table: usize, id: &str, old: Option<Image>, new: Option<Image>) {
        let change = Change { old, new };
        self.done.borrow_mut().write_set.add(table, id, change);
    }

    /// Counts a document that is about to be written, or to be deleted where it has no bytes.
    fn count_write(&self, bytes: usize) -> Result<()> {
        let limits = &self.limits;
        if bytes > limits.document_bytes_max {
            let limit = limits.document_bytes_max;
            return Err(Error::new(
                ErrorCode::DOCUMENT_TOO_LARGE,
                format!("the document has {bytes} bytes; it may have at most {limit}"),
            ));
        }
        let mut done = self.done.borrow_mut();
        done.bytes_written += bytes;
        if done.bytes_written > limits.bytes_written_max {
            return Err(exceeded("bytes written", limits.bytes_written_max));
        }
        if done.write_set.count_document() > limits.documents_written_max {
            return Err(exceeded("documents written", limits.documents_written_max));
        }
        Ok(())
    }

    fn read(&self, plan: &TablePlan, id: &str) -> Result<Option<String>> {
        let document = self.ask(|store| store.text(&plan.get_sql, &[SqlParam::Text(id)]))?;
        self.note_read(1, document.as_ref().map_or(0, String::len))?;
        Ok(document)
    }

    fn read_existing(&self, plan: &TablePlan, id: &str) -> Result<String> {
        self.read(plan, id)?
            .ok_or_else(|| Error::not_found(format!("no document {id} in table \"{}\"", plan.name)))
    }

    /// Puts a document's new text in the place of its old one.
    fn write(
        &self,
        (table, plan): (usize, &TablePlan),
        id: &str,
        old: String,
        new: String,
    ) -> Result<()> {
        if old == new {
            return Ok(());
        }
        self.count_write(new.len())?;
        let old_values = plan.column_values(&old)?;
        let values = plan.column_values(&new)?;
        let params: Vec<_> = std::iter::once(SqlParam::Text(&new))
            .chain(values.iter().map(SqlParam::from))
            .chain([SqlParam::Text(id)])
            .collect();
        self.write_row(plan, &plan.update_sql, &params)?;
        drop(params);
        self.complete(self.update_searches(plan, id, &old, &new))?;
        let old = Image::new(old_values, old);
        self.note_change(table, id, Some(old), Some(Image::new(values, new)));
        Ok(())
    }
}

impl<S: Store> Database for Run<S> {
    fn get(&self, table: &'static TableDef, id: RawId) -> Result<Option<String>> {
        let (at, plan) = self.catalog.table(table)?;
        let id = id.to_text(plan.name);
        self.note_point_read(at, &id);
        self.read(plan, &id)
    }

    fn get_many(&self, table: &'static TableDef, ids: &[RawId]) -> Result<Documents> {
        let (at, plan) = self.catalog.table(table)?;
        let mut times = BTreeMap::new();
        for id in ids {
            *times.entry(id.to_text(plan.name)).or_insert(0) += 1;
        }
        for id in times.keys() {
            self.note_point_read(at, id);
        }
        self.note_read(ids.len(), 0)?;
        if ids.is_empty() {
            return Ok(Documents::default());
        }
        let list = serde_json::to_string(&times.keys().collect::<Vec<_>>())?;
        let statement = Statement::new(plan.get_many_sql.clone(), vec![KeyPart::Text(list)]);
        let bytes_left = self.left_to_read().1;
        let documents = self.ask_documents(&statement, "k0", times.len(), bytes_left)?;
        // One that is asked for again is decoded again.
        for document in documents.iter() {
            let id = system_fields(document).map(|(id, _)| id);
            let times = id.and_then(|id| times.get(id)).copied().unwrap_or(1);
            self.note_read(0, document.len().saturating_mul(times))?;
        }
        Ok(documents)
    }

    fn scan(&self, scan: &Scan, limit: Limit, after: Option<&str>) -> Result<Documents> {
        self.scan_documents(scan, limit, after)
    }

    fn count(&self, scan: &Scan) -> Result<u64> {
        self.count_documents(scan)
    }

    fn page(&self, scan: &Scan, page: &PageBounds) -> Result<RawPage> {
        self.page_of(scan, page)
    }

    fn writes(&self) -> usize {
        self.done.borrow().write_set.documents()
    }

    fn insert(&self, table: &'static TableDef, encode: Encode<'_>) -> Result<RawId> {
        let (at, plan) = self.catalog.table(table)?;
        let (raw, creation_time) = self.ids.borrow_mut().next(self.now);
        let id = raw.to_text(plan.name);
        let document = encode(&id, creation_time.unix_ms(), &self.limits.document())?;
        self.count_write(document.len())?;
        let values = plan.column_values(&document)?;
        let params: Vec<_> = [
            SqlParam::Text(&id),
            SqlParam::Integer(creation_time.unix_ms()),
            SqlParam::Text(&document),
        ]
        .into_iter()
        .chain(values.iter().map(SqlParam::from))
        .collect();
        self.write_row(plan, &plan.insert_sql, &params)?;
        drop(params);
        self.complete(self.insert_into_searches(plan, &id, &document))?;
        self.note_references(table, &document)?;
        self.note_change(at, &id, None, Some(Image::new(values, document)));
        Ok(raw)
    }

    fn patch(&self, table: &'static TableDef, id: RawId, encode: EncodePatch<'_>) -> Result<()> {
        let fields = encode(&self.limits.document())?;
        let (at, plan) = self.catalog.table(table)?;
        let id = id.to_text(plan.name);
        let old = self.read_existing(plan, &id)?;
        let mut merged = Fields::parse(&old)?;
        merged.patch(Fields::parse(&fields)?);
        let new = merged.encode()?;
        self.note_references(table, &new)?;
        self.write((at, plan), &id, old, new)
    }

    fn replace(&self, table: &'static TableDef, id: RawId, encode: Encode<'_>) -> Result<()> {
        let (at, plan) = self.catalog.table(table)?;
        let id = id.to_text(plan.name);
        let old = self.read_existing(plan, &id)?;
        let (_, creation_time) = system_fields(&old)
            .ok_or_else(|| Error::internal(format!("document {id} has no creation time")))?;
        let new = encode(&id, creation_time.unix_ms(), &self.limits.document())?;
        self.note_references(table, &new)?;
        self.write((at, plan), &id, old, new)
    }

    fn delete(&self, table: &'static TableDef, id: RawId) -> Result<()> {
        let (at, plan) = self.catalog.table(table)?;
        let id = id.to_text(plan.name);
        let old = self.read_existing(plan, &id)?;
        self.count_write(0)?;
        let values = plan.column_values(&old)?;
        let delete = |store: &S| store.execute(&plan.delete_sql, &[SqlParam::Text(&id)]);
        let deleted = self.delete_from_searches(plan, &id);
        self.complete(deleted.and_then(|()| self.ask(delete)))?;
        self.note_change(at, &id, Some(Image::new(values, old)), None);
        Ok(())
    }

    fn schedule(&self, job: NewJob) -> Result<RawId> {
        self.schedule_job(job)
    }

    fn cancel_job(&self, id: RawId) -> Result<bool> {
        self.cancel_waiting_job(id)
    }

    fn job_status(&self, id: RawId) -> Result<Option<JobStatus>> {
        Ok(self.job(id)?.map(|job| job.status()))
    }

    fn new_file(&self, options: UploadOptions) -> Result<RawId> {
        self.add_file(options)
    }

    fn new_upload(&self, options: UploadOptions) -> Result<String> {
        self.upload_path(self.add_file(options)?)
    }

    fn open_upload(&self, token: &str) -> Result<RawId> {
        self.opened_upload(token)
    }

    fn delete_file(&self, id: RawId) -> Result<bool> {
        self.remove_file(id)
    }

    fn file_metadata(&self, id: RawId) -> Result<Option<FileMetadata>> {
        self.known_of_file(id)
    }

    fn file_url(&self, id: RawId) -> Result<Option<String>> {
        self.download_path(id)
    }

    fn may_open_file(&self, id: RawId, token: &str) -> bool {
        self.is_open_by(id, token)
    }
}

impl<S> fmt::Debug for Run<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run").field("done", &self.done).finish()
    }
}

/// Fails a run whose store has failed, whatever its function made of that.
pub(super) fn unless_store_failed<S: Store>(
    run: &Run<S>,
    result: Result<String>,
) -> Result<String> {
    match result {
        Ok(_) if run.store_failed() => Err(Error::internal(
            "the function ignored that the store had failed",
        )),
        result => result,
    }
}

/// Calls a function, and turns a panic of it into an error that says nothing outside.
pub(super) fn guarded(call: impl FnOnce() -> Result<String>) -> Result<String> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| Err(panicked(&*panic)))
}

/// Makes the error of a panic.
pub(crate) fn panicked(panic: &(dyn Any + Send)) -> Error {
    let text = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned());
    Error::internal(format!("the function panicked: {text}"))
}

fn unique_violation(table: &TablePlan, index: &IndexPlan) -> Error {
    let (table, index) = (table.name, index.name);
    let place = BTreeMap::from([("index", index), ("table", table)]);
    Error::with_data(ErrorCode::UNIQUE_VIOLATION.as_str().to_owned(), &place).message_is(format!(
        "table \"{table}\" has a document with the same values in its unique index \"{index}\""
    ))
}

/// Makes the error of a limit.
pub(super) fn exceeded(what: &str, limit: usize) -> Error {
    Error::new(
        ErrorCode::LIMIT_EXCEEDED,
        format!("one function may have at most {limit} {what}"),
    )
}
