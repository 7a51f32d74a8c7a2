//! A list in pages that somebody looks at.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use zeroback_protocol::{Call, PageOpts};

use super::calls_of::Untyped;
use super::page_server::{Row, Rows};
use super::world::{World, code_of};
use crate::engine::pages::{Chain, PageRequest};
use crate::{Items, PageStatus, QueryState};

/// A list that somebody looks at.
pub(super) struct List {
    pub(super) chain: Rc<RefCell<Chain<Row, Untyped>>>,
    news: Rc<RefCell<u32>>,
}

impl List {
    /// Begins with so many.
    pub(super) fn open(world: &mut World, first: u32) -> Self {
        let call = Rows {
            of: None,
            page: PageOpts::first(first),
        };
        let request = PageRequest::new(Call::of(&call).unwrap()).unwrap();
        let has_changed = Arc::new(AtomicBool::new(false));
        let heard = Arc::clone(&has_changed);
        let listener = Arc::new(move || heard.store(true, Ordering::Relaxed));
        let chain = Chain::begin(&mut world.engine, world.now_ms, request, listener);
        let list = Self::of(Rc::new(RefCell::new(chain)));
        list.chain.borrow_mut().take_news();
        let (chain, news) = (Rc::downgrade(&list.chain), Rc::clone(&list.news));
        world.steps.push(Box::new(move |engine, now_ms| {
            let has_changed = has_changed.swap(false, Ordering::Relaxed);
            let Some(chain) = chain.upgrade().filter(|_| has_changed) else {
                return false;
            };
            chain.borrow_mut().advance(engine, now_ms);
            *news.borrow_mut() += u32::from(chain.borrow_mut().take_news());
            true
        }));
        world.settle();
        list
    }

    pub(super) fn of(chain: Rc<RefCell<Chain<Row, Untyped>>>) -> Self {
        let news = Rc::default();
        Self { chain, news }
    }

    pub(super) fn load_more(&self, world: &mut World, count: u32) {
        let mut chain = self.chain.borrow_mut();
        chain.load_more(&mut world.engine, world.now_ms, count);
        drop(chain);
        world.settle();
    }

    pub(super) fn close(self, world: &mut World) {
        self.chain
            .borrow_mut()
            .stop(&mut world.engine, world.now_ms);
        world.settle();
    }

    pub(super) fn items(&self) -> Items<Row> {
        self.chain.borrow().drawn().1.items
    }

    pub(super) fn status(&self) -> PageStatus<Untyped> {
        self.chain.borrow().drawn().1.status
    }

    /// Returns the rows and the status, in one line.
    pub(super) fn shown(&self) -> String {
        let rows = self
            .items()
            .iter()
            .map(|row| format!("{}{} ", row.rank, row.text))
            .collect::<String>();
        let status = match self.status() {
            PageStatus::Failed(error) => code_of(&QueryState::Error(error)),
            status => format!("{status:?}"),
        };
        rows + &status
    }

    /// Returns how often something else was to be shown since the last time.
    pub(super) fn news(&self) -> u32 {
        self.news.take()
    }
}
