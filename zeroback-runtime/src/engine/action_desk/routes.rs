//! Requests to routes, at the desk: their handlers run as actions do, and their host answers them.

use std::fmt;

use zeroback_protocol::WireError;

use super::super::actions::{ActionId, guarded_route};
use super::{ActionDesk, Request};
use crate::registry::RouteEntry;
use crate::web::{self, Answer, checked};
use crate::{Auth, Error, Result};

/// Tells somebody what is answered in the place of an error.
pub(super) struct Teller(Box<dyn FnOnce(WireError)>);

impl Teller {
    pub(super) fn tell(self, error: WireError) {
        (self.0)(error);
    }
}

impl ActionDesk {
    /// Has a route answer a request. Behind it comes [`ActionDesk::end_route`].
    pub(crate) async fn answer_request(
        &self,
        id: ActionId,
        route: &RouteEntry,
        (request, auth): (web::Request, Auth),
    ) -> Result<Answer> {
        let method = request.method().clone();
        let response = guarded_route(route, &self.ctx(id, auth), request).await?;
        checked(&method, response)
    }

    /// Notes that a route has failed; `tell` is called with what is answered in the place of that.
    pub(crate) fn fail_route(
        &self,
        id: ActionId,
        error: Error,
        tell: impl FnOnce(WireError) + 'static,
    ) {
        self.ask(Request::FailRoute(id, error, Teller(Box::new(tell))));
    }

    /// Notes that a request has its answer.
    pub(crate) fn end_route(&self, id: ActionId) {
        self.ask(Request::EndRoute(id));
    }
}

impl fmt::Debug for Teller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Teller")
    }
}
