//! Who calls: tokens through every door, and what runs as whom.

use serde_json::{Value, json};
use zeroback_protocol::{Authentication, ClientMessage, PROTOCOL_VERSION, QueueId, QueuePlace};

use super::chapter;
use crate::client::{Client, Event};
use crate::issuer::{self, Draft, Key, draft, token};
use crate::target::ORIGIN;
use crate::target::http::Request;
use crate::world::World;

chapter!("identity", Engine:
    every_algorithm_is_taken_through_every_door,
    a_token_says_what_functions_see,
    tokens_that_are_not_right_are_refused_and_told_apart,
    nobody_is_signed_in_without_a_token,
    only_queries_that_ask_run_again_for_somebody_else,
    pushes_run_as_whoever_subscribes,
    what_an_action_calls_is_called_by_its_caller,
    a_client_is_told_a_name_for_who_it_is,
    what_comes_behind_a_token_is_never_nobody_s,
    what_comes_behind_a_refused_token_waits_until_the_client_has_said_who_it_is,
    a_queue_is_of_no_use_to_another_subject,
    an_idempotency_key_is_of_no_use_to_another_subject,
    keys_are_fetched_from_an_issuer,
    an_issuer_without_keys_is_told_as_such;
    Host: a_cookie_counts_for_the_server_s_own_origin;
    SmallLimits: keys_that_are_rotated_are_fetched_again;
    Sleep: who_sleeps_wakes_as_the_same,
);

fn who(client: &mut Client) -> Value {
    client.query("identity:who", json!({}))
}

fn post(world: &mut World<'_>, token: &str) -> (u16, Value) {
    let body = json!({ "path": "identity:who" }).to_string();
    let response = world.request(&Request::post("/api/query", body).bearer(token));
    let body = serde_json::from_str(&response.body).expect("the body is JSON");
    (response.status, body)
}

fn every_algorithm_is_taken_through_every_door(world: &mut World<'_>) {
    for (key, subject) in [
        (Key::Rsa, "rita"),
        (Key::P256(1), "paul"),
        (Key::Ed25519(1), "eddy"),
        (Key::Secret, "hans"),
    ] {
        let token = draft(key, subject).sign();
        let mut ann = world.client();
        ann.sign_in(&token);
        assert_eq!(who(&mut ann), subject);
        let (status, body) = post(world, &token);
        assert_eq!((status, &body["value"]), (200, &json!(subject)));
    }
}

fn a_token_says_what_functions_see(world: &mut World<'_>) {
    let mut ann = world.client();
    let full = draft(Key::Secret, "ada")
        .claim("email", json!("ada@example.org"))
        .claim("role", json!("admin"));
    ann.sign_in(&full.sign());
    let claims = ann.query("identity:claims", json!({}));
    let expected = json!([issuer::SECRET, "The ada", "ada@example.org", "admin"]);
    assert_eq!(claims, expected);
}

/// Returns tokens that are not right, with the code and the text by which they are refused.
pub(super) fn wrong_tokens() -> Vec<(String, &'static str, &'static str)> {
    let right = |key| draft(key, "eve");
    let eddy = || right(Key::Ed25519(1));
    let invalid = |token: String, text| (token, "invalid_token", text);
    let sign = |draft: Draft| draft.sign();
    let other_algorithm = "token: its algorithm is not that of the key";
    let rsa_key = serde_json::to_vec(&Key::Rsa.public()).expect("it is JSON");
    vec![
        (
            sign(eddy().claim("exp", json!(1_000_000_000))),
            "token_expired",
            "token: has expired",
        ),
        invalid(
            String::new(),
            "token: is not a signed JSON Web Token in its compact form",
        ),
        invalid(
            "a.b".to_owned(),
            "token: is not a signed JSON Web Token in its compact form",
        ),
        invalid(
            "%.%.%".to_owned(),
            "token: is not a signed JSON Web Token in its compact form",
        ),
        invalid("a".repeat(16_385), "token: has over 16384 bytes"),
        invalid(
            eddy().header("alg", json!("none")).unsigned(),
            "token: is not signed",
        ),
        invalid(
            sign(eddy().header("alg", json!("NoNe"))),
            "token: is not signed",
        ),
        invalid(eddy().unsigned(), "token: its signature is wrong"),
        invalid(
            sign(eddy().claim("iss", json!("https://evil.example"))),
            "token: its issuer is not one that this server trusts",
        ),
        invalid(
            sign(eddy().claim("iss", Value::Null)),
            "token: its issuer is not one that this server trusts",
        ),
        // A key of one issuer is none of another's.
        invalid(
            sign(eddy().claim("iss", json!(issuer::SECRET))),
            other_algorithm,
        ),
        invalid(
            sign(right(Key::Ed25519(2))),
            "token: its key is not one of its issuer's",
        ),
        invalid(
            sign(right(Key::Ed25519(2)).header("kid", json!("EdDSA-1"))),
            "token: its signature is wrong",
        ),
        // A public key is no secret, whatever the token says.
        invalid(
            right(Key::Rsa)
                .header("alg", json!("HS256"))
                .sign_with_text(&rsa_key),
            other_algorithm,
        ),
        invalid(
            right(Key::Rsa).header("alg", json!("ES256")).sign(),
            other_algorithm,
        ),
        invalid(
            sign(right(Key::P256(1)).header("alg", json!("RS256"))),
            other_algorithm,
        ),
        invalid(
            right(Key::Secret).sign_with_text(b""),
            "token: its signature is wrong",
        ),
        invalid(
            sign(eddy().claim("aud", json!("others"))),
            "token: it is for another audience",
        ),
        invalid(
            sign(eddy().claim("aud", Value::Null)),
            "token: it is for another audience",
        ),
        invalid(
            sign(eddy().claim("nbf", json!(4_000_000_000_i64))),
            "token: is not valid yet",
        ),
        invalid(
            sign(eddy().claim("exp", Value::Null)),
            "token: has no expiry",
        ),
        invalid(
            sign(eddy().claim("sub", json!(""))),
            "token: has no subject",
        ),
        invalid(
            sign(eddy().claim("bio", json!("x".repeat(9_000)))),
            "token: its claims have over 8192 bytes",
        ),
    ]
}

fn tokens_that_are_not_right_are_refused_and_told_apart(world: &mut World<'_>) {
    let mut eve = world.client();
    for (token, code, text) in wrong_tokens() {
        let error = eve.sign_in_in_vain(&token);
        assert_eq!((error.code.as_str(), error.message.as_str()), (code, text));
        let (status, body) = post(world, &token);
        let told = (status, &body["errorCode"], &body["errorMessage"]);
        assert_eq!(told, (401, &json!(code), &json!(text)));
    }
    eve.authenticate(None);
    assert_eq!(who(&mut eve), Value::Null);
}

fn nobody_is_signed_in_without_a_token(world: &mut World<'_>) {
    let mut ann = world.client();
    assert_eq!(who(&mut ann), Value::Null);
    let args = json!({ "list": world.list(), "text": "x" });
    let error = ann.mutate_in_vain("identity:write", args);
    assert_eq!(error.code.as_str(), "unauthenticated");
    // Other schemes are for others, such as a proxy.
    let body = json!({ "path": "identity:who" }).to_string();
    let mut request = Request::post("/api/query", body);
    request.authorization = Some("Basic YTpi".to_owned());
    let response = world.request(&request);
    assert_eq!(response.body, r#"{"status":"success","value":null}"#);
}

fn a_client_is_told_a_name_for_who_it_is(world: &mut World<'_>) {
    let named = |client: &mut Client, token: &str| {
        client.sign_in(token);
        client.identity.clone().expect("it is somebody")
    };
    let (mut ann, mut ben) = (world.client(), world.client());
    assert_eq!(ann.identity, None);
    let ada = named(&mut ann, &token("ada"));
    let another = draft(Key::Ed25519(1), "ada").claim("jti", json!("another"));
    assert_eq!(named(&mut ben, &another.sign()), ada, "whatever the token");
    assert_ne!(named(&mut ben, &token("ben")), ada);
    assert!(ada.len() == 22 && !ada.contains("ada"), "{ada}");
    ann.authenticate(None);
    assert_eq!(ann.identity, None);
}

fn only_queries_that_ask_run_again_for_somebody_else(world: &mut World<'_>) {
    let list = json!({ "list": world.list() });
    let mut ann = world.client();
    ann.sign_in(&token("ada"));
    let own = ann.subscribe("identity:who", json!({}));
    let count = ann.subscribe("identity:count", list);
    assert_eq!(ann.result(own), "ada");
    assert_eq!(ann.result(count), 0);
    // The same identity, though another token.
    let later = draft(Key::Ed25519(1), "ada")
        .claim("iat", json!(1))
        .claim("jti", json!("another"));
    ann.sign_in(&later.sign());
    assert_eq!(ann.settle(), []);
    ann.sign_in(&token("ben"));
    let came = ann.settle();
    let told: Vec<_> = came.iter().flat_map(|one| &one.queries).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(ann.result(own), "ben");
    let signed_out = Authentication::Accepted {
        expires_in_ms: None,
        identity: None,
    };
    assert_eq!(ann.authenticate(None), signed_out);
    ann.settle();
    assert_eq!(ann.result(own), Value::Null);
}

fn pushes_run_as_whoever_subscribes(world: &mut World<'_>) {
    let list = world.list();
    let args = json!({ "list": list });
    let (mut ann, mut bob, mut nobody) = (world.client(), world.client(), world.client());
    ann.sign_in(&token("ada"));
    bob.sign_in(&token("ben"));
    let of_ann = ann.subscribe("identity:mine", args.clone());
    let of_bob = bob.subscribe("identity:mine", args.clone());
    let of_nobody = nobody.subscribe("identity:mine", args);
    assert_eq!(nobody.failure(of_nobody).code.as_str(), "unauthenticated");
    ann.settle();
    for text in ["one", "two"] {
        bob.mutate("identity:write", json!({ "list": list, "text": text }));
    }
    ann.mutate("identity:write", json!({ "list": list, "text": "three" }));
    bob.settle();
    nobody.settle();
    assert_eq!(ann.result(of_ann), json!(["three"]));
    assert_eq!(bob.result(of_bob), json!(["one", "two"]));
    assert_eq!(nobody.failure(of_nobody).code.as_str(), "unauthenticated");
}

fn what_an_action_calls_is_called_by_its_caller(world: &mut World<'_>) {
    let mut ann = world.client();
    ann.sign_in(&token("ada"));
    let request = ann.action("identity:whose", json!({}));
    let outcome = ann.answer(request);
    let told = format!("{outcome:?}");
    assert!(
        told.contains(r#"[\"ada\",\"ada\"]"#) || told.contains(r#"["ada","ada"]"#),
        "{told}"
    );
    let body = json!({ "path": "identity:whose" }).to_string();
    let response = world.request(&Request::post("/api/action", body).bearer(&token("ben")));
    assert_eq!(
        response.body,
        r#"{"status":"success","value":["ben","ben"]}"#
    );
}

fn what_comes_behind_a_token_is_never_nobody_s(world: &mut World<'_>) {
    let mut ann = world.stranger();
    ann.send(&ClientMessage::Connect {
        protocol: PROTOCOL_VERSION,
    });
    ann.say_who(Some(&token("ada")));
    let own = ann.subscribe("identity:who", json!({}));
    let mut results = Vec::new();
    while results.is_empty() {
        if let Event::Message(zeroback_protocol::ServerMessage::Transition(_)) = ann.event() {
            results.push(ann.result(own));
        }
    }
    assert_eq!(results, ["ada"]);
}

fn what_comes_behind_a_refused_token_waits_until_the_client_has_said_who_it_is(
    world: &mut World<'_>,
) {
    let mut ann = world.client();
    ann.say_who(Some("no token"));
    let own = ann.subscribe("identity:who", json!({}));
    let asked = ann.one_shot("identity:who", json!({}));
    let refused = ann.authentication();
    assert!(
        matches!(refused, Authentication::Refused { .. }),
        "{refused:?}"
    );
    ann.sign_in(&token("ada"));
    assert_eq!(ann.result(own), "ada");
    let answer = format!("{:?}", ann.answer(asked));
    assert!(answer.contains("ada"), "{answer}");
}

fn a_queue_is_of_no_use_to_another_subject(world: &mut World<'_>) {
    let args = json!({ "list": world.list(), "text": "secret" });
    let place = |attempted| {
        let place = QueuePlace {
            queue: QueueId(*b"identity-queue-1"),
            sequence: 1,
            acked_through: 0,
            attempted,
        };
        Some(place)
    };
    let (mut ann, mut eve) = (world.client(), world.client());
    ann.sign_in(&token("ada"));
    let first = ann.mutation_at(place(false), "identity:write", &args);
    let made = ann.answer(first);
    let again = ann.mutation_at(place(true), "identity:write", &args);
    assert_eq!(ann.answer(again), made);
    for signs_in in [false, true] {
        if signs_in {
            eve.sign_in(&token("eve"));
        }
        let stolen = eve.mutation_at(place(true), "identity:write", &args);
        let told = format!("{:?}", eve.answer(stolen));
        assert!(told.contains("outcome_unknown"), "{told}");
    }
    // A new token of the same subject changes nothing, also with other claims.
    let later = draft(Key::Ed25519(1), "ada").claim("name", json!("Lady Ada"));
    ann.sign_in(&later.sign());
    let again = ann.mutation_at(place(true), "identity:write", &args);
    assert_eq!(ann.answer(again), made);
}

fn an_idempotency_key_is_of_no_use_to_another_subject(world: &mut World<'_>) {
    let args = json!({ "list": world.list(), "text": "x" });
    let body = json!({ "path": "identity:write", "args": args }).to_string();
    let mut write = |subject: &str| {
        let request = Request::post("/api/mutation", body.clone())
            .bearer(&token(subject))
            .idempotency_key("identity-1");
        world.request(&request).body
    };
    let made = write("ada");
    assert!(made.contains("ada: x"), "{made}");
    assert_eq!(write("ada"), made);
    let other = write("ben");
    assert!(other.contains("ben: x"), "{other}");
    let mut ann = world.client();
    let count = ann.query("identity:count", json!({ "list": world.list() }));
    assert_eq!(count, 2);
}

fn a_cookie_counts_for_the_server_s_own_origin(world: &mut World<'_>) {
    let body = json!({ "path": "identity:who" }).to_string();
    let request = |cookies: &str| {
        let request = Request::post("/api/query", body.clone());
        request.header("cookie", cookies)
    };
    let mut asked = |request: Request| {
        let response = world.request(&request);
        let told: Value = serde_json::from_str(&response.body).expect("it is JSON");
        (response.status, told["value"].clone())
    };
    let right = format!("a=b; {}={}", issuer::COOKIE, token("ada"));
    assert_eq!(asked(request(&right)), (200, json!("ada")));
    // Without a known origin it is not looked at, nor is anything else.
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        let elsewhere = request(&right).header("origin", origin);
        assert_eq!(asked(elsewhere), (403, Value::Null), "{origin}");
    }
    let listed = request(&right).header("origin", ORIGIN);
    assert_eq!(asked(listed), (200, json!("ada")));
    let other_name = format!("token={}", token("ada"));
    assert_eq!(asked(request(&other_name)), (200, Value::Null));
    let wrong = format!("{}=x.y.z", issuer::COOKIE);
    assert_eq!(asked(request(&wrong)), (200, Value::Null));
    // What the header says comes first.
    let both = request(&right).bearer(&token("ben"));
    assert_eq!(asked(both), (200, json!("ben")));
}

fn keys_are_fetched_from_an_issuer(world: &mut World<'_>) {
    issuer::publish("by-url", &[Key::P256(3)]);
    let by_url = draft(Key::P256(3), "uma").claim("iss", json!("https://by-url.example"));
    let (status, body) = post(world, &by_url.sign());
    assert_eq!((status, &body["value"]), (200, &json!("uma")), "{body}");
    let mut ann = world.client();
    ann.sign_in(&by_url.sign());
    assert_eq!(who(&mut ann), "uma");
}

fn an_issuer_without_keys_is_told_as_such(world: &mut World<'_>) {
    for name in ["gone", "liar"] {
        let token = draft(Key::Ed25519(5), "una").claim("iss", json!(issuer::issuer_at(name)));
        let (status, body) = post(world, &token.sign());
        assert_eq!((status, &body["errorCode"]), (503, &json!("unavailable")));
        let mut ann = world.client();
        let error = ann.sign_in_in_vain(&token.sign());
        assert_eq!(error.code.as_str(), "unavailable");
    }
}

fn keys_that_are_rotated_are_fetched_again(world: &mut World<'_>) {
    let name = issuer::fresh();
    let issuer = issuer::issuer_at(&name);
    let of = |key| draft(key, "rob").claim("iss", json!(issuer)).sign();
    let mut ann = world.client();
    issuer::publish(&name, &[Key::Ed25519(10)]);
    ann.sign_in(&of(Key::Ed25519(10)));
    issuer::publish(&name, &[Key::Ed25519(11), Key::P256(11)]);
    ann.sign_in(&of(Key::Ed25519(11)));
    ann.sign_in(&of(Key::P256(11)));
    assert_eq!(who(&mut ann), "rob");
    let error = ann.sign_in_in_vain(&of(Key::Ed25519(10)));
    assert_eq!(error.message, "token: its key is not one of its issuer's");
}

fn who_sleeps_wakes_as_the_same(world: &mut World<'_>) {
    let list = world.list();
    let (mut ann, mut bob) = (world.client(), world.client());
    ann.sign_in(&token("ada"));
    bob.sign_in(&token("ben"));
    let own = ann.subscribe("identity:mine", json!({ "list": list }));
    let other = bob.subscribe("identity:mine", json!({ "list": list }));
    ann.settle();
    bob.settle();
    let write = json!({ "list": list, "text": "awake" });
    let lives = world.lives();
    world.hibernate();
    // Over HTTP, by somebody else.
    let body = json!({ "path": "identity:write", "args": write }).to_string();
    world.request(&Request::post("/api/mutation", body).bearer(&token("ada")));
    assert_eq!(world.lives(), lives + 1, "it was dropped, and is back");
    ann.settle();
    bob.settle();
    assert_eq!(ann.result(own), json!(["awake"]));
    assert_eq!(bob.result(other), json!([]));
    world.hibernate();
    ann.mutate("identity:write", json!({ "list": list, "text": "again" }));
    assert_eq!(ann.result(own), json!(["awake", "again"]));
    assert_eq!(who(&mut bob), "ben");
}
