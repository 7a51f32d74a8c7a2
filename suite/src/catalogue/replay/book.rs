//! Pages of one query, loaded one after another and each kept live between its two cursors: at any
//! time they show what the query would, without a gap and nothing twice.

use suite_fixture::catalogue::{Direction, Plan, Product, page};
use zeroback::db::{Cursor, Doc, Page, PageOpts};
use zeroback_protocol::{Outcome, QueryId};

use super::super::model::{Model, Place, Row, place};
use super::super::names::Names;
use super::super::shop::args as encoded;
use super::{decoded, is_row};
use crate::client::Client;

/// The pages that a client has loaded.
#[derive(Debug)]
pub(super) struct Book {
    pub(super) plan: Plan,
    limit: u32,
    leaves: Vec<Leaf>,
    is_done: bool,
}

/// One page.
#[derive(Debug)]
struct Leaf {
    query: QueryId,
    begin: Option<Cursor>,
    end: Cursor,
    /// Where it ends; nothing for the end of all.
    until: Option<Place>,
}

type Told = Page<Doc<Product>>;

impl Book {
    pub(super) fn new(plan: Plan, limit: u32) -> Self {
        Self {
            plan,
            limit,
            leaves: Vec::new(),
            is_done: false,
        }
    }

    /// Loads the next page and keeps it live.
    pub(super) fn load(
        &mut self,
        client: &mut Client,
        names: &Names,
        model: &Model,
    ) -> Result<(), String> {
        if self.is_done {
            return Ok(());
        }
        let last = self.leaves.last();
        let begin = last.map(|leaf| leaf.end.clone());
        let from = last.and_then(|leaf| leaf.until.clone());
        let Some(args) = self.args(names, begin.clone(), None) else {
            return Ok(());
        };
        let request = client.one_shot("catalogue:page", args);
        let told = told(&client.answer(request), names)?;
        let found = model.select(&self.plan);
        let mut expected = found
            .iter()
            .copied()
            .filter(|row| from.is_none() || !row.is_found(&self.plan, from.as_ref()));
        let rows: Vec<_> = expected.by_ref().take(self.limit as usize).collect();
        let is_last = expected.next().is_none();
        if !are_rows(&told.items, &rows) || told.is_done != is_last {
            return Err(format!("{self:?}\n  the next page is {told:?}"));
        }
        let until = match rows.last() {
            Some(last) if !is_last => place(&self.plan, last),
            _ => None,
        };
        self.is_done = is_last;
        let leaf = self.leaf(client, names, begin, told.end_cursor, until);
        self.leaves.push(leaf);
        Ok(())
    }

    /// Holds what its pages hold against the model, and splits what has grown.
    pub(super) fn check(
        &mut self,
        client: &mut Client,
        names: &Names,
        model: &Model,
    ) -> Result<(), String> {
        loop {
            client.settle();
            let mut items = Vec::new();
            let mut grown = None;
            for (at, leaf) in self.leaves.iter().enumerate() {
                let Some(held) = client.results.get(&leaf.query) else {
                    return Err(format!("{self:?}\n  page {at} was not answered"));
                };
                let told = told(held, names)?;
                let is_long = told.items.len() > 2 * self.limit as usize;
                if told.end_cursor != leaf.end
                    || told.is_done != leaf.until.is_none()
                    || told.split_cursor.is_some() != is_long
                {
                    return Err(format!("{self:?}\n  page {at} is {told:?}"));
                }
                if let Some(split) = told.split_cursor {
                    grown = Some((at, split, told.items.len() / 2));
                }
                items.extend(told.items);
            }
            let until = self.leaves.last().and_then(|leaf| leaf.until.as_ref());
            let found = model.select(&self.plan);
            let expected: Vec<_> = found
                .into_iter()
                .filter(|row| !self.leaves.is_empty() && row.is_found(&self.plan, until))
                .collect();
            if !are_rows(&items, &expected) {
                let ids: Vec<_> = expected.iter().map(|row| row.id).collect();
                let held: Vec<_> = items.iter().map(|item| *item.id()).collect();
                return Err(format!("{self:?}\n  holds {held:?}\n  and not {ids:?}"));
            }
            match grown {
                Some((at, split, count)) => self.split(client, names, model, (at, split, count)),
                None => return Ok(()),
            }
        }
    }

    /// Ends its live queries.
    pub(super) fn close(self, client: &mut Client) {
        let queries: Vec<_> = self.leaves.iter().map(|leaf| leaf.query).collect();
        client.query_set(&[], &queries);
    }

    /// Asks for a page in two from here on.
    fn split(
        &mut self,
        client: &mut Client,
        names: &Names,
        model: &Model,
        (at, split, count): (usize, Cursor, usize),
    ) {
        let leaf = self.leaves.remove(at);
        client.unsubscribe(leaf.query);
        let before = at
            .checked_sub(1)
            .and_then(|at| self.leaves[at].until.clone());
        let found = model.select(&self.plan);
        let mut behind = found
            .iter()
            .filter(|row| before.is_none() || !row.is_found(&self.plan, before.as_ref()));
        let until = behind.nth(count - 1).and_then(|row| place(&self.plan, row));
        let first = self.leaf(client, names, leaf.begin, split.clone(), until);
        let second = self.leaf(client, names, Some(split), leaf.end, leaf.until);
        self.leaves.splice(at..at, [first, second]);
    }

    fn leaf(
        &self,
        client: &mut Client,
        names: &Names,
        begin: Option<Cursor>,
        end: Cursor,
        until: Option<Place>,
    ) -> Leaf {
        let args = self.args(names, begin.clone(), Some(end.clone()));
        let query = client.subscribe("catalogue:page", args.expect("its rows are there"));
        Leaf {
            query,
            begin,
            end,
            until,
        }
    }

    fn args(
        &self,
        names: &Names,
        cursor: Option<Cursor>,
        end_cursor: Option<Cursor>,
    ) -> Option<serde_json::Value> {
        names.for_target(encoded(&page::Args {
            plan: self.plan.clone(),
            page: PageOpts {
                limit: self.limit,
                cursor,
                end_cursor,
            },
        }))
    }

    /// Tells how many of its pages a change of a row lies in: as it was, and as it is.
    pub(super) fn pages_hit(&self, rows: [Option<&Row>; 2]) -> Vec<usize> {
        let mut hit: Vec<_> = rows
            .into_iter()
            .flatten()
            .filter_map(|row| {
                let own = place(&self.plan, row)?;
                self.leaves.iter().position(|leaf| {
                    let is_before = |until: &Place| match self.plan.direction {
                        Direction::Ascending => own <= *until,
                        Direction::Descending => own >= *until,
                    };
                    leaf.until.as_ref().is_none_or(is_before)
                })
            })
            .collect();
        hit.sort_unstable();
        hit.dedup();
        hit
    }
}

fn told(outcome: &Outcome, names: &Names) -> Result<Told, String> {
    match outcome {
        Outcome::Success(value) => decoded(&names.for_script(value.as_str().to_owned())),
        Outcome::Error(error) => Err(format!("a page failed: {error}")),
    }
}

fn are_rows(items: &[Doc<Product>], rows: &[&Row]) -> bool {
    items.len() == rows.len() && items.iter().zip(rows).all(|(item, row)| is_row(item, row))
}
