//! One query that a hook shows, for as long as its arguments stay the same.

use std::sync::{Arc, Mutex, Weak};
use std::task::Waker;

use leptos::prelude::{ArcTrigger, Get as _, Notify as _, Track as _, use_context};
use leptos::reactive::computed::suspense::{SuspenseContext, TaskHandle};
use zeroback_protocol::{Outcome, QueryCall, WireError};

use super::context::Zeroback;
use super::renderer::Rendered;
use super::seed::{self, SeedSource};
use crate::call::TypedCall;
use crate::error::bad_result;
use crate::shared::lock;
use crate::{CallError, QueryState, Snapshot, Subscription};

/// One query that a hook shows. Dropped, it is not live any more.
pub(super) struct Live<C: QueryCall + TypedCall> {
    pub(super) key: String,
    zeroback: Zeroback,
    source: Source<C>,
}

enum Source<C: QueryCall + TypedCall> {
    /// The client keeps it live.
    Subscribed {
        subscription: Subscription<C>,
        changes: Arc<Changes>,
        /// What the page has come with, until there is something live.
        before: QueryState<C::Output, C::Error>,
    },
    /// A server runs it for its page.
    Rendered(Option<SeedSource>),
}

/// Who waits for a change.
#[derive(Default)]
struct Changes {
    trigger: ArcTrigger,
    wakers: Mutex<Vec<Waker>>,
    /// What keeps a `<Suspense>` from showing its children.
    tasks: Mutex<Vec<TaskHandle>>,
}

impl<C: QueryCall + TypedCall> Live<C> {
    pub(super) fn new(
        zeroback: &Zeroback,
        call: &C,
        key: String,
        source: Option<SeedSource>,
    ) -> Self {
        let zeroback = zeroback.clone();
        let Some(client) = zeroback.client() else {
            return Self {
                key,
                zeroback,
                source: Source::Rendered(source),
            };
        };
        let seed = source.as_ref().and_then(seed::present);
        let rendered = seed.and_then(|seed| seed.of(&key));
        let mut before = QueryState::Loading;
        if let Some(rendered) = rendered {
            if let Outcome::Success(value) = &rendered.outcome {
                client.seed(call, Snapshot::new(rendered.tag, value));
            }
            before = state_of(rendered);
        }
        let changes = Arc::new(Changes::default());
        let subscription = client.subscribe_to(call);
        let heard: Weak<Changes> = Arc::downgrade(&changes);
        subscription.on_change(move || {
            if let Some(changes) = heard.upgrade() {
                changes.tell();
            }
        });
        Self {
            key,
            zeroback,
            source: Source::Subscribed {
                subscription,
                changes,
                before,
            },
        }
    }

    /// Returns what is to be shown. Is tracked, and keeps a `<Suspense>` around it waiting while nothing has come.
    pub(super) fn get(&self) -> QueryState<C::Output, C::Error> {
        let suspense = use_context::<SuspenseContext>();
        match &self.source {
            Source::Rendered(seed) => {
                // The browser could not take over what it does not have yet.
                let seed = seed.as_ref().filter(|_| suspense.is_some());
                let seed = seed.and_then(|seed| seed.get());
                let rendered = seed.and_then(|seed| seed.of(&self.key));
                rendered.map_or(QueryState::Loading, state_of)
            }
            Source::Subscribed {
                subscription,
                changes,
                before,
            } => {
                changes.trigger.track();
                if suspense.is_none() && !self.zeroback.is_hydrated() {
                    return QueryState::Loading;
                }
                let state = first_of(subscription.state(), before);
                if let (QueryState::Loading, Some(suspense)) = (&state, suspense) {
                    lock(&changes.tasks).push(suspense.task_id());
                }
                state
            }
        }
    }

    /// Returns the same for what waits outside of all that is drawn; while nothing has come, the waker is called with
    /// the next change.
    pub(super) fn poll(&self, waker: &Waker) -> QueryState<C::Output, C::Error> {
        match &self.source {
            Source::Rendered(seed) => {
                let seed = seed.as_ref().and_then(|source| seed::poll(source, waker));
                let rendered = seed.and_then(|seed| seed.of(&self.key));
                rendered.map_or(QueryState::Loading, state_of)
            }
            Source::Subscribed {
                subscription,
                changes,
                before,
            } => {
                changes.trigger.track();
                // Before looking, so that no change goes by unheard.
                lock(&changes.wakers).push(waker.clone());
                first_of(subscription.state(), before)
            }
        }
    }
}

impl Changes {
    fn tell(&self) {
        let tasks = std::mem::take(&mut *lock(&self.tasks));
        let wakers = std::mem::take(&mut *lock(&self.wakers));
        self.trigger.notify();
        drop(tasks);
        for waker in wakers {
            waker.wake();
        }
    }
}

/// Returns what is live, or else what there was before.
fn first_of<T, E>(live: QueryState<T, E>, before: &QueryState<T, E>) -> QueryState<T, E> {
    if live.is_loading() {
        before.clone()
    } else {
        live
    }
}

fn state_of<T, E>(rendered: Rendered) -> QueryState<T, E>
where
    T: serde::de::DeserializeOwned,
    E: zeroback_protocol::TypedError,
{
    let error = |error: WireError| QueryState::Error(Arc::new(CallError::from_wire(error)));
    match rendered.outcome {
        Outcome::Success(value) => match serde_json::from_str(value.as_str()) {
            Ok(value) => QueryState::Ready {
                data: Arc::new(value),
                stale: true,
            },
            Err(fault) => error(bad_result(&fault)),
        },
        Outcome::Error(told) => error(told),
    }
}
