//! A live query that somebody looks at.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use serde::{Deserialize, Serialize};
use zeroback_protocol::{Call, ErrorCode, QueryCall, RawJson, Tag, WireError, is_json};

use crate::call::TypedCall;
use crate::ear::Ear;
use crate::engine::{ListenerId, Listening, QueryKey, Question};
use crate::options::ms;
use crate::{CallError, Client, QueryState};

/// A live query that somebody looks at. Equal queries of a client are one to the server, and their values are shared.
/// Dropped, it no longer keeps the query live.
///
/// As a `Stream` it yields the newest state whenever there is one that it has not yielded, beginning with the first
/// result: states that nobody has looked at in time are left out. It ends when the client is closed. Without one,
/// [`Subscription::state`] is what there is now, and [`Subscription::on_change`] says when to look again.
pub struct Subscription<C: QueryCall + TypedCall> {
    client: Client,
    asked: Result<(QueryKey, ListenerId), QueryState<C::Output, C::Error>>,
    ear: Arc<Ear>,
    linger: Option<Duration>,
    /// The last change that the stream has yielded.
    seen: u64,
    call: PhantomData<fn() -> C>,
}

/// A result with its name: what one client hands to another, as a server does to the browser that its page is for.
///
/// It survives whatever leads there as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    tag: Option<String>,
    /// JSON, as text, so that whatever carries it leaves it as it is.
    value: String,
}

impl<C: QueryCall + TypedCall> Subscription<C> {
    pub(crate) fn new(client: Client, call: &C, from: Option<QueryKey>) -> Self {
        let ear = Arc::new(Ear::default());
        let asked = match Call::of(call) {
            Ok(call) => {
                let question = Question::new(call);
                let key = question.key.clone();
                let id = client.listen(question, &Listening { from }, ear.listener());
                Ok((key, id))
            }
            Err(fault) => {
                let error = WireError::new(ErrorCode::BAD_ARGS, fault.to_string());
                Err(QueryState::Error(Arc::new(CallError::System(error))))
            }
        };
        Self {
            client,
            asked,
            ear,
            linger: None,
            seen: 0,
            call: PhantomData,
        }
    }

    /// Returns what the query shows now.
    #[must_use]
    pub fn state(&self) -> QueryState<C::Output, C::Error> {
        self.look().1
    }

    /// Returns the number of the last change of [`Subscription::state`]: it is greater behind each, and 0 while there
    /// was none.
    #[must_use]
    pub fn version(&self) -> u64 {
        match &self.asked {
            Ok((key, _)) => self.client.version_of(key),
            Err(_) => 1,
        }
    }

    /// Returns both at once.
    fn look(&self) -> (u64, QueryState<C::Output, C::Error>) {
        match &self.asked {
            Ok((key, _)) => self.client.look(key),
            Err(state) => (1, state.clone()),
        }
    }

    /// Has a function called behind each change, in the place of the one before: on the thread that has brought
    /// the change, so it does no more than note it.
    pub fn on_change(&self, callback: impl Fn() + Send + Sync + 'static) {
        self.ear.call(callback);
    }

    /// Says how long the query stays live when this was the last to look at it, in the place of the client's own
    /// [linger](crate::ClientOptions::linger).
    pub fn linger(&mut self, linger: Duration) {
        self.linger = Some(linger);
    }

    /// Returns the newest result that the server has said, without guesses, to be handed to another client; nothing
    /// while there is none.
    #[must_use]
    pub fn snapshot(&self) -> Option<Snapshot> {
        let (key, _) = self.asked.as_ref().ok()?;
        let (tag, value) = self.client.held(key)?;
        Some(Snapshot {
            tag: tag.map(Tag::to_text),
            value: value.as_str().to_owned(),
        })
    }

    pub(crate) fn key(&self) -> Option<&QueryKey> {
        self.asked.as_ref().ok().map(|(key, _)| key)
    }
}

impl Snapshot {
    #[cfg(feature = "leptos")]
    pub(crate) fn new(tag: Option<Tag>, value: &RawJson) -> Self {
        Self {
            tag: tag.map(Tag::to_text),
            value: value.as_str().to_owned(),
        }
    }

    pub(crate) fn into_parts(self) -> Option<(Option<Tag>, RawJson)> {
        // What has gone through other hands may not be JSON any more.
        if !is_json(&self.value) {
            return None;
        }
        let tag = self.tag.as_deref().and_then(Tag::from_text);
        Some((tag, RawJson::from_encoded(self.value)))
    }
}

impl<C: QueryCall + TypedCall> Stream for Subscription<C> {
    type Item = QueryState<C::Output, C::Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        // Before looking, so that no change goes by unheard.
        self.ear.wait(cx.waker());
        if self.client.is_closed() {
            return Poll::Ready(None);
        }
        let (version, state) = self.look();
        if version == self.seen {
            return Poll::Pending;
        }
        self.seen = version;
        Poll::Ready(Some(state))
    }
}

impl<C: QueryCall + TypedCall> Unpin for Subscription<C> {}

impl<C: QueryCall + TypedCall> Drop for Subscription<C> {
    fn drop(&mut self) {
        if let Ok((key, id)) = &self.asked {
            self.client.stop(key, *id, self.linger.map(ms));
        }
    }
}

impl<C: QueryCall + TypedCall> fmt::Debug for Subscription<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Subscription");
        debug.field("path", &C::PATH).finish_non_exhaustive()
    }
}
