//! A server in memory with one list of rows, which is asked for in pages. It keeps the rules of PROTOCOL.md and does
//! only what it is told: read a message, flush.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use zeroback_protocol::{FunctionCall, FunctionKind, Page, PageOpts, QueryCall, Tag};

use super::calls_of::Untyped;
use super::world::World;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) rank: i64,
    #[serde(rename = "_id")]
    pub(super) id: String,
    pub(super) text: String,
}

/// `rows:list` of a page.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Rows {
    pub(super) of: Option<String>,
    pub(super) page: PageOpts,
}

impl FunctionCall for Rows {
    type Output = Page<Row>;
    type Error = Untyped;
    const PATH: &'static str = "rows:list";
    const KIND: FunctionKind = FunctionKind::Query;
}

impl QueryCall for Rows {}

pub(super) fn row(rank: i64) -> Row {
    Row {
        rank,
        id: format!("row_{rank}"),
        text: String::new(),
    }
}

/// Returns so many rows, ten ranks apart.
pub(super) fn up_to(count: i64) -> Vec<Row> {
    (0..count).map(|at| row(at * 10)).collect()
}

struct Subscribed {
    page: PageOpts,
    outcome: Option<Value>,
    tag: Option<Tag>,
}

#[derive(Default)]
pub(super) struct PageServer {
    /// The rows of each version, in their order; the newest is the last.
    pub(super) history: Vec<Vec<Row>>,
    /// What seals cursors: those of another key are refused.
    pub(super) key: u32,
    /// Whether it refuses its own cursors too.
    pub(super) takes_no_cursors: bool,
    /// What every query is answered with instead.
    pub(super) failure: Option<&'static str>,
    /// How many updates had a whole value.
    pub(super) wholes: u32,
    subscribed: BTreeMap<u64, Subscribed>,
    set: Option<u64>,
    set_is_told: bool,
}

impl PageServer {
    pub(super) fn new(rows: Vec<Row>) -> Self {
        let mut server = Self::default();
        server.write(rows);
        server
    }

    pub(super) fn rows(&self) -> &[Row] {
        self.history.last().expect("there is a version")
    }

    /// Commits a new version.
    pub(super) fn write(&mut self, mut rows: Vec<Row>) {
        rows.sort();
        self.history.push(rows);
    }

    /// Takes a new connection.
    pub(super) fn accept(&mut self, world: &mut World) {
        self.subscribed.clear();
        self.set = None;
        self.set_is_told = true;
        world.accept();
    }

    /// The pages that are subscribed to.
    pub(super) fn pages(&self) -> Vec<PageOpts> {
        self.subscribed
            .values()
            .map(|own| own.page.clone())
            .collect()
    }

    /// Takes the next message in, if there is one.
    pub(super) fn read(&mut self, world: &mut World) -> bool {
        let Some(text) = world.socket().1.sent.pop_front() else {
            return false;
        };
        let message: Value = serde_json::from_str(&text).unwrap_or_default();
        if message["type"] != "querySet" {
            return true;
        }
        let list = |name: &str| message[name].as_array().cloned().unwrap_or_default();
        for id in list("remove") {
            self.subscribed.remove(&id.as_u64().unwrap());
        }
        for added in list("add") {
            let page = serde_json::from_value(added["args"]["page"].clone()).unwrap();
            let tag = added["tag"]
                .as_str()
                .map(|tag| Tag::from_text(tag).unwrap());
            let outcome = None;
            let own = Subscribed { page, outcome, tag };
            self.subscribed
                .insert(added["queryId"].as_u64().unwrap(), own);
        }
        if let Some(set) = message["set"].as_u64() {
            self.set = Some(set);
            self.set_is_told = false;
        }
        true
    }

    /// Says all that is new, in one transition.
    pub(super) fn flush(&mut self, world: &mut World) {
        let mut subscribed = std::mem::take(&mut self.subscribed);
        let updates = subscribed.iter_mut();
        let queries: Vec<Value> = updates
            .filter_map(|(id, own)| self.update(*id, own))
            .collect();
        self.subscribed = subscribed;
        if queries.is_empty() && self.set_is_told {
            return;
        }
        self.set_is_told = true;
        let version = [1, self.history.len()];
        let mut message = json!({ "type": "transition", "version": version, "queries": queries });
        if let Some(set) = self.set {
            message["set"] = json!(set);
        }
        world.say_json(&message);
    }

    /// Has everything said and answered, as often as it takes.
    pub(super) fn run(&mut self, world: &mut World) {
        for _ in 0..10 {
            world.settle();
            while self.read(world) {}
            self.flush(world);
        }
    }

    fn update(&mut self, query_id: u64, own: &mut Subscribed) -> Option<Value> {
        let outcome = self.outcome(&own.page);
        let mut hasher = DefaultHasher::new();
        outcome.to_string().hash(&mut hasher);
        let tag = Tag(hasher.finish());
        let base = own.tag.replace(tag);
        let before = own.outcome.replace(outcome.clone());
        if base == Some(tag) {
            return None;
        }
        let tag = tag.to_text();
        match (base, before) {
            (Some(base), Some(before)) if is_value(&before) && is_value(&outcome) => {
                let delta = delta_of(&before["value"], &outcome["value"]);
                let base = base.to_text();
                Some(json!({ "queryId": query_id, "base": base, "tag": tag, "deltas": [delta] }))
            }
            _ => {
                self.wholes += 1;
                let mut update = outcome;
                update["queryId"] = json!(query_id);
                update["tag"] = json!(tag);
                Some(update)
            }
        }
    }

    fn outcome(&self, page: &PageOpts) -> Value {
        let error =
            |code: &str| json!({ "status": "error", "errorCode": code, "errorMessage": code });
        if let Some(failure) = self.failure {
            return error(failure);
        }
        let text = |cursor: &Option<zeroback_protocol::Cursor>| {
            cursor.as_ref().map(|cursor| cursor.as_str().to_owned())
        };
        let (start, end) = (text(&page.cursor), text(&page.end_cursor));
        let own = format!("{}|", self.key);
        let is_foreign = |place: &String| self.takes_no_cursors || !place.starts_with(&own);
        if start.iter().chain(&end).any(is_foreign) {
            return error("bad_cursor");
        }
        let is_behind = |row: &&Row| start.as_ref().is_none_or(|start| self.place(row) > *start);
        let behind = self.rows().iter().filter(is_behind);
        let limit = page.limit as usize;
        let value = match end {
            None => {
                let items: Vec<_> = behind.clone().take(limit).collect();
                let is_done = behind.count() <= limit;
                let end = match items.last() {
                    Some(last) if !is_done => self.place(last),
                    _ => self.end(),
                };
                json!({ "items": items, "endCursor": end, "splitCursor": null, "isDone": is_done })
            }
            Some(end) => {
                let items: Vec<_> = behind.filter(|row| self.place(row) <= end).collect();
                let is_long = items.len() > 2 * limit;
                let split = is_long.then(|| self.place(items[items.len() / 2 - 1]));
                let is_done = end == self.end();
                json!({ "items": items, "endCursor": end, "splitCursor": split, "isDone": is_done })
            }
        };
        json!({ "status": "success", "value": value })
    }

    fn end(&self) -> String {
        format!("{}|~", self.key)
    }

    fn place(&self, row: &Row) -> String {
        format!("{}|{:06} {}", self.key, row.rank, row.id)
    }
}

fn is_value(outcome: &Value) -> bool {
    outcome["status"] == "success"
}

/// Replaces what lies between the common beginning and the common end.
fn delta_of(before: &Value, after: &Value) -> Value {
    let items = |page: &Value| page["items"].as_array().unwrap().clone();
    let (old, new) = (items(before), items(after));
    let most = old.len().min(new.len());
    let start = (0..most).take_while(|at| old[*at] == new[*at]).count();
    let is_same_end = |at: &usize| old[old.len() - 1 - at] == new[new.len() - 1 - at];
    let end = (0..most - start).take_while(is_same_end).count();
    let id = old.get(start).map_or(Value::Null, |row| row["_id"].clone());
    let splice = json!([
        start,
        id,
        old.len() - end - start,
        new[start..new.len() - end]
    ]);
    let mut others = after.clone();
    others.as_object_mut().unwrap().remove("items");
    json!({ "set": others, "change": { "items": { "list": [splice] } } })
}
