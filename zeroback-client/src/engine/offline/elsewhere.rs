//! This page's mutations that another page sends: what is shown meanwhile.

use zeroback_protocol::{Outcome, RequestId};

use crate::engine::Engine;
use crate::engine::env::Due;

/// So long at most, while it is told of nothing or there is always one more: the other page may have lost its
/// connection.
const DOUBT_MS_MAX: u64 = 2_000;

impl Engine {
    /// It is known who is here.
    pub(super) fn handle_elsewhere_ready(&mut self) {
        if let Some(outbox) = self.outbox() {
            outbox.elsewhere.is_ready = true;
            self.doubt_elsewhere();
        }
    }

    /// Without a connection nothing comes that could be shown.
    pub(super) fn handle_elsewhere_doubt(&mut self) {
        if let Some(outbox) = self.outbox() {
            outbox.elsewhere.is_ready = false;
            self.end_wait();
        }
    }

    /// Another page sends these from now on.
    pub(super) fn handle_sending(&mut self, ids: Vec<RequestId>) {
        if let Some(outbox) = self.outbox() {
            ids.into_iter()
                .for_each(|id| outbox.elsewhere.doubted.add(id));
            outbox.elsewhere.has_more = true;
            self.doubt_elsewhere();
        }
    }

    /// Another page has been told what these have come to.
    pub(super) fn handle_outcomes(&mut self, told: Vec<(RequestId, Outcome)>) {
        let Some(outbox) = self.outbox() else {
            return;
        };
        let elsewhere = &mut outbox.elsewhere;
        for (id, _) in &told {
            elsewhere.doubted.remove(id);
        }
        elsewhere.told.extend(told);
        // A long queue comes to its end.
        if !elsewhere.doubted.is_empty() && !elsewhere.has_more {
            self.end_wait();
            self.wait_elsewhere();
        }
        self.settle_elsewhere();
    }

    /// All that has come is shown.
    pub(super) fn handle_elsewhere_shown(&mut self) {
        self.end_wait();
        if let Some(outbox) = self.outbox() {
            let elsewhere = &mut outbox.elsewhere;
            elsewhere.has_shown |= std::mem::take(&mut elsewhere.is_impatient);
        }
    }

    /// Those who wait for what is shown now are told first.
    pub(super) fn settle_after_showing(&mut self) {
        let Some(outbox) = self.outbox() else {
            return;
        };
        if std::mem::take(&mut outbox.elsewhere.has_shown) {
            self.settle_elsewhere();
            self.doubt_elsewhere();
        }
    }

    /// It was waited for long enough.
    pub(in crate::engine) fn handle_doubt_time(&mut self) {
        let Some(outbox) = self.outbox() else {
            return;
        };
        outbox.elsewhere.wait = None;
        outbox.elsewhere.is_impatient = true;
        outbox.elsewhere.doubted.clear();
        self.requests.end_doubt();
        self.go_on();
        self.show_unless_awaited();
    }

    /// Ends a mutation whose outcome is known from elsewhere. With `is_awaited` its promise settles when the server has
    /// answered what is asked of it by now.
    pub(super) fn end_mutation(&mut self, id: RequestId, outcome: Outcome, is_awaited: bool) {
        let settlement = self.requests.end_elsewhere(&mut self.env, id, outcome);
        self.settlements.extend(settlement);
        if is_awaited {
            self.await_also();
        }
        self.show_unless_awaited();
    }

    /// Has nothing new be shown for these.
    fn doubt_elsewhere(&mut self) {
        let Some(outbox) = self.outbox() else {
            return;
        };
        let elsewhere = &outbox.elsewhere;
        if elsewhere.is_ready && !elsewhere.is_impatient {
            let ids: Vec<_> = elsewhere.doubted.keys().copied().collect();
            self.requests.doubt(ids);
            self.wait_elsewhere();
        }
    }

    fn wait_elsewhere(&mut self) {
        let Some(outbox) = self.outbox() else {
            return;
        };
        let elsewhere = &mut outbox.elsewhere;
        let is_over = !elsewhere.is_ready || elsewhere.is_impatient || elsewhere.doubted.is_empty();
        if is_over || elsewhere.wait.is_some() {
            return;
        }
        elsewhere.has_more = false;
        let wait = self.env.set(DOUBT_MS_MAX, Due::Doubt);
        if let Some(outbox) = self.outbox() {
            outbox.elsewhere.wait = Some(wait);
        }
    }

    fn end_wait(&mut self) {
        if let Some(wait) = self.outbox().map(|outbox| outbox.elsewhere.wait.take()) {
            self.env.cancel(wait);
        }
    }

    /// Settles what has come to something, when the server has answered what is asked of it by now.
    fn settle_elsewhere(&mut self) {
        let Some(outbox) = self.outbox() else {
            return;
        };
        let elsewhere = &mut outbox.elsewhere;
        if elsewhere.is_impatient || elsewhere.told.is_empty() {
            return;
        }
        let told = std::mem::take(&mut elsewhere.told);
        // To ask for anything anew brings all that is new: of a result that is known nothing is sent.
        let first = self
            .asked
            .all()
            .next()
            .map(|query| query.question.key.clone());
        if let Some(key) = first {
            self.asked.renew(&key);
        }
        for (id, outcome) in told {
            self.end_mutation(id, outcome, true);
        }
    }
}
