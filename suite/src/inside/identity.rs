//! What runs for whom, and what waits until it is known who is there; in virtual time.

use serde_json::{Value, json};
use zeroback_protocol::{Authentication, QueryId, QueryResult, ServerMessage};
use zeroback_runtime::engine::EngineConfig;

use super::chapter;
use crate::client::{Client, Event};
use crate::issuer::{self, Key, draft, token};
use crate::target::in_process::InProcess;
use crate::world::World;

chapter!("identity":
    one_run_serves_all_who_are_the_same,
    a_refresh_runs_nothing,
    another_identity_runs_only_what_asks,
    a_tag_of_another_identity_brings_the_whole,
    an_identity_that_ends_is_asked_for_again,
    a_token_in_time_brings_what_was_missed_and_runs_nothing_else,
    who_says_nothing_is_nobody_after_a_while,
    calls_wait_while_it_is_not_known_who_makes_them,
    what_waits_is_bounded,
    messages_wait_while_keys_are_fetched,
    keys_stay_when_they_cannot_be_fetched_again,
    a_cookie_opens_a_socket_as_somebody,
    who_connects_with_a_cookie_is_answered_when_it_is_known_who_that_is,
    who_lapses_before_a_sleep_is_asked_again,
    who_has_something_that_waits_connects_again_after_a_sleep,
    an_identity_that_ends_during_a_sleep_is_not_pushed_to,
);

const LIST: &str = "x";

fn engine() -> (InProcess, InProcess) {
    let target = InProcess::new(EngineConfig {
        hibernates: true,
        ..EngineConfig::default()
    });
    (target.clone(), target)
}

fn mine() -> Value {
    json!({ "list": LIST })
}

fn write(client: &mut Client, text: &str) {
    client.mutate("identity:write", json!({ "list": LIST, "text": text }));
}

/// Counts how often the query has read since the last call.
fn runs(target: &InProcess) -> usize {
    let statements = target.store().take_statements();
    let reads = |sql: &&String| sql.contains("FROM \"diary\"");
    statements.iter().filter(reads).count()
}

/// Returns a token that ends in so many seconds.
fn token_for(target: &InProcess, subject: &str, seconds: i64) -> String {
    let exp = target.now_ms() / 1_000 + seconds;
    draft(Key::Ed25519(1), subject)
        .claim("exp", json!(exp))
        .sign()
}

fn is_expired(client: &mut Client) -> bool {
    client.authentication() == Authentication::Expired
}

/// Returns a client that is somebody for a minute, and its live query.
fn for_a_minute(target: &InProcess, world: &mut World<'_>) -> (Client, QueryId) {
    let mut ann = world.client();
    ann.sign_in(&token_for(target, "ada", 60));
    let own = ann.subscribe("identity:mine", mine());
    assert_eq!(ann.result(own), json!([]));
    (ann, own)
}

fn one_run_serves_all_who_are_the_same() {
    let (target, mut other) = engine();
    let mut world = World::new(&mut other, "once");
    let mut clients: Vec<_> = ["ada", "ada", "ada", "ben"]
        .iter()
        .map(|subject| {
            let mut client = world.client();
            client.sign_in(&token(subject));
            client.subscribe("identity:mine", mine());
            client.settle();
            client
        })
        .collect();
    assert_eq!(runs(&target), 2);
    let mut eve = world.client();
    eve.sign_in(&token("eve"));
    write(&mut eve, "x");
    for client in &mut clients {
        client.settle();
    }
    // What others write is not in the ranges that were read.
    assert_eq!(runs(&target), 0);
    write(&mut clients[0], "x");
    assert_eq!(runs(&target), 1);
}

fn a_refresh_runs_nothing() {
    let (target, mut other) = engine();
    let mut world = World::new(&mut other, "refresh");
    let (mut ann, own) = for_a_minute(&target, &mut world);
    let _ = runs(&target);
    ann.sign_in(&token_for(&target, "ada", 120));
    assert_eq!(ann.settle(), []);
    assert_eq!(runs(&target), 0);
    target.advance_ms(90_000);
    write(&mut ann, "still here");
    assert_eq!(ann.result(own), json!(["still here"]));
}

fn another_identity_runs_only_what_asks() {
    let (target, mut other) = engine();
    let mut world = World::new(&mut other, "another");
    let mut ann = world.client();
    ann.sign_in(&token("ada"));
    ann.subscribe("identity:count", mine());
    ann.settle();
    let _ = runs(&target);
    ann.sign_in(&token("ben"));
    ann.settle();
    assert_eq!(runs(&target), 0);
    ann.subscribe("identity:mine", mine());
    ann.settle();
    assert_eq!(runs(&target), 1);
    ann.sign_in(&token("cid"));
    ann.settle();
    assert_eq!(runs(&target), 1);
    // What was kept of an earlier identity is still true.
    ann.sign_in(&token("ben"));
    ann.settle();
    assert_eq!(runs(&target), 0);
}

fn a_tag_of_another_identity_brings_the_whole() {
    let (_, mut other) = engine();
    let mut world = World::new(&mut other, "tag");
    let mut ann = world.client();
    ann.sign_in(&token("ada"));
    let own = ann.subscribe("identity:mine", mine());
    for text in ["a long line of ada's", "and another one of hers"] {
        write(&mut ann, text);
    }
    let before = ann.held(own);
    write(&mut ann, "a third");
    let mut same = world.client();
    same.sign_in(&token("ada"));
    let resumed = same.resume("identity:mine", mine(), &before);
    let told = same.transition();
    assert!(
        matches!(told.queries[0].result, QueryResult::Deltas { .. }),
        "{told:?}"
    );
    assert_eq!(same.result(resumed).as_array().map(Vec::len), Some(3));
    let mut eve = world.client();
    eve.sign_in(&token("eve"));
    let resumed = eve.resume("identity:mine", mine(), &before);
    let told = eve.transition();
    assert!(
        matches!(told.queries[0].result, QueryResult::Whole { .. }),
        "{told:?}"
    );
    assert_eq!(eve.result(resumed), json!([]));
}

fn an_identity_that_ends_is_asked_for_again() {
    let (target, mut other) = engine();
    let mut world = World::new(&mut other, "ends");
    let (mut ann, own) = for_a_minute(&target, &mut world);
    let count = ann.subscribe("identity:count", mine());
    assert_eq!(ann.result(count), 0);
    let mut same = world.client();
    same.sign_in(&token("ada"));
    target.advance_ms(60_000);
    let _ = runs(&target);
    write(&mut same, "unseen");
    assert!(is_expired(&mut ann));
    // What does not ask goes on, and what asks stands still.
    let came = ann.transition();
    let told: Vec<_> = came.queries.iter().map(|update| update.query_id).collect();
    assert_eq!(told, [count]);
    assert_eq!(ann.arrived(), 0);
    assert_eq!(ann.result(own), json!([]));
}

fn a_token_in_time_brings_what_was_missed_and_runs_nothing_else() {
    let (target, mut other) = engine();
    let mut world = World::new(&mut other, "in time");
    let (mut ann, own) = for_a_minute(&target, &mut world);
    target.advance_ms(60_000);
    target.turn();
    assert!(is_expired(&mut ann));
    let _ = runs(&target);
    ann.sign_in(&token_for(&target, "ada", 60));
    assert_eq!(ann.settle(), []);
    assert_eq!(runs(&target), 0);
    target.advance_ms(60_000);
    target.turn();
    assert!(is_expired(&mut ann));
    let mut same = world.client();
    same.sign_in(&token("ada"));
    write(&mut same, "missed");
    assert_eq!(runs(&target), 0);
    ann.sign_in(&token_for(&target, "ada", 60));
    ann.settle();
    assert_eq!(ann.result(own), json!(["missed"]));
    assert_eq!(runs(&target), 1);
}

fn who_says_nothing_is_nobody_after_a_while() {
    let (target, mut other) = engine();
    let mut world = World::new(&mut other, "nobody");
    let (mut ann, own) = for_a_minute(&target, &mut world);
    target.advance_ms(60_000);
    target.turn();
    assert!(is_expired(&mut ann));
    let asked = ann.one_shot("identity:who", json!({}));
    target.advance_ms(29_999);
    target.turn();
    assert_eq!(ann.arrived(), 0);
    assert_eq!(target.wants_turn_in_ms(), Some(1));
    target.advance_ms(1);
    target.turn();
    let answer = format!("{:?}", ann.answer(asked));
    assert!(answer.contains("null"), "{answer}");
    assert_eq!(ann.failure(own).code.as_str(), "unauthenticated");
    assert_eq!(target.wants_turn_in_ms(), None);
}

fn calls_wait_while_it_is_not_known_who_makes_them() {
    let (target, mut other) = engine();
    let mut world = World::new(&mut other, "calls");
    let (mut ann, own) = for_a_minute(&target, &mut world);
    target.advance_ms(60_000);
    let commits = target.commits();
    let written = ann.mutation("identity:write", json!({ "list": LIST, "text": "late" }));
    assert!(is_expired(&mut ann));
    assert_eq!(target.commits(), commits);
    ann.sign_in(&token("ada"));
    let answer = format!("{:?}", ann.answer(written));
    assert!(answer.contains("ada: late"), "{answer}");
    assert_eq!(ann.result(own), json!(["late"]));
}

fn what_waits_is_bounded() {
    let mut target = InProcess::new(EngineConfig {
        waiting_bytes_max: 500,
        waiting_calls_bytes_max: 500,
        ..EngineConfig::default()
    });
    let mut world = World::new(&mut target, "bounded");
    let mut ann = world.client();
    ann.sign_in_in_vain("none");
    for _ in 0..12 {
        ann.one_shot("identity:who", json!({}));
    }
    assert_eq!(ann.closed(), 1013);
}

fn messages_wait_while_keys_are_fetched() {
    let (target, mut other) = engine();
    let mut world = World::new(&mut other, "fetch");
    let name = issuer::fresh();
    issuer::publish(&name, &[Key::Ed25519(20)]);
    let of_issuer = draft(Key::Ed25519(20), "ida").claim("iss", json!(issuer::issuer_at(&name)));
    target.hold_fetches();
    let mut ann = world.client();
    ann.say_who(Some(&of_issuer.sign()));
    let asked = ann.one_shot("identity:who", json!({}));
    let own = ann.subscribe("identity:who", json!({}));
    target.turn();
    assert_eq!(ann.arrived(), 0);
    target.fetch();
    assert!(matches!(
        ann.authentication(),
        Authentication::Accepted { .. }
    ));
    let answer = format!("{:?}", ann.answer(asked));
    assert!(answer.contains("ida"), "{answer}");
    assert_eq!(ann.result(own), "ida");
}

fn keys_stay_when_they_cannot_be_fetched_again() {
    let (target, mut other) = engine();
    let mut world = World::new(&mut other, "stay");
    let name = issuer::fresh();
    let of = |key| {
        let issuer = issuer::issuer_at(&name);
        draft(key, "ida").claim("iss", json!(issuer)).sign()
    };
    issuer::publish(&name, &[Key::Ed25519(21)]);
    let of_issuer = of(Key::Ed25519(21));
    let mut ann = world.client();
    ann.sign_in(&of_issuer);
    // A key that is not among them is asked for once, and not again and again.
    target.advance_ms(30_000);
    for _ in 0..3 {
        let error = ann.sign_in_in_vain(&of(Key::Ed25519(22)));
        assert_eq!(error.message, "token: its key is not one of its issuer's");
    }
    assert_eq!(issuer::times_asked(&name), 2);
    // They are old, and their server fails.
    target.advance_ms(400_000);
    target.fail_fetches();
    ann.sign_in(&of_issuer);
    assert_eq!(target.take_logs().len(), 1);
    ann.sign_in(&of_issuer);
    assert_eq!(target.take_logs().len(), 0, "it is not asked again at once");
}

fn a_cookie_opens_a_socket_as_somebody() {
    let (target, mut other) = engine();
    let cookies = format!("{}={}", issuer::COOKIE, token_for(&target, "ada", 60));
    let mut ann = Client::new(1, other.open_with(&cookies));
    ann.connect();
    let own = ann.subscribe("identity:who", json!({}));
    assert_eq!(ann.result(own), "ada");
    let by_cookie = ann.identity.clone();
    assert!(by_cookie.is_some());
    ann.sign_in(&token_for(&target, "ada", 60));
    assert_eq!(ann.identity, by_cookie);
    target.advance_ms(60_000);
    target.turn();
    assert!(is_expired(&mut ann));
    let mut nobody = Client::new(2, other.open_with(&format!("{}=x", issuer::COOKIE)));
    nobody.connect();
    assert_eq!(nobody.identity, None);
    assert_eq!(nobody.query("identity:who", json!({})), Value::Null);
}

fn who_connects_with_a_cookie_is_answered_when_it_is_known_who_that_is() {
    let (target, mut other) = engine();
    let name = issuer::fresh();
    issuer::publish(&name, &[Key::Ed25519(23)]);
    let of_issuer = draft(Key::Ed25519(23), "ida").claim("iss", json!(issuer::issuer_at(&name)));
    target.hold_fetches();
    let cookies = format!("{}={}", issuer::COOKIE, of_issuer.sign());
    let mut ann = Client::new(1, other.open_with(&cookies));
    ann.send_text(r#"{"type":"connect","protocol":1}"#);
    let asked = ann.one_shot("identity:who", json!({}));
    target.turn();
    assert_eq!(ann.arrived(), 0);
    target.fetch();
    let told = ann.event();
    assert!(
        matches!(
            &told,
            Event::Message(ServerMessage::Connected {
                identity: Some(_),
                ..
            })
        ),
        "{told:?}"
    );
    let answer = format!("{:?}", ann.answer(asked));
    assert!(answer.contains("ida"), "{answer}");
}

fn who_lapses_before_a_sleep_is_asked_again() {
    let (target, mut other) = engine();
    let mut world = World::new(&mut other, "lapsed");
    let (mut ann, own) = for_a_minute(&target, &mut world);
    target.advance_ms(60_000);
    target.turn();
    assert!(is_expired(&mut ann));
    target.hibernate();
    assert!(is_expired(&mut ann));
    ann.sign_in(&token("ada"));
    write(&mut ann, "again");
    assert_eq!(ann.result(own), json!(["again"]));
}

fn who_has_something_that_waits_connects_again_after_a_sleep() {
    let (target, mut other) = engine();
    let mut world = World::new(&mut other, "held");
    let mut ann = world.client();
    ann.sign_in_in_vain("none");
    ann.one_shot("identity:who", json!({}));
    target.turn();
    target.hibernate();
    assert_eq!(ann.closed(), 1012);
}

fn an_identity_that_ends_during_a_sleep_is_not_pushed_to() {
    let (target, mut other) = engine();
    let mut world = World::new(&mut other, "asleep");
    let (mut ann, own) = for_a_minute(&target, &mut world);
    target.turn();
    target.hibernate();
    target.advance_ms(60_000);
    let mut same = world.client();
    same.sign_in(&token("ada"));
    write(&mut same, "unseen");
    assert!(is_expired(&mut ann));
    assert_eq!(ann.arrived(), 0);
    assert_eq!(ann.result(own), json!([]));
}
