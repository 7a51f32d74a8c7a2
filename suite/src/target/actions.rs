//! Actions in the process of a test, polled when somebody waits for what they do.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Waker};

use zeroback_protocol::{Outcome, Timestamp};
use zeroback_runtime::engine::{Action, ActionDesk, ActionId, CallId, Engine, Outside, Store};

/// What actions are told that the time is.
const NOW: Timestamp = Timestamp::from_unix_ms(1_790_000_000_000);

/// The actions of one life of an engine.
pub(super) struct Actions {
    desk: ActionDesk,
    running: Vec<Pin<Box<dyn Future<Output = ()>>>>,
}

/// What is outside: nothing.
#[derive(Debug)]
struct Nothing;

impl Actions {
    pub(super) fn new() -> Self {
        Self {
            desk: ActionDesk::new(Rc::new(Nothing)),
            running: Vec::new(),
        }
    }

    pub(super) fn begin(&mut self, id: ActionId, action: Action) {
        self.running
            .push(Box::pin(self.desk.clone().run(id, action)));
    }

    pub(super) fn answer(&self, action: ActionId, call: CallId, outcome: Outcome) {
        self.desk.answer(action, call, outcome);
    }

    /// Lets each go on as far as it can; returns whether they have asked for anything.
    pub(super) fn poll<S: Store>(&mut self, engine: &mut Engine<S>) -> bool {
        let mut cx = Context::from_waker(Waker::noop());
        self.running
            .retain_mut(|action| action.as_mut().poll(&mut cx).is_pending());
        self.desk.hand_over(engine)
    }
}

impl fmt::Debug for Actions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Actions")
            .field("running", &self.running.len())
            .finish_non_exhaustive()
    }
}

impl Outside for Nothing {
    fn entropy(&self) -> [u8; 32] {
        panic!("in the process of a test there are no routes, which alone need it");
    }

    fn env(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn now(&self) -> Timestamp {
        NOW
    }
}
