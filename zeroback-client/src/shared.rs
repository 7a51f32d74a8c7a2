//! What all handles of a client and its driver have in common: the engine behind one lock.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::task::AtomicWaker;

use crate::engine::{Engine, Notice, Settlement};
use crate::token::TokenSource;
use crate::transport;

/// What all handles and the driver have in common.
pub(crate) struct Shared {
    engine: Mutex<Engine>,
    pub(crate) tokens: Mutex<Option<TokenSource>>,
    signal: Arc<Signal>,
}

/// Wakes the driver.
#[derive(Default)]
pub(crate) struct Signal {
    pub(crate) waker: AtomicWaker,
    is_set: AtomicBool,
}

impl Shared {
    pub(crate) fn new(engine: Engine, signal: Arc<Signal>) -> Self {
        Self {
            engine: Mutex::new(engine),
            tokens: Mutex::new(None),
            signal,
        }
    }

    /// Does something to the engine, tells whoever is to be told, and has the driver see to the rest.
    pub(crate) fn act<R>(&self, act: impl FnOnce(&mut Engine, u64) -> R) -> R {
        let done = act(&mut self.engine(), transport::now_ms());
        self.tell();
        self.signal.set();
        done
    }

    pub(crate) fn engine(&self) -> MutexGuard<'_, Engine> {
        lock(&self.engine)
    }

    /// Tells whoever is to be told, outside of the lock.
    pub(crate) fn tell(&self) {
        loop {
            let notice = self.engine().poll_notice();
            let Some(notice) = notice else {
                return;
            };
            let tell = || match notice {
                Notice::Changed(listener) => listener(),
                Notice::Settled(Settlement { settle, outcome }) => settle(outcome),
                Notice::Warning(text) => transport::warn(&text),
                Notice::Gone(guess) => drop(guess),
                #[cfg(feature = "offline")]
                Notice::Refused(on_refused, call, error) => on_refused(call, error),
            };
            // A listener that panics must not keep others from being called, nor end the driver.
            if catch_unwind(AssertUnwindSafe(tell)).is_err() {
                transport::warn("a listener panicked");
            }
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // The driver sees that nobody is left.
        self.signal.set();
    }
}

impl Signal {
    pub(crate) fn set(&self) {
        self.is_set.store(true, Ordering::Release);
        self.waker.wake();
    }

    /// Tells whether it was set since the last time.
    pub(crate) fn take(&self) -> bool {
        self.is_set.swap(false, Ordering::AcqRel)
    }
}

/// A guess that has panicked has changed nothing, and nothing else panics under these locks.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
