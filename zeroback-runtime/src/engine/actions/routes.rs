//! Requests to routes: each is an action that nobody has called by a call. The host runs its handler
//! and answers it; what the engine knows is that it runs, so that its calls are taken.

use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::FutureExt as _;
use zeroback_protocol::{ErrorCode, WireError};

use super::super::Engine;
use super::super::run::panicked;
use super::super::store::Store;
use super::super::viewer::Viewer;
use super::{ActionId, Running};
use crate::registry::RouteEntry;
#[cfg(not(target_family = "wasm"))]
use crate::routes::Routes;
use crate::web::{Request, Response};
use crate::{ActionCtx, Error, Result};

/// Has a route answer a request, and turns a panic of its function's into an error that says nothing
/// outside.
pub(crate) async fn guarded_route(
    route: &RouteEntry,
    ctx: &ActionCtx,
    request: Request,
) -> Result<Response> {
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

    /// Begins an action for a request; the calls that it makes are taken by
    /// [`Engine::handle_action_call`].
    ///
    /// # Errors
    ///
    /// Fails where no calls are taken, and where as many actions run as may.
    pub fn begin_route(&mut self, function: &'static str) -> Result<ActionId, WireError> {
        if let Some(refusal) = self.refusal() {
            return Err(refusal);
        }
        let actions_max = self.config.actions_max;
        if self.actions.running.len() >= actions_max {
            let text =
                format!("{actions_max} actions run already, which is actions_max; try again");
            return Err(WireError::new(ErrorCode::LIMIT_EXCEEDED, text));
        }
        self.actions.last += 1;
        let id = ActionId(self.actions.last);
        let running = Running {
            callers: Vec::new(),
            path: function,
            viewer: Viewer::default(),
            waiting: None,
            key: None,
            outcome: None,
        };
        self.actions.running.insert(id, running);
        Ok(id)
    }

    /// Returns what is answered in the place of an error; what stays inside goes to the log.
    pub fn route_failed(&mut self, id: ActionId, error: &Error) -> WireError {
        let path = self.actions.running.get(&id).map_or("", |route| route.path);
        self.told_of(path, error)
    }

    /// Ends an action that [`Engine::begin_route`] has begun.
    pub fn end_route(&mut self, id: ActionId) {
        self.watches.forget_action(id);
        self.actions.running.remove(&id);
    }
}
