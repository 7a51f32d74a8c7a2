//! Cursors: whatever stands in the place of one, a page holds what its query finds, or the answer is
//! `bad_cursor`.
//!
//! The database is made once, and nothing writes to it. The first byte of an input chooses a query,
//! the next ones the cursor, its end, and what is done to them.

use std::cell::RefCell;

use serde_json::{Value, json};
use suite_fixture::catalogue::{Bounds, Condition, Direction, Is, Plan, Source};
use zeroback_protocol::{FunctionKind, Outcome, Timestamp};
use zeroback_runtime::engine::{Engine, EngineConfig, Output, Ticket};

use crate::calls::{encoded, product};
use crate::database::{Database, START_MS};
use crate::input::Input;

thread_local! {
    static SHELF: RefCell<Shelf> = RefCell::new(Shelf::new());
}

/// Asks for a page.
///
/// # Panics
///
/// Panics where it holds what it should not, or the answer is none that it may be.
pub fn check(bytes: &[u8]) {
    SHELF.with_borrow_mut(|shelf| shelf.check(&mut Input::new(bytes)));
}

/// Products, queries that find them page by page, and cursors of those queries.
struct Shelf {
    engine: Engine<Database>,
    queries: Vec<Query>,
    /// Each with the query that it is of and how many products lie before it.
    cursors: Vec<(usize, usize, String)>,
}

/// A query, and the ids of what it finds, in order.
struct Query {
    path: &'static str,
    args: Value,
    ids: Vec<String>,
}

/// What is asked for in the place of a cursor.
struct Asked {
    text: String,
    /// Where it leads, if it is a cursor of the query.
    place: Option<usize>,
}

impl Shelf {
    fn new() -> Self {
        let engine = Database::new().engine(EngineConfig::default(), 1);
        let mut shelf = Self {
            engine,
            queries: Vec::new(),
            cursors: Vec::new(),
        };
        for list in ["a", "b"] {
            for rank in 0..9 {
                let product = product(list, &format!("x{rank}"), rank / 2);
                let args = json!({ "product": encoded(&product) });
                shelf
                    .call(FunctionKind::Mutation, "catalogue:add", &args)
                    .expect("it is added");
            }
        }
        for plan in plans() {
            shelf.add("catalogue:page", &plan);
        }
        shelf.add("catalogue:other_page", &plans()[0]);
        shelf
    }

    /// Adds a query, and all cursors that its pages have.
    fn add(&mut self, path: &'static str, plan: &Plan) {
        let number = self.queries.len();
        let args = json!({ "plan": encoded(plan) });
        self.queries.push(Query {
            path,
            args,
            ids: Vec::new(),
        });
        let all = self
            .page(number, 50, None, None)
            .expect("the query can be asked");
        self.queries[number].ids = ids(&all);
        self.cursors.push((number, ids(&all).len(), cursor(&all)));
        for limit in 1..ids(&all).len() {
            let page = self
                .page(number, limit, None, None)
                .expect("it can be asked");
            self.cursors.push((number, limit, cursor(&page)));
        }
    }

    fn check(&mut self, input: &mut Input<'_>) {
        let number = input.below(self.queries.len());
        let limit = input.below(5);
        let from = self.asked(number, input);
        let until = self.asked(number, input);
        let page = self.page(number, limit, from.as_ref(), until.as_ref());
        let is_cursor =
            |asked: &Option<Asked>| asked.as_ref().is_none_or(|one| one.place.is_some());
        let page = match page {
            Ok(page) => page,
            Err(code) if limit == 0 => {
                assert!(code == "invalid" || code == "bad_cursor", "{code}");
                return;
            }
            Err(code) => {
                assert_eq!(code, "bad_cursor");
                assert!(
                    !is_cursor(&from) || !is_cursor(&until),
                    "a cursor is refused"
                );
                return;
            }
        };
        assert!(
            is_cursor(&from) && is_cursor(&until),
            "what is no cursor is taken"
        );
        let all = &self.queries[number].ids;
        let place = |asked: Option<Asked>| asked.and_then(|asked| asked.place);
        let begin = place(from).unwrap_or(0);
        let end = place(until).unwrap_or_else(|| (begin + limit).min(all.len()));
        assert_eq!(
            ids(&page),
            all[begin..end.max(begin)],
            "from {begin} to {end}"
        );
    }

    /// What stands in the place of a cursor, if anything does.
    fn asked(&self, number: usize, input: &mut Input<'_>) -> Option<Asked> {
        let kind = input.below(6);
        if kind == 0 {
            return None;
        }
        if kind == 1 {
            let text = String::from_utf8_lossy(input.line()).into_owned();
            return Some(self.known(number, text));
        }
        let mine: Vec<_> = self
            .cursors
            .iter()
            .filter(|cursor| cursor.0 == number)
            .collect();
        let (.., text) = match kind {
            2 => &self.cursors[input.below(self.cursors.len())],
            _ => mine[input.below(mine.len())],
        };
        let mut bytes = text.clone().into_bytes();
        for _ in 0..kind.saturating_sub(3) {
            let at = usize::from(input.byte()) * bytes.len() / 256;
            match input.below(5) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, input.byte()),
                2 if at < bytes.len() => bytes[at] ^= 1 << input.below(8),
                3 if at < bytes.len() => bytes[at] = input.byte(),
                _ => bytes.extend_from_slice(text.as_bytes()),
            }
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        Some(self.known(number, text))
    }

    /// Looks a text up among the query's cursors.
    fn known(&self, number: usize, text: String) -> Asked {
        let mut cursors = self.cursors.iter();
        let found = cursors.find(|(of, _, cursor)| *of == number && *cursor == text);
        let place = found.map(|(_, place, _)| *place);
        Asked { text, place }
    }

    fn page(
        &mut self,
        number: usize,
        limit: usize,
        from: Option<&Asked>,
        until: Option<&Asked>,
    ) -> Result<Value, String> {
        let query = &self.queries[number];
        let (path, mut args) = (query.path, query.args.clone());
        let text = |asked: Option<&Asked>| asked.map(|asked| asked.text.clone());
        args["page"] = json!({ "limit": limit, "cursor": text(from), "endCursor": text(until) });
        self.call(FunctionKind::Query, path, &args)
    }

    /// Calls a function; the error is its code.
    fn call(&mut self, kind: FunctionKind, path: &str, args: &Value) -> Result<Value, String> {
        let body = json!({ "path": path, "args": args }).to_string();
        self.engine.handle_call(Ticket(1), kind, None, &body);
        self.engine.turn(Timestamp::from_unix_ms(START_MS));
        let mut told = None;
        while let Some(output) = self.engine.poll_output() {
            if let Output::Reply { body, .. } = output {
                told = Some(Outcome::parse(&body).expect("a reply is an outcome"));
            }
        }
        match told.expect("a call is answered") {
            Outcome::Success(value) => Ok(serde_json::from_str(value.as_str()).expect("JSON")),
            Outcome::Error(error) => Err(error.code.as_str().to_owned()),
        }
    }
}

/// Queries of different forms: no cursor of one is good for another.
fn plans() -> Vec<Plan> {
    let plan = |source| Plan {
        label: 0,
        list: "a".to_owned(),
        source,
        filter: None,
        direction: Direction::Ascending,
    };
    let by_rank = plan(Source::ByRank(Bounds::All));
    vec![
        by_rank.clone(),
        Plan {
            direction: Direction::Descending,
            ..by_rank.clone()
        },
        Plan {
            list: "b".to_owned(),
            ..by_rank.clone()
        },
        Plan {
            filter: Some(Condition::Rank(Is::Gt(0))),
            ..by_rank
        },
        plan(Source::ByRank(Bounds::Equal(1))),
        plan(Source::ByNick(Bounds::All)),
        plan(Source::ByStock(Bounds::All)),
        plan(Source::ByWeight(Bounds::From(Some(0.0), true))),
        plan(Source::BySlug(Bounds::All)),
        plan(Source::Whole),
    ]
}

fn ids(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().expect("a page has items");
    let id = |item: &Value| item["_id"].as_str().expect("an item has an id").to_owned();
    items.iter().map(id).collect()
}

fn cursor(page: &Value) -> String {
    page["endCursor"]
        .as_str()
        .expect("a page has an end")
        .to_owned()
}
