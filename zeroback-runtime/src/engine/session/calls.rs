//! Calls: who makes them, which function is meant, and who gets what it comes to.

use zeroback_protocol::{
    Call, ErrorCode, FunctionKind, Outcome, RequestId, ServerRequestId, WireError, shortened,
};

use super::is_array;
use crate::engine::Engine;
use crate::engine::actions::{ActionId, CallId};
use crate::engine::commit::{WaitingMutation, Work};
use crate::engine::jobs::JobCall;
use crate::engine::outbox::{ConnectionId, Output, Ticket};
use crate::engine::queues::Place;
use crate::engine::rate::too_soon;
use crate::engine::store::Store;
use crate::engine::turn::WaitingRead;
use crate::engine::viewer::Viewer;
use crate::engine::watches::Watcher;
use crate::registry::{FunctionDef, Handler};

/// The longest `Idempotency-Key`.
const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;

/// Who gets the outcome of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Caller {
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
pub(in crate::engine) enum Access {
    /// Public functions, as clients call them.
    Public,
    /// Internal functions too, as the operator and other functions call them.
    Operator,
}

/// How a call has come.
#[derive(Debug)]
pub(in crate::engine) struct CallOrigin {
    pub(in crate::engine) request_id: ServerRequestId,
    /// On whose behalf.
    pub(in crate::engine) viewer: Viewer,
    pub(in crate::engine) access: Access,
    /// What lets it be made once.
    pub(in crate::engine) place: Option<Place>,
    /// The action that makes it.
    pub(in crate::engine) watcher: Option<Watcher>,
    /// Whether it is only to be made if what this one has read still stands.
    pub(in crate::engine) if_unchanged: bool,
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

impl<S: Store> Engine<S> {
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
    pub(in crate::engine) fn start_ticket(
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

    pub(super) fn start_request(
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

    pub(in crate::engine) fn start_call(
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
                let work = Work::Refuse(self.calls.refused(request_id, &call.path, error));
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
            Err(error) => {
                let error = self.calls.refused(request_id, &call.path, error);
                return self.answer(caller, Outcome::Error(error));
            }
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
    pub(super) fn find(
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
    pub(in crate::engine) fn answer(&mut self, caller: Caller, outcome: Outcome) {
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
                let (status, tag) = match &outcome {
                    Outcome::Success(_) => (200, Some(self.tag_key.tag(&outcome))),
                    Outcome::Error(error) => (error.code.http_status(), None),
                };
                self.outputs.push_back(Output::Reply {
                    ticket,
                    status,
                    body: outcome.encode(),
                    tag,
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

/// Returns the word for a kind of function behind its article.
fn one(kind: FunctionKind) -> &'static str {
    match kind {
        FunctionKind::Query => "a query",
        FunctionKind::Mutation => "a mutation",
        FunctionKind::Action => "an action",
    }
}
