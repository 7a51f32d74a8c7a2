//! A database that outlives its engines, counts what they ask, and dies on demand.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::db::Documents;
use crate::engine::{Select, SqlParam, SqlValue, Store, StoreError, Verdict};
use crate::host::native::NativeStore;

#[derive(Clone, Debug)]
pub(in crate::engine) struct TestStore {
    inner: Rc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: NativeStore,
    depth: Cell<u32>,
    /// How many more statements there may be.
    left: Cell<usize>,
    /// How many more before one fails, and the others do not.
    until_failure: Cell<usize>,
    statements: RefCell<Vec<String>>,
}

impl TestStore {
    pub(in crate::engine) fn new() -> Self {
        Self {
            inner: Rc::new(Inner {
                store: NativeStore::in_memory().unwrap(),
                depth: Cell::new(0),
                left: Cell::new(usize::MAX),
                until_failure: Cell::new(usize::MAX),
                statements: RefCell::default(),
            }),
        }
    }

    /// Lets the process die at a statement; what is not committed then is gone.
    pub(in crate::engine) fn die_after(&self, statements: usize) {
        self.inner.left.set(statements);
    }

    /// Lets one statement fail, and nothing else.
    pub(in crate::engine) fn fail_at(&self, statement: usize) {
        self.inner.until_failure.set(statement);
    }

    /// Tells whether a statement is still to fail; if so, it is not any more.
    pub(in crate::engine) fn is_to_fail(&self) -> bool {
        self.inner.until_failure.replace(usize::MAX) != usize::MAX
    }

    /// Starts it again. Returns whether it had died.
    pub(in crate::engine) fn revive(&self) -> bool {
        self.inner.left.replace(usize::MAX) == 0
    }

    pub(in crate::engine) fn take_statements(&self) -> Vec<String> {
        self.inner.statements.take()
    }

    fn note(&self, sql: &str) -> Result<(), StoreError> {
        let left = self.inner.left.get();
        if left == 0 {
            return Err(StoreError::new("planted: the process has died"));
        }
        if left != usize::MAX {
            self.inner.left.set(left - 1);
        }
        match self.inner.until_failure.get() {
            usize::MAX => {}
            0 => {
                self.inner.until_failure.set(usize::MAX);
                return Err(StoreError::new("planted: the statement has failed"));
            }
            left => self.inner.until_failure.set(left - 1),
        }
        self.inner.statements.borrow_mut().push(sql.to_owned());
        Ok(())
    }
}

impl Store for TestStore {
    fn update(&self, sql: &str, params: &[SqlParam<'_>]) -> Result<bool, StoreError> {
        self.note(sql)?;
        self.inner.store.update(sql, params)
    }

    fn query(&self, sql: &str, params: &[SqlParam<'_>]) -> Result<Vec<Vec<SqlValue>>, StoreError> {
        self.note(sql)?;
        self.inner.store.query(sql, params)
    }

    fn text(&self, sql: &str, params: &[SqlParam<'_>]) -> Result<Option<String>, StoreError> {
        self.note(sql)?;
        self.inner.store.text(sql, params)
    }

    fn documents(
        &self,
        select: &Select<'_>,
        params: &[SqlParam<'_>],
    ) -> Result<Documents, StoreError> {
        self.note(select.sql)?;
        self.inner.store.documents(select, params)
    }

    fn transaction(&self, body: &mut dyn FnMut() -> Verdict) -> Result<(), StoreError> {
        let depth = self.inner.depth.get();
        self.note("BEGIN")?;
        let mut end = Ok(());
        self.inner.store.transaction(&mut || {
            self.inner.depth.set(depth + 1);
            let verdict = body();
            self.inner.depth.set(depth);
            end = self.note("END");
            if end.is_err() {
                Verdict::Rollback
            } else {
                verdict
            }
        })?;
        end
    }
}
