//! Replays a script on a target and on the model, and compares what they say at each step.

mod book;
mod compare;
mod times;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use suite_fixture::catalogue::{
    Change, Kind, Plan, Product, Step as Told, Want, get_many, read, take_runs, write,
};
use zeroback::Id;
use zeroback::db::Doc;
use zeroback_protocol::{Outcome, QueryId, RawJson, WireError, decode};

use super::model::{Done, Failure, Model, Row, is_search, looked_until};
use super::names::Names;
use super::script::Step;
use super::shop::args as encoded;
use crate::client::Client;
use book::Book;
use times::Times;

/// A replay's state.
#[expect(missing_debug_implementations, reason = "a client need not be")]
pub struct Replay {
    client: Client,
    /// Which id of the target is which of the script.
    pub names: Names,
    times: Times,
    /// What should be there.
    pub model: Model,
    watched: BTreeMap<QueryId, (Plan, Want)>,
    books: Vec<Book>,
    /// Whether it can be told which plans were run.
    counts_runs: bool,
}

/// Beyond so many books the oldest is closed.
const BOOKS_MAX: usize = 2;

/// Beyond so many live queries the oldest ends.
const WATCHED_MAX: usize = 8;

impl Replay {
    /// Begins with an empty catalogue.
    #[must_use]
    pub fn new(client: Client, counts_runs: bool) -> Self {
        Self {
            client,
            names: Names::default(),
            times: Times::default(),
            model: Model::default(),
            watched: BTreeMap::new(),
            books: Vec::new(),
            counts_runs,
        }
    }

    /// Makes a step. What needs a row that is not there, because the script was cut, is left out.
    ///
    /// # Errors
    ///
    /// Fails where target and model differ.
    pub fn step(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Write(first_row, changes) => self.write(*first_row, changes),
            Step::Read(plan, want) => self.read(plan, *want),
            Step::GetMany(ids) => self.get_many(ids),
            Step::Watch(plan, want) => {
                self.watch(plan, *want);
                self.check_watched(None)
            }
            Step::Open(plan, limit) => {
                let plan = self.times.in_plan(plan);
                self.books.push(Book::new(plan, *limit));
                if self.books.len() > BOOKS_MAX {
                    self.books.remove(0).close(&mut self.client);
                }
                Ok(())
            }
            Step::Turn(at) => self.turn(*at),
            Step::Tick => Ok(()),
        }
    }

    /// Makes one mutation, and looks at the live queries.
    ///
    /// # Errors
    ///
    /// Fails where target and model differ.
    pub fn write(&mut self, first_row: u128, changes: &[Change]) -> Result<(), String> {
        let changes = self.times.in_changes(changes);
        let args = encoded(&write::Args {
            changes: changes.clone(),
        });
        let Some(args) = self.names.for_target(args) else {
            return Ok(());
        };
        let _ = take_runs();
        let request = self.client.mutation("catalogue:write", args);
        let outcome = self.client.answer(request);
        let before = self.model.clone();
        self.model.inserted = first_row;
        match outcome {
            Outcome::Success(told) => self.written(&changes, told.as_str())?,
            Outcome::Error(error) => match self.model.write(&changes, &[]) {
                Err(failure) => is_error(&failure, &error)?,
                Ok(_) => return Err(format!("the mutation failed: {error}\n  {changes:?}")),
            },
        }
        self.check_watched(Some(&before))
    }

    fn written(&mut self, changes: &[Change], told: &str) -> Result<(), String> {
        let unnamed: Vec<Told> = decoded(told)?;
        let done = match self.model.write(changes, &unnamed) {
            Ok(done) => done,
            Err(failure) => {
                return Err(format!(
                    "the mutation should have failed: {failure:?}\n  {changes:?}"
                ));
            }
        };
        for ((change, done), told) in changes.iter().zip(&done).zip(&unnamed) {
            if let (Kind::Insert(_), Done::Row(Some(row)), Told::Done(Some(document))) =
                (&change.kind, done, told)
            {
                self.names.note(row.id, *document.id());
                self.times.note(row.id, document.creation_time());
            }
        }
        let named: Vec<Told> = decoded(&self.names.for_script(told.to_owned()))?;
        for ((change, done), told) in changes.iter().zip(&done).zip(&named) {
            let is_same = match (done, told) {
                (Done::Row(Some(row)), Told::Done(Some(document))) => is_row(document, row),
                (Done::Row(None), Told::Done(None)) => true,
                (Done::Failed(failure), Told::Failed(code)) => failure.code() == code,
                (Done::Read(expected), Told::Read(found)) => {
                    is_read(change, expected.clone(), found.clone())
                }
                _ => false,
            };
            if !is_same {
                return Err(format!("{change:?}\n  told {told:?}\n  not {done:?}"));
            }
        }
        Ok(())
    }

    fn read(&mut self, plan: &Plan, want: Want) -> Result<(), String> {
        let plan = self.times.in_plan(plan);
        let args = encoded(&read::Args {
            plan: plan.clone(),
            want,
        });
        let Some(args) = self.names.for_target(args) else {
            return Ok(());
        };
        let request = self.client.one_shot("catalogue:read", args);
        let outcome = self.client.answer(request);
        compare::read(&self.model, &plan, want, &self.named(&outcome))
    }

    fn get_many(&mut self, ids: &[Id<Product>]) -> Result<(), String> {
        let args = encoded(&get_many::Args { ids: ids.to_vec() });
        let Some(args) = self.names.for_target(args) else {
            return Ok(());
        };
        let many = self.client.query("catalogue:get_many", args).to_string();
        let many: Vec<Option<Doc<Product>>> = decoded(&self.names.for_script(many))?;
        let expected: Vec<_> = ids.iter().map(|id| self.model.rows.get(id)).collect();
        let is_same = |(told, row): (&Option<Doc<Product>>, &Option<&Row>)| match (told, row) {
            (Some(document), Some(row)) => is_row(document, row),
            (None, None) => true,
            _ => false,
        };
        if many.len() != ids.len() || !many.iter().zip(&expected).all(is_same) {
            return Err(format!("get_many {ids:?}\n  told {many:?}"));
        }
        for id in ids {
            let args = self.names.for_target(json!({ "id": id.to_string() }));
            let one = self.client.query("catalogue:get", args.expect("as above"));
            let one: Option<Doc<Product>> = decoded(&self.names.for_script(one.to_string()))?;
            if !is_same((&one, &self.model.rows.get(id))) {
                return Err(format!("get {id:?}\n  told {one:?}"));
            }
        }
        Ok(())
    }

    /// Loads the next page of a book.
    fn turn(&mut self, at: usize) -> Result<(), String> {
        if self.books.is_empty() {
            return Ok(());
        }
        let at = at % self.books.len();
        let book = &mut self.books[at];
        book.load(&mut self.client, &self.names, &self.model)?;
        book.check(&mut self.client, &self.names, &self.model)
    }

    fn watch(&mut self, plan: &Plan, want: Want) {
        let plan = self.times.in_plan(plan);
        let args = encoded(&read::Args {
            plan: plan.clone(),
            want,
        });
        let Some(args) = self.names.for_target(args) else {
            return;
        };
        let id = self.client.subscribe("catalogue:read", args);
        self.watched.insert(id, (plan, want));
        if self.watched.len() > WATCHED_MAX
            && let Some((oldest, _)) = self.watched.pop_first()
        {
            self.client.unsubscribe(oldest);
        }
    }

    /// Looks at what is held, and at what was run since the model was as it was before.
    fn check_watched(&mut self, before: Option<&Model>) -> Result<(), String> {
        self.client.settle();
        for (id, (plan, want)) in &self.watched {
            let Some(held) = self.client.results.get(id) else {
                return Err(format!("{plan:?} {want:?}\n  was not answered"));
            };
            compare::read(&self.model, plan, *want, &self.named(held))
                .map_err(|error| format!("live: {error}"))?;
        }
        match before {
            Some(before) if self.counts_runs => self.check_runs(before, &take_runs())?,
            _ => {}
        }
        for book in &mut self.books {
            book.check(&mut self.client, &self.names, &self.model)?;
        }
        Ok(())
    }

    /// Shows that what was run was hit by what has changed.
    fn check_runs(&self, before: &Model, runs: &[u64]) -> Result<(), String> {
        for (plan, want) in self.watched.values() {
            let count = runs.iter().filter(|label| **label == plan.label).count();
            if count > 1 || count == 1 && !could_change(before, &self.model, plan, *want) {
                return Err(format!("{plan:?} {want:?}\n  was run {count} times"));
            }
        }
        for book in &self.books {
            let label = book.plan.label;
            let count = runs.iter().filter(|run| **run == label).count();
            let hit = changes(before, &self.model).flat_map(|rows| book.pages_hit(rows));
            let pages: BTreeSet<_> = hit.collect();
            if count > pages.len() {
                return Err(format!(
                    "{book:?}\n  was run {count} times, hit in {pages:?}"
                ));
            }
        }
        Ok(())
    }

    fn named(&self, outcome: &Outcome) -> Outcome {
        match outcome {
            Outcome::Success(value) => {
                let text = self.names.for_script(value.as_str().to_owned());
                Outcome::Success(RawJson::from_encoded(text))
            }
            Outcome::Error(error) => Outcome::Error(error.clone()),
        }
    }
}

/// Tells whether a read has looked at a row that has come, gone or changed.
fn could_change(before: &Model, after: &Model, plan: &Plan, want: Want) -> bool {
    if want == Want::Take(0) {
        return false;
    }
    let found = before.select(plan);
    let until = looked_until(plan, want, &found);
    let is_found = |row: Option<&Row>| row.is_some_and(|row| row.is_found(plan, until.as_ref()));
    changes(before, after).any(|[old, new]| match want {
        Want::Count => is_found(old) != is_found(new),
        _ => is_found(old) || is_found(new),
    })
}

/// Returns what has come, gone or changed: each row as it was, and as it is.
fn changes<'m>(before: &'m Model, after: &'m Model) -> impl Iterator<Item = [Option<&'m Row>; 2]> {
    let ids: BTreeSet<_> = before.rows.keys().chain(after.rows.keys()).collect();
    ids.into_iter()
        .map(|id| [before.rows.get(id), after.rows.get(id)])
        .filter(|[old, new]| old != new)
}

fn is_error(failure: &Failure, error: &WireError) -> Result<(), String> {
    let is_same = error.code.as_str() == failure.code()
        && match failure {
            Failure::Taken(indexes) => indexes.iter().any(|index| {
                let data = json!({ "index": index, "table": "products" }).to_string();
                error.data.as_ref().map(RawJson::as_str) == Some(data.as_str())
            }),
            _ => true,
        };
    if is_same {
        Ok(())
    } else {
        Err(format!("the error is {error:?} and not {failure:?}"))
    }
}

/// The ranking of a search is its own.
fn is_read(change: &Change, mut expected: Vec<Id<Product>>, mut found: Vec<Id<Product>>) -> bool {
    if let Kind::Read(plan) = &change.kind
        && is_search(plan)
    {
        expected.sort_unstable();
        found.sort_unstable();
    }
    expected == found
}

pub(super) fn is_row(document: &Doc<Product>, row: &Row) -> bool {
    *document.id() == row.id && document.creation_time() == row.created && **document == row.product
}

pub(super) fn decoded<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    decode(text.as_bytes()).map_err(|error| format!("{error}: {text}"))
}
