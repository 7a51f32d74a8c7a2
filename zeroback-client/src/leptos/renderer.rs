//! What runs queries where a server renders a page.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt as _;
use futures_util::future::Shared;
use zeroback_protocol::{Call, Outcome, Tag};

use crate::shared::lock;

/// What a query has come to, on a server that renders a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// Its value, or its error.
    pub outcome: Outcome,
    /// What names the value, so that a browser can say that it has it.
    pub tag: Option<Tag>,
}

type Running = Pin<Box<dyn Future<Output = Rendered> + Send>>;

/// Runs the queries of one page, as whoever has asked for it. Servers provide it as a context of the page.
#[derive(Clone)]
pub struct Renderer {
    run: Arc<dyn Fn(Call) -> Running + Send + Sync>,
    /// The queries of the page: each is run once.
    asked: Arc<Mutex<BTreeMap<String, Shared<Running>>>>,
}

impl Renderer {
    /// Takes what runs a query.
    pub fn new<F>(run: impl Fn(Call) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Rendered> + Send + 'static,
    {
        Self {
            run: Arc::new(move |call| Box::pin(run(call))),
            asked: Arc::default(),
        }
    }

    /// Runs a query, if it has not run for this page. Returns what it will have come to, and whether it is the first
    /// time that it is asked.
    pub(super) fn run(&self, key: &str, call: Call) -> (Shared<Running>, bool) {
        match lock(&self.asked).entry(key.to_owned()) {
            Entry::Occupied(asked) => (asked.get().clone(), false),
            Entry::Vacant(place) => (place.insert((self.run)(call).shared()).clone(), true),
        }
    }
}

impl fmt::Debug for Renderer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Renderer").finish_non_exhaustive()
    }
}
