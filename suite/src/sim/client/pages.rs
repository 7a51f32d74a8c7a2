//! Pages: a client asks for those that it has between two cursors, and for the next one behind them.

use serde_json::Value;
use suite_fixture_sim::{PageOf, Question};
use zeroback_protocol::QueryId;

use super::Client;

impl Client {
    /// Goes on behind a page: gives it the end that it has, keeps what it holds, and asks for the
    /// next one. A page that has grown too long is asked for in two.
    pub(in crate::sim) fn turn_page(&mut self, which: usize) {
        let Some((id, page, said)) = self.page(which) else {
            return;
        };
        let cursor = |name: &str| said[name].as_str().map(str::to_owned);
        let (end, middle) = (cursor("endCursor"), cursor("splitCursor"));
        let asked = self.asked.remove(&id).expect("it was just found");
        let between = |from: &Option<String>, end: &Option<String>| {
            let (cursor, end) = (from.clone(), end.clone());
            Question::Page(PageOf {
                cursor,
                end,
                ..page.clone()
            })
        };
        let pages = match (&page.end, middle) {
            (Some(_), None) => {
                self.asked.insert(id, asked);
                return;
            }
            (Some(_), middle) => vec![
                (between(&page.cursor, &middle), None),
                (between(&middle, &page.end), None),
            ],
            (None, _) => {
                let this = (between(&page.cursor, &end), asked.held);
                let next = (said["isDone"] == false).then(|| (between(&end, &None), None));
                [this].into_iter().chain(next).collect()
            }
        };
        self.exchange(Some(id), pages);
    }

    /// Asks for a page of another list behind the end of a page.
    pub(in crate::sim) fn lead_astray(&mut self, which: usize, list: &str) {
        let Some((_, page, said)) = self.page(which) else {
            return;
        };
        let list = list.to_owned();
        let cursor = said["endCursor"].as_str().map(str::to_owned);
        let page = Question::Page(PageOf {
            list,
            cursor,
            ..page
        });
        self.exchange(None, vec![(page, None)]);
    }

    /// Returns one of the pages that have come, as it is seen.
    fn page(&self, which: usize) -> Option<(QueryId, PageOf, Value)> {
        let pages = self.asked.iter().filter_map(|(id, asked)| {
            let Question::Page(page) = &asked.question else {
                return None;
            };
            let held = asked.held.as_ref().filter(|_| asked.is_told)?;
            Some((*id, page.clone(), held.said.clone().ok()?))
        });
        let mut pages: Vec<_> = pages.collect();
        let at = which.checked_rem(pages.len())?;
        Some(pages.swap_remove(at))
    }
}
