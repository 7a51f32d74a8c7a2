//! Telling: one transition for each connection that there is news for, put together from parts that
//! are encoded once for all who get them.

use std::collections::BTreeMap;

use zeroback_protocol::{
    Answer, EncodedUpdate, QueryId, ServerMessage, Tag, Version, encode_transition,
};

use super::Engine;
use super::live::ExecutionId;
use super::news::Told;
use super::outbox::{ConnectionId, Frame, Output};
use super::store::Store;
use crate::planted::{self, Bug};

/// Closes the connection of a client that does not read.
const CLOSE_SLOW_CLIENT: u16 = 4408;

/// What was encoded in this turn: most subscribers of a query hold the same result of it.
#[derive(Debug, Default)]
struct Encoded {
    updates: BTreeMap<(ExecutionId, Option<Tag>), EncodedUpdate>,
    last: Option<(Vec<(QueryId, EncodedUpdate)>, Frame)>,
}

impl<S: Store> Engine<S> {
    /// Sends the transitions of all who have news, except of those who have yet to read earlier ones.
    pub(super) fn send_transitions(&mut self) {
        let mut encoded = Encoded::default();
        for connection in std::mem::take(&mut self.with_news) {
            if self.is_held_back(connection) {
                continue;
            }
            if let Some(frame) = self.transition(connection, &mut encoded) {
                self.send_frame(connection, frame, true);
            }
        }
        self.close_slow_clients();
    }

    /// Tells whether a connection's transition waits until its client has read more.
    fn is_held_back(&mut self, connection: ConnectionId) -> bool {
        let bytes_max = self.config.unacknowledged_bytes_max;
        let Some(session) = self.sessions.get_mut(&connection) else {
            return true;
        };
        let is_full = session.flow.is_full(bytes_max);
        let has_changed = if is_full {
            self.folded.insert(connection)
        } else {
            self.folded.remove(&connection)
        };
        if has_changed {
            self.touch(connection);
        }
        is_full
    }

    /// Cuts off those who have acknowledged nothing for too long while something waits for them, or
    /// for whom too much does.
    fn close_slow_clients(&mut self) {
        let (now_ms, patience_ms) = (self.now_ms, self.config.slow_client_ms);
        let bytes_max = self.config.unacknowledged_bytes_max;
        let mut slow = Vec::new();
        for connection in &self.folded {
            if let Some(session) = self.sessions.get_mut(connection)
                && (session.flow.hold_back(now_ms, patience_ms)
                    || session.news.waiting_bytes() > bytes_max)
            {
                slow.push(*connection);
            }
        }
        for connection in slow {
            self.close_slow_client(connection);
        }
    }

    /// Cuts off a client that is refused more before the next turn than a transition may hold: a
    /// result that is too much becomes an error, and an error stays what it is.
    pub(super) fn close_overwhelmed(&mut self, connection: ConnectionId) {
        let bytes_max = self.config.transition_bytes_max;
        let session = self.sessions.get(&connection);
        if session.is_some_and(|session| session.news.refusal_bytes() > bytes_max) {
            self.close_slow_client(connection);
        }
    }

    fn close_slow_client(&mut self, connection: ConnectionId) {
        self.handle_close(connection);
        self.outputs.push_back(Output::Close {
            connection,
            code: CLOSE_SLOW_CLIENT,
            reason: "slow_client: what was sent is not read",
        });
    }

    /// Puts together what a connection is told; nothing where there is nothing to say.
    fn transition(&mut self, connection: ConnectionId, encoded: &mut Encoded) -> Option<Frame> {
        let session = self.sessions.get_mut(&connection)?;
        let told = session.take_news();
        let updates = self.updates(connection, &told, encoded);
        if told.answers.is_empty() && told.set.is_none() && updates.is_empty() {
            return None;
        }
        let mut version = self.version;
        if planted::has(Bug::TellsAnOldVersion) {
            version.counter = version.counter.saturating_sub(1);
        }
        Some(encoded.frame(version, told.set, &told.answers, updates))
    }

    fn updates(
        &mut self,
        connection: ConnectionId,
        told: &Told,
        encoded: &mut Encoded,
    ) -> Vec<(QueryId, EncodedUpdate)> {
        let mut updates: Vec<_> = Vec::with_capacity(told.failures.len() + told.changed.len());
        for (query_id, refused) in &told.failures {
            updates.push((*query_id, refused.clone()));
        }
        for query_id in told.changed.iter().copied() {
            let Some(id) = self.sessions[&connection].execution(query_id) else {
                continue;
            };
            let subscriber = (connection, query_id);
            let Some(held) = self.live.get(id).behind(subscriber) else {
                continue;
            };
            if let Some(update) = encoded.update(self.live.get(id), id, held) {
                self.live.note_told(id, subscriber);
                updates.push((query_id, update));
            }
        }
        if !told.failures.is_empty() {
            updates.sort_by_key(|(query_id, _)| *query_id);
        }
        updates
    }

    /// Sends a message that is no transition.
    pub(super) fn send(&mut self, connection: ConnectionId, message: &ServerMessage) {
        self.send_frame(connection, Frame::new(message.encode()), false);
    }

    fn send_frame(&mut self, connection: ConnectionId, frame: Frame, is_transition: bool) {
        let bytes_max = self.config.unacknowledged_bytes_max;
        let Some(session) = self.sessions.get_mut(&connection) else {
            return;
        };
        session
            .flow
            .send(frame.as_str().len(), is_transition, bytes_max);
        let is_over = session.flow.is_over(bytes_max);
        self.outputs.push_back(Output::Send { connection, frame });
        if is_over {
            self.close_slow_client(connection);
        }
    }
}

impl Encoded {
    /// Encodes the way from what is held to the present result.
    fn update(
        &mut self,
        execution: &super::live::Execution,
        id: ExecutionId,
        held: Option<Tag>,
    ) -> Option<EncodedUpdate> {
        if !execution.is_shared() {
            return execution.update_from(held);
        }
        if let Some(update) = self.updates.get(&(id, held)) {
            return Some(update.clone());
        }
        let update = execution.update_from(held)?;
        self.updates.insert((id, held), update.clone());
        Some(update)
    }

    /// Writes the frame; it is the last one again where it says the same.
    fn frame(
        &mut self,
        version: Version,
        set: Option<u64>,
        answers: &[Answer],
        updates: Vec<(QueryId, EncodedUpdate)>,
    ) -> Frame {
        let is_plain = answers.is_empty() && set.is_none();
        if let Some((last, frame)) = &self.last
            && is_plain
            && last.len() == updates.len()
            && (last.iter().zip(&updates)).all(|(last, now)| last.0 == now.0 && last.1.is(&now.1))
        {
            return frame.clone();
        }
        let frame = Frame::new(encode_transition(version, set, answers, &updates));
        if is_plain {
            self.last = Some((updates, frame.clone()));
        }
        frame
    }
}
