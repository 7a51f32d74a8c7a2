//! What a list in pages shows: one list, though it lies in several pieces.

use std::fmt;
use std::ops::Deref;
use std::slice;
use std::sync::Arc;

use zeroback_protocol::Page;

/// The items of a list in pages, in the query's order. It is cheap to clone, and what it holds is shared.
///
/// ```
/// fn longest(items: &zeroback_client::Items<String>) -> Option<&String> {
///     items.iter().max_by_key(|item| item.len())
/// }
/// ```
pub struct Items<T> {
    pages: Arc<[Arc<Page<T>>]>,
}

/// An item of a list in pages, which it keeps alive; it derefs to the item.
pub struct PageItem<T> {
    page: Arc<Page<T>>,
    at: usize,
}

/// The items by reference.
pub type ItemsIter<'a, T> = std::iter::FlatMap<
    slice::Iter<'a, Arc<Page<T>>>,
    slice::Iter<'a, T>,
    fn(&'a Arc<Page<T>>) -> slice::Iter<'a, T>,
>;

/// The items one after another, each cheap to keep: what a `<For>` of Leptos takes.
pub struct IntoItems<T> {
    pages: Arc<[Arc<Page<T>>]>,
    page: usize,
    at: usize,
}

impl<T> Items<T> {
    pub(crate) fn new(pages: Vec<Arc<Page<T>>>) -> Self {
        Self {
            pages: pages.into(),
        }
    }

    /// Returns how many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pages.iter().map(|page| page.items.len()).sum()
    }

    /// Tells whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pages.iter().all(|page| page.items.is_empty())
    }

    /// Returns the item at a place, counted from 0.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<&T> {
        self.iter().nth(at)
    }

    /// Goes through the items.
    pub fn iter(&self) -> ItemsIter<'_, T> {
        let items: fn(&Arc<Page<T>>) -> slice::Iter<'_, T> = |page| page.items.iter();
        self.pages.iter().flat_map(items)
    }

    /// Returns how many pages they lie in.
    pub(crate) fn pages(&self) -> usize {
        self.pages.len()
    }

    pub(crate) fn last_page(&self) -> Option<&Page<T>> {
        self.pages.last().map(|page| &**page)
    }

    /// Tells whether both are of the very same pages.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.pages.len() == other.pages.len()
            && self
                .pages
                .iter()
                .zip(&*other.pages)
                .all(|(one, other)| Arc::ptr_eq(one, other))
    }
}

impl<'a, T> IntoIterator for &'a Items<T> {
    type Item = &'a T;
    type IntoIter = ItemsIter<'a, T>;

    fn into_iter(self) -> ItemsIter<'a, T> {
        self.iter()
    }
}

impl<T> IntoIterator for Items<T> {
    type Item = PageItem<T>;
    type IntoIter = IntoItems<T>;

    fn into_iter(self) -> IntoItems<T> {
        IntoItems {
            pages: self.pages,
            page: 0,
            at: 0,
        }
    }
}

impl<T> Iterator for IntoItems<T> {
    type Item = PageItem<T>;

    fn next(&mut self) -> Option<PageItem<T>> {
        loop {
            let page = self.pages.get(self.page)?;
            if self.at < page.items.len() {
                let (page, at) = (Arc::clone(page), self.at);
                self.at += 1;
                return Some(PageItem { page, at });
            }
            self.page += 1;
            self.at = 0;
        }
    }
}

impl<T> Deref for PageItem<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.page.items[self.at]
    }
}

// By hand, since the items need not be what the list is.

impl<T> Clone for Items<T> {
    fn clone(&self) -> Self {
        Self {
            pages: Arc::clone(&self.pages),
        }
    }
}

impl<T> Clone for PageItem<T> {
    fn clone(&self) -> Self {
        Self {
            page: Arc::clone(&self.page),
            at: self.at,
        }
    }
}

impl<T: PartialEq> PartialEq for Items<T> {
    fn eq(&self, other: &Self) -> bool {
        self.is(other) || self.iter().eq(other)
    }
}

impl<T: PartialEq> PartialEq for PageItem<T> {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl<T: fmt::Debug> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl<T: fmt::Debug> fmt::Debug for PageItem<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T> fmt::Debug for IntoItems<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoItems").finish_non_exhaustive()
    }
}
