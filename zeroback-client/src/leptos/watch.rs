//! What a hook can show: one result, or a list in pages.

use zeroback_protocol::{FunctionCall, QueryCall};

use crate::call::{PagedCall, TypedCall};
use crate::{Client, Pages, PagesState, QueryState, Subscription};

/// What a hook keeps live.
pub(super) trait Watch: Send + Sync + 'static {
    /// What is asked; of a list in pages, its first.
    type Call: QueryCall + TypedCall;
    /// What is shown of it.
    type State: Clone + From<StateOf<Self::Call>> + Send + Sync;

    fn open(client: &Client, call: &Self::Call) -> Self;

    /// Has a function called behind each change.
    fn on_change(&self, callback: impl Fn() + Send + Sync + 'static);

    fn state(&self) -> Self::State;

    /// Tells whether nothing has come yet.
    fn is_loading(state: &Self::State) -> bool;
}

/// What is shown of one result.
pub(super) type StateOf<C> = QueryState<<C as FunctionCall>::Output, <C as FunctionCall>::Error>;

impl<C: QueryCall + TypedCall> Watch for Subscription<C> {
    type Call = C;
    type State = StateOf<C>;

    fn open(client: &Client, call: &C) -> Self {
        client.subscribe_to(call)
    }

    fn on_change(&self, callback: impl Fn() + Send + Sync + 'static) {
        self.on_change(callback);
    }

    fn state(&self) -> StateOf<C> {
        self.state()
    }

    fn is_loading(state: &StateOf<C>) -> bool {
        state.is_loading()
    }
}

impl<C: PagedCall> Watch for Pages<C> {
    type Call = C;
    type State = PagesState<C::Item, C::Error>;

    fn open(client: &Client, call: &C) -> Self {
        Self::new(client.clone(), call)
    }

    fn on_change(&self, callback: impl Fn() + Send + Sync + 'static) {
        self.on_change(callback);
    }

    fn state(&self) -> Self::State {
        self.state()
    }

    fn is_loading(state: &Self::State) -> bool {
        state.is_loading()
    }
}
