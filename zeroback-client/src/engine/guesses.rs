//! What is guessed: the effects of mutations that are in flight, on top of what the server said. Each is made
//! again on every new result that it has to do with, and is gone when the server's own results have it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use zeroback_protocol::{RawId, RequestId};

use super::QueryKey;
use super::asked::AskedQueries;
use super::content::Shown;
use super::env::Env;
use super::results::Results;
use super::sorted::{SortedMap, SortedSet};
use crate::OptimisticStore;

/// Makes the changes of one mutation.
pub(crate) type Guess = Arc<dyn Fn(&mut OptimisticStore<'_>) + Send + Sync>;

/// What is shown in the place of what the server said; nothing where a query shows none.
pub(crate) type States = SortedMap<QueryKey, Option<Shown>>;

/// What a guess has asked for.
#[derive(Default)]
pub(crate) struct Touched {
    pub(crate) keys: SortedSet<QueryKey>,
    /// Those of the functions of which it has asked for all queries.
    pub(crate) paths: Vec<&'static str>,
}

struct Layer {
    guess: Guess,
    /// The first of its temporary ids.
    first_id: RawId,
    touched: Touched,
    has_ended: bool,
}

/// Order of calls: `add` and, once its mutation is answered, `end`; `show` behind each change of the results.
#[derive(Default)]
pub(crate) struct Guesses {
    /// In the order of their mutations.
    layers: SortedMap<RequestId, Layer>,
    /// What is not needed any more. It is the app's, and dropped where that may do anything.
    gone: Vec<Guess>,
    states: States,
}

impl Guesses {
    /// Returns what the query shows; nothing while it shows none.
    pub(crate) fn of<'s>(&'s self, results: &'s Results, key: &QueryKey) -> Option<&'s Shown> {
        match self.states.get(key) {
            Some(state) => state.as_ref(),
            None => results.of(key),
        }
    }

    /// Makes a guess, on top of all others. Returns the queries that it has changed. One that panics has
    /// changed nothing.
    pub(crate) fn add(
        &mut self,
        env: &mut Env,
        asked: &AskedQueries,
        results: &Results,
        id: RequestId,
        guess: Guess,
    ) -> Vec<QueryKey> {
        let mut states = self.states.clone();
        let first_id = first_id(env);
        let touched = run(&guess, first_id, asked, results, &mut states);
        let before = std::mem::replace(&mut self.states, states);
        let layer = Layer {
            guess,
            first_id,
            touched,
            has_ended: false,
        };
        self.layers.insert(id, layer);
        let changed = self.states.iter().filter(|(key, state)| {
            let was = before.get(*key);
            !was.is_some_and(|was| is_same(was.as_ref(), state.as_ref()))
        });
        changed.map(|(key, _)| key.clone()).collect()
    }

    /// Notes that a guess is not needed any more when all that has come is shown.
    pub(crate) fn end(&mut self, id: RequestId) {
        if let Some(layer) = self.layers.get_mut(&id) {
            layer.has_ended = true;
        }
    }

    /// Goes on from changed results. Returns the queries that show something else now.
    pub(crate) fn show(
        &mut self,
        env: &mut Env,
        asked: &AskedQueries,
        results: &Results,
        changed: Vec<QueryKey>,
    ) -> Vec<QueryKey> {
        if !self.has_to_do_with(asked, &changed) {
            return changed;
        }
        let before = std::mem::take(&mut self.states);
        let ended: Vec<_> = self
            .layers
            .iter()
            .filter(|(_, layer)| layer.has_ended)
            .map(|(id, _)| *id)
            .collect();
        let ended = ended.iter().filter_map(|id| self.layers.remove(id));
        self.gone.extend(ended.map(|layer| layer.guess));
        let mut states = States::default();
        for (_, layer) in self.layers.iter_mut() {
            let made = catch_unwind(AssertUnwindSafe(|| {
                let mut next = states.clone();
                let touched = run(&layer.guess, layer.first_id, asked, results, &mut next);
                (next, touched)
            }));
            match made {
                Ok((next, touched)) => (states, layer.touched) = (next, touched),
                Err(_) => env.warn("an optimistic update panicked, and is left out"),
            }
        }
        self.states = states;
        let mut keys = SortedSet::default();
        changed.into_iter().for_each(|key| keys.add(key));
        before.keys().for_each(|key| keys.add(key.clone()));
        self.states.keys().for_each(|key| keys.add(key.clone()));
        let is_new = |key: &QueryKey| {
            let was = before.get(key);
            !was.is_some_and(|was| is_same(was.as_ref(), self.of(results, key)))
        };
        keys.into_keys().filter(is_new).collect()
    }

    pub(crate) fn clear(&mut self) {
        while let Some((_, layer)) = self.layers.pop_first() {
            self.gone.push(layer.guess);
        }
        self.states.clear();
    }

    /// Takes out the guesses that are not needed any more.
    pub(crate) fn take_gone(&mut self) -> Vec<Guess> {
        std::mem::take(&mut self.gone)
    }

    /// Tells whether a guess has ended, or has asked for what has changed.
    fn has_to_do_with(&self, asked: &AskedQueries, changed: &[QueryKey]) -> bool {
        let path_of = |key| {
            asked
                .by_key(key)
                .map(|query| query.question.call.path.as_str())
        };
        self.layers.values().any(
            |Layer {
                 touched, has_ended, ..
             }| {
                *has_ended
                    || changed.iter().any(|key| {
                        touched.keys.contains_key(key)
                            || path_of(key).is_some_and(|path| touched.paths.contains(&path))
                    })
            },
        )
    }
}

fn run(
    guess: &Guess,
    first_id: RawId,
    asked: &AskedQueries,
    results: &Results,
    states: &mut States,
) -> Touched {
    let mut touched = Touched::default();
    guess(&mut OptimisticStore::new(
        first_id,
        asked,
        results,
        states,
        &mut touched,
    ));
    touched
}

/// Returns an id that begins with the present, as those of documents do, and is nobody else's; many of those behind it
/// are nobody else's either.
fn first_id(env: &mut Env) -> RawId {
    let ms = u128::from(env.now_ms) & ((1 << 48) - 1);
    let random = (u128::from_be_bytes(env.bits()) >> 74) << 8;
    RawId::from_u128((ms << 80) | (7 << 76) | (0b10 << 62) | random)
}

/// Tells whether a guess was right, as far as that can be told at a glance.
fn is_same(was: Option<&Shown>, is: Option<&Shown>) -> bool {
    matches!((was, is), (Some(was), Some(is)) if was.is(is))
}
