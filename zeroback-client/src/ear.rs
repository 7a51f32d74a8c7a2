//! Who hears of changes: a task that waits for them, and a function.

use std::sync::{Arc, Mutex};
use std::task::Waker;

use futures_util::task::AtomicWaker;

use crate::engine::Listener;
use crate::shared::lock;

#[derive(Default)]
pub(crate) struct Ear {
    waker: AtomicWaker,
    callback: Mutex<Option<Listener>>,
}

impl Ear {
    /// Returns what is to be called behind each change.
    pub(crate) fn listener(self: &Arc<Self>) -> Listener {
        let ear = Arc::clone(self);
        Arc::new(move || ear.hear())
    }

    /// Has a task woken by the next change.
    pub(crate) fn wait(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    /// Has a function called behind each change, in the place of the one before.
    pub(crate) fn call(&self, callback: impl Fn() + Send + Sync + 'static) {
        *lock(&self.callback) = Some(Arc::new(callback));
    }

    /// Tells both.
    pub(crate) fn hear(&self) {
        self.waker.wake();
        // Called outside of the lock: it may want to be another one.
        let callback = lock(&self.callback).clone();
        if let Some(callback) = callback {
            callback();
        }
    }
}
