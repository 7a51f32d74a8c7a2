//! What comes from outside: what the server says, tokens, and that the network is back.

use zeroback_protocol::{
    Authentication, ErrorCode, PROTOCOL_VERSION, RequestId, ServerMessage, Transition, WireError,
};

use super::connection::{After, PONG};
use super::{Engine, Pending, SocketId};

/// After so much text from the server it is told what has been taken in, if its limit does not ask for it earlier.
const ACK_AFTER_BYTES: u64 = 65_536;

impl Engine {
    /// A socket that was asked for is open.
    pub(crate) fn handle_socket_open(&mut self, now_ms: u64, socket: SocketId) {
        self.at(now_ms);
        if !self.connection.is_of(socket) {
            return;
        }
        self.connection.handle_open();
        self.transitions = 0;
        self.unacknowledged_bytes = 0;
        self.say_hello();
        self.is_new = true;
        self.awaited_set = u64::MAX;
        let steps = self.auth.handle_open(&mut self.env);
        self.take_steps(steps);
        self.go_on();
        self.settle_down();
    }

    /// A text frame has come.
    pub(crate) fn handle_text(&mut self, now_ms: u64, socket: SocketId, text: &str) {
        self.at(now_ms);
        if !self.connection.is_of(socket) {
            return;
        }
        self.connection.handle_word(&self.env);
        if text != PONG {
            let taken = ServerMessage::parse(text).and_then(|message| self.take_message(message));
            match taken {
                Ok(()) => self.acknowledge(text),
                Err(fault) => self.drop_socket(&fault),
            }
        }
        self.settle_down();
    }

    /// A binary frame has come, which is no message of this protocol.
    pub(crate) fn handle_binary(&mut self, now_ms: u64, socket: SocketId) {
        self.at(now_ms);
        if self.connection.is_of(socket) {
            self.drop_socket("it is binary");
        }
        self.settle_down();
    }

    /// A socket has not opened, or is gone.
    pub(crate) fn handle_socket_lost(&mut self, now_ms: u64, socket: SocketId) {
        self.at(now_ms);
        if self.connection.is_of(socket) {
            let after = self.connection.lose(&mut self.env);
            self.note_loss(after);
        }
        self.settle_down();
    }

    /// Takes in the token of a turn; nothing where nobody is signed in.
    ///
    /// `fault` says why it could not be had.
    pub(crate) fn handle_token(
        &mut self,
        now_ms: u64,
        turn: u64,
        token: Result<Option<String>, String>,
    ) {
        self.at(now_ms);
        let token = token.unwrap_or_else(|fault| {
            let warning = format!("the token could not be had; nobody is signed in: {fault}");
            self.env.warn(warning);
            None
        });
        let steps = self.auth.handle_token(turn, token);
        self.take_steps(steps);
        self.settle_down();
    }

    /// The network comes back, or the page becomes visible.
    pub(crate) fn handle_wake(&mut self, now_ms: u64) {
        self.at(now_ms);
        if !self.is_closed && self.refusal.is_none() {
            self.connection.handle_wake(&mut self.env);
        }
        self.settle_down();
    }

    /// Ends the present socket, and tries again.
    fn drop_socket(&mut self, fault: &str) {
        let what = "the server sent a message that is not of this protocol; connecting again";
        self.env.warn(format!("{what}: {fault}"));
        let after = self.connection.lose(&mut self.env);
        debug_assert_eq!(after, After::Lost, "it was there");
        self.note_loss(after);
    }

    fn take_message(&mut self, message: ServerMessage) -> Result<(), String> {
        match message {
            ServerMessage::Connected { protocol, .. } if protocol != PROTOCOL_VERSION => {
                return Err(format!("protocol: expected {PROTOCOL_VERSION}"));
            }
            ServerMessage::Connected {
                limits, identity, ..
            } => {
                self.limits = limits;
                self.name(identity);
                self.connection.confirm(&mut self.env);
                self.tell_identity();
            }
            ServerMessage::Transition(transition) => self.take_transition(transition)?,
            ServerMessage::Authentication(authentication) => self.take_word(&authentication),
            ServerMessage::Resend => {
                self.requests.handle_loss();
                self.wants_flush = true;
            }
            ServerMessage::Error { error, request_id } => self.take_error(error, request_id),
            ServerMessage::Other { .. } => {}
        }
        Ok(())
    }

    /// Takes in what became of a token.
    fn take_word(&mut self, authentication: &Authentication) {
        self.name(match authentication {
            Authentication::Accepted { identity, .. } => identity.clone(),
            Authentication::Refused { .. } | Authentication::Expired => None,
        });
        let steps = self.auth.handle_message(&mut self.env, authentication);
        self.take_steps(steps);
        self.tell_identity();
    }

    fn take_error(&mut self, error: WireError, request_id: Option<RequestId>) {
        if error.code == ErrorCode::UNSUPPORTED_PROTOCOL {
            return self.take_refusal(error);
        }
        let Some(id) = request_id else {
            self.env
                .warn(format!("the server refused a message: {error}"));
            // It may have been one that is waited for.
            self.awaited_set = 0;
            return self.show_unless_awaited();
        };
        let settlement = self.requests.handle_error(&mut self.env, id, error);
        self.show_unless_awaited();
        self.notices.extend(settlement.map(Pending::Settled));
    }

    /// The server took nothing of what was sent on this connection, and would not on another.
    fn take_refusal(&mut self, error: WireError) {
        self.env
            .warn(format!("the server refused the connection: {error}"));
        self.close_kept();
        self.settle();
        self.requests.close(&mut self.env, Some(&error));
        self.results.fail_all(error.clone());
        self.refusal = Some(error);
        self.guesses.clear();
        self.auth.handle_drop(&mut self.env);
        self.connection.close(&mut self.env);
        let asked = self.asked.all();
        let keys: Vec<_> = asked.map(|query| query.question.key.clone()).collect();
        self.notify(&keys);
    }

    fn take_transition(&mut self, transition: Transition) -> Result<(), String> {
        let Transition {
            version,
            set,
            answers,
            queries,
        } = transition;
        self.transitions += 1;
        self.results.move_to(version)?;
        let mut fits = true;
        for update in queries {
            // The server may not know yet that we have done with it.
            let Some(query) = self.asked.by_id(update.query_id) else {
                continue;
            };
            let key = query.question.key.clone();
            if !self.results.take(&key, update.result) {
                self.asked.renew(&key);
                fits = false;
            }
        }
        let set = set.unwrap_or(0);
        if set == self.set && self.results.has_kept() {
            // What the server has said nothing of is as it was kept.
            for key in self.asked.told() {
                self.results.confirm(&key);
            }
        }
        for answer in answers {
            let id = answer.request_id;
            let settlement = self
                .requests
                .handle_answer(&mut self.env, id, answer.outcome);
            self.settlements.extend(settlement);
        }
        if set >= self.awaited_set {
            self.awaited_set = 0;
        }
        if !fits {
            self.flush_and_await();
        }
        self.show_unless_awaited();
        Ok(())
    }

    fn acknowledge(&mut self, text: &str) {
        self.unacknowledged_bytes += text.len() as u64;
        let share = self.limits.unacknowledged_bytes_max / 16;
        if self.unacknowledged_bytes >= ACK_AFTER_BYTES.min(share) {
            self.unacknowledged_bytes = 0;
            self.say_what_was_taken();
        }
    }
}
