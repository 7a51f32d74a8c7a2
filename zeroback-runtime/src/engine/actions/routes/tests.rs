//! Requests that wait until it is known who makes them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use zeroback_protocol::Timestamp;

use super::*;
use crate::engine::schema::tests::store::TestStore;
use crate::engine::{EngineConfig, FetchId};
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
    let header = encode(json!({ "alg": "ES256" }));
    let claims = encode(json!({ "iss": ISSUER }));
    let bearer = format!("Bearer {header}.{claims}.AAAA");
    let credentials = Credentials {
        authorization: Some(&bearer),
        cookie: None,
    };
    engine.handle_request(&route(), credentials)
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
