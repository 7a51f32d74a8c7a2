//! The model: what the pieces are, and what each query would return, as plainly as can be.

mod editions;
mod jobs;
mod pages;
mod search;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use suite_fixture_sim::Question;
use suite_fixture_sim::pieces::{Change, End};

pub(super) use editions::Edition;
use editions::without_weights;
pub(super) use jobs::Waiting;
pub(super) use pages::{Place, Places};
pub(super) use search::in_order_of;

/// A piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// Counts the pieces that were ever added: the order of creation.
    pub(super) born: u64,
    pub(super) key: i64,
    pub(super) list: String,
    pub(super) rank: i64,
    pub(super) title: String,
    pub(super) note: Option<String>,
    /// It has one where the next version of the app has added it.
    weight: Option<i64>,
}

/// The database at one version: the pieces by their keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    pub(super) rows: BTreeMap<i64, Row>,
    born: u64,
    /// What is to be done later.
    pub(super) jobs: Vec<Waiting>,
}

/// A piece of an archive: key, list, rank and title.
pub(super) type Piece = (i64, String, i64, String);

/// What a mutation does.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mutation {
    pub(super) changes: Vec<Change>,
    pub(super) end: End,
}

/// A function's value, or the code of its error.
pub(super) type Said = Result<Value, &'static str>;

impl State {
    /// Makes the changes of a mutation, all or none, and returns what it says.
    pub(super) fn apply(&mut self, mutation: &Mutation, edition: Edition, now_ms: i64) -> Said {
        let before = self.clone();
        let mut ranks = Vec::new();
        for change in &mutation.changes {
            let made = match change {
                Change::Later(..) | Change::GiveUp(_) => Ok(self.plan(change, now_ms)),
                _ => self.make(change, edition),
            };
            match made {
                Ok(rank) => ranks.push(rank),
                Err(code) => {
                    *self = before;
                    return Err(code);
                }
            }
        }
        let code = match mutation.end {
            End::Return => return Ok(json!(ranks)),
            End::Fail => "conflict",
            End::Panic => "internal",
            End::ReturnTooMuch => "result_too_large",
        };
        *self = before;
        Err(code)
    }

    /// Returns what it is when an archive has come in, if that can be.
    pub(super) fn imported(&self, pieces: &[Piece], first: u64, edition: Edition) -> Option<Self> {
        let mut state = Self {
            rows: BTreeMap::new(),
            born: first,
            jobs: self.jobs.clone(),
        };
        for (key, list, rank, title) in pieces {
            let change = Change::Insert(*key, list.clone(), *rank, title.clone());
            state.make(&change, edition).ok()?;
            let row = state.rows.get_mut(key).expect("it was just added");
            row.weight = None;
        }
        state.born = self.born;
        Some(state)
    }

    /// Keeps places in the order of creation for so many pieces; returns the first.
    pub(super) fn reserve(&mut self, pieces: usize) -> u64 {
        let first = self.born;
        self.born += pieces as u64;
        first
    }

    fn make(&mut self, change: &Change, edition: Edition) -> Result<Option<i64>, &'static str> {
        let rank = self.make_in_any(change, edition)?;
        let row = self.rows.get(&change.key());
        if edition == Edition::Next && row.is_some_and(|row| self.is_twin(row)) {
            return Err("unique_violation");
        }
        Ok(rank)
    }

    fn make_in_any(
        &mut self,
        change: &Change,
        edition: Edition,
    ) -> Result<Option<i64>, &'static str> {
        if let Change::Insert(key, list, rank, title) = change {
            if self.rows.contains_key(key) {
                return Err("conflict");
            }
            self.born += 1;
            let row = Row {
                born: self.born,
                key: *key,
                list: list.clone(),
                rank: *rank,
                title: title.clone(),
                note: None,
                weight: (edition == Edition::Next).then_some(rank * 10),
            };
            self.rows.insert(*key, row);
            return Ok(Some(*rank));
        }
        let row = self.rows.get_mut(&change.key()).ok_or("not_found")?;
        match change {
            Change::Insert(..) | Change::Later(..) | Change::GiveUp(_) => {
                unreachable!("it was made above")
            }
            Change::Title(_, title) => row.title.clone_from(title),
            Change::Note(_, note) => row.note.clone_from(note),
            Change::Shift(_, by) => row.rank += by,
            Change::Move(_, list) => row.list.clone_from(list),
            Change::Remove(key) => {
                self.rows.remove(key);
                return Ok(None);
            }
        }
        Ok(Some(row.rank))
    }

    /// Returns what a query says.
    pub(super) fn answer(&self, question: &Question, edition: Edition, places: &Places) -> Said {
        let said = self.answer_of_next(question, places);
        match (edition, question) {
            (Edition::Next, _) => said,
            (Edition::First, Question::Heavy(_)) => Err("function_not_found"),
            (Edition::First, _) => said.map(without_weights),
        }
    }

    fn answer_of_next(&self, question: &Question, places: &Places) -> Said {
        Ok(match question {
            Question::All(list) => documents(&self.list(list)),
            Question::Top(list, count, last) => documents(&self.top(list, *count, *last)),
            Question::Between(list, from, to) => {
                let rows = self.list(list).into_iter();
                let found = rows.filter(|row| (*from..*to).contains(&row.rank));
                json!(found.map(|row| (row.key, row.rank)).collect::<Vec<_>>())
            }
            Question::Count(list) => json!(self.list(list).len()),
            Question::One(key) => json!(self.rows.get(key).map(Row::document)),
            Question::Must(key) => self.rows.get(key).ok_or("not_found")?.document(),
            Question::Board => self.board(),
            Question::Titles(list) => {
                let rows = self.list(list).into_iter();
                json!(rows.map(|row| row.title.as_str()).collect::<Vec<_>>())
            }
            Question::Page(page) => self.page(page, places)?,
            Question::Find(text, list) => self.find(text, list.as_deref()),
            Question::Heavy(from) => self.heavy(*from),
            Question::Found(text, list) => json!(self.found(text, list.as_deref())),
        })
    }

    /// Tells whether what has changed since then can have an effect on what a query says.
    pub(super) fn could_change(
        before: &Self,
        after: &Self,
        question: &Question,
        places: &Places,
    ) -> bool {
        let keys: BTreeSet<_> = before.rows.keys().chain(after.rows.keys()).collect();
        let changed = keys
            .into_iter()
            .map(|key| [before.rows.get(key), after.rows.get(key)])
            .filter(|[old, new]| old != new);
        for rows in changed {
            let is_in = |list: &str| rows.iter().flatten().any(|row| row.list == list);
            let hit = match question {
                Question::All(list) | Question::Titles(list) => is_in(list),
                Question::Top(list, count, last) => {
                    let edge = before.top(list, *count, *last);
                    let edge = (edge.len() == *count as usize).then(|| edge.last().copied());
                    rows.iter()
                        .flatten()
                        .any(|row| row.list == *list && within(row, edge, *last))
                }
                Question::Between(list, from, to) => rows
                    .iter()
                    .flatten()
                    .any(|row| row.list == *list && (*from..*to).contains(&row.rank)),
                Question::Count(list) => is_counted_anew(rows, |row| row.list == *list),
                Question::One(key) | Question::Must(key) => {
                    rows.iter().flatten().any(|row| row.key == *key)
                }
                Question::Board => true,
                Question::Page(page) => before.page_reaches(page, places, rows),
                Question::Heavy(from) => rows.iter().flatten().any(|row| row.weight() >= *from),
                Question::Find(text, list) => rows
                    .iter()
                    .flatten()
                    .any(|row| row.is_found(text, list.as_deref())),
                Question::Found(text, list) => {
                    is_counted_anew(rows, |row| row.is_found(text, list.as_deref()))
                }
            };
            if hit {
                return true;
            }
        }
        false
    }

    fn list(&self, list: &str) -> Vec<&Row> {
        let mut rows: Vec<_> = self.rows.values().filter(|row| row.list == list).collect();
        rows.sort_by_key(|row| (row.rank, row.born));
        rows
    }

    fn top(&self, list: &str, count: u32, last: bool) -> Vec<&Row> {
        let mut rows = self.list(list);
        if last {
            rows.reverse();
        }
        rows.truncate(count as usize);
        rows
    }

    fn board(&self) -> Value {
        let names: BTreeSet<_> = self.rows.values().map(|row| row.list.as_str()).collect();
        let lists: BTreeMap<_, _> = names
            .into_iter()
            .map(|name| {
                let rows = self.list(name);
                let summary = json!({
                    "sum": rows.iter().map(|row| row.rank).sum::<i64>(),
                    "first": rows[0].document(),
                    "keys": rows.iter().map(|row| row.key).collect::<Vec<_>>(),
                });
                (name, summary)
            })
            .collect();
        json!({ "lists": lists, "count": self.rows.len() })
    }
}

fn documents(rows: &[&Row]) -> Value {
    json!(rows.iter().map(|row| row.document()).collect::<Vec<_>>())
}

/// Tells whether a change has to do with how many rows are counted: one that is another piece
/// now came and went.
fn is_counted_anew(rows: [Option<&Row>; 2], is_counted: impl Fn(&Row) -> bool) -> bool {
    let [old, new] = rows.map(|row| row.filter(|row| is_counted(row)).map(|row| row.born));
    old != new
}

/// Tells whether a row stands before the edge of what was looked at.
fn within(row: &Row, edge: Option<Option<&Row>>, last: bool) -> bool {
    let place = |row: &Row| (row.rank, row.born);
    match edge {
        None => true,
        Some(None) => false,
        Some(Some(edge)) if last => place(row) >= place(edge),
        Some(Some(edge)) => place(row) <= place(edge),
    }
}

impl Row {
    /// Returns it as a document; its id and its time are told by the engine, and stand for each
    /// other in [`names`](super::names).
    fn document(&self) -> Value {
        json!({
            "_id": self.born,
            "_creationTime": self.born,
            "key": self.key,
            "list": self.list,
            "rank": self.rank,
            "title": self.title,
            "note": self.note,
            "weight": self.weight(),
        })
    }
}
