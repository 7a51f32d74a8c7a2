//! Clients that read slowly, or not at all.

use serde_json::{Value, json};
use zeroback_protocol::{ClientMessage, QueryId};
use zeroback_runtime::engine::EngineConfig;

use super::chapter;
use crate::client::{Client, Event};
use crate::target::in_process::InProcess;
use crate::world::World;

chapter!("slow_clients":
    what_waits_is_folded_into_one_transition,
    a_client_that_reads_is_never_held_back,
    a_client_that_does_not_read_is_cut_off_and_resumes,
    refusals_count_too,
    a_client_may_be_cut_off_within_a_message,
    answers_that_wait_are_not_without_end,
    what_was_forgotten_meanwhile_is_run_again,
);

const LIMIT: usize = 20_000;

fn config() -> EngineConfig {
    EngineConfig {
        unacknowledged_bytes_max: LIMIT,
        ..EngineConfig::default()
    }
}

fn title(letter: &str) -> Value {
    json!({ "list": "x", "rank": 1, "title": letter.repeat(3_000) })
}

/// A client with a list that does not say what it reads.
fn silent(world: &mut World<'_>) -> (Client, QueryId) {
    let mut client = world.client();
    client.acknowledges = false;
    let seen = client.subscribe("items:all", json!({ "list": "x" }));
    client.result(seen);
    (client, seen)
}

fn acknowledge(client: &mut Client, transitions: u64) {
    client.send(&ClientMessage::Ack { transitions });
}

fn what_waits_is_folded_into_one_transition() {
    let mut target = InProcess::new(config());
    let mut world = World::new(&mut target, "folded");
    let (mut ann, seen) = silent(&mut world);
    let mut bob = world.client();
    for _ in 0..10 {
        bob.mutate("items:add", title("a"));
    }
    let came = ann.arrived();
    assert!((3..=5).contains(&came), "half of {LIMIT} bytes, not {came}");
    assert_ne!(ann.result(seen), bob_sees(&mut bob), "it is behind");
    acknowledge(&mut ann, 1 + came as u64);
    let transition = ann.transition();
    assert_eq!(transition.queries.len(), 1);
    assert_eq!(ann.result(seen), bob_sees(&mut bob));
    assert_eq!(ann.arrived(), 0, "all that waited was in one");
}

fn bob_sees(bob: &mut Client) -> Value {
    bob.query("items:all", json!({ "list": "x" }))
}

fn a_client_that_reads_is_never_held_back() {
    let mut target = InProcess::new(config());
    let mut world = World::new(&mut target, "reads");
    let (mut ann, seen) = silent(&mut world);
    let mut bob = world.client();
    for read in 1..30 {
        bob.mutate("items:add", title("a"));
        assert_eq!(ann.arrived(), 1);
        acknowledge(&mut ann, 1 + read);
    }
    assert_eq!(ann.result(seen), bob_sees(&mut bob));
}

fn a_client_that_does_not_read_is_cut_off_and_resumes() {
    let mut target = InProcess::new(config());
    let patience_ms = config().slow_client_ms;
    let clock = target.clone();
    let mut world = World::new(&mut target, "cut off");
    let (mut ann, seen) = silent(&mut world);
    let mut bob = world.client();
    for _ in 0..10 {
        bob.mutate("items:add", title("a"));
    }
    clock.advance_ms(patience_ms);
    bob.mutate("items:add", title("a"));
    ann.arrived();
    clock.advance_ms(1);
    bob.mutate("items:add", title("a"));
    assert_eq!(ann.event(), Event::Closed(4408));
    let held = ann.held(seen);
    drop(ann);
    let mut ann = world.client();
    let seen = ann.resume("items:all", json!({ "list": "x" }), &held);
    ann.transition();
    assert_eq!(ann.result(seen), bob_sees(&mut bob));
}

fn refusals_count_too() {
    let mut target = InProcess::new(config());
    let mut world = World::new(&mut target, "refused");
    let (mut ann, _) = silent(&mut world);
    for _ in 0..1_000 {
        ann.send_text("{}");
    }
    let mut bytes = 0;
    loop {
        match ann.event() {
            Event::Message(message) => bytes += message.encode().len(),
            Event::Closed(code) => {
                assert_eq!(code, 4408);
                break;
            }
            Event::Pong => panic!("nobody asked"),
        }
    }
    assert!(bytes <= LIMIT + 1_000, "{bytes}");
}

fn a_client_may_be_cut_off_within_a_message() {
    let mut target = InProcess::new(config());
    let mut world = World::new(&mut target, "within");
    let (mut ann, _) = silent(&mut world);
    let query = json!({ "queryId": 1_000, "path": "marker" });
    let message = json!({ "type": "querySet", "add": vec![query; 1_000] });
    ann.send_text(message.to_string());
    while let Event::Message(_) = ann.event() {}
    let mut bob = world.client();
    bob.query("marker", json!({}));
}

/// Whoever reads nothing can go on asking; what is refused has answers too.
fn answers_that_wait_are_not_without_end() {
    let asked = [
        json!({ "type": "query", "path": "no:such" }),
        json!({ "type": "query", "path": "values:text", "args": { "text": "x".repeat(100) } }),
    ];
    for message in asked {
        let mut target = InProcess::new(config());
        let clock = target.clone();
        let mut world = World::new(&mut target, "waiting");
        let (mut ann, _) = silent(&mut world);
        for count in 0..1_000 {
            let mut message = message.clone();
            message["requestId"] = json!(1_000_000 + count);
            ann.send_text(message.to_string());
            clock.turn();
        }
        while let Event::Message(_) = ann.event() {}
    }
}

fn what_was_forgotten_meanwhile_is_run_again() {
    let mut target = InProcess::new(EngineConfig {
        live_result_bytes_max: 100,
        ..config()
    });
    let mut world = World::new(&mut target, "forgotten");
    let (mut ann, seen) = silent(&mut world);
    let mut bob = world.client();
    for _ in 0..10 {
        bob.mutate("items:add", title("a"));
    }
    let came = ann.arrived() as u64;
    acknowledge(&mut ann, 1 + came);
    ann.transition();
    assert_eq!(ann.result(seen), bob_sees(&mut bob));
}
