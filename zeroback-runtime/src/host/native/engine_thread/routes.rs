//! What the engine's thread is told of requests to routes.

use tokio::sync::oneshot;
use zeroback_protocol::WireError;

use super::super::http;
use super::super::routes::RouteJob;
use super::{ActionDoor, ActionName, EngineHandle, EngineLoop, Event};
use crate::Error;
use crate::engine::{ActionId, Credentials, cookies_of};

/// What happens to a request.
pub(super) enum RouteStep {
    Begins(Box<RouteJob>),
    Failed(ActionName, Error, oneshot::Sender<WireError>),
    Ended(ActionName),
}

impl EngineHandle {
    /// Has a route answer a request.
    pub(in super::super) async fn route(&self, job: RouteJob) {
        self.send(Event::Route(RouteStep::Begins(Box::new(job))))
            .await;
    }
}

impl ActionDoor {
    /// Returns what is answered in the place of an error, where there is an engine to say so.
    pub(in super::super) async fn route_failed(
        &self,
        name: ActionName,
        error: Error,
    ) -> Option<WireError> {
        let (reply, told) = oneshot::channel();
        let event = Event::Route(RouteStep::Failed(name, error, reply));
        self.0.upgrade()?.send(event).await.ok()?;
        told.await.ok()
    }

    /// Says that a request has been answered.
    pub(in super::super) async fn route_ended(&self, name: ActionName) {
        if let Some(events) = self.0.upgrade() {
            // Without an engine nobody counts it.
            let _ = events.send(Event::Route(RouteStep::Ended(name))).await;
        }
    }
}

impl EngineLoop<'_> {
    pub(super) fn route(&mut self, step: RouteStep) {
        match step {
            RouteStep::Begins(job) => {
                let headers = &job.head.headers;
                let (authorization, cookies) = (http::authorization(headers), cookies_of(headers));
                let credentials = Credentials {
                    authorization: authorization.as_deref(),
                    cookie: cookies.as_deref(),
                };
                let id = self.engine.handle_request(&job.route, credentials);
                self.requests.insert(id, job);
            }
            RouteStep::Failed(name, error, reply) => {
                if name.life == self.life {
                    let _ = reply.send(self.engine.route_failed(name.id, &error));
                }
            }
            RouteStep::Ended(name) => {
                if name.life == self.life {
                    self.engine.end_route(name.id);
                }
            }
        }
    }

    /// Goes on with a request of which the engine has said what becomes of it.
    pub(super) fn begin_route(&mut self, id: ActionId) {
        let (Some(mut job), Some(begun)) = (self.requests.remove(&id), self.engine.take_route(id))
        else {
            return;
        };
        match begun {
            Ok(made_by) => {
                job.made_by = Some(made_by);
                let life = self.life;
                self.host.actions.answer(ActionName { life, id }, job);
            }
            Err(error) => {
                // Whoever asked may have gone.
                let _ = job.answer.send(Err(error));
            }
        }
    }
}
