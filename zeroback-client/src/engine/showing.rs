//! What is shown, and who is told of it.

use super::outputs::Pending;
use super::{Engine, QueryKey};

impl Engine {
    /// Shows what has changed, with the guesses on top, and tells the listeners.
    pub(super) fn show(&mut self, changed: Vec<QueryKey>) {
        let changed = (self.guesses).show(&mut self.env, &self.asked, &self.results, changed);
        self.notify(&changed);
    }

    pub(super) fn notify(&mut self, changed: &[QueryKey]) {
        for key in changed {
            self.note_change(key);
        }
    }

    pub(super) fn note_change(&mut self, key: &QueryKey) {
        let Some(query) = self.asked.by_key(key) else {
            return;
        };
        self.changes += 1;
        self.versions.insert(key.clone(), self.changes);
        for id in query.listeners.keys() {
            self.notices.push_back(Pending::Query(key.clone(), *id));
        }
    }

    pub(super) fn settle(&mut self) {
        let settlements = std::mem::take(&mut self.settlements);
        self.notices
            .extend(settlements.into_iter().map(Pending::Settled));
    }
}
