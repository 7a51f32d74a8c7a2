//! Mutations that were kept and that the server has refused.

use zeroback_protocol::{Call, MutationCall, WireError};

/// A mutation that was kept, and that the server has refused.
#[derive(Clone, Debug)]
pub struct RefusedMutation {
    pub(super) call: Call,
    pub(super) error: WireError,
}

impl RefusedMutation {
    /// Returns the path of its function, such as `tasks:create`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.call.path
    }

    /// Returns what it was called with, if it is one of this function.
    #[must_use]
    pub fn call<C: MutationCall>(&self) -> Option<C> {
        let is_its = self.call.path == C::PATH;
        is_its.then(|| serde_json::from_str(self.call.args.as_str()).ok())?
    }

    /// Returns why.
    #[must_use]
    pub fn error(&self) -> &WireError {
        &self.error
    }
}
