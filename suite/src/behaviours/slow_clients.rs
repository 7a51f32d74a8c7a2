//! Clients that do not read what they are sent.

use serde_json::json;

use super::chapter;
use crate::client::Event;
use crate::world::World;

chapter!("slow_clients", SmallLimits:
    one_that_acknowledges_nothing_is_cut_off_and_resumes,
    one_that_acknowledges_is_told_all,
);

fn one_that_acknowledges_nothing_is_cut_off_and_resumes(world: &mut World<'_>) {
    let list = json!({ "list": world.list() });
    let (mut ann, mut bob) = (world.client(), world.client());
    ann.acknowledges = false;
    let seen = ann.subscribe("items:all", list.clone());
    ann.settle();
    write(world, &mut bob, 30);
    let mut came = 0;
    loop {
        match ann.event() {
            Event::Closed(code) => break assert_eq!(code, 4408),
            Event::Message(_) => came += 1,
            Event::Pong => panic!("nobody asked"),
        }
    }
    assert!((1..=7).contains(&came), "20,000 bytes, not {came} changes");
    let held = ann.held(seen);
    let mut ann = world.client();
    let seen = ann.resume("items:all", list.clone(), &held);
    ann.settle();
    assert_eq!(ann.result(seen), bob.query("items:all", list));
    assert_eq!(ann.result(seen).as_array().map(Vec::len), Some(30));
}

fn one_that_acknowledges_is_told_all(world: &mut World<'_>) {
    let list = json!({ "list": world.list() });
    let (mut ann, mut bob) = (world.client(), world.client());
    let seen = ann.subscribe("items:all", list);
    ann.settle();
    for count in 1..=30 {
        write(world, &mut bob, 1);
        ann.transition();
        assert_eq!(ann.result(seen).as_array().map(Vec::len), Some(count));
    }
}

/// Makes changes of 3,000 bytes.
fn write(world: &World<'_>, client: &mut crate::client::Client, count: usize) {
    for _ in 0..count {
        let title = "a".repeat(3_000);
        let item = json!({ "list": world.list(), "rank": 1, "title": title });
        client.mutate("items:add", item);
    }
}
