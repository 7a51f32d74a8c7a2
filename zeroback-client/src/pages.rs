//! A list that is loaded in pages, and stays one.

mod state;

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, Weak};
use std::task::{Context, Poll};

use futures_core::Stream;
use zeroback_protocol::{Call, ErrorCode, WireError};

pub use state::{PageStatus, PagesState};

use crate::call::PagedCall;
use crate::ear::Ear;
use crate::engine::pages::{Chain, PageRequest};
use crate::engine::{Engine, Listener};
use crate::shared::lock;
use crate::{CallError, Client, Items};

/// A list of which so many pages have been loaded, and all of it is live. It has no gaps and nothing twice, whatever
/// comes and goes, and all that it shows is of one version. Dropped, it no longer keeps the list live.
///
/// ```
/// use zeroback_client::PageStatus;
/// # use suite_fixture_calls as tasks;
///
/// # fn show(client: &zeroback_client::Client, project: u32) {
/// let list = client.paginate(|page| tasks::page::Args { project, page }, 20);
/// // …
/// if let PageStatus::CanLoadMore = list.status() {
///     list.load_more(20);
/// }
/// # }
/// ```
///
/// As a `Stream` it yields the newest [`PagesState`] whenever there is one that it has not yielded, beginning with the
/// first page. It ends when the client is closed. Without one, [`Pages::state`] is what there is now, and
/// [`Pages::on_change`] says when to look again.
pub struct Pages<C: PagedCall> {
    list: Result<Arc<List<C>>, Arc<CallError<C::Error>>>,
    client: Client,
    ear: Arc<Ear>,
    /// The last change that the stream has yielded.
    seen: u64,
}

/// Order of locks: the client's engine, then the chain.
struct List<C: PagedCall> {
    client: Client,
    chain: Mutex<Option<Chain<C::Item, C::Error>>>,
    ear: Arc<Ear>,
}

impl<C: PagedCall> Pages<C> {
    /// `call` is one for the first page.
    pub(crate) fn new(client: Client, call: &C) -> Self {
        let ear = Arc::new(Ear::default());
        let call = Call::of(call).map_err(|fault| fault.to_string());
        let request =
            call.and_then(|call| PageRequest::new(call).map_err(|fault| fault.to_string()));
        let list = match request {
            Ok(request) => Ok(List::new(client.clone(), request, Arc::clone(&ear))),
            Err(fault) => {
                let error = WireError::new(ErrorCode::BAD_ARGS, fault);
                Err(Arc::new(CallError::System(error)))
            }
        };
        Self {
            list,
            client,
            ear,
            seen: 0,
        }
    }

    /// Returns what has come of the list now, and how far that is.
    #[must_use]
    pub fn state(&self) -> PagesState<C::Item, C::Error> {
        self.look().1
    }

    /// Returns what has come of the list now.
    #[must_use]
    pub fn items(&self) -> Items<C::Item> {
        self.state().items
    }

    /// Returns how far the list is loaded.
    #[must_use]
    pub fn status(&self) -> PageStatus<C::Error> {
        self.state().status
    }

    /// Returns the number of the last change of [`Pages::state`]: it is greater behind each.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.look().0
    }

    /// Asks for so many more, where the status is [`PageStatus::CanLoadMore`].
    pub fn load_more(&self, count: u32) {
        if let Ok(list) = &self.list {
            list.step(|chain, engine, now_ms| chain.load_more(engine, now_ms, count));
        }
    }

    /// Has a function called behind each change, in the place of the one before: on the thread that has brought
    /// the change, so it does no more than note it.
    pub fn on_change(&self, callback: impl Fn() + Send + Sync + 'static) {
        self.ear.call(callback);
    }

    /// Returns both at once.
    fn look(&self) -> (u64, PagesState<C::Item, C::Error>) {
        match &self.list {
            Ok(list) => list.look(),
            Err(error) => (1, PagesState::failed(Arc::clone(error))),
        }
    }
}

impl<C: PagedCall> List<C> {
    fn new(client: Client, request: PageRequest, ear: Arc<Ear>) -> Arc<Self> {
        let list = Arc::new(Self {
            client,
            chain: Mutex::new(None),
            ear,
        });
        let heard: Weak<Self> = Arc::downgrade(&list);
        let listener: Listener = Arc::new(move || {
            if let Some(list) = heard.upgrade() {
                list.step(Chain::advance);
            }
        });
        list.client.act(|engine, now_ms| {
            let chain = Chain::begin(engine, now_ms, request, listener);
            *lock(&list.chain) = Some(chain);
        });
        list
    }

    /// Does something to the chain, and tells those who listen if there is something else to be shown.
    fn step(&self, step: impl FnOnce(&mut Chain<C::Item, C::Error>, &mut Engine, u64)) {
        let has_changed = self.client.act(|engine, now_ms| {
            let mut chain = lock(&self.chain);
            chain.as_mut().is_some_and(|chain| {
                step(chain, engine, now_ms);
                chain.take_news()
            })
        });
        if has_changed {
            self.ear.hear();
        }
    }

    fn look(&self) -> (u64, PagesState<C::Item, C::Error>) {
        loop {
            {
                let engine = self.client.engine();
                let chain = lock(&self.chain);
                let chain = chain.as_ref().expect("it begins with the list");
                if chain.is_current(&engine) {
                    return chain.drawn();
                }
            }
            // What has changed is known already, and this list was not told yet.
            self.client.act(|engine, now_ms| {
                if let Some(chain) = lock(&self.chain).as_mut() {
                    chain.advance(engine, now_ms);
                }
            });
        }
    }
}

impl<C: PagedCall> Drop for List<C> {
    fn drop(&mut self) {
        if let Some(mut chain) = lock(&self.chain).take() {
            (self.client).act(|engine, now_ms| chain.stop(engine, now_ms));
        }
    }
}

impl<C: PagedCall> Stream for Pages<C> {
    type Item = PagesState<C::Item, C::Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        // Before looking, so that no change goes by unheard.
        self.ear.wait(cx.waker());
        if self.client.is_closed() {
            return Poll::Ready(None);
        }
        let (version, state) = self.look();
        if version == self.seen || state.is_loading() {
            return Poll::Pending;
        }
        self.seen = version;
        Poll::Ready(Some(state))
    }
}

impl<C: PagedCall> Unpin for Pages<C> {}

impl<C: PagedCall> fmt::Debug for Pages<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Pages");
        debug.field("path", &C::PATH).finish_non_exhaustive()
    }
}
