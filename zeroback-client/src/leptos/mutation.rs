//! Mutations.

use std::sync::Arc;

use leptos::prelude::{GetValue as _, SetValue as _, StoredValue};
use zeroback_protocol::MutationCall;

use super::action::{CallFuture, CallResult, Calls};
use super::context::use_zeroback;
use super::handle::handle;
use crate::OptimisticStore;
use crate::call::TypedCall;

type Update<C> = Arc<dyn Fn(&mut OptimisticStore<'_>, &C) + Send + Sync>;

/// Makes mutations of one function, and tells of them.
pub struct MutationHandle<C: MutationCall + TypedCall> {
    calls: Calls<C>,
    update: StoredValue<Option<Update<C>>>,
}

/// Returns what makes mutations of one function; which one, its arguments say.
///
/// ```ignore
/// let create = use_mutation();
/// create.dispatch(tasks::create::Args { text });
/// ```
///
/// # Panics
///
/// Panics where [`provide_zeroback`](super::provide_zeroback) was not called in a component around this one.
#[must_use]
pub fn use_mutation<C: MutationCall + TypedCall>() -> MutationHandle<C> {
    MutationHandle {
        calls: Calls::new(use_zeroback()),
        update: StoredValue::new(None),
    }
}

handle!(MutationHandle, MutationCall + TypedCall);

impl<C: MutationCall + TypedCall + Send + Sync> MutationHandle<C> {
    /// Says what each mutation will make of the results of live queries: see
    /// [`Mutation::optimistic`](crate::Mutation::optimistic).
    #[must_use]
    pub fn optimistic(
        self,
        update: impl Fn(&mut OptimisticStore<'_>, &C) + Send + Sync + 'static,
    ) -> Self {
        self.update.set_value(Some(Arc::new(update)));
        self
    }

    /// Makes a mutation, at once. What it returns need not be awaited, and dropping it takes nothing back.
    pub fn call(&self, call: C) -> CallFuture<C> {
        let update = self.update.get_value();
        self.calls.make(move |client| {
            let mutation = client.mutation(call);
            match update {
                Some(update) => mutation
                    .optimistic(move |store, call| update(store, call))
                    .send(),
                None => mutation.send(),
            }
        })
    }

    /// Makes a mutation, at once, and forgets it: [`MutationHandle::value`] has what it comes to.
    pub fn dispatch(&self, call: C) {
        drop(self.call(call));
    }
}

impl<C: MutationCall + TypedCall> MutationHandle<C> {
    /// Tells whether a mutation of this handle has no answer yet. Is tracked.
    #[must_use]
    pub fn pending(&self) -> bool {
        self.calls.pending()
    }

    /// Returns what the newest answered mutation of this handle has come to. Is tracked.
    #[must_use]
    pub fn value(&self) -> Option<CallResult<C>> {
        self.calls.value()
    }
}
