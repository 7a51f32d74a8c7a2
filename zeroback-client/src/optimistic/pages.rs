//! Guesses for lists that are loaded in pages: each changes all pages of a query that are live, wherever they are
//! shown.

use std::cmp::Ordering;
use std::sync::Arc;

use zeroback_protocol::{Page, PageOpts, read_json};

use crate::call::PagedCall;
use crate::engine::QueryKey;
use crate::engine::pages::{Around, page_of};
use crate::optimistic::OptimisticStore;

/// A page that is live.
struct Live<T> {
    key: QueryKey,
    opts: PageOpts,
    /// The arguments but for the page: they are the same in all pages of a list.
    list: Around,
    page: Arc<Page<T>>,
}

/// Each takes which lists are meant, by the arguments of their pages.
///
/// ```
/// # use suite_fixture_calls as tasks;
/// # fn show(client: &zeroback_client::Client) {
/// let call = tasks::create::Args { text: "milk".to_owned() };
/// let mutation = client.mutation(call).optimistic(|store, args| {
///     store.insert_at_top(|list: &tasks::page::Args| list.project == 1, args.text.clone());
/// });
/// let reply = mutation.send();
/// # }
/// ```
impl OptimisticStore<'_> {
    /// Shows an item before all others.
    pub fn insert_at_top<C>(&mut self, is_meant: impl Fn(&C) -> bool, item: C::Item)
    where
        C: PagedCall<Item: Clone>,
    {
        let pages = self.pages(is_meant);
        for live in pages.iter().filter(|live| live.is_first()) {
            self.change_items::<C>(live, |items| items.insert(0, item.clone()));
        }
    }

    /// Shows an item behind all others, in lists that are loaded to their end.
    pub fn insert_at_bottom_if_loaded<C>(&mut self, is_meant: impl Fn(&C) -> bool, item: C::Item)
    where
        C: PagedCall<Item: Clone>,
    {
        let pages = self.pages(is_meant);
        for live in pages.iter().filter(|live| live.page.is_done) {
            self.change_items::<C>(live, |items| items.push(item.clone()));
        }
    }

    /// Shows an item where it belongs in lists that are in this order; not at all in those that are not loaded as far.
    /// It stands behind those that are equal to it.
    pub fn insert_at_position<C>(
        &mut self,
        is_meant: impl Fn(&C) -> bool,
        item: C::Item,
        compare: impl Fn(&C::Item, &C::Item) -> Ordering,
    ) where
        C: PagedCall<Item: Clone>,
    {
        let pages = self.pages(is_meant);
        let is_behind = |other: &C::Item| compare(&item, other) == Ordering::Less;
        for live in &pages {
            if let Some(at) = live.place(&pages, is_behind) {
                self.change_items::<C>(live, |items| items.insert(at, item.clone()));
            }
        }
    }

    /// Changes items of lists.
    pub fn update_items<C>(
        &mut self,
        is_meant: impl Fn(&C) -> bool,
        mut change: impl FnMut(&mut C::Item),
    ) where
        C: PagedCall<Item: Clone>,
    {
        for live in self.pages(is_meant) {
            self.change_items::<C>(&live, |items| items.iter_mut().for_each(&mut change));
        }
    }

    /// Shows some items of lists no more.
    pub fn remove_items<C>(
        &mut self,
        is_meant: impl Fn(&C) -> bool,
        is_gone: impl Fn(&C::Item) -> bool,
    ) where
        C: PagedCall<Item: Clone>,
    {
        let pages = self.pages(is_meant);
        for live in (pages.iter()).filter(|live| live.page.items.iter().any(&is_gone)) {
            self.change_items::<C>(live, |items| items.retain(|item| !is_gone(item)));
        }
    }

    /// Returns all pages of these lists that are live and have come.
    fn pages<C: PagedCall>(&mut self, is_meant: impl Fn(&C) -> bool) -> Vec<Live<C::Item>> {
        let questions = self.questions_of::<C>().into_iter();
        let live = questions.filter_map(|question| {
            let args = read_json::<C>(question.call.args.as_str()).ok()?;
            let (opts, list) = page_of(&question.call).filter(|_| is_meant(&args))?;
            let page = self.value::<C>(&question.key)?;
            Some(Live {
                key: question.key,
                opts,
                list,
                page,
            })
        });
        live.collect()
    }

    fn change_items<C>(&mut self, live: &Live<C::Item>, change: impl FnOnce(&mut Vec<C::Item>))
    where
        C: PagedCall<Item: Clone>,
    {
        self.change::<C>(live.key.clone(), |page| change(&mut page.items));
    }
}

impl<T> Live<T> {
    fn is_first(&self) -> bool {
        self.opts.cursor.is_none()
    }

    /// Returns where an item stands in this page that comes before those for which `is_behind` holds; nothing where
    /// it stands in another one, or nobody knows.
    fn place(&self, pages: &[Self], is_behind: impl Fn(&T) -> bool) -> Option<usize> {
        let Page {
            items,
            end_cursor,
            is_done,
            ..
        } = &*self.page;
        match items.iter().position(&is_behind) {
            // In an earlier page it comes before this one's first.
            Some(0) if !self.is_first() => None,
            Some(at) => Some(at),
            None => {
                let is_next = |other: &&Self| {
                    other.list == self.list && other.opts.cursor.as_ref() == Some(end_cursor)
                };
                let next = pages.iter().find(is_next);
                let next = next.and_then(|next| next.page.items.first());
                (*is_done || next.is_some_and(is_behind)).then_some(items.len())
            }
        }
    }
}
