//! Calls as the client makes them, and what they come to.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_channel::oneshot;
use serde::de::DeserializeOwned;
use zeroback_protocol::{FunctionCall, Outcome, Page, QueryCall, TypedError, read_json};

use crate::error::{bad_result, client_closed};
use crate::{CallError, Client};

/// A call whose results and errors this program can read.
///
/// The `Args` of every function are one: what `#[derive(Table)]` and `#[derive(Value)]` make can be read, and is
/// shared between threads unless a field of it cannot be.
pub trait TypedCall:
    FunctionCall<
        Output: DeserializeOwned + Send + Sync + 'static,
        Error: TypedError + Send + Sync + 'static,
    >
{
}

impl<C> TypedCall for C where
    C: FunctionCall<
            Output: DeserializeOwned + Send + Sync + 'static,
            Error: TypedError + Send + Sync + 'static,
        >
{
}

/// A call of a query that takes `page: PageOpts` and returns a [`Page`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the call of a query that returns a `Page`",
    label = "expected the `Args` of a `#[query]` with `page: PageOpts` that returns a `Page<…>`"
)]
pub trait PagedCall:
    QueryCall + TypedCall + FunctionCall<Output = Page<<Self as PagedCall>::Item>>
{
    /// What the pages hold.
    type Item: DeserializeOwned + Send + Sync + 'static;
}

impl<C, T> PagedCall for C
where
    C: QueryCall + TypedCall + FunctionCall<Output = Page<T>>,
    T: DeserializeOwned + Send + Sync + 'static,
{
    type Item = T;
}

/// What a call will have come to. The call is made already; dropping this does not take it back.
#[must_use = "a call may fail"]
pub struct Reply<C: TypedCall> {
    outcome: oneshot::Receiver<Outcome>,
    /// The client lives until it has answered.
    client: Client,
    call: PhantomData<fn() -> C>,
}

impl<C: TypedCall> Reply<C> {
    pub(crate) fn new(client: Client, outcome: oneshot::Receiver<Outcome>) -> Self {
        Self {
            outcome,
            client,
            call: PhantomData,
        }
    }
}

impl<C: TypedCall> Future for Reply<C> {
    type Output = Result<C::Output, CallError<C::Error>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.outcome).poll(cx).map(|outcome| {
            let outcome = outcome.unwrap_or_else(|_| Outcome::Error(client_closed()));
            match outcome {
                Outcome::Success(value) => {
                    read_json(value.as_str()).map_err(|fault| CallError::System(bad_result(&fault)))
                }
                Outcome::Error(error) => Err(CallError::from_wire(error)),
            }
        })
    }
}

impl<C: TypedCall> fmt::Debug for Reply<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Reply");
        debug.field("path", &C::PATH).field("client", &self.client);
        debug.finish()
    }
}
