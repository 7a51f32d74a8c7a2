//! What the app waits for.

use std::sync::{Arc, Mutex};

use zeroback_protocol::Outcome;

/// What a call will have come to.
#[derive(Clone, Default)]
pub(super) struct Promise(Arc<Mutex<Option<Outcome>>>);

impl Promise {
    pub(super) fn settle(&self, outcome: Outcome) {
        let before = self.0.lock().unwrap().replace(outcome);
        assert!(before.is_none(), "a promise settles once");
    }

    pub(super) fn outcome(&self) -> Option<Outcome> {
        self.0.lock().unwrap().clone()
    }

    /// Returns the value as text, the code of an error, or `pending`.
    pub(super) fn text(&self) -> String {
        match self.outcome() {
            None => "pending".to_owned(),
            Some(Outcome::Success(value)) => value.as_str().to_owned(),
            Some(Outcome::Error(error)) => error.code.to_string(),
        }
    }
}
