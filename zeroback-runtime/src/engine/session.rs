//! Sessions: what each connection has asked for, and messages becoming work.

mod calls;
mod queries;

use std::collections::{BTreeMap, BTreeSet};

use zeroback_protocol::{
    ClientMessage, ErrorCode, FunctionKind, PROTOCOL_VERSION, QueryId, RequestId, ServerMessage,
    WireError, request_id_of,
};

use super::Engine;
use super::flow::Flow;
use super::live::{ExecutionId, Leaves};
use super::news::{News, Told};
use super::outbox::{ConnectionId, Output};
use super::queues::Place;
use super::rate::Bucket;
use super::standing::Standing;
use super::store::Store;
use super::viewer::Viewer;
use crate::planted::{self, Bug};
pub(super) use calls::{Access, CallOrigin, Caller};

/// Closes a connection that broke the protocol.
const CLOSE_BAD_PROTOCOL: u16 = 4400;

/// A client may take back all that it has and ask for as much again, and a little more.
const QUERY_SET_CHANGES_PER_QUERY: usize = 4;

/// One connection.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) is_connected: bool,
    pub(super) viewer: Viewer,
    pub(super) standing: Standing,
    /// Those that were refused have no execution.
    pub(super) queries: BTreeMap<QueryId, Option<ExecutionId>>,
    /// The number of the newest set of live queries.
    pub(super) last_set: Option<u64>,
    /// Those that the client has not been told the outcome of.
    in_flight: BTreeSet<RequestId>,
    calls: Bucket,
    pub(super) news: News,
    pub(super) flow: Flow,
}

impl Session {
    pub(super) fn new(flow: Flow, calls: Bucket) -> Self {
        Self {
            is_connected: false,
            viewer: Viewer::default(),
            standing: Standing::default(),
            queries: BTreeMap::new(),
            last_set: None,
            in_flight: BTreeSet::new(),
            calls,
            news: News::default(),
            flow,
        }
    }

    /// Takes what the next transition says.
    pub(super) fn take_news(&mut self) -> Told {
        for request_id in self.news.answered() {
            self.in_flight.remove(&request_id);
        }
        self.news.take()
    }

    /// Returns the execution of a live query that was not refused.
    pub(super) fn execution(&self, query_id: QueryId) -> Option<ExecutionId> {
        self.queries.get(&query_id).copied().flatten()
    }
}

impl<S: Store> Engine<S> {
    /// Takes in a new socket.
    pub fn handle_open(&mut self, connection: ConnectionId) {
        let calls = Bucket::new(self.config.rate(), self.now_ms);
        let session = Session::new(Flow::new(), calls);
        self.sessions.insert(connection, session);
        self.touch(connection);
    }

    /// Forgets a socket; mutations of it that wait are run all the same.
    pub fn handle_close(&mut self, connection: ConnectionId) {
        let Some(session) = self.sessions.remove(&connection) else {
            return;
        };
        self.folded.remove(&connection);
        self.touch(connection);
        self.forget_standing(connection, &session.standing);
        for (query_id, execution) in session.queries {
            if let Some(execution) = execution {
                let subscriber = (connection, query_id);
                self.live.unsubscribe(execution, subscriber, Leaves::Lost);
            }
        }
        self.waiting_reads
            .retain(|read| !matches!(read.caller, Caller::Request(of, _) if of == connection));
    }

    /// Takes in a text frame.
    pub fn handle_message(&mut self, connection: ConnectionId, json: &str) {
        if !self.sessions.contains_key(&connection) {
            return;
        }
        if json.len() > self.config.message_bytes_max {
            let error = WireError::new(
                ErrorCode::MESSAGE_TOO_LARGE,
                format!(
                    "the message has {} bytes, and messageBytesMax is {}",
                    json.len(),
                    self.config.message_bytes_max
                ),
            );
            self.refuse(connection, error, request_id_of(json));
            return;
        }
        if is_array(json) {
            let text = "message: expected an object with a type, found an array";
            let error = WireError::new(ErrorCode::BAD_MESSAGE, text);
            self.refuse(connection, error, None);
            return;
        }
        match ClientMessage::parse(json) {
            Ok(message) => {
                if let Some(message) = self.unless_it_waits(connection, message, json.len()) {
                    self.handle_client_message(connection, message);
                }
            }
            Err(bad) => self.refuse(connection, bad.error, bad.request_id),
        }
        self.close_overwhelmed(connection);
    }

    /// Takes in a binary frame, which the protocol does not have.
    pub fn handle_binary(&mut self, connection: ConnectionId) {
        if self.sessions.contains_key(&connection) {
            let error = WireError::new(
                ErrorCode::BAD_MESSAGE,
                "message: expected a text frame, found a binary one",
            );
            self.refuse(connection, error, None);
        }
    }

    pub(super) fn handle_client_message(
        &mut self,
        connection: ConnectionId,
        message: ClientMessage,
    ) {
        let session = self.session(connection);
        if !session.is_connected && !matches!(message, ClientMessage::Connect { .. }) {
            let text = "message.type: the first message must be \"connect\"";
            let error = WireError::new(ErrorCode::NOT_CONNECTED, text);
            self.refuse(connection, error, None);
            let reason = "the first message must be connect";
            self.close(connection, CLOSE_BAD_PROTOCOL, reason);
            return;
        }
        match message {
            ClientMessage::Connect { protocol } => self.connect(connection, protocol),
            ClientMessage::QuerySet { set, add, remove } => {
                let changes_max = QUERY_SET_CHANGES_PER_QUERY * self.config.queries_max;
                if add.len() + remove.len() > changes_max {
                    let text = format!(
                        "message: one querySet may add and remove at most {changes_max} queries"
                    );
                    let error = WireError::new(ErrorCode::TOO_MANY_QUERIES, text);
                    self.refuse(connection, error, None);
                    return;
                }
                if let Some(set) = set
                    && !self.take_set(connection, set)
                {
                    return;
                }
                for query_id in remove {
                    self.remove_query(connection, query_id);
                }
                for query in add {
                    // Each refusal is sent, and the client may be cut off for not reading them.
                    if !self.sessions.contains_key(&connection) {
                        return;
                    }
                    self.add_query(connection, query);
                }
            }
            ClientMessage::Query { request_id, call } => {
                self.start_request(connection, request_id, FunctionKind::Query, &call, None);
            }
            ClientMessage::Mutation {
                request_id,
                call,
                place,
            } => {
                let place = place
                    .filter(|_| !planted::has(Bug::IgnoresPlaces))
                    .map(Place::Queue);
                self.start_request(connection, request_id, FunctionKind::Mutation, &call, place);
            }
            ClientMessage::Action {
                request_id,
                call,
                key,
            } => {
                let place = key.map(|key| Place::Key(self.queues.key.of_action_key(key)));
                self.start_request(connection, request_id, FunctionKind::Action, &call, place);
            }
            ClientMessage::Authenticate { token } => self.authenticate(connection, token),
            ClientMessage::Ack { transitions } => self.acknowledge(connection, transitions),
        }
    }

    fn connect(&mut self, connection: ConnectionId, protocol: u32) {
        if protocol != PROTOCOL_VERSION {
            let error = WireError::new(
                ErrorCode::UNSUPPORTED_PROTOCOL,
                format!(
                    "message.protocol: this server speaks version {PROTOCOL_VERSION}, not {protocol}"
                ),
            );
            self.refuse(connection, error, None);
            self.close(
                connection,
                CLOSE_BAD_PROTOCOL,
                "unsupported protocol version",
            );
            return;
        }
        self.session(connection).is_connected = true;
        self.touch(connection);
        let message = ServerMessage::Connected {
            protocol: PROTOCOL_VERSION,
            limits: self.config.wire_limits(),
            identity: self.identity_of(&self.sessions[&connection].viewer),
        };
        self.send(connection, &message);
    }

    /// Takes in how much a client has read. What was held back is put together anew.
    fn acknowledge(&mut self, connection: ConnectionId, transitions: u64) {
        let bytes_max = self.config.unacknowledged_bytes_max;
        let is_folded = self.folded.contains(&connection);
        let session = self.session(connection);
        session.flow.acknowledge(transitions);
        if !is_folded || session.flow.is_full(bytes_max) {
            return;
        }
        for query_id in session.news.changed().collect::<Vec<_>>() {
            if let Some(execution) = self.sessions[&connection].execution(query_id) {
                self.live.ask(execution, (connection, query_id));
            }
        }
        self.with_news.insert(connection);
    }

    /// Tells a client that a message could not be taken.
    fn refuse(
        &mut self,
        connection: ConnectionId,
        error: WireError,
        request_id: Option<RequestId>,
    ) {
        let error = self.calls.named(error);
        self.send(connection, &ServerMessage::Error { error, request_id });
    }

    fn close(&mut self, connection: ConnectionId, code: u16, reason: &'static str) {
        if !self.sessions.contains_key(&connection) {
            return;
        }
        self.handle_close(connection);
        self.outputs.push_back(Output::Close {
            connection,
            code,
            reason,
        });
    }

    fn session(&mut self, connection: ConnectionId) -> &mut Session {
        self.sessions
            .get_mut(&connection)
            .expect("only open connections are handled")
    }
}

/// Tells an array, which serde takes for a struct's fields in their order.
fn is_array(json: &str) -> bool {
    json.trim_start().starts_with('[')
}
