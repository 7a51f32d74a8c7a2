//! Futures of the object's own, polled inside of an event as all else is: so what traps in one of them is
//! seen by the glue, and no request is left without an answer.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// Something that goes on until it is done.
type Task = Pin<Box<dyn Future<Output = ()>>>;

/// All of them.
#[derive(Clone, Default)]
pub(super) struct Tasks(Rc<Inner>);

#[derive(Default)]
struct Inner {
    running: RefCell<BTreeMap<u64, Task>>,
    ready: Arc<Ready>,
    last: Cell<u64>,
}

/// Those that are to be polled.
#[derive(Default)]
struct Ready(Mutex<BTreeSet<u64>>);

struct TaskWaker {
    ready: Arc<Ready>,
    task: u64,
}

impl Tasks {
    /// Takes in a future, to be polled by the next [`Tasks::poll`].
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + 'static) {
        let id = self.0.last.get() + 1;
        self.0.last.set(id);
        self.0.running.borrow_mut().insert(id, Box::pin(task));
        self.0.ready.all().insert(id);
    }

    /// Polls those that are ready. What becomes ready meanwhile is left to the next time.
    pub(super) fn poll(&self) {
        let ready = std::mem::take(&mut *self.0.ready.all());
        for id in ready {
            // It may take in others while it is polled.
            let Some(mut task) = self.0.running.borrow_mut().remove(&id) else {
                continue;
            };
            let waker = Waker::from(Arc::new(TaskWaker {
                ready: Arc::clone(&self.0.ready),
                task: id,
            }));
            let polled = task.as_mut().poll(&mut Context::from_waker(&waker));
            if polled == Poll::Pending {
                self.0.running.borrow_mut().insert(id, task);
            }
        }
    }

    /// Tells whether there is something to poll.
    pub(super) fn are_ready(&self) -> bool {
        !self.0.ready.all().is_empty()
    }
}

impl Ready {
    fn all(&self) -> MutexGuard<'_, BTreeSet<u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.ready.all().insert(self.task);
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let running = self.0.running.borrow().len();
        f.debug_struct("Tasks").field("running", &running).finish()
    }
}
