//! Requests to routes: each is an action that nobody has called by a call. The host runs its handler
//! and answers it; what the engine knows is that it runs, and as whom, so that its calls are taken.
//!
//! A route may use `Authorization` for something of its own, so only a token that says to be of an issuer
//! whom the server trusts is looked at. That one must be right.

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::FutureExt as _;
use zeroback_protocol::{ErrorCode, Outcome, ServerRequestId, WireError};

use super::super::Engine;
use super::super::callers::Credentials;
use super::super::calls::CallKind;
use super::super::key_sets::Looked;
use super::super::outbox::Output;
use super::super::rate::too_soon;
use super::super::run::panicked;
use super::super::store::Store;
use super::super::viewer::Viewer;
use super::{ActionId, Running};
use crate::registry::RouteEntry;
#[cfg(not(target_family = "wasm"))]
use crate::routes::Routes;
use crate::web::{Request, Response};
use crate::{ActionCtx, Error, Result};

/// What a request that waits counts for, in bytes: its head, and what has come of its body.
const WAITING_BYTES: usize = 64 << 10;

/// What the functions of the runtime's own routes begin with.
const OWN: &str = "_zeroback:";

/// Whether a request may be answered: under which id in the log, and as whom.
pub(crate) type Begun = Result<(ServerRequestId, Viewer), WireError>;

/// A request whose token waits for keys.
#[derive(Debug)]
pub(in super::super) struct WaitingRequest {
    id: ActionId,
    function: &'static str,
    token: String,
    is_cookie: bool,
}

/// Has a route answer a request, and turns a panic of its function's into an error that says nothing
/// outside.
pub(crate) async fn guarded_route(
    route: &RouteEntry,
    ctx: &ActionCtx,
    request: Request,
) -> Result<Response> {
    let bytes_max = ctx.world().web_limits().body_bytes_max;
    let request = request.map(|body| body.with_bytes_max(bytes_max));
    let begun = catch_unwind(AssertUnwindSafe(|| (route.handler)(ctx, request)));
    let ended = match begun {
        Ok(future) => AssertUnwindSafe(future).catch_unwind().await,
        Err(panic) => Err(panic),
    };
    ended.unwrap_or_else(|panic| Err(panicked(&*panic)))
}

impl<S: Store> Engine<S> {
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn routes(&self) -> &Routes {
        self.app.routes()
    }

    /// Takes in a request to a route. Once it is known who makes it, an [`Output::Route`] says that
    /// [`Engine::take_route`] tells what becomes of it.
    pub(crate) fn handle_request(
        &mut self,
        route: &RouteEntry,
        credentials: Credentials<'_>,
    ) -> ActionId {
        self.actions.last += 1;
        let id = ActionId(self.actions.last);
        let function = route.function;
        match self.token_of(route, credentials) {
            None => self.settle_request(id, function, Ok(Viewer::default())),
            Some((token, is_cookie)) => {
                let request = WaitingRequest {
                    id,
                    function,
                    token,
                    is_cookie,
                };
                self.look_at_request(request, true);
            }
        }
        id
    }

    /// Returns what becomes of a request that an [`Output::Route`] has named, once: as whom it is
    /// answered, or with which error. Then its action has begun.
    pub(crate) fn take_route(&mut self, id: ActionId) -> Option<Begun> {
        self.actions.requests.remove(&id)
    }

    /// Looks again at those whose keys may have come.
    pub(in super::super) fn retry_waiting_requests(&mut self) {
        for request in std::mem::take(&mut self.authority.waiting_requests) {
            self.look_at_request(request, false);
        }
    }

    /// Returns the token that says who makes a request, and whether it is a cookie's.
    fn token_of(&self, route: &RouteEntry, credentials: Credentials<'_>) -> Option<(String, bool)> {
        // The URL of a file says all that there is to know, and what is about sessions looks for itself.
        if route.function.starts_with(OWN) {
            return None;
        }
        let bearer = credentials.bearer();
        let bearer = bearer.filter(|token| self.is_of_trusted(token));
        let own = bearer.map(|token| (token.to_owned(), false));
        own.or_else(|| Some((self.token_among(credentials.cookie?)?.to_owned(), true)))
    }

    fn look_at_request(&mut self, request: WaitingRequest, may_ask: bool) {
        if let Some(error) = self.refusal() {
            return self.settle_request(request.id, request.function, Err(error));
        }
        let looked = self.look_at(&request.token, may_ask);
        let authority = &mut self.authority;
        let viewer = match looked {
            Looked::Is(identity, _) => Ok(Viewer::of(*identity)),
            Looked::Refused(_) if request.is_cookie => Ok(Viewer::default()),
            Looked::Refused(error) => Err(error),
            Looked::Waits => {
                let bytes = authority.waiting_bytes + request.token.len() + WAITING_BYTES;
                if bytes <= self.config.waiting_calls_bytes_max {
                    authority.waiting_bytes = bytes;
                    authority.waiting_requests.push(request);
                    return;
                }
                let text = "too many requests wait for the keys of a token's issuer; try again";
                Err(WireError::new(ErrorCode::UNAVAILABLE, text))
            }
        };
        self.settle_request(request.id, request.function, viewer);
    }

    fn settle_request(
        &mut self,
        id: ActionId,
        function: &'static str,
        viewer: Result<Viewer, WireError>,
    ) {
        let begun = viewer.and_then(|viewer| {
            let granted = self.people.take(&viewer, self.config.rate(), self.now_ms);
            granted.map_err(too_soon)?;
            let request_id = self.begin(id, function, viewer.clone())?;
            Ok((request_id, viewer))
        });
        let begun = begun.map_err(|error| self.calls.named(error));
        self.actions.requests.insert(id, begun);
        self.outputs.push_back(Output::Route { action: id });
    }

    /// Begins an action for a request of somebody's, of whom a test says who it is; the calls that it makes
    /// are taken by [`Engine::handle_action_call`].
    ///
    /// # Errors
    ///
    /// Fails where no calls are taken, and where as many actions run as may.
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn begin_route(
        &mut self,
        function: &'static str,
        viewer: Viewer,
    ) -> Result<ActionId, WireError> {
        self.actions.last += 1;
        let id = ActionId(self.actions.last);
        self.begin(id, function, viewer)?;
        Ok(id)
    }

    fn begin(
        &mut self,
        id: ActionId,
        function: &'static str,
        viewer: Viewer,
    ) -> Result<ServerRequestId, WireError> {
        if let Some(refusal) = self.refusal() {
            return Err(refusal);
        }
        let actions_max = self.config.actions_max;
        if self.actions.running.len() >= actions_max {
            let text =
                format!("{actions_max} actions run already, which is actions_max; try again");
            return Err(WireError::new(ErrorCode::LIMIT_EXCEEDED, text));
        }
        let request_id = self.calls.begin();
        let running = Running {
            request_id,
            began_ms: self.now_ms,
            callers: Vec::new(),
            path: function,
            viewer,
            waiting: None,
            key: None,
            outcome: None,
        };
        self.actions.running.insert(id, running);
        Ok(request_id)
    }

    /// Returns what is answered in the place of an error; what stays inside goes to the log.
    pub fn route_failed(&mut self, id: ActionId, error: &Error) -> WireError {
        let route = self.actions.running.get(&id);
        let named = route.map(|route| (route.request_id, route.path));
        let (request_id, path) = named.unwrap_or_else(|| (self.calls.begin(), ""));
        let told = self.told_of(request_id, path, error);
        if let Some(route) = self.actions.running.get_mut(&id) {
            route.outcome = Some(Outcome::Error(told.clone()));
        }
        told
    }

    /// Ends the action of a request.
    pub fn end_route(&mut self, id: ActionId) {
        self.watches.forget_action(id);
        if let Some(route) = self.actions.running.remove(&id) {
            let line = route.line(CallKind::Http, self.now_ms);
            self.calls.note(match &route.outcome {
                Some(outcome) => line.of(outcome),
                None => line,
            });
        }
    }
}

#[cfg(test)]
mod tests;
