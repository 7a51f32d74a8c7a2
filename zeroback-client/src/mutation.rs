//! A mutation that is about to be made.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;

use zeroback_protocol::{FunctionKind, MutationCall};

use crate::call::{Reply, TypedCall};
use crate::engine::guesses::Guess;
use crate::{Client, OptimisticStore};

/// A mutation that is about to be made: by [`Mutation::send`], or by awaiting it.
#[must_use = "it is made when it is sent or awaited"]
pub struct Mutation<C> {
    client: Client,
    call: C,
    guess: Option<MakeGuess<C>>,
}

type MakeGuess<C> = Box<dyn FnOnce(C) -> Guess + Send>;

impl<C: MutationCall + TypedCall> Mutation<C> {
    pub(crate) fn new(client: Client, call: C) -> Self {
        Self {
            client,
            call,
            guess: None,
        }
    }

    /// Says what the mutation will make of the results of live queries.
    ///
    /// It is shown at once, until the server's own results have it or the mutation has failed, and made again on each
    /// result that comes meanwhile: so it is a pure function, which looks at nothing but the store and the arguments.
    /// It must not call the client, and what it panics with at the call goes to the caller, with nothing sent.
    pub fn optimistic(
        mut self,
        guess: impl Fn(&mut OptimisticStore<'_>, &C) + Send + Sync + 'static,
    ) -> Self
    where
        C: Send + Sync,
    {
        self.guess = Some(Box::new(|call| {
            Arc::new(move |store: &mut OptimisticStore<'_>| guess(store, &call))
        }));
        self
    }

    /// Makes the mutation now.
    pub fn send(self) -> Reply<C> {
        let Self {
            client,
            call,
            guess,
        } = self;
        client.request(FunctionKind::Mutation, call, guess)
    }
}

impl<C: MutationCall + TypedCall> IntoFuture for Mutation<C> {
    type Output = <Reply<C> as Future>::Output;
    type IntoFuture = Reply<C>;

    fn into_future(self) -> Reply<C> {
        self.send()
    }
}

impl<C: MutationCall + TypedCall> fmt::Debug for Mutation<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Mutation");
        debug.field("path", &C::PATH);
        debug.field("is_optimistic", &self.guess.is_some());
        debug.finish_non_exhaustive()
    }
}
