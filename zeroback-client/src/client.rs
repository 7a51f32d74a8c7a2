//! The client, as an app sees it.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, MutexGuard};

use futures_channel::oneshot;
use zeroback_protocol::{
    ActionCall, Call, ErrorCode, FunctionKind, MutationCall, Outcome, PageOpts, QueryCall, RawJson,
    Tag, WireError,
};

use crate::call::{PagedCall, Reply, TypedCall};
use crate::connection_watch::ConnectionWatch;
use crate::engine::guesses::Guess;
use crate::engine::{Engine, Listener, ListenerId, Listening, QueryKey, Question, Settle};
use crate::shared::{Shared, Signal, lock};
use crate::token::{MaybeSend, TokenRequest, TokenResult, TokenSource};
use crate::{
    AddressError, ClientOptions, ConnectionState, Mutation, Pages, QueryState, Snapshot,
    Subscription, driver, transport,
};

/// A connection to a Zeroback backend: live queries, one-shot queries, mutations and actions.
///
/// It connects when it is made, and again, for as long as it takes, whenever the connection is lost. Only a server
/// that does not speak its protocol is given up: then everything fails with code `unsupported_protocol`.
///
/// A client is cheap to clone, and all clones are one. It lives as long as one of them, a subscription or a call that
/// has no answer.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

impl Client {
    /// Makes a client, which begins to connect.
    ///
    /// # Errors
    ///
    /// Fails where the address is none.
    ///
    /// # Panics
    ///
    /// Panics outside of a tokio runtime, where the client is a native one: it lives on that runtime.
    pub fn new(options: ClientOptions) -> Result<Self, AddressError> {
        let url = transport::address(&options.url).ok_or_else(|| AddressError::of(&options.url))?;
        let entropy = Box::new(transport::OwnEntropy);
        let mut engine = Engine::new(options.engine(), entropy);
        #[cfg(feature = "offline")]
        if let Some(offline) = &options.offline {
            engine.keep_offline(transport::now_ms(), offline.config(&url));
        }
        engine.open(transport::now_ms());
        let signal = Arc::new(Signal::default());
        let shared = Arc::new(Shared::new(engine, Arc::clone(&signal)));
        let client = Arc::downgrade(&shared);
        transport::spawn(driver::drive(client, signal, url, options));
        Ok(Self { shared })
    }

    /// Runs the query once, at the server. A lost connection delays it.
    pub fn query<C: QueryCall + TypedCall>(&self, call: C) -> Reply<C> {
        self.request(FunctionKind::Query, call, None::<fn(C) -> Guess>)
    }

    /// Runs the mutation, once: sent at once, like [`Mutation::send`] of [`Client::mutation`].
    pub fn mutate<C: MutationCall + TypedCall>(&self, call: C) -> Reply<C> {
        self.mutation(call).send()
    }

    /// Returns the mutation, to be given an [optimistic](Mutation::optimistic) update before it is sent.
    ///
    /// The mutations of a client run one after another, in the order in which they were sent. The reply comes when
    /// the client's own live queries show what the mutation has changed.
    ///
    /// Without a connection it waits for one. If the connection is lost before the answer has come, or the server
    /// cannot run it yet, it is sent again; the server makes it once, however often it comes. It fails with code
    /// `outcome_unknown` only where it was sent and nobody can tell any more whether it was made: the client was
    /// closed, or the server has forgotten its answer.
    pub fn mutation<C: MutationCall + TypedCall>(&self, call: C) -> Mutation<C> {
        Mutation::new(self.clone(), call)
    }

    /// Runs the action, once: sent at once. Those of a client run side by side.
    ///
    /// If the connection is lost before the answer has come, the action goes on at the server, and the client asks
    /// for its answer again. It fails with code `outcome_unknown` only where nobody can tell what it has come to: the
    /// client was closed, or the server has ended while it ran.
    pub fn action<C: ActionCall + TypedCall>(&self, call: C) -> Reply<C> {
        self.request(FunctionKind::Action, call, None::<fn(C) -> Guess>)
    }

    /// Keeps the query live. Arguments that cannot be sent make it one that has failed, with code `bad_args`.
    #[must_use = "dropped, it no longer keeps the query live"]
    pub fn subscribe<C: QueryCall + TypedCall>(&self, call: C) -> Subscription<C> {
        self.subscribe_to(&call)
    }

    pub(crate) fn subscribe_to<C: QueryCall + TypedCall>(&self, call: &C) -> Subscription<C> {
        Subscription::new(self.clone(), call, None)
    }

    /// Keeps the query live, and shows what another one shows until the server has said that it is not the same: for a
    /// page of a list that is asked for anew with its end as an argument.
    #[must_use = "dropped, it no longer keeps the query live"]
    pub fn subscribe_from<C: QueryCall + TypedCall>(
        &self,
        call: C,
        from: &Subscription<C>,
    ) -> Subscription<C> {
        Subscription::new(self.clone(), &call, from.key().cloned())
    }

    /// Keeps a list live that is asked for in pages, beginning with so many items. `call` is the call for a page, whose
    /// argument for it is named `page`.
    ///
    /// ```
    /// # use suite_fixture_calls as tasks;
    /// # fn show(client: &zeroback_client::Client, project: u32) {
    /// let list = client.paginate(|page| tasks::page::Args { project, page }, 20);
    /// # }
    /// ```
    #[must_use = "dropped, it no longer keeps the list live"]
    pub fn paginate<C: PagedCall>(&self, call: impl FnOnce(PageOpts) -> C, first: u32) -> Pages<C> {
        Pages::new(self.clone(), &call(PageOpts::first(first)))
    }

    /// Shows what is known of a query from elsewhere, marked as stale, until the server has said that it still is
    /// so, or what it is now. Ignored where the server has said something already.
    pub fn seed<C: QueryCall + TypedCall>(&self, call: &C, snapshot: Snapshot) {
        let parts = Call::of(call).ok().zip(snapshot.into_parts());
        if let Some((call, (tag, value))) = parts {
            let key = Question::new(call).key;
            self.shared
                .act(|engine, now_ms| engine.keep(now_ms, &key, tag, value));
        }
    }

    /// Says who is here: `fetch` returns the token of whoever is signed in, or nothing. It is asked whenever the
    /// client connects, before the token expires, and, with `force_refresh`, when the server wants another one. What
    /// is called and subscribed to meanwhile waits, so nothing is run as somebody else or as nobody.
    ///
    /// Where the server refuses a token that was just made, or none can be had, nobody is signed in; see
    /// [`ConnectionState::is_authenticated`].
    pub fn set_auth<F, T>(&self, fetch: F)
    where
        F: Fn(TokenRequest) -> T + Send + Sync + 'static,
        T: Future<Output = TokenResult> + MaybeSend + 'static,
    {
        let source: TokenSource = Arc::new(move |request| Box::pin(fetch(request)));
        *lock(&self.shared.tokens) = Some(source);
        self.shared.act(Engine::set_auth);
    }

    /// Signs out, on this client: nobody is signed in until [`Client::set_auth`] is called again.
    pub fn clear_auth(&self) {
        *lock(&self.shared.tokens) = None;
        self.shared.act(Engine::clear_auth);
    }

    /// Returns how the connection is.
    #[must_use]
    pub fn connection_state(&self) -> ConnectionState {
        self.shared.engine().connection_state()
    }

    /// Returns how the connection is, and how it will be, as a `Stream` that begins with the present.
    #[must_use]
    pub fn watch_connection(&self) -> ConnectionWatch {
        ConnectionWatch::new(self.clone())
    }

    /// Connects anew, at once: a browser says its cookies only then, so that another one counts from now on. What is
    /// pending is sent again, and live queries go on as after a lost connection.
    pub fn reconnect(&self) {
        self.shared.act(Engine::reconnect);
    }

    /// Closes the connection for good. All that is pending fails, and all streams end.
    pub fn close(&self) {
        self.shared.act(Engine::close);
    }

    // --- For those who stand on a client. ---

    /// Does several things in one step.
    pub(crate) fn act<R>(&self, act: impl FnOnce(&mut Engine, u64) -> R) -> R {
        self.shared.act(act)
    }

    pub(crate) fn engine(&self) -> MutexGuard<'_, Engine> {
        self.shared.engine()
    }

    pub(crate) fn request<C: TypedCall>(
        &self,
        kind: FunctionKind,
        call: C,
        guess: Option<impl FnOnce(C) -> Guess>,
    ) -> Reply<C> {
        let (sender, receiver) = oneshot::channel();
        // Whoever has dropped the reply does not want to know.
        let settle: Settle = Box::new(move |outcome| drop(sender.send(outcome)));
        match Call::of(&call) {
            Ok(encoded) => {
                let guess = guess.map(|guess| guess(call));
                self.shared
                    .act(|engine, now_ms| engine.request(now_ms, kind, encoded, guess, settle));
            }
            Err(fault) => {
                let error = WireError::new(ErrorCode::BAD_ARGS, fault.to_string());
                settle(Outcome::Error(error));
            }
        }
        Reply::new(self.clone(), receiver)
    }

    pub(crate) fn listen(
        &self,
        question: Question,
        listening: &Listening,
        listener: Listener,
    ) -> ListenerId {
        self.shared
            .act(|engine, now_ms| engine.listen(now_ms, question, listening, listener))
    }

    pub(crate) fn stop(&self, key: &QueryKey, id: ListenerId, linger_ms: Option<u64>) {
        self.shared
            .act(|engine, now_ms| engine.stop(now_ms, key, id, linger_ms));
    }

    /// Returns what the query shows, and the number of its last change.
    pub(crate) fn look<T, E>(&self, key: &QueryKey) -> (u64, QueryState<T, E>)
    where
        T: serde::de::DeserializeOwned + Send + Sync + 'static,
        E: zeroback_protocol::TypedError + Send + Sync,
    {
        let (version, shown) = {
            let engine = self.shared.engine();
            (engine.version(key), engine.shown(key).cloned())
        };
        // Read outside of the lock: it may be long.
        let state = shown.map_or(QueryState::Loading, |shown| shown.state());
        (version, state)
    }

    pub(crate) fn version_of(&self, key: &QueryKey) -> u64 {
        self.shared.engine().version(key)
    }

    pub(crate) fn held(&self, key: &QueryKey) -> Option<(Option<Tag>, RawJson)> {
        self.shared.engine().held(key)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.shared.engine().is_closed()
    }

    pub(crate) fn listen_to_connection(&self, listener: Listener) -> ListenerId {
        self.shared.engine().watch_connection(listener)
    }

    pub(crate) fn stop_listening_to_connection(&self, id: ListenerId) {
        self.shared.engine().unwatch_connection(id);
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}
