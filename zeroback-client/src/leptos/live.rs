//! What a hook shows, for as long as its arguments stay the same.

use std::sync::{Arc, Mutex, Weak};
use std::task::Waker;

use leptos::prelude::{
    ArcTrigger, Get as _, GetUntracked as _, Memo, Notify as _, Track as _, use_context,
};
use leptos::reactive::computed::suspense::{SuspenseContext, TaskHandle};
use zeroback_protocol::{Call, Outcome, WireError, read_json};

use super::context::{Zeroback, use_zeroback};
use super::query::MaybeCall;
use super::renderer::Rendered;
use super::seed::{self, Seed, SeedSource};
use super::watch::Watch;
use crate::error::bad_result;
use crate::shared::lock;
use crate::{CallError, QueryState, Snapshot};

/// What is shown of the newest arguments; nothing where nothing is asked.
pub(super) type Newest<W> = Memo<Option<Arc<Live<W>>>>;

/// What a hook shows. Dropped, it is not live any more.
pub(super) struct Live<W: Watch> {
    key: String,
    zeroback: Zeroback,
    source: Source<W>,
}

enum Source<W: Watch> {
    /// The client keeps it live.
    Watched {
        watch: W,
        changes: Arc<Changes>,
        /// What the page has come with, until there is something live.
        before: W::State,
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

/// Keeps live what `call` says, which is tracked.
pub(super) fn newest<W, M>(call: impl Fn() -> M + Send + Sync + 'static) -> Newest<W>
where
    W: Watch,
    M: MaybeCall<W::Call>,
{
    let zeroback = use_zeroback();
    let first = leptos::prelude::untrack(&call).into_call();
    let encoded = first.as_ref().and_then(|call| Call::of(call).ok());
    let source = seed::source(&zeroback, encoded);
    let newest = Memo::new_with_compare(
        move |before: Option<&Option<Arc<Live<W>>>>| {
            let call = call().into_call()?;
            let key = seed::key_of(&call);
            match before {
                Some(Some(before)) if before.key == key => Some(Arc::clone(before)),
                _ => Some(Arc::new(Live::new(&zeroback, &call, key, source.clone()))),
            }
        },
        |before, now| before.map(key) != now.map(key),
    );
    // It is asked for before the page is drawn.
    let _ = newest.get_untracked();
    newest
}

fn key<W: Watch>(live: &Option<Arc<Live<W>>>) -> Option<&str> {
    live.as_ref().map(|live| live.key.as_str())
}

impl<W: Watch> Live<W> {
    fn new(zeroback: &Zeroback, call: &W::Call, key: String, source: Option<SeedSource>) -> Self {
        let zeroback = zeroback.clone();
        let source = match zeroback.client() {
            None => Source::Rendered(source),
            Some(client) => {
                let seed = source.as_ref().and_then(seed::present);
                let rendered = seed.and_then(|seed| seed.of(&key));
                if let Some(Rendered { outcome, tag }) = &rendered
                    && let Outcome::Success(value) = outcome
                {
                    client.seed(call, Snapshot::new(*tag, value));
                }
                let changes = Arc::new(Changes::default());
                let watch = W::open(&client, call);
                let heard: Weak<Changes> = Arc::downgrade(&changes);
                watch.on_change(move || {
                    if let Some(changes) = heard.upgrade() {
                        changes.tell();
                    }
                });
                let before = shown_of::<W>(rendered);
                Source::Watched {
                    watch,
                    changes,
                    before,
                }
            }
        };
        Self {
            key,
            zeroback,
            source,
        }
    }

    /// Returns what is kept live, where it is.
    pub(super) fn watch(&self) -> Option<&W> {
        match &self.source {
            Source::Watched { watch, .. } => Some(watch),
            Source::Rendered(_) => None,
        }
    }

    /// Returns what is to be shown. Is tracked, and keeps a `<Suspense>` around it waiting while nothing has come.
    pub(super) fn get(&self) -> W::State {
        let suspense = use_context::<SuspenseContext>();
        // The browser could not take over what it does not have yet.
        let state = self.shown(|source| suspense.as_ref().and_then(|_| source.get()));
        let Source::Watched { changes, .. } = &self.source else {
            return state;
        };
        match suspense {
            None if !self.zeroback.is_hydrated() => shown_of::<W>(None),
            Some(suspense) if W::is_loading(&state) => {
                lock(&changes.tasks).push(suspense.task_id());
                state
            }
            _ => state,
        }
    }

    /// Returns the same for what waits outside of all that is drawn; while nothing has come, the waker is called with
    /// the next change.
    pub(super) fn poll(&self, waker: &Waker) -> W::State {
        if let Source::Watched { changes, .. } = &self.source {
            // Before looking, so that no change goes by unheard.
            lock(&changes.wakers).push(waker.clone());
        }
        self.shown(|source| seed::poll(source, waker))
    }

    fn shown(&self, seed: impl FnOnce(&SeedSource) -> Option<Seed>) -> W::State {
        match &self.source {
            Source::Rendered(source) => {
                let seed = source.as_ref().and_then(seed);
                shown_of::<W>(seed.and_then(|seed| seed.of(&self.key)))
            }
            Source::Watched {
                watch,
                changes,
                before,
            } => {
                changes.trigger.track();
                let state = watch.state();
                if W::is_loading(&state) {
                    before.clone()
                } else {
                    state
                }
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

/// Returns what a page has come with; without it, what loads.
fn shown_of<W: Watch>(rendered: Option<Rendered>) -> W::State {
    rendered.map_or(QueryState::Loading, state_of).into()
}

fn state_of<T, E>(rendered: Rendered) -> QueryState<T, E>
where
    T: serde::de::DeserializeOwned,
    E: zeroback_protocol::TypedError,
{
    let error = |error: WireError| QueryState::Error(Arc::new(CallError::from_wire(error)));
    match rendered.outcome {
        Outcome::Success(value) => match read_json(value.as_str()) {
            Ok(value) => QueryState::Ready {
                data: Arc::new(value),
                stale: true,
            },
            Err(fault) => error(bad_result(&fault)),
        },
        Outcome::Error(told) => error(told),
    }
}
