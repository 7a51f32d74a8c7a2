//! What was asked: one live query per distinct path and arguments, however many listeners it has, and
//! what of that the server has yet to be told. Knows no results and no socket.

use std::fmt;
use std::sync::Arc;

use zeroback_protocol::{Call, QueryId};

use super::env::{Due, Env, TimerId};
use super::sorted::{SortedMap, SortedSet};

/// The path and the encoded arguments of a query, in one text: equal queries have equal keys.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct QueryKey(Arc<str>);

/// A query as its caller names it.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) key: QueryKey,
    pub(crate) call: Call,
}

/// Called when something may have changed; it must not wait for anything.
pub(crate) type Listener = Arc<dyn Fn() + Send + Sync>;

/// Names a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ListenerId(pub(crate) u64);

/// A live query.
pub(crate) struct Asked {
    pub(crate) question: Question,
    pub(crate) query_id: QueryId,
    pub(crate) listeners: SortedMap<ListenerId, Listener>,
    /// Whether this connection's server has been told.
    is_told: bool,
    /// Set while nobody listens and the query waits for its end.
    end: Option<TimerId>,
}

/// All live queries, in the order in which they were asked first.
#[derive(Default)]
pub(crate) struct AskedQueries {
    queries: SortedMap<u64, Asked>,
    by_key: SortedMap<QueryKey, u64>,
    by_id: SortedMap<QueryId, u64>,
    untold: SortedSet<u64>,
    to_remove: Vec<QueryId>,
    last_place: u64,
    last_id: u64,
}

impl Question {
    pub(crate) fn new(call: Call) -> Self {
        let key = format!("{}{}", call.path, call.args.as_str());
        Self {
            key: QueryKey(key.into()),
            call,
        }
    }
}

impl AskedQueries {
    /// Adds a listener to the query, which is asked if it was not.
    pub(crate) fn listen(
        &mut self,
        env: &mut Env,
        question: Question,
        id: ListenerId,
        listener: Listener,
    ) {
        let place = match self.by_key.get(&question.key) {
            Some(place) => *place,
            None => self.ask(question),
        };
        let query = self.at_mut(place);
        query.listeners.insert(id, listener);
        env.cancel(query.end.take());
    }

    /// Removes a listener; if it was the last, the query is kept for so long.
    pub(crate) fn stop(&mut self, env: &mut Env, key: &QueryKey, id: ListenerId, linger_ms: u64) {
        let Some(query) = self.by_key_mut(key) else {
            return;
        };
        if query.listeners.remove(&id).is_some() && query.listeners.is_empty() {
            query.end = Some(env.set(linger_ms, Due::EndOfQuery(key.clone())));
        }
    }

    /// Ends a query that nobody listens to; tells whether it was there, and has ended.
    pub(crate) fn end_if_unheard(&mut self, env: &mut Env, key: &QueryKey) -> bool {
        let Some(query) = self.by_key_mut(key) else {
            return false;
        };
        if !query.listeners.is_empty() {
            return false;
        }
        env.cancel(query.end.take());
        let Some(place) = self.by_key.remove(key) else {
            return false;
        };
        self.take_back(place);
        self.queries.remove(&place);
        true
    }

    pub(crate) fn by_id(&self, id: QueryId) -> Option<&Asked> {
        self.queries.get(self.by_id.get(&id)?)
    }

    pub(crate) fn by_key(&self, key: &QueryKey) -> Option<&Asked> {
        self.queries.get(self.by_key.get(key)?)
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Asked> {
        self.queries.values()
    }

    /// Returns the keys of what this connection's server has been told.
    pub(crate) fn told(&self) -> Vec<QueryKey> {
        let told = self.queries.values().filter(|query| query.is_told);
        told.map(|query| query.question.key.clone()).collect()
    }

    /// Has the query asked anew on this connection, under another id.
    pub(crate) fn renew(&mut self, key: &QueryKey) {
        if let Some(place) = self.by_key.get(key).copied() {
            self.take_back(place);
            self.enter(place);
        }
    }

    /// Returns what has changed since the last call on this connection; the caller tells the server.
    pub(crate) fn take_changes(&mut self) -> (Vec<(QueryId, Question)>, Vec<QueryId>) {
        let add = std::mem::take(&mut self.untold).into_keys().map(|place| {
            let query = self
                .queries
                .get_mut(&place)
                .expect("what is untold is asked");
            query.is_told = true;
            (query.query_id, query.question.clone())
        });
        (add.collect(), std::mem::take(&mut self.to_remove))
    }

    /// A new connection knows none of the queries.
    pub(crate) fn handle_drop(&mut self) {
        self.to_remove.clear();
        for (place, query) in self.queries.iter_mut() {
            query.is_told = false;
            self.untold.add(*place);
        }
    }

    /// Ends everything.
    pub(crate) fn clear(&mut self, env: &mut Env) {
        for query in self.queries.values() {
            env.cancel(query.end);
        }
        *self = Self {
            last_place: self.last_place,
            last_id: self.last_id,
            ..Self::default()
        };
    }

    fn ask(&mut self, question: Question) -> u64 {
        self.last_place += 1;
        let place = self.last_place;
        self.by_key.insert(question.key.clone(), place);
        self.queries.insert(
            place,
            Asked {
                question,
                query_id: QueryId(0),
                listeners: SortedMap::default(),
                is_told: false,
                end: None,
            },
        );
        self.enter(place);
        place
    }

    fn enter(&mut self, place: u64) {
        self.last_id += 1;
        let query_id = QueryId(self.last_id);
        let query = self.at_mut(place);
        query.query_id = query_id;
        query.is_told = false;
        self.by_id.insert(query_id, place);
        self.untold.add(place);
    }

    fn take_back(&mut self, place: u64) {
        let query = self.at_mut(place);
        let (query_id, is_told) = (query.query_id, query.is_told);
        self.by_id.remove(&query_id);
        self.untold.remove(&place);
        if is_told {
            self.to_remove.push(query_id);
        }
    }

    fn by_key_mut(&mut self, key: &QueryKey) -> Option<&mut Asked> {
        let place = self.by_key.get(key)?;
        self.queries.get_mut(place)
    }

    fn at_mut(&mut self, place: u64) -> &mut Asked {
        self.queries.get_mut(&place).expect("its place is known")
    }
}

#[cfg(feature = "offline")]
impl QueryKey {
    pub(crate) fn from_text(text: &str) -> Self {
        Self(text.into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for QueryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
