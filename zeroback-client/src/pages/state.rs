//! What is known of a list that is loaded in pages.

use std::fmt;
use std::sync::Arc;

use zeroback_protocol::Page;

use crate::{CallError, Items, QueryState};

/// What has come of a list, and how far it is loaded.
pub struct PagesState<T, E> {
    /// What has come of all pages, in the query's order, up to the first that is missing.
    pub items: Items<T>,
    /// How far the list is loaded.
    pub status: PageStatus<E>,
}

/// How far a list is loaded.
pub enum PageStatus<E> {
    /// Nothing is asked: a hook has no arguments to ask with.
    Skipped,
    /// Nothing has come yet.
    LoadingFirst,
    /// What was asked for has come, and there is more.
    CanLoadMore,
    /// More was asked for, and has not come yet.
    LoadingMore,
    /// All of it is there. What comes to its end is shown too.
    Exhausted,
    /// A page failed. It is still live: what it reads may change.
    Failed(Arc<CallError<E>>),
}

impl<T, E> PagesState<T, E> {
    pub(crate) fn loading() -> Self {
        Self::without_items(PageStatus::LoadingFirst)
    }

    pub(crate) fn failed(error: Arc<CallError<E>>) -> Self {
        Self::without_items(PageStatus::Failed(error))
    }

    fn without_items(status: PageStatus<E>) -> Self {
        let items = Items::new(Vec::new());
        Self { items, status }
    }

    /// Tells whether nothing has come yet.
    #[must_use]
    pub fn is_loading(&self) -> bool {
        matches!(self.status, PageStatus::LoadingFirst)
    }

    /// Tells whether both are the very same.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.items.is(&other.items) && self.status.is(&other.status)
    }
}

impl<E> PageStatus<E> {
    /// How far a list is loaded whose last page is there.
    pub(crate) fn behind<T>(last: &Page<T>) -> Self {
        match last.is_done {
            true => Self::Exhausted,
            false => Self::CanLoadMore,
        }
    }

    /// Returns the error, where there is one.
    #[must_use]
    pub fn error(&self) -> Option<&Arc<CallError<E>>> {
        match self {
            Self::Failed(error) => Some(error),
            _ => None,
        }
    }

    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Failed(error), Self::Failed(other)) => Arc::ptr_eq(error, other),
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

/// A list of which there is one page.
impl<T, E> From<QueryState<Page<T>, E>> for PagesState<T, E> {
    fn from(state: QueryState<Page<T>, E>) -> Self {
        match state {
            QueryState::Skipped => Self::without_items(PageStatus::Skipped),
            QueryState::Loading => Self::loading(),
            QueryState::Error(error) => Self::failed(error),
            QueryState::Ready { data, .. } => Self {
                status: PageStatus::behind(&data),
                items: Items::new(vec![data]),
            },
        }
    }
}

// By hand, since neither the items nor the error need be what the state is.

impl<T, E> Clone for PagesState<T, E> {
    fn clone(&self) -> Self {
        Self {
            items: self.items.clone(),
            status: self.status.clone(),
        }
    }
}

impl<E> Clone for PageStatus<E> {
    fn clone(&self) -> Self {
        match self {
            Self::Skipped => Self::Skipped,
            Self::LoadingFirst => Self::LoadingFirst,
            Self::CanLoadMore => Self::CanLoadMore,
            Self::LoadingMore => Self::LoadingMore,
            Self::Exhausted => Self::Exhausted,
            Self::Failed(error) => Self::Failed(Arc::clone(error)),
        }
    }
}

impl<T: PartialEq, E: PartialEq> PartialEq for PagesState<T, E> {
    fn eq(&self, other: &Self) -> bool {
        self.items == other.items && self.status == other.status
    }
}

impl<E: PartialEq> PartialEq for PageStatus<E> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Failed(error), Self::Failed(other)) => error == other,
            _ => self.is(other),
        }
    }
}

impl<T: fmt::Debug, E: fmt::Debug> fmt::Debug for PagesState<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PagesState")
            .field("items", &self.items)
            .field("status", &self.status)
            .finish()
    }
}

impl<E: fmt::Debug> fmt::Debug for PageStatus<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Skipped => f.write_str("Skipped"),
            Self::LoadingFirst => f.write_str("LoadingFirst"),
            Self::CanLoadMore => f.write_str("CanLoadMore"),
            Self::LoadingMore => f.write_str("LoadingMore"),
            Self::Exhausted => f.write_str("Exhausted"),
            Self::Failed(error) => f.debug_tuple("Failed").field(error).finish(),
        }
    }
}
