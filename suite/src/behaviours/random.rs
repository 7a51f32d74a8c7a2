//! Random changes under random live queries: what a client holds is what it would be told if it
//! asked again.

use std::collections::BTreeMap;

use fastrand::Rng;
use serde_json::{Value, json};
use zeroback_protocol::{Outcome, QueryId};

use super::chapter;
use crate::client::{Client, parsed};
use crate::transcript;
use crate::world::World;

chapter!("random", Engine: what_is_held_is_what_would_be_told);

/// Few, so that changes and queries meet.
const RANKS: i64 = 12;
const NOTES: [Option<&str>; 5] = [None, Some(""), Some("a"), Some("ab"), Some("b")];

fn what_is_held_is_what_would_be_told(world: &mut World<'_>) {
    run(world, 1, 40);
}

/// Runs so many rounds of changes by three clients.
pub(crate) fn run(world: &mut World<'_>, seed: u64, rounds: usize) {
    transcript::note("random", "!", &format!("seed {seed}"));
    let mut rng = Rng::with_seed(seed);
    let lists = [format!("{} 1", world.list()), format!("{} 2", world.list())];
    let mut clients: Vec<_> = (0..3).map(|_| Watcher::new(world.client())).collect();
    let mut ids: Vec<Value> = Vec::new();
    for round in 0..rounds {
        let mut requests = Vec::new();
        for (at, watcher) in clients.iter_mut().enumerate() {
            if rng.u8(..) < 128 {
                watcher.change_queries(&mut rng, &lists, &ids);
            }
            for _ in 0..rng.usize(..4) {
                let (path, args) = change(&mut rng, &lists, &ids);
                requests.push((at, watcher.client.mutation(path, args)));
            }
        }
        for (at, request) in requests {
            // A change of what is gone already fails; that is one of the cases.
            if let Outcome::Success(value) = clients[at].client.answer(request) {
                ids.extend(Some(parsed(&value)).filter(Value::is_string));
            }
        }
        for watcher in &mut clients {
            watcher.check(seed, round);
        }
        let version = clients[0].client.version;
        assert!(
            clients
                .iter()
                .all(|watcher| watcher.client.version == version)
        );
    }
}

struct Watcher {
    client: Client,
    queries: BTreeMap<QueryId, (&'static str, Value)>,
}

impl Watcher {
    fn new(client: Client) -> Self {
        Self {
            client,
            queries: BTreeMap::new(),
        }
    }

    fn change_queries(&mut self, rng: &mut Rng, lists: &[String], ids: &[Value]) {
        let gone: Vec<_> = self
            .queries
            .keys()
            .copied()
            .filter(|_| rng.u8(..) < 50)
            .collect();
        self.queries.retain(|id, _| !gone.contains(id));
        let added: Vec<_> = (0..rng.usize(..4))
            .map(|_| query(rng, lists, ids))
            .collect();
        let names = self.client.query_set(&added, &gone);
        self.queries.extend(names.into_iter().zip(added));
    }

    /// Holds each live result against a fresh one.
    fn check(&mut self, seed: u64, round: usize) {
        self.client.settle();
        for (id, (path, args)) in self.queries.clone() {
            let [held, fresh] = self.client.compare(id, path, args.clone());
            assert_eq!(held, fresh, "seed {seed}, round {round}: {path} {args}");
        }
    }
}

fn change(rng: &mut Rng, lists: &[String], ids: &[Value]) -> (&'static str, Value) {
    let list = rng.choice(lists).expect("two lists");
    let rank = rng.i64(0..RANKS);
    let note = rng.choice(NOTES).expect("five notes");
    let id = rng.choice(ids);
    match (rng.u8(..10), id) {
        (0..3, _) | (_, None) => {
            let args = json!({ "list": list, "rank": rank, "note": note, "isDone": rng.bool() });
            ("items:add", args)
        }
        (3, _) => ("failing:fails_after_writing", json!({ "name": list })),
        (4, Some(id)) => ("items:remove", json!({ "id": id })),
        (5, Some(id)) => ("items:shift", json!({ "id": id, "by": rng.i64(-3..4) })),
        (6, Some(id)) => (
            "items:patch",
            json!({ "id": id, "patch": { "note": note } }),
        ),
        (7, Some(id)) => (
            "items:patch",
            json!({ "id": id, "patch": { "isDone": rng.bool() } }),
        ),
        (8, Some(id)) => {
            let patch = json!({ "list": list, "title": format!("{rank}") });
            ("items:patch", json!({ "id": id, "patch": patch }))
        }
        (_, Some(id)) => {
            let item = json!({
                "list": list, "rank": rank, "note": note, "isDone": rng.bool(), "title": "",
            });
            ("items:replace", json!({ "id": id, "item": item }))
        }
    }
}

fn query(rng: &mut Rng, lists: &[String], ids: &[Value]) -> (&'static str, Value) {
    let list = rng.choice(lists).expect("two lists");
    let note = rng.choice(NOTES).expect("five notes");
    let from = rng.i64(0..RANKS);
    match (rng.u8(..9), rng.choice(ids)) {
        (0, _) => ("items:all", json!({ "list": list })),
        (1 | 2, _) => {
            let args = json!({ "list": list, "count": rng.u32(..6), "descending": rng.bool() });
            ("items:take", args)
        }
        (3, _) => {
            let to = from + rng.i64(0..4);
            (
                "items:between",
                json!({ "list": list, "from": from, "to": to }),
            )
        }
        (4, _) => (
            "items:note_below",
            json!({ "list": list, "note": note.unwrap_or("aa") }),
        ),
        (5, _) => ("items:with_note", json!({ "list": list, "note": note })),
        (6, _) => ("items:count", json!({ "list": list, "isDone": rng.bool() })),
        (7, _) => ("items:only", json!({ "list": list, "rank": from })),
        (_, Some(id)) => ("items:get", json!({ "id": id })),
        (_, None) => ("items:notes", json!({ "list": list })),
    }
}
