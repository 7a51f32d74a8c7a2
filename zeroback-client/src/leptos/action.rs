//! Actions, and what they have in common with mutations.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_channel::oneshot;
use leptos::prelude::{
    ArcRwSignal, Get as _, GetValue as _, Set as _, StoredValue, Update as _, WithValue as _,
};
use leptos::task::spawn;
use zeroback_protocol::{ActionCall, ErrorCode, FunctionCall, WireError};

use super::context::{Zeroback, use_zeroback};
use super::handle::handle;
use crate::call::{Reply, TypedCall};
use crate::error::client_closed;
use crate::{CallError, Client};

/// What a call has come to, shared by all who look at it.
pub(super) type CallResult<C> =
    Result<Arc<<C as FunctionCall>::Output>, Arc<CallError<<C as FunctionCall>::Error>>>;

/// Runs actions of one function, and tells of them.
pub struct ActionHandle<C: ActionCall + TypedCall> {
    calls: Calls<C>,
}

/// Returns what runs actions of one function; which one, its arguments say.
///
/// # Panics
///
/// Panics where [`provide_zeroback`](super::provide_zeroback) was not called in a component around this one.
#[must_use]
pub fn use_action<C: ActionCall + TypedCall>() -> ActionHandle<C> {
    ActionHandle {
        calls: Calls::new(use_zeroback()),
    }
}

handle!(ActionHandle, ActionCall + TypedCall);

impl<C: ActionCall + TypedCall> ActionHandle<C> {
    /// Runs the action, at once. What it returns need not be awaited, and dropping it takes nothing back.
    pub fn call(&self, call: C) -> CallFuture<C> {
        self.calls.make(move |client| client.action(call))
    }

    /// Runs the action, at once, and forgets it: [`ActionHandle::value`] has what it comes to.
    pub fn dispatch(&self, call: C) {
        drop(self.call(call));
    }

    /// Tells whether an action of this handle has no answer yet. Is tracked.
    #[must_use]
    pub fn pending(&self) -> bool {
        self.calls.pending()
    }

    /// Returns what the newest answered action of this handle has come to. Is tracked.
    #[must_use]
    pub fn value(&self) -> Option<CallResult<C>> {
        self.calls.value()
    }
}

/// What a call of a hook will have come to. The call is made already; dropping this does not take it back.
#[must_use = "a call may fail; `dispatch` is for those who do not ask"]
pub struct CallFuture<C: TypedCall> {
    result: oneshot::Receiver<CallResult<C>>,
}

impl<C: TypedCall> Future for CallFuture<C> {
    type Output = CallResult<C>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<CallResult<C>> {
        let result = Pin::new(&mut self.result).poll(cx);
        result.map(|result| {
            result.unwrap_or_else(|_| Err(Arc::new(CallError::System(client_closed()))))
        })
    }
}

/// The calls of a handle.
pub(super) struct Calls<C: TypedCall>(StoredValue<Inner<C>>);

struct Inner<C: TypedCall> {
    zeroback: Zeroback,
    in_flight: ArcRwSignal<usize>,
    value: ArcRwSignal<Option<CallResult<C>>>,
}

impl<C: TypedCall> Calls<C> {
    pub(super) fn new(zeroback: Zeroback) -> Self {
        Self(StoredValue::new(Inner {
            zeroback,
            in_flight: ArcRwSignal::new(0),
            value: ArcRwSignal::new(None),
        }))
    }

    pub(super) fn make(&self, make: impl FnOnce(&Client) -> Reply<C>) -> CallFuture<C> {
        let (sender, result) = oneshot::channel();
        let Inner {
            zeroback,
            in_flight,
            value,
        } = self.0.get_value();
        match zeroback.client() {
            Some(client) => {
                let reply = make(&client);
                in_flight.update(|count| *count += 1);
                spawn(async move {
                    let result: CallResult<C> = reply.await.map(Arc::new).map_err(Arc::new);
                    in_flight.update(|count| *count -= 1);
                    value.set(Some(result.clone()));
                    // Who does not wait does not want to know.
                    let _ = sender.send(result);
                });
            }
            None => {
                let text = "a page that a server renders calls nothing";
                let error = WireError::new(ErrorCode::UNAVAILABLE, text);
                let _ = sender.send(Err(Arc::new(CallError::System(error))));
            }
        }
        CallFuture { result }
    }

    pub(super) fn pending(&self) -> bool {
        self.0.with_value(|inner| inner.in_flight.get() > 0)
    }

    pub(super) fn value(&self) -> Option<CallResult<C>> {
        self.0.with_value(|inner| inner.value.get())
    }
}

impl<C: TypedCall> Clone for Inner<C> {
    fn clone(&self) -> Self {
        Self {
            zeroback: self.zeroback.clone(),
            in_flight: self.in_flight.clone(),
            value: self.value.clone(),
        }
    }
}

impl<C: TypedCall> Clone for Calls<C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C: TypedCall> Copy for Calls<C> {}

impl<C: TypedCall> fmt::Debug for CallFuture<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("CallFuture");
        debug.field("path", &C::PATH).finish_non_exhaustive()
    }
}
