//! Whom a session makes somebody, and until when: on live sockets, and after a sleep; in virtual time.

use serde_json::{Value, json};
use zeroback_protocol::Authentication;
use zeroback_runtime::engine::{EngineConfig, SqlParam, Store as _};

use super::chapter;
use crate::accounts::{hash_of, token_named};
use crate::client::Client;
use crate::issuer;
use crate::target::ADMIN_KEY;
use crate::target::http::Request;
use crate::target::in_process::InProcess;
use crate::world::World;

chapter!("accounts":
    a_session_is_somebody,
    a_session_that_ends_ends_on_its_live_sockets_alone,
    a_cookie_s_session_that_ends_leaves_nobody,
    a_session_expires_as_a_token_does,
    a_user_that_is_deleted_is_nobody_anywhere,
    another_password_ends_the_other_sessions,
    a_session_outlives_a_sleep,
    a_session_that_ended_during_a_sleep_does_not_come_back,
    a_user_s_sessions_are_bounded,
    sessions_that_have_expired_are_taken_away,
    passwords_are_tried_at_a_bounded_rate,
);

const LIST: &str = "x";
const MINUTE_MS: i64 = 60_000;

fn engine() -> (InProcess, InProcess) {
    let target = InProcess::new(EngineConfig {
        hibernates: true,
        ..EngineConfig::default()
    });
    (target.clone(), target)
}

fn run_raw(world: &mut World<'_>, path: &str, args: &Value) -> Value {
    let body = json!({ "path": format!("_zeroback:{path}"), "args": args }).to_string();
    let response = world.request(&Request::post("/api/admin/run", body).bearer(ADMIN_KEY));
    serde_json::from_str(&response.body).expect("the body is JSON")
}

#[track_caller]
fn run(world: &mut World<'_>, path: &str, args: &Value) -> Value {
    let told = run_raw(world, path, args);
    assert_eq!(told["status"], "success", "{told}");
    told["value"].clone()
}

/// Returns what begins a session of a minute under this token.
fn session(target: &InProcess, token: &str) -> Value {
    json!({
        "tokenHash": hash_of(token), "expiresAt": target.now_ms() + MINUTE_MS, "userAgent": null,
        "sessionsMax": 100,
    })
}

/// Makes a user with a session; returns the token and who it is.
fn sign_up(target: &InProcess, world: &mut World<'_>, name: &str) -> (String, Value) {
    let token = token_named(name);
    let args = json!({
        "email": format!("{name}@example.org"), "name": name, "password": "hash",
        "session": session(target, &token),
    });
    let signed_in = run(world, "sign_up", &args);
    (token, signed_in["user"]["id"].clone())
}

/// Begins another session of a user; returns its token.
fn sign_in(target: &InProcess, world: &mut World<'_>, name: &str, of: &str) -> String {
    let token = token_named(of);
    let email = json!({ "email": format!("{name}@example.org") });
    let known = run(world, "password_by_email", &email);
    let args = json!({
        "known": known, "renewed": null, "tries": name, "session": session(target, &token),
    });
    run(world, "sign_in_by_password", &args);
    token
}

fn sign_out(world: &mut World<'_>, token: &str) {
    let ended = run(world, "sign_out", &json!({ "tokenHash": hash_of(token) }));
    assert_eq!(ended, true);
}

fn mine() -> Value {
    json!({ "list": LIST })
}

fn write(client: &mut Client, text: &str) {
    client.mutate("identity:write", json!({ "list": LIST, "text": text }));
}

#[track_caller]
fn assert_ended(client: &mut Client) {
    match client.authentication() {
        Authentication::Refused { error } => assert_eq!(error.code.as_str(), "invalid_token"),
        other => panic!("expected that the session has ended, found {other:?}"),
    }
}

fn a_session_is_somebody() {
    let (target, mut other) = engine();
    let mut world = World::new(&mut other, "somebody");
    let (token, id) = sign_up(&target, &mut world, "ada");
    assert!(
        id.as_str().is_some_and(|id| id.starts_with("user_")),
        "{id}"
    );
    let mut ann = world.client();
    ann.sign_in(&token);
    assert_eq!(ann.query("identity:who", json!({})), id);
    let claims = ann.query("identity:claims", json!({}));
    assert_eq!(claims, json!(["zeroback", "ada", "ada@example.org", null]));
    let body = json!({ "path": "identity:who" }).to_string();
    let response = world.request(&Request::post("/api/query", body).bearer(&token));
    assert!(response.body.contains("user_"), "{}", response.body);
    // Tokens of others are still taken.
    ann.sign_in(&issuer::token("ben"));
    assert_eq!(ann.query("identity:who", json!({})), "ben");
    let error = ann.sign_in_in_vain(&token_named("nobody"));
    assert_eq!(error.message, "token: its session has ended");
}

fn a_session_that_ends_ends_on_its_live_sockets_alone() {
    let (target, mut other) = engine();
    let mut world = World::new(&mut other, "ends");
    let (token, _) = sign_up(&target, &mut world, "ada");
    let second = sign_in(&target, &mut world, "ada", "ada's phone");
    let (mut ann, mut phone) = (world.client(), world.client());
    ann.sign_in(&token);
    phone.sign_in(&second);
    let own = ann.subscribe("identity:mine", mine());
    let on_phone = phone.subscribe("identity:mine", mine());
    assert_eq!(ann.result(own), json!([]));
    phone.settle();
    sign_out(&mut world, &token);
    assert_ended(&mut ann);
    write(&mut phone, "unseen");
    assert_eq!(ann.arrived(), 0);
    assert_eq!(ann.result(own), json!([]));
    assert_eq!(phone.result(on_phone), json!(["unseen"]));
    // Who says nothing is nobody after a while, and the token is none any more.
    let asked = ann.one_shot("identity:who", json!({}));
    assert_eq!(ann.sign_in_in_vain(&token).code.as_str(), "invalid_token");
    target.advance_ms(30_000);
    target.turn();
    assert!(format!("{:?}", ann.answer(asked)).contains("null"));
}

fn a_cookie_s_session_that_ends_leaves_nobody() {
    let (target, mut other) = engine();
    let mut world = World::new(&mut other, "cookie");
    let (token, id) = sign_up(&target, &mut world, "ada");
    let mut same = target.clone();
    let mut ann = Client::new(7, same.open_with(&format!("zeroback_session={token}")));
    ann.connect();
    let own = ann.subscribe("identity:who", json!({}));
    assert_eq!(ann.result(own), id);
    sign_out(&mut world, &token);
    ann.settle();
    assert_eq!(ann.result(own), Value::Null);
    let mut late = Client::new(8, same.open_with(&format!("zeroback_session={token}")));
    late.connect();
    assert_eq!(late.query("identity:who", json!({})), Value::Null);
}

fn a_session_expires_as_a_token_does() {
    let (target, mut other) = engine();
    let mut world = World::new(&mut other, "expires");
    let (token, _) = sign_up(&target, &mut world, "ada");
    let mut ann = world.client();
    let accepted = ann.authenticate(Some(&token));
    let expected = Authentication::Accepted {
        expires_in_ms: Some(60_000),
        identity: ann.identity.clone(),
    };
    assert_eq!(accepted, expected);
    target.advance_ms(MINUTE_MS);
    target.turn();
    assert_eq!(ann.authentication(), Authentication::Expired);
    assert_eq!(ann.sign_in_in_vain(&token).code.as_str(), "token_expired");
}

fn a_user_that_is_deleted_is_nobody_anywhere() {
    let (target, mut other) = engine();
    let mut world = World::new(&mut other, "deleted");
    let (token, id) = sign_up(&target, &mut world, "ada");
    let second = sign_in(&target, &mut world, "ada", "ada's phone");
    let (bens, _) = sign_up(&target, &mut world, "ben");
    let mut clients: Vec<_> = [&token, &second, &bens]
        .iter()
        .map(|token| {
            let mut client = world.client();
            client.sign_in(token);
            client
        })
        .collect();
    let deleted = run(&mut world, "delete_user", &json!({ "id": id }));
    assert_eq!(deleted, true);
    assert_ended(&mut clients[0]);
    assert_ended(&mut clients[1]);
    assert_eq!(clients[2].arrived(), 0);
    let error = clients[0].sign_in_in_vain(&token);
    assert_eq!(error.code.as_str(), "invalid_token");
    let users = run(&mut world, "users", &json!({ "page": { "limit": 9 } }));
    assert_eq!(users["items"].as_array().map(Vec::len), Some(1));
}

fn another_password_ends_the_other_sessions() {
    let (target, mut other) = engine();
    let mut world = World::new(&mut other, "password");
    let (token, id) = sign_up(&target, &mut world, "ada");
    let second = sign_in(&target, &mut world, "ada", "ada's phone");
    let (mut ann, mut phone) = (world.client(), world.client());
    ann.sign_in(&token);
    phone.sign_in(&second);
    let hash = json!({ "tokenHash": hash_of(&token) });
    let known = run(&mut world, "password_by_session", &hash);
    let args = json!({ "tokenHash": hash_of(&token), "known": known, "password": "other" });
    run(&mut world, "set_password", &args);
    assert_ended(&mut phone);
    assert_eq!(ann.query("identity:who", json!({})), id);
    // What was known of the old one is of no use.
    let told = run_raw(&mut world, "set_password", &args);
    assert_eq!(told["errorCode"], "wrong_credentials");
}

fn a_session_outlives_a_sleep() {
    let (target, mut other) = engine();
    let mut world = World::new(&mut other, "sleeps");
    let (token, id) = sign_up(&target, &mut world, "ada");
    let mut ann = world.client();
    ann.sign_in(&token);
    let own = ann.subscribe("identity:who", json!({}));
    assert_eq!(ann.result(own), id);
    target.turn();
    target.hibernate();
    assert_eq!(ann.query("identity:who", json!({})), id);
    // It is known by which session, so that it can end.
    sign_out(&mut world, &token);
    assert_ended(&mut ann);
}

fn a_session_that_ended_during_a_sleep_does_not_come_back() {
    let (target, mut other) = engine();
    let mut world = World::new(&mut other, "revoked asleep");
    let (token, id) = sign_up(&target, &mut world, "ada");
    let mut same = target.clone();
    let mut page = Client::new(7, same.open_with(&format!("zeroback_session={token}")));
    page.connect();
    let own = page.subscribe("identity:who", json!({}));
    assert_eq!(page.result(own), id);
    let mut ann = world.client();
    ann.sign_in(&token);
    target.turn();
    // As a commit whose engine was lost before it could tell anybody.
    let sql = "DELETE FROM \"_zeroback_sessions\" WHERE doc LIKE ?";
    let hash = format!("%{}%", hash_of(&token));
    let deleted = target.store().update(sql, &[SqlParam::Text(&hash)]);
    assert_eq!(deleted, Ok(true));
    target.hibernate();
    assert_ended(&mut ann);
    page.settle();
    assert_eq!(page.query("identity:who", json!({})), Value::Null);
    assert_eq!(page.result(own), Value::Null);
}

fn a_user_s_sessions_are_bounded() {
    let (target, mut other) = engine();
    let mut world = World::new(&mut other, "bounded");
    let (token, _) = sign_up(&target, &mut world, "ada");
    let mut ann = world.client();
    ann.sign_in(&token);
    let mut last = String::new();
    for number in 0..100 {
        last = sign_in(&target, &mut world, "ada", &format!("device {number}"));
    }
    assert_ended(&mut ann);
    let hash = json!({ "tokenHash": hash_of(&last) });
    let sessions = run(&mut world, "sessions", &hash);
    assert_eq!(sessions.as_array().map(Vec::len), Some(100));
    assert_eq!(sessions[0]["isCurrent"], true);
    assert_eq!(sessions[1]["isCurrent"], false);
}

fn sessions_that_have_expired_are_taken_away() {
    let (target, mut other) = engine();
    let mut world = World::new(&mut other, "collected");
    let (token, _) = sign_up(&target, &mut world, "ada");
    let (_, _) = sign_up(&target, &mut world, "ben");
    target.advance_ms(MINUTE_MS);
    let whose = json!({ "tokenHash": hash_of(&token) });
    assert_eq!(run(&mut world, "whose", &whose), Value::Null);
    sign_in(&target, &mut world, "ada", "ada's phone");
    let sql = "SELECT count(*) FROM \"_zeroback_sessions\"";
    let count = target.store().query(sql, &[]).expect("there is a table");
    assert_eq!(count[0][0].as_integer(), Some(1));
}

fn passwords_are_tried_at_a_bounded_rate() {
    let (target, mut other) = engine();
    let mut world = World::new(&mut other, "tries");
    let tried = |key: &str| json!({ "tries": [{ "key": key, "most": 10, "againSeconds": 30 }] });
    let mut try_for = |key: &str| run_raw(&mut world, "try_password", &tried(key));
    for _ in 0..10 {
        assert_eq!(try_for("ada")["status"], "success");
    }
    let told = try_for("ada");
    assert_eq!(told["errorCode"], "rate_limited");
    assert_eq!(told["errorData"]["retryAfterMs"], 30_000);
    assert_eq!(try_for("ben")["status"], "success");
    target.advance_ms(29_999);
    assert_eq!(try_for("ada")["errorData"]["retryAfterMs"], 1);
    target.advance_ms(1);
    assert_eq!(try_for("ada")["status"], "success");
    assert_eq!(try_for("ada")["errorCode"], "rate_limited");
    // Whoever knows the password may try again.
    sign_up(&target, &mut world, "ada");
    sign_in(&target, &mut world, "ada", "ada's phone");
    let told = run_raw(&mut world, "try_password", &tried("ada"));
    assert_eq!(told["status"], "success");
}
