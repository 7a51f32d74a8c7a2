//! What is known of a live query.

use std::fmt;
use std::sync::Arc;

use crate::CallError;

/// What a live query shows. Values and errors are shared by all who look at them.
pub enum QueryState<T, E> {
    /// Nothing is asked: a hook has no arguments to ask with. A subscription is never in this state.
    Skipped,
    /// Nothing has come yet.
    Loading,
    /// The newest result, with what is guessed of mutations in flight.
    Ready {
        /// The value.
        data: Arc<T>,
        /// Whether it was kept from elsewhere, and the server has not said yet that it still is so.
        stale: bool,
    },
    /// The query failed. It is still live: what it reads may change.
    Error(Arc<CallError<E>>),
}

impl<T, E> QueryState<T, E> {
    /// Returns the value, where there is one.
    #[must_use]
    pub fn data(&self) -> Option<&Arc<T>> {
        match self {
            Self::Ready { data, .. } => Some(data),
            Self::Skipped | Self::Loading | Self::Error(_) => None,
        }
    }

    /// Makes something of the value, where there is one.
    pub fn map<U>(&self, make: impl FnOnce(&Arc<T>) -> U) -> Option<U> {
        self.data().map(make)
    }

    /// Returns the error, where there is one.
    #[must_use]
    pub fn error(&self) -> Option<&Arc<CallError<E>>> {
        match self {
            Self::Error(error) => Some(error),
            Self::Skipped | Self::Loading | Self::Ready { .. } => None,
        }
    }

    /// Tells whether nothing has come yet.
    #[must_use]
    pub fn is_loading(&self) -> bool {
        matches!(self, Self::Loading)
    }
}

// By hand, since neither the value nor the error need be what the state is.

impl<T, E> Clone for QueryState<T, E> {
    fn clone(&self) -> Self {
        match self {
            Self::Skipped => Self::Skipped,
            Self::Loading => Self::Loading,
            Self::Ready { data, stale } => Self::Ready {
                data: Arc::clone(data),
                stale: *stale,
            },
            Self::Error(error) => Self::Error(Arc::clone(error)),
        }
    }
}

impl<T: fmt::Debug, E: fmt::Debug> fmt::Debug for QueryState<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Skipped => f.write_str("Skipped"),
            Self::Loading => f.write_str("Loading"),
            Self::Ready { data, stale } => f
                .debug_struct("Ready")
                .field("data", data)
                .field("stale", stale)
                .finish(),
            Self::Error(error) => f.debug_tuple("Error").field(error).finish(),
        }
    }
}

impl<T: PartialEq, E: PartialEq> PartialEq for QueryState<T, E> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Skipped, Self::Skipped) | (Self::Loading, Self::Loading) => true,
            (
                Self::Ready { data, stale },
                Self::Ready {
                    data: other,
                    stale: other_stale,
                },
            ) => data == other && stale == other_stale,
            (Self::Error(error), Self::Error(other)) => error == other,
            _ => false,
        }
    }
}
