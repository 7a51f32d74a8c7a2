//! Live queries.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use leptos::prelude::Get as _;
use zeroback_protocol::QueryCall;

use super::handle::handle;
use super::live::{Newest, newest};
use crate::call::TypedCall;
use crate::{CallError, QueryState, Subscription};

/// What a hook asks: a call, or none.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the call of a query",
    label = "expected the `Args` of a `#[query]`, or an `Option` of them",
    note = "`use_query` takes a closure: `use_query(move || tasks::list::Args {{ … }})`"
)]
pub trait MaybeCall<C> {
    /// Returns the call, if there is one.
    fn into_call(self) -> Option<C>;
}

impl<C: QueryCall> MaybeCall<C> for C {
    fn into_call(self) -> Option<C> {
        Some(self)
    }
}

impl<C: QueryCall> MaybeCall<C> for Option<C> {
    fn into_call(self) -> Option<C> {
        self
    }
}

/// A live query as a signal of [`QueryState`], and as a future of its first result.
///
/// It is live for as long as whoever has made it is there. Equal queries of an app are one to the server.
pub struct LiveQuery<C: QueryCall + TypedCall> {
    live: Newest<Subscription<C>>,
}

/// Keeps a query live. What `call` reads is tracked: other arguments are another query, and `None` asks nothing.
///
/// ```ignore
/// let tasks = use_query(move || tasks::list::Args { project_id: project.get() });
/// let found = use_query(move || words.get().map(|words| messages::find::Args { words }));
/// ```
///
/// # Panics
///
/// Panics where [`provide_zeroback`](super::provide_zeroback) was not called in a component around this one.
pub fn use_query<C, M>(call: impl Fn() -> M + Send + Sync + 'static) -> LiveQuery<C>
where
    C: QueryCall + TypedCall,
    M: MaybeCall<C>,
{
    LiveQuery { live: newest(call) }
}

handle!(LiveQuery, QueryCall + TypedCall);

impl<C: QueryCall + TypedCall> LiveQuery<C> {
    /// Returns what is to be shown. Is tracked; while nothing has come, a `<Suspense>` around it shows its fallback.
    #[must_use]
    pub fn get(&self) -> QueryState<C::Output, C::Error> {
        let live = self.live.get();
        live.map_or(QueryState::Skipped, |live| live.get())
    }

    /// Returns the value, where there is one. Is tracked, as [`LiveQuery::get`].
    #[must_use]
    pub fn data(&self) -> Option<Arc<C::Output>> {
        self.get().data().cloned()
    }

    /// Returns the value or the error, once there is one: what an `<ErrorBoundary>` takes. Is tracked, as
    /// [`LiveQuery::get`].
    #[must_use]
    pub fn result(&self) -> Option<QueryResult<C>> {
        match self.get() {
            QueryState::Skipped | QueryState::Loading => None,
            QueryState::Ready { data, .. } => Some(Ok(data)),
            QueryState::Error(error) => Some(Err(error)),
        }
    }
}

type QueryResult<C> = Result<
    Arc<<C as zeroback_protocol::FunctionCall>::Output>,
    Arc<CallError<<C as zeroback_protocol::FunctionCall>::Error>>,
>;

/// The first result of a live query. Asked for in a `Suspend`, it is made anew when the query changes.
///
/// A `<Suspense>` around a `Suspend` shows its fallback each time; a `<Transition>` shows what was there before.
pub struct QueryFuture<C: QueryCall + TypedCall> {
    query: LiveQuery<C>,
}

impl<C: QueryCall + TypedCall> Future for QueryFuture<C> {
    type Output = QueryResult<C>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.query.live.get() {
            // Other arguments make the future anew, where it matters.
            None => Poll::Pending,
            Some(live) => match live.poll(cx.waker()) {
                QueryState::Skipped | QueryState::Loading => Poll::Pending,
                QueryState::Ready { data, .. } => Poll::Ready(Ok(data)),
                QueryState::Error(error) => Poll::Ready(Err(error)),
            },
        }
    }
}

impl<C: QueryCall + TypedCall> fmt::Debug for QueryFuture<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("QueryFuture");
        debug.field("path", &C::PATH).finish_non_exhaustive()
    }
}

impl<C: QueryCall + TypedCall> IntoFuture for LiveQuery<C> {
    type Output = QueryResult<C>;
    type IntoFuture = QueryFuture<C>;

    fn into_future(self) -> QueryFuture<C> {
        QueryFuture { query: self }
    }
}
