//! Sessions: what each connection has asked for, and messages becoming work.

use std::collections::{BTreeMap, BTreeSet};

use zeroback_protocol::{
    Call, ClientMessage, ErrorCode, FunctionKind, Outcome, PROTOCOL_VERSION, QueryId, RequestId,
    ServerMessage, ServerRequestId, SubscribedQuery, WireError, request_id_of, shortened,
};

use super::actions::{ActionId, CallId};
use super::commit::{WaitingMutation, Work};
use super::flow::Flow;
use super::jobs::JobCall;
use super::live::{ExecutionId, Held, Leaves};
use super::news::{News, Told};
use super::outbox::{ConnectionId, Output, Ticket};
use super::queues::Place;
use super::rate::{Bucket, too_soon};
use super::run::guarded;
use super::standing::Standing;
use super::store::Store;
use super::turn::WaitingRead;
use super::viewer::Viewer;
use super::watches::Watcher;
use super::{Engine, Status};
use crate::planted::{self, Bug};
use crate::registry::{FunctionDef, Handler};

/// Closes a connection that broke the protocol.
const CLOSE_BAD_PROTOCOL: u16 = 4400;

/// Closes a connection that subscribes more often than it may.
const CLOSE_RATE_LIMITED: u16 = 4429;

/// A client may take back all that it has and ask for as much again, and a little more.
const QUERY_SET_CHANGES_PER_QUERY: usize = 4;

/// The longest `Idempotency-Key`.
const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;

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

/// Who gets the outcome of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    Request(ConnectionId, RequestId),
    Ticket(Ticket),
    Action(ActionId, CallId),
    /// An action that is to begin.
    Begins(ActionId),
    /// An action that has ended.
    Ends(ActionId),
    /// A job.
    Job(JobCall),
    /// It is only recorded.
    Nobody,
}

/// Who may call what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Public functions, as clients call them.
    Public,
    /// Internal functions too, as the operator and other functions call them.
    Operator,
}

/// How a call has come.
#[derive(Debug)]
pub(super) struct CallOrigin {
    pub(super) request_id: ServerRequestId,
    /// On whose behalf.
    pub(super) viewer: Viewer,
    pub(super) access: Access,
    /// What lets it be made once.
    pub(super) place: Option<Place>,
    /// The action that makes it.
    pub(super) watcher: Option<Watcher>,
    /// Whether it is only to be made if what this one has read still stands.
    pub(super) if_unchanged: bool,
}

impl CallOrigin {
    fn client(request_id: ServerRequestId, viewer: Viewer, place: Option<Place>) -> Self {
        Self {
            request_id,
            viewer,
            access: Access::Public,
            place,
            watcher: None,
            if_unchanged: false,
        }
    }
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

    /// Takes in a call that did not come through a socket: its outcome is an [`Output::Reply`].
    ///
    /// `body` is that of `POST /api/query`, `/api/mutation` or `/api/action`, and `key` its
    /// `Idempotency-Key`, which is of no use to a query.
    pub fn handle_call(
        &mut self,
        ticket: Ticket,
        kind: FunctionKind,
        key: Option<&str>,
        body: &str,
    ) {
        self.start_ticket(ticket, Viewer::default(), kind, key, body);
    }

    /// Takes in a call of somebody that did not come through a socket.
    pub(super) fn start_ticket(
        &mut self,
        ticket: Ticket,
        viewer: Viewer,
        kind: FunctionKind,
        key: Option<&str>,
        body: &str,
    ) {
        let key = key.filter(|_| kind != FunctionKind::Query);
        if let Some(error) = key.and_then(refusal_of_key) {
            return self.answer(Caller::Ticket(ticket), Outcome::Error(error));
        }
        let rate = self.config.rate();
        if let Err(retry_after_ms) = self.people.take(&viewer, rate, self.now_ms) {
            let error = too_soon(retry_after_ms).refusing(kind);
            return self.answer(Caller::Ticket(ticket), Outcome::Error(error));
        }
        let place = key.map(|key| Place::Key(self.queues.key.of_idempotency_key(key)));
        match self.call_of(body) {
            Ok(call) => {
                let origin = CallOrigin::client(self.calls.begin(), viewer, place);
                self.start_call(Caller::Ticket(ticket), kind, &call, origin);
            }
            Err(error) => self.answer(Caller::Ticket(ticket), Outcome::Error(error)),
        }
    }

    /// Takes in the body of a request by the operator, as [`Engine::handle_operator_call`] takes the call
    /// that it is.
    pub fn handle_operator_request(&mut self, ticket: Ticket, body: &str) {
        match self.call_of(body) {
            Ok(call) => self.handle_operator_call(ticket, &call),
            Err(error) => self.answer(Caller::Ticket(ticket), Outcome::Error(error)),
        }
    }

    /// Reads the body of a request.
    fn call_of(&self, body: &str) -> Result<Call, WireError> {
        let bytes_max = self.config.message_bytes_max;
        if body.len() > bytes_max {
            let bytes = body.len();
            let text = format!("the body has {bytes} bytes, and messageBytesMax is {bytes_max}");
            return Err(WireError::new(ErrorCode::MESSAGE_TOO_LARGE, text));
        }
        if is_array(body) {
            let text = "body: expected an object with a path, found an array";
            return Err(WireError::new(ErrorCode::BAD_MESSAGE, text));
        }
        Call::parse(body)
    }

    /// Takes in a call by the operator, who may call internal functions and need not say what
    /// kind of function it is.
    pub fn handle_operator_call(&mut self, ticket: Ticket, call: &Call) {
        self.handle_operator_call_as(ticket, Viewer::default(), call);
    }

    /// Takes in a call by the operator on behalf of somebody.
    pub(crate) fn handle_operator_call_as(&mut self, ticket: Ticket, viewer: Viewer, call: &Call) {
        let kind = self
            .app
            .function(&call.path)
            .map_or(FunctionKind::Query, FunctionDef::kind);
        let origin = CallOrigin {
            access: Access::Operator,
            ..CallOrigin::client(self.calls.begin(), viewer, None)
        };
        self.start_call(Caller::Ticket(ticket), kind, call, origin);
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
        };
        self.send(connection, &message);
    }

    /// Takes in the number of a set of live queries; returns whether it may be taken in.
    fn take_set(&mut self, connection: ConnectionId, set: u64) -> bool {
        let session = self.session(connection);
        if session.last_set.is_some_and(|last| set <= last) {
            let text = "message.set: must be greater than that of the set before";
            let error = WireError::new(ErrorCode::BAD_MESSAGE, text);
            self.refuse(connection, error, None);
            return false;
        }
        session.last_set = Some(set);
        if !planted::has(Bug::ForgetsSets) {
            session.news.set(set);
        }
        self.with_news.insert(connection);
        self.touch(connection);
        true
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

    fn add_query(&mut self, connection: ConnectionId, query: SubscribedQuery) {
        let queries_max = self.config.queries_max;
        let (rate, now_ms) = (self.config.rate(), self.now_ms);
        let session = self.session(connection);
        if session.queries.contains_key(&query.query_id) {
            let text = format!("message.add: queryId {} is in use", query.query_id.0);
            let error = WireError::new(ErrorCode::DUPLICATE_ID, text);
            self.refuse(connection, error, None);
            return;
        }
        let is_too_much = session.calls.borrow(rate, now_ms);
        let viewer = &self.sessions[&connection].viewer;
        self.people.borrow(viewer, rate, now_ms);
        if is_too_much {
            return self.close(connection, CLOSE_RATE_LIMITED, "too many calls");
        }
        if self.session(connection).queries.len() >= queries_max {
            let text =
                format!("the connection has {queries_max} live queries, which is queriesMax");
            self.fail_query(
                connection,
                query.query_id,
                WireError::new(ErrorCode::TOO_MANY_QUERIES, text),
            );
            return;
        }
        let found = self
            .find(FunctionKind::Query, &query.call, Access::Public)
            .and_then(|function| {
                let args = self.live_args(&function, &query.call)?;
                Ok((function.path, args))
            });
        let execution = match found {
            Ok((path, args)) => {
                let subscriber = (connection, query.query_id);
                // Who is told an error has lost the result that it held.
                let tag = query.tag.filter(|_| self.status() == Status::Ready);
                let held = tag.map_or(Held::Nothing, Held::Result);
                let viewer = &self.sessions[&connection].viewer;
                Some(self.live.subscribe(path, args, viewer, subscriber, held))
            }
            Err(error) => {
                self.fail_query(connection, query.query_id, error);
                None
            }
        };
        if let (Some(_), Some(error)) = (execution, self.refusal()) {
            // It runs when the engine is ready.
            self.fail_query(connection, query.query_id, error);
        }
        if let Some(execution) = execution {
            self.note_subscribed(execution);
        }
        let session = self.session(connection);
        session.queries.insert(query.query_id, execution);
        self.touch(connection);
    }

    /// Returns the present result of a live query, for [`TestApp`](crate::testing::TestApp).
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn live_result(
        &self,
        connection: ConnectionId,
        query_id: QueryId,
    ) -> Option<Outcome> {
        let execution = self.sessions.get(&connection)?.execution(query_id)?;
        self.live.get(execution).outcome().cloned()
    }

    /// Returns all live queries.
    pub(super) fn subscribed(&self) -> Vec<(ConnectionId, QueryId)> {
        let sessions = self.sessions.iter();
        let queries = |(connection, session): (&ConnectionId, &Session)| {
            let connection = *connection;
            let ids: Vec<_> = session.queries.keys().copied().collect();
            ids.into_iter().map(move |query_id| (connection, query_id))
        };
        sessions.flat_map(queries).collect()
    }

    /// Decodes arguments and encodes them again, so that equal calls are one; an author's own
    /// decoding may panic.
    fn live_args(&mut self, function: &FunctionDef, call: &Call) -> Result<String, WireError> {
        let args = guarded(|| (function.canonical_args)(call.args.as_str())).map_err(|error| {
            let request_id = self.calls.begin();
            self.told_of(request_id, function.path, &error)
        })?;
        let bytes_max = self.config.live_args_bytes_max;
        if args.len() > bytes_max {
            let text = format!(
                "args: a live query may have at most {bytes_max} bytes of arguments, not {}",
                args.len()
            );
            return Err(WireError::new(ErrorCode::LIMIT_EXCEEDED, text));
        }
        Ok(args)
    }

    fn remove_query(&mut self, connection: ConnectionId, query_id: QueryId) {
        let session = self.session(connection);
        session.news.forget(query_id);
        let removed = session.queries.remove(&query_id);
        self.touch(connection);
        if let Some(Some(execution)) = removed {
            let subscriber = (connection, query_id);
            self.live.unsubscribe(execution, subscriber, Leaves::Done);
        }
    }

    fn start_request(
        &mut self,
        connection: ConnectionId,
        request_id: RequestId,
        kind: FunctionKind,
        call: &Call,
        place: Option<Place>,
    ) {
        if !self.session(connection).in_flight.insert(request_id) {
            let text = format!("message.requestId: {} is still in flight", request_id.0);
            let error = WireError::new(ErrorCode::DUPLICATE_ID, text);
            self.refuse(connection, error, None);
            return;
        }
        let caller = Caller::Request(connection, request_id);
        let (rate, now_ms) = (self.config.rate(), self.now_ms);
        let session = self.session(connection);
        let viewer = session.viewer.clone();
        let granted = session.calls.take(rate, now_ms);
        let granted = granted.and_then(|()| self.people.take(&viewer, rate, now_ms));
        if let Err(retry_after_ms) = granted {
            return self.answer(caller, Outcome::Error(too_soon(retry_after_ms)));
        }
        let origin = CallOrigin::client(self.calls.begin(), viewer, place);
        self.start_call(caller, kind, call, origin);
    }

    pub(super) fn start_call(
        &mut self,
        caller: Caller,
        kind: FunctionKind,
        call: &Call,
        origin: CallOrigin,
    ) {
        let CallOrigin {
            request_id,
            viewer,
            access,
            place,
            watcher,
            if_unchanged,
        } = origin;
        if let Some(error) = self.refusal() {
            return self.answer(caller, Outcome::Error(error.refusing(kind)));
        }
        let place = place.map(|place| {
            let key = &self.queues.key;
            (place.of_person(key, viewer.person()), key.of_call(call))
        });
        let function = match self.find(kind, call, access) {
            Ok(function) => function,
            Err(error) if place.is_some() && kind == FunctionKind::Mutation => {
                let work = Work::Refuse(self.calls.named(error));
                let mutation = WaitingMutation {
                    request_id,
                    caller,
                    viewer,
                    work,
                    place,
                    writer: watcher,
                    if_unchanged,
                };
                return self.waiting_mutations.push_back(mutation);
            }
            Err(error) => return self.answer(caller, Outcome::Error(error)),
        };
        match function.handler {
            Handler::Query(handler) => self.waiting_reads.push_back(WaitingRead {
                request_id,
                caller,
                viewer,
                path: function.path,
                handler,
                args: call.args.clone(),
                watcher,
            }),
            Handler::Mutation(handler) => self.waiting_mutations.push_back(WaitingMutation {
                request_id,
                caller,
                viewer,
                work: Work::Run {
                    path: function.path,
                    handler,
                    args: call.args.clone(),
                },
                place,
                writer: watcher,
                if_unchanged,
            }),
            Handler::Action(handler) => {
                let key = place.and_then(|(place, fingerprint)| match place {
                    Place::Key(key) => Some((key, fingerprint)),
                    Place::Queue(_) => None,
                });
                let args = call.args.clone();
                let made_by = (request_id, viewer);
                self.start_action(caller, made_by, function.path, handler, args, key);
            }
        }
    }

    /// Finds the function of a call.
    fn find(
        &self,
        kind: FunctionKind,
        call: &Call,
        access: Access,
    ) -> Result<FunctionDef, WireError> {
        let function = self
            .app
            .function(&call.path)
            .filter(|function| access == Access::Operator || !function.meta.internal)
            .ok_or_else(|| {
                let path = shortened(&call.path);
                let text = format!("path: there is no public function \"{path}\"");
                WireError::new(ErrorCode::FUNCTION_NOT_FOUND, text)
            })?;
        if function.kind() != kind {
            let (path, is) = (function.path, function.kind());
            let text = format!(
                "path: \"{path}\" is {} and was called as {}",
                one(is),
                one(kind)
            );
            return Err(WireError::new(ErrorCode::WRONG_KIND, text));
        }
        if !call.args.as_str().starts_with('{') {
            let text = "args: expected an object with the arguments by their names";
            return Err(WireError::new(ErrorCode::BAD_ARGS, text));
        }
        Ok(*function)
    }

    /// Notes the outcome of a call for whoever made it.
    pub(super) fn answer(&mut self, caller: Caller, outcome: Outcome) {
        let outcome = match outcome {
            Outcome::Error(error) => Outcome::Error(self.calls.named(error)),
            success => success,
        };
        match caller {
            Caller::Request(connection, request_id) => {
                if let Some(session) = self.sessions.get_mut(&connection) {
                    session.news.answer(request_id, outcome);
                    self.with_news.insert(connection);
                }
            }
            Caller::Ticket(ticket) => {
                let status = match &outcome {
                    Outcome::Success(_) => 200,
                    Outcome::Error(error) => error.code.http_status(),
                };
                self.outputs.push_back(Output::Reply {
                    ticket,
                    status,
                    body: outcome.encode(),
                });
            }
            Caller::Action(action, call) => self.outputs.push_back(Output::Answer {
                action,
                call,
                outcome,
            }),
            Caller::Begins(action) => self.end_action(action, outcome),
            Caller::Ends(action) => self.note_ended(action),
            Caller::Job(call) => self.job_told(call, outcome),
            Caller::Nobody => {}
        }
    }

    /// Notes that a live query is refused.
    pub(super) fn fail_query(
        &mut self,
        connection: ConnectionId,
        query_id: QueryId,
        error: WireError,
    ) {
        let error = self.calls.named(error);
        if let Some(session) = self.sessions.get_mut(&connection) {
            session.news.fail(query_id, error);
            self.with_news.insert(connection);
            self.touch(connection);
        }
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

/// Refuses what is no `Idempotency-Key`.
fn refusal_of_key(key: &str) -> Option<WireError> {
    let is_visible = key.bytes().all(|byte| byte.is_ascii_graphic());
    if is_visible && (1..=IDEMPOTENCY_KEY_BYTES_MAX).contains(&key.len()) {
        return None;
    }
    let text = format!(
        "Idempotency-Key: expected 1 to {IDEMPOTENCY_KEY_BYTES_MAX} visible ASCII characters"
    );
    Some(WireError::new(ErrorCode::BAD_MESSAGE, text))
}

/// Tells an array, which serde takes for a struct's fields in their order.
fn is_array(json: &str) -> bool {
    json.trim_start().starts_with('[')
}

/// Returns the word for a kind of function behind its article.
fn one(kind: FunctionKind) -> &'static str {
    match kind {
        FunctionKind::Query => "a query",
        FunctionKind::Mutation => "a mutation",
        FunctionKind::Action => "an action",
    }
}
