//! What a [`TestApp`] has of HTTP: a world that a test plays, and requests to routes.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue, Uri, header};
use serde::de::DeserializeOwned;
use zeroback_protocol::{ErrorCode, Outcome, WireError, decode};

use super::TestApp;
use crate::context::Fetched;
use crate::registry::RouteEntry;
use crate::routes::Found;
use crate::web::{Answer, Content, Request, Response, next_piece};
use crate::{Error, Result};

/// Answers the requests that actions make.
type Answers = dyn Fn(Request) -> Result<Response>;

/// The world, as a test plays it.
#[derive(Clone, Default)]
pub(super) struct PlayedWorld(Rc<RefCell<Played>>);

#[derive(Default)]
struct Played {
    answers: Option<Rc<Answers>>,
    variables: BTreeMap<String, String>,
}

/// What a route has answered.
#[derive(Clone, Debug)]
pub struct TestResponse {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, read to its end.
    pub body: Bytes,
}

impl TestApp {
    /// Answers what actions and routes `fetch` from now on. Redirects that it answers with are
    /// followed. Without it every `fetch` fails.
    ///
    /// ```ignore
    /// t.on_fetch(|request| match request.uri().path() {
    ///     "/titles" => Response::from_json(&["a", "b"]),
    ///     _ => Response::from_status(404),
    /// });
    /// ```
    pub fn on_fetch(&self, answers: impl Fn(Request) -> Result<Response> + 'static) {
        let state = self.state.borrow();
        state.world.0.borrow_mut().answers = Some(Rc::new(answers));
    }

    /// Sets what `ctx.env` returns from now on, in this app alone. What no test sets is the process's own.
    ///
    /// ```ignore
    /// t.set_env("RATES_KEY", "a key");
    /// ```
    pub fn set_env(&self, name: &str, value: &str) {
        let state = self.state.borrow();
        let mut played = state.world.0.borrow_mut();
        played.variables.insert(name.to_owned(), value.to_owned());
    }

    /// Makes a request to a route, and runs it to its end.
    ///
    /// # Panics
    ///
    /// Panics where the route waits for something that is not of the app, and where the body of its
    /// answer breaks off.
    #[must_use]
    pub fn http(&self, mut request: Request) -> TestResponse {
        let method = request.method().clone();
        let found = (self.state.borrow().engine.routes()).find(&method, request.uri().path());
        match found {
            Found::Route(route, params) => {
                let path = request.uri().path_and_query().cloned();
                let path = path.unwrap_or_else(|| PathAndQuery::from_static("/"));
                *request.uri_mut() = Uri::from(path);
                request.extensions_mut().insert(params);
                self.answer(route, request)
            }
            Found::OtherMethods(allow) => {
                let text = "this path is for another method";
                let error = WireError::new(ErrorCode::BAD_MESSAGE, text);
                let mut response = TestResponse::refused(405, error);
                let allow = HeaderValue::from_str(&allow).expect("names of methods");
                response.headers.insert(header::ALLOW, allow);
                response
            }
            Found::Refused(error) => TestResponse::refused(400, error),
            Found::Nothing => {
                let text = "there is nothing at this path";
                TestResponse::refused(404, WireError::new(ErrorCode::NOT_FOUND, text))
            }
        }
    }

    fn answer(&self, route: RouteEntry, request: Request) -> TestResponse {
        let (viewer, auth) = (self.viewer.clone(), self.viewer.auth());
        let begun = (self.state.borrow_mut().engine).begin_route(route.function, viewer);
        let id = match begun {
            Ok(id) => id,
            Err(error) => return TestResponse::refused(error.code.http_status(), error),
        };
        let (told, tell) = told_later();
        let desk = self.state.borrow().actions.clone();
        let mut answered = pin!(async {
            let answer = desk.answer_request(id, &route, (request, auth)).await;
            let response = match answer {
                Ok(answer) => Some(TestResponse::read(answer).await),
                Err(error) => {
                    desk.fail_route(id, error, tell);
                    None
                }
            };
            desk.end_route(id);
            response
        });
        let mut cx = Context::from_waker(Waker::noop());
        loop {
            let polled = answered.as_mut().poll(&mut cx);
            let has_asked = self.hand_over();
            if let Poll::Ready(response) = polled {
                return response.unwrap_or_else(|| {
                    let error = told.take().expect("a route that fails is told as what");
                    TestResponse::refused(error.code.http_status(), error)
                });
            }
            assert!(
                has_asked,
                "a route waits for something that is not of the app"
            );
            self.run_actions();
        }
    }

    /// Lets the engine do what was asked for at the desk; returns whether there was anything.
    fn hand_over(&self) -> bool {
        let state = &mut *self.state.borrow_mut();
        let has_asked = state.actions.hand_over(&mut state.engine);
        state.turn();
        has_asked
    }
}

/// Returns where an error is found later, and what puts it there.
fn told_later() -> (Rc<Cell<Option<WireError>>>, impl FnOnce(WireError)) {
    let told = Rc::<Cell<Option<WireError>>>::default();
    let place = Rc::clone(&told);
    (told, move |error| place.set(Some(error)))
}

impl PlayedWorld {
    pub(super) fn env(&self, name: &str) -> Option<String> {
        let set = self.0.borrow().variables.get(name).cloned();
        set.or_else(|| std::env::var(name).ok())
    }

    pub(super) fn fetch(&self, request: Request) -> Fetched {
        let answers = self.0.borrow().answers.clone();
        Box::pin(async move {
            match answers {
                Some(answers) => answers(request),
                None => {
                    let text =
                        "nothing answers `fetch` in this test: say what does by `t.on_fetch(…)`";
                    Err(Error::new(ErrorCode::FETCH_FAILED, text))
                }
            }
        })
    }
}

impl TestResponse {
    /// Returns the body as text.
    ///
    /// # Panics
    ///
    /// Panics where it is none.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8(self.body.to_vec()).expect("the body is text")
    }

    /// Reads the body as JSON.
    ///
    /// # Errors
    ///
    /// Fails where it is none, or of another type.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        Ok(decode(&self.body)?)
    }

    fn refused(status: u16, error: WireError) -> Self {
        let json = HeaderValue::from_static("application/json");
        Self {
            status,
            headers: HeaderMap::from_iter([(header::CONTENT_TYPE, json)]),
            body: Outcome::Error(error).encode().into(),
        }
    }

    async fn read(Answer { head, content }: Answer) -> Self {
        let body = match content {
            Content::Bytes(bytes) => bytes,
            Content::Stream(mut stream) => {
                let mut body = Vec::new();
                while let Some(piece) = next_piece(&mut stream).await {
                    let piece = piece.unwrap_or_else(|error| panic!("the body broke off: {error}"));
                    body.extend_from_slice(&piece);
                }
                body.into()
            }
        };
        Self {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
        }
    }
}

impl fmt::Debug for PlayedWorld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PlayedWorld")
            .field(&self.0.borrow().answers.is_some())
            .finish()
    }
}

#[cfg(test)]
mod tests;
