//! Without the feature `offline` nothing outlives the page.

use super::{Engine, QueryKey};

impl Engine {
    pub(super) fn waits(&self) -> bool {
        self.auth.waits()
    }

    pub(crate) fn is_over(&self) -> bool {
        self.is_closed
    }

    #[expect(clippy::unused_self, reason = "there is nobody to be told")]
    pub(super) fn name(&mut self, _: Option<String>) {}

    #[expect(clippy::unused_self, reason = "there is nobody to be told")]
    pub(super) fn tell_identity(&mut self) {}

    #[expect(clippy::unused_self, reason = "nothing is kept")]
    pub(super) fn show_kept(&mut self, _: &QueryKey) {}

    #[expect(clippy::unused_self, reason = "nothing is kept")]
    pub(super) fn keep_shown(&mut self, _: &[QueryKey]) {}

    #[expect(clippy::unused_self, reason = "nothing is kept")]
    pub(super) fn keep_newest(&mut self, _: &QueryKey) {}

    #[expect(clippy::unused_self, reason = "nothing is kept")]
    pub(super) fn wipe_kept(&mut self) {}

    #[expect(clippy::unused_self, reason = "nothing is kept")]
    pub(super) fn close_kept(&mut self) {}
}
