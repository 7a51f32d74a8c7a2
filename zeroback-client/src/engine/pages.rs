//! Pages: a chain of live queries that show one list from its beginning, without gaps and without anything twice.
//!
//! A page that has come learns its end, and is asked for again with it: then it is what lies between two places,
//! whatever comes and goes, and the next page begins where it ends. One that has grown too long is asked for in two.
//!
//! Each step is one with the engine's own, so that all that a chain looks at is of one version.

mod asking;

use std::sync::Arc;

use serde::de::DeserializeOwned;
use zeroback_protocol::{Cursor, ErrorCode, Page, PageOpts, TypedError};

use super::{Engine, Listener, ListenerId, Listening, QueryKey};
use crate::{Items, PageStatus, PagesState, QueryState};

pub(crate) use asking::{Around, PageRequest, page_of};

/// Order of calls: `begin`; `advance` behind each change, and `load_more`; at last `stop`. `draw` at any time.
pub(crate) struct Chain<T, E> {
    request: PageRequest,
    links: Vec<Link>,
    /// Cursors that the server has refused. One that it refuses again is not worth another beginning.
    refused: Vec<Cursor>,
    listener: Listener,
    drawn: PagesState<T, E>,
    /// Counts what was drawn.
    version: u64,
    /// What of that others were told.
    told: u64,
    /// Of which of the engine's changes it was drawn.
    of_change: u64,
}

/// A page of the chain.
struct Link {
    opts: PageOpts,
    key: QueryKey,
    id: ListenerId,
    /// Those that take its place when all of them have come.
    heirs: Vec<Link>,
}

impl<T, E> Chain<T, E>
where
    T: DeserializeOwned + Send + Sync + 'static,
    E: TypedError + Send + Sync,
{
    /// Asks for the first page.
    pub(crate) fn begin(
        engine: &mut Engine,
        now_ms: u64,
        request: PageRequest,
        listener: Listener,
    ) -> Self {
        engine.at(now_ms);
        let mut chain = Self {
            request,
            links: Vec::new(),
            refused: Vec::new(),
            listener,
            drawn: PagesState::loading(),
            version: 0,
            told: 0,
            of_change: 0,
        };
        chain.begin_anew(engine);
        chain.advance(engine, now_ms);
        chain
    }

    /// Does what the results that have come ask for.
    pub(crate) fn advance(&mut self, engine: &mut Engine, now_ms: u64) {
        engine.at(now_ms);
        while let Some(refused) = self.refused_link(engine) {
            let cursors = cursors_of(&refused.opts).cloned().collect::<Vec<_>>();
            self.refused.extend(cursors);
            self.begin_anew(engine);
        }
        let links = std::mem::take(&mut self.links);
        for link in links {
            self.take_up(engine, link);
        }
        self.draw(engine);
    }

    /// Asks for so many more, where the pages are all there and go on.
    pub(crate) fn load_more(&mut self, engine: &mut Engine, now_ms: u64, count: u32) {
        engine.at(now_ms);
        let last = self.links.last();
        let last = last.and_then(|last| self.page(engine, last));
        let Some(end) = last
            .filter(|page| !page.is_done)
            .map(|page| page.end_cursor.clone())
        else {
            return;
        };
        let opts = PageOpts {
            cursor: Some(end),
            ..PageOpts::first(count)
        };
        let next = self.open(engine, opts, None);
        self.links.push(next);
        self.advance(engine, now_ms);
    }

    /// Asks for nothing any more.
    pub(crate) fn stop(&mut self, engine: &mut Engine, now_ms: u64) {
        engine.at(now_ms);
        self.close_all(engine);
    }

    fn close_all(&mut self, engine: &mut Engine) {
        for link in std::mem::take(&mut self.links) {
            close(engine, &link);
            for heir in &link.heirs {
                close(engine, heir);
            }
        }
    }

    /// Returns what is to be shown, and the number of its last change.
    pub(crate) fn drawn(&self) -> (u64, PagesState<T, E>) {
        (self.version, self.drawn.clone())
    }

    /// Tells whether nothing has changed since it was drawn.
    pub(crate) fn is_current(&self, engine: &Engine) -> bool {
        self.of_change == engine.changes
    }

    /// Tells whether there is something else to be shown than the last time.
    pub(crate) fn take_news(&mut self) -> bool {
        std::mem::replace(&mut self.told, self.version) != self.version
    }

    fn begin_anew(&mut self, engine: &mut Engine) {
        self.close_all(engine);
        let first = self.open(engine, self.request.first().clone(), None);
        self.links = vec![first];
    }

    /// A page may begin with the result of another one, whose end it has.
    fn open(&self, engine: &mut Engine, opts: PageOpts, from: Option<&QueryKey>) -> Link {
        let question = self.request.question(&opts);
        let key = question.key.clone();
        let listening = Listening {
            from: from.cloned(),
        };
        let listener = Arc::clone(&self.listener);
        let id = engine.listen(engine.env.now_ms, question, &listening, listener);
        Link {
            opts,
            key,
            id,
            heirs: Vec::new(),
        }
    }

    /// Puts into the chain what stands in the place of a page: itself, or those that it has been asked for again as.
    fn take_up(&mut self, engine: &mut Engine, mut link: Link) {
        if link.heirs.is_empty()
            && let Some(page) = self.page(engine, &link)
        {
            let wanted = again_as(&link.opts, &page);
            let from = (wanted.len() == 1).then_some(&link.key);
            let heirs = wanted.into_iter();
            link.heirs = heirs.map(|opts| self.open(engine, opts, from)).collect();
        }
        let have_come = |heir| self.page(engine, heir).is_some();
        if link.heirs.is_empty() || !link.heirs.iter().all(have_come) {
            return self.links.push(link);
        }
        close(engine, &link);
        for heir in link.heirs {
            self.take_up(engine, heir);
        }
    }

    /// Returns a page of which the server does not take a cursor that it has given, so that all has to begin anew.
    fn refused_link(&self, engine: &Engine) -> Option<&Link> {
        self.all_links().find(|link| self.is_refused(engine, link))
    }

    fn is_refused(&self, engine: &Engine, link: &Link) -> bool {
        let shown = engine.shown(&link.key);
        shown.is_some_and(|shown| shown.is_failure_of(&ErrorCode::BAD_CURSOR))
            && cursors_of(&link.opts).any(|cursor| !self.refused.contains(cursor))
    }

    fn draw(&mut self, engine: &Engine) {
        let states = self.all_links().map(|link| self.state(engine, link));
        let failure = states.filter_map(|state| state.error().cloned()).next();
        let pages = self.links.iter().map_while(|link| self.page(engine, link));
        let items = Items::new(pages.collect());
        let status = match (failure, items.last_page()) {
            (Some(error), _) => PageStatus::Failed(error),
            (None, None) => PageStatus::LoadingFirst,
            (None, Some(_)) if items.pages() < self.links.len() => PageStatus::LoadingMore,
            (None, Some(last)) => PageStatus::behind(last),
        };
        let drawn = PagesState { items, status };
        if self.version == 0 || !self.drawn.is(&drawn) {
            self.drawn = drawn;
            self.version += 1;
        }
        self.of_change = engine.changes;
    }

    fn all_links(&self) -> impl Iterator<Item = &Link> {
        let links = self.links.iter();
        links.flat_map(|link| std::iter::once(link).chain(&link.heirs))
    }

    fn page(&self, engine: &Engine, link: &Link) -> Option<Arc<Page<T>>> {
        self.state(engine, link).data().cloned()
    }

    fn state(&self, engine: &Engine, link: &Link) -> QueryState<Page<T>, E> {
        let shown = engine.shown(&link.key).map(|shown| shown.state());
        shown.unwrap_or(QueryState::Loading)
    }
}

/// One whose end is not known yet is of no use to anybody who comes later.
fn close(engine: &mut Engine, link: &Link) {
    let linger_ms = link.opts.end_cursor.is_none().then_some(0);
    engine.stop(engine.env.now_ms, &link.key, link.id, linger_ms);
}

/// Returns the pages as which a page is to be asked for again: with its end, or in two, or not at all.
fn again_as<T>(opts: &PageOpts, page: &Page<T>) -> Vec<PageOpts> {
    let upto = |end: &Cursor| PageOpts {
        end_cursor: Some(end.clone()),
        ..opts.clone()
    };
    match (&opts.end_cursor, &page.split_cursor) {
        (None, _) => vec![upto(&page.end_cursor)],
        (Some(_), None) => Vec::new(),
        (Some(_), Some(middle)) => {
            let second = PageOpts {
                cursor: Some(middle.clone()),
                ..opts.clone()
            };
            vec![upto(middle), second]
        }
    }
}

fn cursors_of(opts: &PageOpts) -> impl Iterator<Item = &Cursor> {
    [&opts.cursor, &opts.end_cursor].into_iter().flatten()
}
