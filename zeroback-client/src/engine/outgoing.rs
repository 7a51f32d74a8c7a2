//! When something is sent, and when something is shown.

use zeroback_protocol::{
    ClientMessage, ErrorCode, Limits, PROTOCOL_VERSION, QueryId, SubscribedQuery, WireError,
};

use super::requests::Sent;
use super::{Engine, Question};

impl Engine {
    pub(super) fn say_hello(&mut self) {
        let protocol = PROTOCOL_VERSION;
        self.connection
            .send(ClientMessage::Connect { protocol }.encode());
    }

    pub(super) fn say_who(&mut self, token: Option<String>) {
        self.connection
            .send(ClientMessage::Authenticate { token }.encode());
    }

    pub(super) fn say_what_was_taken(&mut self) {
        let transitions = self.transitions;
        self.connection
            .send(ClientMessage::Ack { transitions }.encode());
    }

    /// Goes on now that it is known who is here.
    pub(super) fn go_on(&mut self) {
        self.tell_identity();
        if !self.connection.is_open() || self.waits() {
            return;
        }
        if !std::mem::take(&mut self.is_new) {
            return self.flush();
        }
        self.flush_and_await();
        self.show_unless_awaited();
    }

    /// Sends all that is to be sent.
    pub(super) fn flush(&mut self) {
        if !self.connection.is_open() || self.waits() {
            return;
        }
        let (add, remove) = self.asked.take_changes();
        if !add.is_empty() || !remove.is_empty() {
            self.send_query_set(&add, &remove);
        }
        let Self {
            requests,
            env,
            connection,
            limits,
            ..
        } = self;
        requests.send_unsent(env, &mut |message| {
            let text = message.encode();
            match too_large(&text, *limits) {
                Some(error) => Sent::Refused(error),
                None => {
                    connection.send(text);
                    Sent::Yes
                }
            }
        });
        self.show_unless_awaited();
    }

    /// Sends all that is to be sent, and lets nothing new be shown before the server has answered what it asks.
    pub(super) fn flush_and_await(&mut self) {
        let before = self.set;
        self.awaited_set = u64::MAX;
        self.flush();
        if self.connection.is_open() {
            self.awaited_set = if self.set > before { self.set } else { 0 };
        }
    }

    /// Lets nothing new be shown before the server has answered what is asked now, and whatever is awaited already.
    pub(super) fn await_also(&mut self) {
        let awaited = self.awaited_set;
        self.flush_and_await();
        self.awaited_set = self.awaited_set.max(awaited);
    }

    /// Tells whether what has come may be shown.
    pub(super) fn may_show(&self) -> bool {
        self.awaited_set == 0 && !self.requests.may_show_guessed()
    }

    /// Shows all that has come, and then settles what was answered.
    pub(super) fn show_unless_awaited(&mut self) {
        self.take_request_changes();
        if !self.may_show() {
            return;
        }
        let changed = self.results.show();
        self.keep_shown(&changed);
        self.show(changed);
        self.settle();
    }

    fn send_query_set(&mut self, add: &[(QueryId, Question)], remove: &[QueryId]) {
        let set = (!add.is_empty()).then_some(self.set + 1);
        let to_add = add.iter().map(|(query_id, question)| SubscribedQuery {
            query_id: *query_id,
            call: question.call.clone(),
            tag: self.results.newest(&question.key).and_then(|held| held.tag),
        });
        let message = ClientMessage::QuerySet {
            set,
            add: to_add.collect(),
            remove: remove.to_vec(),
        };
        let text = message.encode();
        let Some(error) = too_large(&text, self.limits) else {
            self.connection.send(text);
            self.set = set.unwrap_or(self.set);
            return;
        };
        if add.len() + remove.len() > 1 {
            let (first, rest) = add.split_at(add.len() / 2);
            let (first_removed, rest_removed) = remove.split_at(remove.len().div_ceil(2));
            self.send_query_set(first, first_removed);
            self.send_query_set(rest, rest_removed);
        } else if let [(_, question)] = add {
            let shown = self.results.of(&question.key);
            // It may have failed so on the last connection.
            if !shown.is_some_and(|shown| shown.is_failure_of(&ErrorCode::MESSAGE_TOO_LARGE)) {
                self.results.fail(&question.key, error);
            }
        }
    }
}

/// Returns why a message is not sent that is larger than the server takes.
fn too_large(text: &str, limits: Limits) -> Option<WireError> {
    let bytes_max = limits.message_bytes_max;
    let message = format!("the server takes messages of {bytes_max} bytes at most");
    let is_too_large = text.len() as u64 > bytes_max;
    is_too_large.then(|| WireError::new(ErrorCode::MESSAGE_TOO_LARGE, message))
}
