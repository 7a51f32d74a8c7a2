//! A store that fails and crashes on demand, and knows which mutations have taken effect.
//!
//! What was committed is told by the store itself, from the transactions it has seen and from
//! what the fixture has noted as run within them: the engine is not asked.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use suite_fixture_sim::{Question, Run, note_fault, take_runs};
use zeroback_runtime::db::Documents;
use zeroback_runtime::engine::{Select, SqlParam, SqlValue, Store, StoreError, Verdict};
use zeroback_runtime::host::native::NativeStore;

/// A database, shared by the engines that are opened on it one after another.
#[derive(Clone, Debug)]
pub(super) struct SimStore {
    inner: Rc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: NativeStore,
    levels: RefCell<Vec<Level>>,
    events: RefCell<Vec<StoreEvent>>,
    /// A run whose transaction the engine has just rolled back, and not because of a fault. It may
    /// note what that came to in another.
    undone: RefCell<Option<Changed>>,
    /// Whether something has gone wrong in the transaction that is open.
    has_fault: Cell<bool>,
    plan: Cell<Option<(At, u32, Disaster)>>,
    is_dead: Cell<bool>,
}

/// An open transaction or savepoint.
#[derive(Debug, Default)]
struct Level {
    changed: Vec<Changed>,
    /// Whether the engine has written of a job.
    writes_jobs: bool,
}

/// What is counted down to a disaster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    /// Statements of all kinds.
    Statement,
    /// Ends of transactions that commit.
    Commit,
}

/// What goes wrong, at the statement to which the count has come down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Disaster {
    /// The statement fails, and the store goes on.
    Fault,
    /// The process is gone before the statement; at a COMMIT, before it has an effect.
    CrashBefore,
    /// The process is gone after the statement; at a COMMIT, after all is on the disk.
    CrashAfter,
}

/// What the store has seen.
#[derive(Debug)]
pub(super) enum StoreEvent {
    /// A query was run; whether the store failed it.
    Asked(Question, bool),
    /// A transaction has been committed, with these runs of mutations and jobs, or with what the engine
    /// writes of jobs.
    Committed(Vec<Changed>, u64),
    /// Mutations were run, and their transaction was rolled back.
    Undone,
}

/// What has changed something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// The mutation with this token.
    Mutation(u64),
    /// The job with this number.
    Job(u64),
}

/// A run of a mutation, or of a job.
#[derive(Clone, Debug)]
pub(super) struct Changed {
    pub(super) by: By,
    /// Whether its savepoint was released, or it had none.
    pub(super) is_kept: bool,
    /// Whether it has written a document.
    pub(super) has_written: bool,
    /// Whether the store failed it.
    pub(super) is_faulted: bool,
}

impl SimStore {
    pub(super) fn new() -> Self {
        Self {
            inner: Rc::new(Inner {
                store: NativeStore::in_memory().expect("memory is there"),
                levels: RefCell::default(),
                events: RefCell::default(),
                undone: RefCell::default(),
                has_fault: Cell::new(false),
                plan: Cell::new(None),
                is_dead: Cell::new(false),
            }),
        }
    }

    /// Lets something go wrong after so many statements, or commits.
    pub(super) fn plan(&self, at: At, count: u32, disaster: Disaster) {
        self.inner.plan.set(Some((at, count, disaster)));
    }

    /// Tells whether the process is gone.
    pub(super) fn is_dead(&self) -> bool {
        self.inner.is_dead.get()
    }

    /// Lets another process use the database; nothing is planned for it.
    pub(super) fn revive(&self) {
        self.inner.is_dead.set(false);
        self.inner.plan.set(None);
        self.inner.undone.take();
        let _ = self.take_events();
    }

    /// Takes what was seen since the last call.
    pub(super) fn take_events(&self) -> Vec<StoreEvent> {
        self.note_runs();
        self.inner.events.take()
    }

    /// Returns what a statement selects, without a fault.
    pub(super) fn rows(&self, sql: &str) -> Vec<Vec<SqlValue>> {
        let rows = self.inner.store.query(sql, &[]);
        rows.expect("the database can be read")
    }

    /// Returns the counter of the version.
    pub(super) fn counter(&self) -> u64 {
        self.number("counter")
    }

    /// Returns a number that the engine keeps for itself.
    pub(super) fn number(&self, name: &str) -> u64 {
        let rows = self.rows(&format!("SELECT {name} FROM _zeroback_state"));
        let number = rows.first().and_then(|row| row[0].as_integer());
        u64::try_from(number.unwrap_or(0)).expect("it counts up")
    }

    /// Counts a statement down; returns the disaster whose time has come.
    fn due(&self, what: At) -> Result<Option<Disaster>, StoreError> {
        if self.is_dead() {
            return Err(gone());
        }
        let (plan, due) = match self.inner.plan.get() {
            Some((At::Commit, ..)) if what == At::Statement => return Ok(None),
            Some((_, 0, disaster)) => (None, Some(disaster)),
            Some((at, count, disaster)) => (Some((at, count - 1, disaster)), None),
            None => (None, None),
        };
        self.inner.plan.set(plan);
        Ok(due)
    }

    fn run<T>(&self, statement: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        match self.due(At::Statement)? {
            None => statement(),
            Some(Disaster::Fault) => {
                self.inner.has_fault.set(true);
                note_fault();
                Err(StoreError::new("planted: the disk is gone"))
            }
            Some(Disaster::CrashBefore) => Err(self.die()),
            Some(Disaster::CrashAfter) => {
                let _ = statement();
                Err(self.die())
            }
        }
    }

    fn die(&self) -> StoreError {
        self.inner.is_dead.set(true);
        gone()
    }

    /// Sorts what was run into the transaction that is open.
    fn note_runs(&self) {
        let mut levels = self.inner.levels.borrow_mut();
        let mut events = self.inner.events.borrow_mut();
        for run in take_runs() {
            match (run, levels.last_mut()) {
                (Run::Asked(question), _) => events.push(StoreEvent::Asked(question, false)),
                (Run::Changed(token), Some(level)) => level.begin(By::Mutation(token)),
                (Run::Came(job), Some(level)) => level.begin(By::Job(job)),
                (Run::Changed(_) | Run::Came(_), None) => {
                    panic!("a mutation runs outside of a transaction")
                }
                (Run::Fault, Some(level)) => {
                    if let Some(changed) = level.changed.last_mut() {
                        changed.is_faulted = true;
                    }
                }
                (Run::Fault, None) => {
                    if let Some(StoreEvent::Asked(_, is_faulted)) = events.last_mut() {
                        *is_faulted = true;
                    }
                }
            }
        }
    }

    fn note_write(&self, sql: &str) {
        self.note_runs();
        let is_of_engine = sql.contains("_zeroback_");
        if let Some(level) = self.inner.levels.borrow_mut().last_mut() {
            level.writes_jobs |= sql.contains("_zeroback_jobs");
            if let Some(run) = level.changed.last_mut() {
                run.has_written |= !is_of_engine;
            }
        }
    }

    fn close_level(&self, verdict: Verdict) {
        self.note_runs();
        let mut levels = self.inner.levels.borrow_mut();
        let mut level = levels.pop().expect("it was opened");
        if verdict == Verdict::Rollback {
            for changed in &mut level.changed {
                changed.is_kept = false;
            }
        }
        let event = match levels.last_mut() {
            Some(outer) => {
                outer.changed.append(&mut level.changed);
                outer.writes_jobs |= level.writes_jobs && verdict == Verdict::Commit;
                return;
            }
            None => {
                let mut runs = level.changed;
                let undone = self.inner.undone.take();
                if verdict == Verdict::Commit {
                    runs.extend(undone.filter(|_| runs.is_empty()));
                }
                match verdict {
                    _ if runs.is_empty() && !level.writes_jobs => return,
                    Verdict::Commit => StoreEvent::Committed(runs, self.counter()),
                    Verdict::Rollback => {
                        if runs.len() == 1 && !self.inner.has_fault.get() {
                            *self.inner.undone.borrow_mut() = runs.pop();
                        }
                        StoreEvent::Undone
                    }
                }
            }
        };
        self.inner.events.borrow_mut().push(event);
    }

    /// Runs a transaction's body, and decides how it ends: as the engine wants, or by a disaster.
    fn end(&self, body: &mut dyn FnMut() -> Verdict, failure: &mut Option<StoreError>) -> Verdict {
        let verdict = body();
        if verdict == Verdict::Rollback {
            return Verdict::Rollback;
        }
        let is_outermost = self.inner.levels.borrow().len() == 1;
        let what = if is_outermost {
            At::Commit
        } else {
            At::Statement
        };
        match self.due(what) {
            Ok(None) => Verdict::Commit,
            Ok(Some(Disaster::Fault)) => {
                self.inner.has_fault.set(true);
                note_fault();
                *failure = Some(StoreError::new("planted: the disk is full"));
                Verdict::Rollback
            }
            Ok(Some(Disaster::CrashAfter)) => {
                *failure = Some(self.die());
                // A savepoint's release is on no disk.
                if is_outermost {
                    Verdict::Commit
                } else {
                    Verdict::Rollback
                }
            }
            Ok(Some(Disaster::CrashBefore)) => {
                *failure = Some(self.die());
                Verdict::Rollback
            }
            Err(error) => {
                *failure = Some(error);
                Verdict::Rollback
            }
        }
    }
}

impl Level {
    fn begin(&mut self, by: By) {
        self.changed.push(Changed {
            by,
            is_kept: true,
            has_written: false,
            is_faulted: false,
        });
    }
}

impl Store for SimStore {
    fn update(&self, sql: &str, params: &[SqlParam<'_>]) -> Result<bool, StoreError> {
        self.note_write(sql);
        self.run(|| self.inner.store.update(sql, params))
    }

    fn query(&self, sql: &str, params: &[SqlParam<'_>]) -> Result<Vec<Vec<SqlValue>>, StoreError> {
        self.run(|| self.inner.store.query(sql, params))
    }

    fn text(&self, sql: &str, params: &[SqlParam<'_>]) -> Result<Option<String>, StoreError> {
        self.run(|| self.inner.store.text(sql, params))
    }

    fn documents(
        &self,
        select: &Select<'_>,
        params: &[SqlParam<'_>],
    ) -> Result<Documents, StoreError> {
        self.run(|| self.inner.store.documents(select, params))
    }

    fn transaction(&self, body: &mut dyn FnMut() -> Verdict) -> Result<(), StoreError> {
        self.note_runs();
        if self.inner.levels.borrow().is_empty() {
            self.inner.has_fault.set(false);
        }
        self.run(|| Ok(())).inspect_err(|_| {
            self.inner.undone.take();
        })?;
        self.inner.levels.borrow_mut().push(Level::default());
        let mut failure = None;
        let mut verdict = Verdict::Rollback;
        let ended = self.inner.store.transaction(&mut || {
            verdict = self.end(body, &mut failure);
            verdict
        });
        let verdict = if ended.is_ok() {
            verdict
        } else {
            Verdict::Rollback
        };
        self.close_level(verdict);
        match failure {
            Some(error) => Err(error),
            None => ended,
        }
    }
}

fn gone() -> StoreError {
    StoreError::new("planted: the process is gone")
}
