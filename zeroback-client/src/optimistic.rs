//! What a guess sees of the results of live queries, and makes of them.

mod pages;

use std::sync::Arc;

use zeroback_protocol::{Call, Id, QueryCall, RawId, read_json};

use crate::call::TypedCall;
use crate::engine::QueryKey;
use crate::engine::asked::{AskedQueries, Question};
use crate::engine::content::{Content, Shown};
use crate::engine::guesses::{States, Touched};
use crate::engine::results::Results;

/// The results of live queries, for a guess of what a mutation makes of them.
///
/// ```
/// # use suite_fixture_calls::{create, list};
/// # fn show(client: &zeroback_client::Client) {
/// let call = create::Args { text: "milk".to_owned() };
/// let mutation = client.mutation(call).optimistic(|store, args| {
///     store.update(&list::Args, |items| items.push(args.text.clone()));
/// });
/// let reply = mutation.send();
/// # }
/// ```
///
/// What is asked for here is noted: the guess is made again whenever one of those results has changed.
#[expect(
    missing_debug_implementations,
    reason = "it is there for one call of a guess"
)]
pub struct OptimisticStore<'a> {
    next_id: u128,
    asked: &'a AskedQueries,
    results: &'a Results,
    states: &'a mut States,
    touched: &'a mut Touched,
}

impl<'a> OptimisticStore<'a> {
    pub(crate) fn new(
        first_id: RawId,
        asked: &'a AskedQueries,
        results: &'a Results,
        states: &'a mut States,
        touched: &'a mut Touched,
    ) -> Self {
        Self {
            next_id: first_id.to_u128(),
            asked,
            results,
            states,
            touched,
        }
    }

    /// Returns what the query shows, with the guesses of earlier mutations; nothing while it has no result.
    pub fn get<C: QueryCall + TypedCall>(&mut self, call: &C) -> Option<Arc<C::Output>> {
        let key = self.touch(call)?;
        self.value::<C>(&key)
    }

    /// Has the query show a value.
    pub fn set<C: QueryCall + TypedCall>(&mut self, call: &C, value: impl Into<Arc<C::Output>>) {
        if let Some(key) = self.touch(call) {
            self.show::<C>(key, value.into());
        }
    }

    /// Has the query show nothing, as while it has no result.
    pub fn clear<C: QueryCall + TypedCall>(&mut self, call: &C) {
        if let Some(key) = self.touch(call) {
            self.states.insert(key, None);
        }
    }

    /// Changes a copy of the query's value, and has the query show that; nothing where it has no result.
    pub fn update<C>(&mut self, call: &C, change: impl FnOnce(&mut C::Output))
    where
        C: QueryCall + TypedCall<Output: Clone>,
    {
        if let Some(key) = self.touch(call) {
            self.change::<C>(key, change);
        }
    }

    /// Does so to each live query of the function that has a result: to all pages of a list, for one.
    pub fn update_all<C>(&mut self, mut change: impl FnMut(&C, &mut C::Output))
    where
        C: QueryCall + TypedCall<Output: Clone>,
    {
        for Question { key, call } in self.questions_of::<C>() {
            if let Ok(args) = read_json::<C>(call.args.as_str()) {
                self.change::<C>(key, |value| change(&args, value));
            }
        }
    }

    /// Returns an id for a document that the mutation will insert, until that has one. The first that a guess asks for
    /// is the same each time that the guess is made again, and so are the second and all others; no two of them are
    /// the same, nor are those of other mutations.
    ///
    /// ```
    /// # use zeroback_client::OptimisticStore;
    /// # use zeroback_protocol::{Id, TableName};
    /// # struct Task;
    /// # impl TableName for Task { const TABLE_NAME: &'static str = "tasks"; }
    /// # fn show(store: &mut OptimisticStore<'_>) {
    /// let id: Id<Task> = store.temp_id();
    /// # }
    /// ```
    ///
    /// A backend's crate makes a document of it by `Doc::guess`.
    pub fn temp_id<T>(&mut self) -> Id<T> {
        let id = Id::from_raw(RawId::from_u128(self.next_id));
        self.next_id += 1;
        id
    }

    /// Returns all live queries of a function, and notes that they were asked for.
    fn questions_of<C: TypedCall>(&mut self) -> Vec<Question> {
        self.touched.paths.push(C::PATH);
        let all = self.asked.all().map(|query| &query.question);
        let of_function = all.filter(|question| question.call.path == C::PATH);
        of_function.cloned().collect()
    }

    fn change<C>(&mut self, key: QueryKey, change: impl FnOnce(&mut C::Output))
    where
        C: TypedCall<Output: Clone>,
    {
        if let Some(mut value) = self.value::<C>(&key) {
            change(Arc::make_mut(&mut value));
            self.show::<C>(key, value);
        }
    }

    /// Notes that the query was asked for. What cannot be encoded is asked for by nobody.
    fn touch<C: TypedCall>(&mut self, call: &C) -> Option<QueryKey> {
        let key = Question::new(Call::of(call).ok()?).key;
        self.touched.keys.add(key.clone());
        Some(key)
    }

    fn value<C: TypedCall>(&self, key: &QueryKey) -> Option<Arc<C::Output>> {
        let shown = match self.states.get(key) {
            Some(state) => state.as_ref(),
            None => self.results.of(key),
        };
        shown?.content.value().ok().flatten()
    }

    fn show<C: TypedCall>(&mut self, key: QueryKey, value: Arc<C::Output>) {
        // A guess on top of what is stale is no newer.
        let is_stale = self.results.of(&key).is_some_and(|shown| shown.is_stale);
        let shown = Shown {
            is_stale,
            ..Shown::new(Content::Guess(value))
        };
        self.states.insert(key, Some(shown));
    }
}
