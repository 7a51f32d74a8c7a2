//! Pages that the program renders by itself: a router of the author's own behind the server's, and the backend
//! that it asks, in the same process.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::http::HeaderMap;
use zeroback_protocol::{ErrorCode, FunctionKind, Outcome, QueryCall, Tag, WireError, encode};

use super::engine_thread::{EngineHandle, HttpCall, Unanswered};
use super::http::authorization;
use super::log::log;
use crate::engine::cookies_of;
use crate::function::typed;
use crate::{CallError, Error, FunctionError, Value};

/// What a page is rendered from: the server's own queries, without a way through the network.
///
/// It does not keep the server from stopping; then it answers with `unavailable`.
#[derive(Clone, Debug)]
pub struct Backend(EngineHandle);

/// Makes the router of what is at no path of the server's own, before it listens: one of axum 0.8.
///
/// ```ignore
/// let pages = Pages::new(|backend| {
///     Router::new().route("/tasks/{project}", get(move |Path(project_id), headers| async move {
///         match backend.query(tasks::list::Args { project_id }, &headers).await {
///             Ok(tasks) => page(tasks).into_response(),
///             Err(error) => error_page(error).into_response(),
///         }
///     }))
/// });
/// ```
#[derive(Clone)]
pub struct Pages(Arc<dyn Fn(Backend) -> Router + Send + Sync>);

impl Pages {
    /// Takes what makes the router, which is called once for each server.
    pub fn new(router: impl Fn(Backend) -> Router + Send + Sync + 'static) -> Self {
        Self(Arc::new(router))
    }

    pub(super) fn router(&self, engine: EngineHandle) -> Router {
        (self.0)(Backend(engine))
    }
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pages(…)")
    }
}

impl Backend {
    /// Runs a query once, as whoever a request with these headers comes from: by its `Authorization`, or by its
    /// cookies.
    ///
    /// # Errors
    ///
    /// Fails as the function does, with `function_not_found` where it is internal, and as a call over HTTP
    /// does where the server cannot take it.
    pub async fn query<C>(
        &self,
        call: C,
        headers: &HeaderMap,
    ) -> Result<C::Output, CallError<C::Error>>
    where
        C: QueryCall<Output: Value, Error: FunctionError>,
    {
        let args = encode(&call)
            .map_err(|error| Error::new(ErrorCode::BAD_ARGS, error.at("args").to_string()))
            .map_err(CallError::System)?;
        typed::<C>(self.ask(C::PATH, &args, headers).await.0)
    }

    /// Runs a query by its path, with arguments in JSON. Returns what it has come to, and the tag by which a live
    /// query names the value.
    #[doc(hidden)]
    pub async fn ask(&self, path: &str, args: &str, headers: &HeaderMap) -> (Outcome, Option<Tag>) {
        let path = encode(path).expect("a text is JSON");
        let call = HttpCall {
            kind: FunctionKind::Query,
            key: None,
            authorization: authorization(headers),
            // Who else has made the browser ask cannot read the page.
            cookies: cookies_of(headers),
            body: format!(r#"{{"path":{path},"args":{args}}}"#),
        };
        let refused =
            |text| Outcome::Error(log().refused(WireError::new(ErrorCode::UNAVAILABLE, text)));
        match self.0.call(call).await {
            Ok(reply) => (
                Outcome::parse(&reply.body).expect("the engine writes outcomes"),
                reply.tag,
            ),
            Err(Unanswered::Stopped) => (refused("the server is stopping"), None),
            Err(Unanswered::Lost) => (refused("the server failed"), None),
        }
    }
}
