//! Live lists that are loaded in pages.

use leptos::prelude::{Get as _, GetUntracked as _};
use zeroback_protocol::PageOpts;

use super::handle::handle;
use super::live::{Newest, newest};
use super::query::MaybeCall;
use crate::call::PagedCall;
use crate::{Items, PageStatus, Pages, PagesState, QueryState};

/// A live list that is loaded in pages, as a signal of [`PagesState`].
///
/// It is live for as long as whoever has made it is there. Equal pages of an app are one to the server.
pub struct PaginatedQuery<C: PagedCall> {
    live: Newest<Pages<C>>,
}

/// Keeps a list live that is asked for in pages, beginning with so many items. `call` is the call for a page, whose
/// argument for it is named `page`. What `call` reads is tracked: other arguments begin anew, and `None` asks nothing.
///
/// ```ignore
/// let messages = use_paginated_query(move |page| messages::page::Args { channel: channel.get(), page }, 20);
/// view! {
///     <For each=move || messages.items() key=|message| *message.id() let:message>
///         <p>{message.text.clone()}</p>
///     </For>
///     <button on:click=move |_| messages.load_more(20) disabled=move || !messages.can_load_more()>"Older"</button>
/// }
/// ```
///
/// All of it stays one list, without gaps and without anything twice, as items come and go. What has been loaded is
/// there for as long as the arguments stay the same.
///
/// # Panics
///
/// Panics where [`provide_zeroback`](super::provide_zeroback) was not called in a component around this one.
pub fn use_paginated_query<C, M>(
    call: impl Fn(PageOpts) -> M + Send + Sync + 'static,
    first: u32,
) -> PaginatedQuery<C>
where
    C: PagedCall,
    M: MaybeCall<C>,
{
    PaginatedQuery {
        live: newest(move || call(PageOpts::first(first))),
    }
}

handle!(PaginatedQuery, PagedCall);

impl<C: PagedCall> PaginatedQuery<C> {
    /// Returns what is to be shown, and how far the list is loaded. Is tracked; while nothing has come, a `<Suspense>`
    /// around it shows its fallback.
    #[must_use]
    pub fn get(&self) -> PagesState<C::Item, C::Error> {
        let live = self.live.get();
        live.map_or_else(|| QueryState::Skipped.into(), |live| live.get())
    }

    /// Returns what has come of the list. Is tracked, as [`PaginatedQuery::get`].
    #[must_use]
    pub fn items(&self) -> Items<C::Item> {
        self.get().items
    }

    /// Returns how far the list is loaded. Is tracked, as [`PaginatedQuery::get`].
    #[must_use]
    pub fn status(&self) -> PageStatus<C::Error> {
        self.get().status
    }

    /// Tells whether [`PaginatedQuery::load_more`] does anything. Is tracked, as [`PaginatedQuery::get`].
    #[must_use]
    pub fn can_load_more(&self) -> bool {
        matches!(self.status(), PageStatus::CanLoadMore)
    }

    /// Asks for so many more, where the status is [`PageStatus::CanLoadMore`].
    pub fn load_more(&self, count: u32) {
        if let Some(live) = self.live.get_untracked()
            && let Some(pages) = live.watch()
        {
            pages.load_more(count);
        }
    }
}
