//! A store that counts what it is asked, fails on demand, and outlives the engine that uses it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use zeroback_runtime::db::Documents;
use zeroback_runtime::engine::{Select, SqlParam, SqlValue, Store, StoreError, Verdict};
use zeroback_runtime::host::native::NativeStore;

/// A store shared by the engine and a behaviour.
#[derive(Clone, Debug)]
pub struct SharedStore {
    inner: Rc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: NativeStore,
    depth: Cell<u32>,
    statements: RefCell<Vec<String>>,
    fault: Cell<Option<Fault>>,
    /// How many more calls there may be, and whether all behind them fail or one.
    left: Cell<Option<(usize, Failing)>>,
}

/// How many calls fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failing {
    /// One.
    Once,
    /// All, until the store is revived: the process has died.
    ForGood,
}

/// What goes wrong next; each goes wrong once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The outermost transaction cannot begin.
    Begin,
    /// The outermost transaction cannot commit.
    Commit,
    /// The next statement that begins so fails.
    Statement(&'static str),
    /// The time of the function is over at the next statement that begins so.
    TooLate(&'static str),
}

impl SharedStore {
    /// Makes an empty database in memory.
    #[must_use]
    pub fn new() -> Self {
        Self {
            inner: Rc::new(Inner {
                store: NativeStore::in_memory().expect("memory is there"),
                depth: Cell::new(0),
                statements: RefCell::default(),
                fault: Cell::new(None),
                left: Cell::new(None),
            }),
        }
    }

    /// Lets something go wrong.
    pub fn plant(&self, fault: Fault) {
        self.inner.fault.set(Some(fault));
    }

    /// Lets the call behind so many fail. The commit of a transaction is one, and the news of it is
    /// another.
    pub fn fail_behind(&self, calls: usize, failing: Failing) {
        self.inner.left.set(Some((calls, failing)));
    }

    /// Lets it fail no more. Returns whether it had failed.
    #[must_use]
    pub fn revive(&self) -> bool {
        !matches!(self.inner.left.take(), Some((1.., _)))
    }

    fn live(&self) -> Result<(), StoreError> {
        let (left, failing) = match self.inner.left.get() {
            None => return Ok(()),
            Some((0, Failing::ForGood)) => return Err(planted()),
            Some(left) => left,
        };
        match left.checked_sub(1) {
            Some(left) => {
                self.inner.left.set(Some((left, failing)));
                Ok(())
            }
            None => {
                self.inner.left.set(None);
                Err(planted())
            }
        }
    }

    /// Changes the database behind its engine's back.
    pub fn edit(&self, statements: &[&str]) {
        edit(&self.inner.store, statements);
    }

    /// Returns how many rows a table has; none where there is no such table.
    #[must_use]
    pub fn count(&self, table: &str) -> usize {
        let count = self.number(&format!("SELECT count(*) FROM {table}"));
        count.map_or(0, |count| usize::try_from(count).expect("not negative"))
    }

    /// Returns the number that a statement reads, if it can be read.
    #[must_use]
    pub fn number(&self, sql: &str) -> Option<i64> {
        let rows = self.inner.store.query(sql, &[]).ok()?;
        rows.first()?.first()?.as_integer()
    }

    /// Takes the statements since the last call, with the ends of transactions among them.
    #[must_use]
    pub fn take_statements(&self) -> Vec<String> {
        self.inner.statements.take()
    }

    fn note(&self, sql: &str) -> Result<(), StoreError> {
        self.inner.statements.borrow_mut().push(sql.to_owned());
        self.live()?;
        match self.inner.fault.get() {
            Some(Fault::Statement(start)) if sql.starts_with(start) => {
                self.inner.fault.set(None);
                Err(planted())
            }
            Some(Fault::TooLate(start)) if sql.starts_with(start) => {
                self.inner.fault.set(None);
                Err(StoreError::too_late())
            }
            _ => Ok(()),
        }
    }

    /// Tells whether an outermost transaction is to fail now, and lets it do so once.
    fn fails(&self, fault: Fault) -> bool {
        let it_is = self.inner.depth.get() == 0 && self.inner.fault.get() == Some(fault);
        if it_is {
            self.inner.fault.set(None);
        }
        it_is
    }
}

impl Default for SharedStore {
    fn default() -> Self {
        Self::new()
    }
}

impl Store for SharedStore {
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

    fn read_together(&self, reads: &mut dyn FnMut()) {
        let mut statements = self.inner.statements.borrow_mut();
        statements.push("READ TOGETHER".to_owned());
        drop(statements);
        self.inner.store.read_together(reads);
    }

    fn transaction(&self, body: &mut dyn FnMut() -> Verdict) -> Result<(), StoreError> {
        let depth = self.inner.depth.get();
        if self.fails(Fault::Begin) {
            return Err(planted());
        }
        self.note(if depth == 0 { "BEGIN" } else { "SAVEPOINT" })?;
        let mut commit_failed = false;
        let result = self.inner.store.transaction(&mut || {
            self.inner.depth.set(depth + 1);
            let verdict = body();
            self.inner.depth.set(depth);
            commit_failed = verdict == Verdict::Commit
                && (self.fails(Fault::Commit) || (depth == 0 && self.live().is_err()));
            if commit_failed {
                Verdict::Rollback
            } else {
                verdict
            }
        });
        self.note(if depth == 0 { "END" } else { "RELEASE" })?;
        if commit_failed {
            return Err(planted());
        }
        result
    }
}

/// Runs statements on a database that no engine is open on.
pub(crate) fn edit(store: &NativeStore, statements: &[&str]) {
    for sql in statements {
        store.execute(sql, &[]).expect("the statement can be run");
    }
}

fn planted() -> StoreError {
    StoreError::new("planted: the disk is gone")
}
