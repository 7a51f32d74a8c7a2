//! Requests that wait until it is known who makes them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::json;
use zeroback_protocol::Timestamp;

use super::*;
use crate::engine::schema::tests::store::TestStore;
use crate::engine::{EngineConfig, FetchId, Fetched};
use crate::{App, AuthSettings};

const ISSUER: &str = "https://id.example";

fn engine(waiting_calls_bytes_max: usize) -> Engine<TestStore> {
    let config = EngineConfig {
        waiting_calls_bytes_max,
        ..EngineConfig::default()
    };
    let (store, now) = (TestStore::new(), Timestamp::from_unix_ms(0));
    let engine = Engine::open(store, App::collect(&[]), config, now, 1).unwrap();
    let setting = json!([{ "issuer": ISSUER, "audience": "app" }]).to_string();
    engine.with_auth(AuthSettings::parse(&setting).unwrap())
}

fn route() -> RouteEntry {
    let place = (file!(), line!());
    RouteEntry::new(("GET", "/x"), "x", "tests", place, |_, _| unreachable!())
}

/// Returns a request with a token whose keys are to be fetched.
fn ask(engine: &mut Engine<TestStore>) -> ActionId {
    let encode = |part: serde_json::Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let header = encode(json!({ "alg": "ES256", "kid": "made-up" }));
    let claims = encode(json!({ "iss": ISSUER }));
    ask_with(engine, &format!("{header}.{claims}.AAAA"))
}

fn ask_with(engine: &mut Engine<TestStore>, token: &str) -> ActionId {
    let bearer = format!("Bearer {token}");
    let credentials = Credentials {
        authorization: Some(&bearer),
        cookie: None,
    };
    engine.handle_request(&route(), credentials)
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

/// Returns a token under the key.
fn signed() -> String {
    let encode = |part: serde_json::Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let header = encode(json!({ "alg": "EdDSA", "kid": "known" }));
    let claims = json!({ "iss": ISSUER, "aud": "app", "sub": "ada", "exp": 4_102_444_800_i64 });
    let text = format!("{header}.{}", encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(key().sign(text.as_bytes()).to_bytes());
    format!("{text}.{signature}")
}

fn fetched(body: &serde_json::Value) -> Result<Fetched, String> {
    Ok(Fetched {
        body: body.to_string(),
        max_age_ms: None,
    })
}

/// Returns the code of what each request has come to of which the engine has said so.
fn told(engine: &mut Engine<TestStore>) -> Vec<(ActionId, &'static str)> {
    let outputs: Vec<_> = std::iter::from_fn(|| engine.poll_output()).collect();
    let ids = outputs.iter().filter_map(|output| match output {
        Output::Route { action } => Some(*action),
        _ => None,
    });
    ids.map(
        |id| match engine.take_route(id).expect("it has come to something") {
            Ok(_) => (id, "begun"),
            Err(error) if error.code == ErrorCode::UNAVAILABLE => (id, "unavailable"),
            Err(error) => panic!("{error:?}"),
        },
    )
    .collect()
}

#[test]
fn requests_that_wait_are_bounded_and_told_in_the_end() {
    let mut engine = engine(3 * WAITING_BYTES);
    let asked: Vec<_> = (0..4).map(|_| ask(&mut engine)).collect();
    // Two and their tokens are all that there is room for.
    let refused = [(asked[2], "unavailable"), (asked[3], "unavailable")];
    assert_eq!(told(&mut engine), refused);
    assert!(
        !engine.has_actions(),
        "who waits takes no place of an action"
    );
    engine.handle_fetched(FetchId(1), Err("planted".to_owned()));
    let refused = [(asked[0], "unavailable"), (asked[1], "unavailable")];
    assert_eq!(told(&mut engine), refused);
    // Their room is free again.
    engine.handle_time(Timestamp::from_unix_ms(60_000));
    let asked: Vec<_> = (0..3).map(|_| ask(&mut engine)).collect();
    assert_eq!(told(&mut engine), [(asked[2], "unavailable")]);
}

#[test]
fn a_made_up_token_has_nobody_wait_whose_key_is_known() {
    let mut engine = engine(8 * WAITING_BYTES);
    let first = ask_with(&mut engine, &signed());
    let document = json!({ "issuer": ISSUER, "jwks_uri": "https://id.example/keys" });
    engine.handle_fetched(FetchId(1), fetched(&document));
    let x = URL_SAFE_NO_PAD.encode(key().verifying_key().as_bytes());
    let keys = json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "kid": "known", "x": x }] });
    engine.handle_fetched(FetchId(2), fetched(&keys));
    assert_eq!(told(&mut engine), [(first, "begun")]);
    engine.handle_time(Timestamp::from_unix_ms(60_000));
    ask(&mut engine);
    let second = ask_with(&mut engine, &signed());
    assert_eq!(told(&mut engine), [(second, "begun")]);
    // A key that is out of date may be none any more.
    engine.handle_time(Timestamp::from_unix_ms(2 * 60 * 60 * 1_000));
    ask_with(&mut engine, &signed());
    assert_eq!(told(&mut engine), []);
}
