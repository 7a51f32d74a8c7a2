//! Random changes and random frames, with many seeds: no time passes where nothing is waited for.

use fastrand::Rng;
use zeroback_protocol::ServerMessage;

use super::chapter;
use crate::behaviours::random;
use crate::client::{Client, Event};
use crate::target::in_process::InProcess;
use crate::transcript;
use crate::world::World;

chapter!("random": what_is_held_is_what_would_be_told, no_frame_breaks_the_engine);

fn what_is_held_is_what_would_be_told() {
    for seed in 1..=20 {
        let _ = transcript::take();
        random::run(
            &mut World::new(&mut InProcess::default(), "random"),
            seed,
            40,
        );
    }
}

/// Frames that are good until something is done to them.
const FRAMES: [&str; 6] = [
    r#"{"type":"connect","protocol":1}"#,
    r#"{"type":"query","requestId":7,"path":"items:take","args":{"list":"x","count":3,"descending":true}}"#,
    r#"{"type":"mutation","requestId":8,"path":"items:add","args":{"list":"x","rank":1,"note":null}}"#,
    r#"{"type":"mutation","requestId":9,"path":"values:nested","args":{"nested":{"twoWords":["tired",null],"byName":{"a":1e3}}}}"#,
    r#"{"type":"querySet","add":[{"queryId":1,"path":"items:all","args":{"list":"x"}},{"queryId":2,"path":"marker"}],"remove":[3]}"#,
    r#"{"type":"query","requestId":10,"path":"values:text","args":{"text":"\ud83d\ude00 \u0000 \"x\""}}"#,
];

/// What parsers stumble over.
const BYTES: &[u8] = b"{}[]\",:\\/0123456789-+.eEuntfd \n\0";

fn no_frame_breaks_the_engine() {
    let mut target = InProcess::default();
    for seed in 1..=150 {
        let _ = transcript::take();
        transcript::note("random", "!", &format!("seed {seed}"));
        let mut rng = Rng::with_seed(seed);
        let mut client = World::new(&mut target, "random").client();
        for _ in 0..20 {
            let Ok(frame) = String::from_utf8(spoilt(&mut rng)) else {
                continue;
            };
            client.send_text(frame);
            if !goes_on(&mut client) {
                client = World::new(&mut target, "random").client();
            }
        }
    }
}

fn spoilt(rng: &mut Rng) -> Vec<u8> {
    let frame = rng.choice(FRAMES).expect("there are some");
    let mut bytes = frame.as_bytes().to_vec();
    for _ in 0..rng.usize(1..4) {
        let at = rng.usize(..bytes.len().max(1));
        let end = (at + rng.usize(..12)).min(bytes.len());
        let byte = *rng.choice(BYTES).expect("there are some");
        match rng.u8(..4) {
            0 => drop(bytes.splice(at..end, [])),
            1 => drop(bytes.splice(at..at, [byte])),
            2 => drop(bytes.splice(at..end, [byte])),
            _ => {
                let part = bytes[at..end].to_vec();
                bytes.splice(at..at, part);
            }
        }
    }
    bytes
}

/// Shows that the engine answers, unless it has closed the connection.
fn goes_on(client: &mut Client) -> bool {
    let marker = r#"{"type":"query","requestId":4000000000,"path":"marker"}"#;
    client.send_text(marker);
    loop {
        match client.event() {
            Event::Closed(code) => {
                assert_eq!(code, 4400);
                return false;
            }
            Event::Message(ServerMessage::Transition(transition)) => {
                let ids = transition.answers.iter().map(|answer| answer.request_id);
                for id in ids.clone() {
                    client.answers_taken(id);
                }
                if ids.clone().any(|id| id.0 == 4_000_000_000) {
                    return true;
                }
            }
            Event::Message(_) | Event::Pong => {}
        }
    }
}
