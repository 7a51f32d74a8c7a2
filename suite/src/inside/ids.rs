//! Ids and creation times, whatever the clock does.

use serde_json::{Value, json};

use super::chapter;
use crate::target::in_process::InProcess;
use crate::target::{End, Target as _};
use crate::world::World;

chapter!("ids":
    ids_increase_while_the_clock_stands_and_goes_back,
    ids_increase_over_a_restart_with_the_same_seed,
);

fn ids_increase_while_the_clock_stands_and_goes_back() {
    let target = InProcess::default();
    let mut ann = World::new(&mut target.clone(), "clock").client();
    let mut last = (String::new(), 0);
    for by in [0, 0, 5, -60_000, 0, 100_000] {
        target.advance_ms(by);
        let next = insert(&mut ann);
        assert!(next > last, "{next:?} after {last:?}");
        assert!(next.1 >= last.1);
        last = next;
    }
}

fn ids_increase_over_a_restart_with_the_same_seed() {
    let mut target = InProcess::default();
    let mut last = (String::new(), 0);
    for _ in 0..3 {
        let mut ann = World::new(&mut target, "restart").client();
        let next = insert(&mut ann);
        assert!(next.0 > last.0 && next.1 >= last.1);
        last = next;
        drop(ann);
        target.restart(End::Kill);
        target.advance_ms(-1_000);
    }
}

fn insert(client: &mut crate::client::Client) -> (String, i64) {
    let id = client.mutate("items:add", json!({ "list": "x", "rank": 1 }));
    let item: Value = client.query("items:get", json!({ "id": id }));
    let time = item["_creationTime"].as_i64().expect("a number");
    (id.as_str().expect("a text").to_owned(), time)
}
