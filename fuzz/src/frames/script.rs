//! The steps of a script.

use serde_json::{Value, json};
use zeroback_protocol::{FunctionKind, RequestId, Tag};

use super::World;
use crate::calls::{self, Call};
use crate::input::Input;

/// A day, and then some.
const DAY_MS: i64 = 25 * 60 * 60 * 1_000;

/// Queues of clients that may lie.
const QUEUES: [&str; 2] = ["AAAAAAAAAAAAAAAAAAAAAQ", "_____________________w"];

/// Makes one step.
pub(super) fn step(world: &mut World<'_>, input: &mut Input<'_>) {
    if input.peek() == Some(b'{') {
        if let Ok(frame) = std::str::from_utf8(input.line()) {
            world.send(frame);
        }
        return;
    }
    match input.below(24) {
        0..=3 => world.turn(),
        4 | 5 => world.at = input.below(World::PEERS),
        6..=8 => query_set(world, input),
        9 => ask(world, input),
        10..=12 => change(world, input),
        13 => queued(world, input),
        14..=16 => honest(world, input),
        17 | 18 => acknowledge(world, input),
        19 => http(world, input),
        20 => pass_time(world, input),
        21 => hang_up(world, input),
        22 => world.spoil.push((input.byte(), input.byte())),
        _ => odd(world, input),
    }
}

/// Changes the set of live queries.
fn query_set(world: &mut World<'_>, input: &mut Input<'_>) {
    let said = world.peer(true).set_said();
    let mut message = json!({ "type": "querySet" });
    match input.below(8) {
        0..=4 => message["set"] = json!(said + 1),
        5 => message["set"] = json!(said),
        6 => message["set"] = json!(said + 1 + u64::from(input.byte())),
        _ => {}
    }
    let add: Vec<_> = (0..input.below(5))
        .map(|_| {
            let query_id = input.below(9);
            let (path, args) = calls::query(input, &world.items);
            let mut query = json!({ "queryId": query_id, "path": path, "args": args });
            if let Some(tag) = tag(world, input) {
                query["tag"] = json!(tag);
            }
            query
        })
        .collect();
    let remove: Vec<_> = (0..input.below(4)).map(|_| input.below(9)).collect();
    message["add"] = json!(add);
    message["remove"] = json!(remove);
    world.say(&message);
}

/// A tag that the server has made, of this query or another, or one that nobody has made.
fn tag(world: &World<'_>, input: &mut Input<'_>) -> Option<String> {
    match input.below(6) {
        0 | 1 => None,
        2 => Some(Tag(u64::from(input.byte())).to_text()),
        _ if world.results.is_empty() => None,
        _ => {
            let at = input.below(world.results.len());
            world.results.keys().nth(at).map(|tag| tag.to_text())
        }
    }
}

fn ask(world: &mut World<'_>, input: &mut Input<'_>) {
    let call = calls::query(input, &world.items);
    request(world, input, "query", call);
}

fn change(world: &mut World<'_>, input: &mut Input<'_>) {
    let call = calls::mutation(input, &world.items);
    request(world, input, "mutation", call);
}

/// Sends a request under an id that may be in flight.
fn request(world: &mut World<'_>, input: &mut Input<'_>, kind: &str, (path, args): Call) {
    let request_id = input.below(6);
    world.say(&json!({ "type": kind, "requestId": request_id, "path": path, "args": args }));
}

/// Sends a mutation of a queue as no client should.
fn queued(world: &mut World<'_>, input: &mut Input<'_>) {
    let (path, args) = calls::mutation(input, &world.items);
    let path = if input.below(8) == 0 { "" } else { path };
    let sequence = match input.below(8) {
        7 => (1_u64 << 53) - 1 - u64::from(input.byte()),
        few => few as u64,
    };
    let mut message = json!({
        "type": "mutation",
        "requestId": input.below(6),
        "path": path,
        "args": args,
        "queue": input.choice(&QUEUES),
        "sequence": sequence,
    });
    match input.below(4) {
        0 => message["ackedThrough"] = json!(sequence.saturating_sub(1)),
        1 => message["ackedThrough"] = json!(input.below(4)),
        _ => {}
    }
    if input.below(2) == 0 {
        message["attempted"] = json!(true);
    }
    world.note_record();
    world.say(&message);
}

/// Sends a mutation as a client does that keeps the rules; some are lost on their way.
fn honest(world: &mut World<'_>, input: &mut Input<'_>) {
    let waiting = world.queue.unacknowledged();
    let count = waiting.clone().count();
    let choice = input.byte();
    let sequence = match count {
        0 => world.queue.push(),
        _ if choice < 64 => world.queue.push(),
        count => waiting.start() + (usize::from(choice) % count) as u64,
    };
    let acked_max = match input.below(4) {
        0 => 0,
        1 => 1,
        _ => u64::MAX,
    };
    let (mut message, acked) = world.queue.message(sequence, acked_max, world.now_ms);
    if input.below(5) == 0 {
        return;
    }
    let request_id = RequestId(1_000_000 + world.new_id());
    message["requestId"] = json!(request_id.0);
    world.note_record();
    let connection = world.peer(true).connection;
    world.queue.sent(connection, request_id, sequence, acked);
    world.send(&message.to_string());
}

fn acknowledge(world: &mut World<'_>, input: &mut Input<'_>) {
    let transitions = world.peer(true).transitions();
    let claimed = match input.below(6) {
        0..=2 => transitions,
        3 => transitions.saturating_sub(1),
        4 => transitions + 1,
        _ => u64::from(input.byte()),
    };
    world.say(&json!({ "type": "ack", "transitions": claimed }));
}

/// Calls over HTTP.
fn http(world: &mut World<'_>, input: &mut Input<'_>) {
    let (kind, (path, args)) = match input.below(3) {
        0 => (FunctionKind::Query, calls::query(input, &world.items)),
        1 => (FunctionKind::Mutation, calls::mutation(input, &world.items)),
        _ => (FunctionKind::Action, calls::mutation(input, &world.items)),
    };
    let keys = [
        None,
        None,
        Some("a"),
        Some("b"),
        Some(""),
        Some("\n"),
        Some(" "),
    ];
    let key = *input.choice(&keys);
    world.note_record();
    world.call(kind, key, path, &args);
}

fn pass_time(world: &mut World<'_>, input: &mut Input<'_>) {
    let by_ms = match input.below(8) {
        0..=3 => i64::from(input.byte()),
        4 => 31_000,
        5 => 21 * 60 * 1_000,
        6 => DAY_MS,
        _ => 15 * DAY_MS,
    };
    world.pass(by_ms);
}

fn hang_up(world: &mut World<'_>, input: &mut Input<'_>) {
    match input.below(6) {
        0 => return world.restart(),
        1 | 2 if world.config.hibernates => return world.hibernate(),
        _ => {}
    }
    if let Some(peer) = world.peers[world.at].take() {
        world.engine.handle_close(peer.connection);
    }
}

/// What hosts do rarely, and what no client does.
fn odd(world: &mut World<'_>, input: &mut Input<'_>) {
    match input.below(6) {
        0 => {
            let connection = world.peer(true).connection;
            world.engine.handle_binary(connection);
        }
        1 => {
            let now = world.now();
            world.engine.commit(now);
        }
        2 => {
            world.peer(false);
        }
        3 => world.say(&json!({ "type": "connect", "protocol": input.below(3) })),
        4 => world.say(&Value::from(vec![input.byte(); 3])),
        _ => {
            let text = "x".repeat(usize::from(input.byte()) * 16);
            world.say(&json!({ "type": "query", "requestId": 1, "path": text }));
        }
    }
    world.drain();
}
