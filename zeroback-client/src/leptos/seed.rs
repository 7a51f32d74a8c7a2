//! What a server writes into its page for the browser to begin with.

use std::fmt;
use std::future::{Future as _, IntoFuture as _};
use std::pin::Pin;
use std::str::FromStr;
use std::task::{Context, Poll, Waker};

use leptos::prelude::{ArcOnceResource, Owner, ReadUntracked as _};
use leptos::server::codee::string::FromToStringCodec;
use serde::{Deserialize, Serialize};
use zeroback_protocol::{Call, FunctionCall, JsonError, Outcome, Tag, encode, read_json};

use super::context::{Zeroback, is_hydrating};
use super::renderer::Rendered;

/// What is written into the page for one hook. Hooks are told apart by the order in which they are made, which is
/// trusted no further than the query's own key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Seed {
    /// The query with its arguments; empty where nothing was asked.
    key: String,
    /// What it has come to, in JSON; nothing where an earlier hook has written it.
    outcome: Option<String>,
    /// What names the value.
    tag: Option<String>,
    /// The same for the page that is being rendered.
    #[serde(skip)]
    rendered: Option<Rendered>,
}

/// Where a seed comes from: on a server when the query has run, in a browser at once. It is JSON on its way, and not by
/// the codec of Leptos, which would bring all of serde_json into a browser's module.
pub(super) type SeedSource = ArcOnceResource<Seed, FromToStringCodec>;

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&encode(self).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Seed {
    type Err = JsonError;

    fn from_str(json: &str) -> Result<Self, JsonError> {
        read_json(json)
    }
}

/// Returns the key of a query: its path and its arguments. Those that cannot be sent are all alike.
pub(super) fn key_of<C: FunctionCall>(call: &C) -> String {
    Call::of(call).map_or_else(|_| C::PATH.to_owned(), |call| text_of(&call))
}

fn text_of(call: &Call) -> String {
    format!("{}{}", call.path, call.args.as_str())
}

/// Makes the source of a hook's seed, where there is one. It is made for each hook, on the server as in the browser,
/// also where nothing is asked: they are told apart by their order.
pub(super) fn source(zeroback: &Zeroback, call: Option<Call>) -> Option<SeedSource> {
    let is_server = Owner::current_shared_context().is_some_and(|shared| !shared.is_browser());
    if !is_server && !is_hydrating() {
        return None;
    }
    let asked = call.zip(zeroback.renderer().cloned());
    Some(ArcOnceResource::new_str(async move {
        let Some((call, renderer)) = asked else {
            return Seed::default();
        };
        let key = text_of(&call);
        let (running, is_first) = renderer.run(&key, call);
        let rendered = running.await;
        Seed {
            key,
            outcome: is_first.then(|| rendered.outcome.encode()),
            tag: rendered.tag.filter(|_| is_first).map(Tag::to_text),
            rendered: Some(rendered),
        }
    }))
}

/// Returns the seed that is there already.
pub(super) fn present(source: &SeedSource) -> Option<Seed> {
    source.try_read_untracked()?.clone()
}

/// Returns the seed once it is there; until then the waker is called when it may be.
pub(super) fn poll(source: &SeedSource, waker: &Waker) -> Option<Seed> {
    let mut seed = source.clone().into_future();
    match Pin::new(&mut seed).poll(&mut Context::from_waker(waker)) {
        Poll::Ready(seed) => Some(seed),
        Poll::Pending => None,
    }
}

impl Seed {
    /// Returns what the query has come to, if the seed is one of it.
    pub(super) fn of(&self, key: &str) -> Option<Rendered> {
        if self.key != key {
            return None;
        }
        if self.rendered.is_some() {
            return self.rendered.clone();
        }
        let outcome = self.outcome.as_ref()?;
        Some(Rendered {
            outcome: Outcome::parse(outcome).ok()?,
            tag: self.tag.as_deref().and_then(Tag::from_text),
        })
    }
}
