//! One run of one function: the database it sees, and what it reads and writes.

mod scan;

use std::cell::RefCell;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use zeroback_protocol::{ErrorCode, RawId, Timestamp};

use super::catalog::{Catalog, TablePlan};
use super::config::WorkLimits;
use super::document::Fields;
use super::ids::IdSource;
use super::key_bytes::{KeyBytes, KeyRange};
use super::read_set::{Aspect, IndexRef, ReadSet, WriteSet};
use super::store::{SqlParam, Store, StoreError};
use crate::db::{
    Database, Documents, Encode, EncodePatch, Limit, PageBounds, RawPage, Scan, system_fields,
};
use crate::key::KeyPart;
use crate::{Error, Result, TableDef};

/// The database as one run of a function sees it.
pub(super) struct Run<S> {
    store: Rc<S>,
    catalog: Rc<Catalog>,
    ids: Rc<RefCell<IdSource>>,
    limits: WorkLimits,
    now: Timestamp,
    done: RefCell<Done>,
}

/// What a run has done so far.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) read_set: ReadSet,
    pub(super) write_set: WriteSet,
    calls: usize,
    documents_read: usize,
    bytes_read: usize,
    bytes_written: usize,
    /// The store has failed. SQLite may have ended the transaction with it, so nothing more is
    /// asked of the store in this run, and the run has failed whatever its function makes of it.
    store_failed: bool,
}

impl<S: Store> Run<S> {
    pub(super) fn new(
        store: &Rc<S>,
        catalog: &Rc<Catalog>,
        ids: &Rc<RefCell<IdSource>>,
        limits: WorkLimits,
        now: Timestamp,
    ) -> Rc<Self> {
        Rc::new(Self {
            store: Rc::clone(store),
            catalog: Rc::clone(catalog),
            ids: Rc::clone(ids),
            limits,
            now,
            done: RefCell::default(),
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

    fn ask<T>(&self, request: impl FnOnce(&S) -> Result<T, StoreError>) -> Result<T> {
        if self.store_failed() {
            return Err(Error::internal("the store has failed earlier in this run"));
        }
        self.count_call()?;
        request(&self.store).map_err(|error| {
            self.done.borrow_mut().store_failed = true;
            error.into()
        })
    }

    fn count_call(&self) -> Result<()> {
        let mut done = self.done.borrow_mut();
        done.calls += 1;
        if done.calls > self.limits.database_calls_max {
            let limit = self.limits.database_calls_max;
            return Err(exceeded("calls of the database", limit));
        }
        Ok(())
    }

    fn note_read(&self, documents: usize, bytes: usize) -> Result<()> {
        let mut done = self.done.borrow_mut();
        done.documents_read += documents;
        done.bytes_read += bytes;
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
        self.done
            .borrow_mut()
            .read_set
            .add(by_id, Aspect::Contents, KeyRange::point(key));
    }

    /// Notes that a document has come or gone.
    fn note_membership(&self, table: usize, plan: &TablePlan, id: &str, values: &[KeyPart]) {
        let mut done = self.done.borrow_mut();
        for (index, key) in plan.keys(table, id, values) {
            done.write_set.add(index, key, Aspect::Membership);
        }
    }

    /// Notes that a document has changed; in some indexes it may have moved.
    fn note_change(
        &self,
        (table, plan): (usize, &TablePlan),
        id: &str,
        old: &[KeyPart],
        new: &[KeyPart],
    ) {
        let mut done = self.done.borrow_mut();
        let keys = plan.keys(table, id, old).zip(plan.keys(table, id, new));
        for ((index, from), (_, to)) in keys {
            if from == to {
                done.write_set.add(index, to, Aspect::Contents);
            } else {
                done.write_set.add(index, from, Aspect::Membership);
                done.write_set.add(index, to, Aspect::Membership);
            }
        }
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
        old: &str,
        new: &str,
    ) -> Result<()> {
        if old == new {
            return Ok(());
        }
        self.count_write(new.len())?;
        let old_values = plan.column_values(old)?;
        let values = plan.column_values(new)?;
        let params: Vec<_> = std::iter::once(SqlParam::Text(new))
            .chain(values.iter().map(SqlParam::from))
            .chain([SqlParam::Text(id)])
            .collect();
        self.ask(|store| store.execute(&plan.update_sql, &params))?;
        self.note_change((table, plan), id, &old_values, &values);
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

    fn get_many(&self, _: &'static TableDef, _: &[RawId]) -> Result<Documents> {
        Err(Error::internal("not there yet"))
    }

    fn scan(&self, scan: &Scan, limit: Limit, _: Option<&str>) -> Result<Documents> {
        self.scan_documents(scan, limit)
    }

    fn count(&self, scan: &Scan) -> Result<u64> {
        self.count_documents(scan)
    }

    fn page(&self, _: &Scan, _: &PageBounds) -> Result<RawPage> {
        Err(Error::internal("not there yet"))
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
        self.ask(|store| store.execute(&plan.insert_sql, &params))?;
        self.note_membership(at, plan, &id, &values);
        Ok(raw)
    }

    fn patch(&self, table: &'static TableDef, id: RawId, encode: EncodePatch<'_>) -> Result<()> {
        let fields = encode(&self.limits.document())?;
        let (at, plan) = self.catalog.table(table)?;
        let id = id.to_text(plan.name);
        let old = self.read_existing(plan, &id)?;
        let mut merged = Fields::parse(&old)?;
        merged.patch(Fields::parse(&fields)?);
        self.write((at, plan), &id, &old, &merged.encode()?)
    }

    fn replace(&self, table: &'static TableDef, id: RawId, encode: Encode<'_>) -> Result<()> {
        let (at, plan) = self.catalog.table(table)?;
        let id = id.to_text(plan.name);
        let old = self.read_existing(plan, &id)?;
        let (_, creation_time) = system_fields(&old)
            .ok_or_else(|| Error::internal(format!("document {id} has no creation time")))?;
        let new = encode(&id, creation_time.unix_ms(), &self.limits.document())?;
        self.write((at, plan), &id, &old, &new)
    }

    fn delete(&self, table: &'static TableDef, id: RawId) -> Result<()> {
        let (at, plan) = self.catalog.table(table)?;
        let id = id.to_text(plan.name);
        let old = self.read_existing(plan, &id)?;
        self.count_write(0)?;
        let values = plan.column_values(&old)?;
        self.ask(|store| store.execute(&plan.delete_sql, &[SqlParam::Text(&id)]))?;
        self.note_membership(at, plan, &id, &values);
        Ok(())
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
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".to_owned());
        Err(Error::internal(format!("the function panicked: {text}")))
    })
}

/// Makes the error of a limit.
pub(super) fn exceeded(what: &str, limit: usize) -> Error {
    Error::new(
        ErrorCode::LIMIT_EXCEEDED,
        format!("one function may have at most {limit} {what}"),
    )
}
