//! Who makes a request to a route.

use serde_json::{Value, json};

use super::chapter;
use super::identity::wrong_tokens;
use crate::issuer::{self, Key, draft, token};
use crate::target::ORIGIN;
use crate::target::http::{Request, Response};
use crate::world::World;

chapter!("route_identity", Host:
    a_bearer_says_who_asks,
    a_request_without_a_token_is_nobody_s,
    a_wrong_token_of_a_trusted_issuer_is_refused,
    what_is_for_the_route_is_left_to_it,
    a_cookie_counts_where_its_origin_does,
    a_request_waits_for_keys,
    a_request_whose_keys_cannot_be_had_is_told_so,
    the_url_of_a_file_asks_for_nobody,
);

fn whose() -> Request {
    Request::get("/identity/whose")
}

fn asked(world: &mut World<'_>, request: &Request) -> (u16, Value) {
    let response = world.request(request);
    let body = serde_json::from_str(&response.body).expect("the body is JSON");
    (response.status, body)
}

/// Returns what a request is answered that is made by somebody.
fn told(who: &Value, authorization: Option<&str>) -> (u16, Value) {
    (200, json!([[who, who], [who, who], authorization]))
}

#[track_caller]
fn assert_refused((status, body): &(u16, Value), expected: (u16, &str, &str)) {
    let code = body["errorCode"].as_str().unwrap_or_default();
    let message = body["errorMessage"].as_str().unwrap_or_default();
    assert_eq!((*status, code, message), expected, "{body}");
}

fn a_bearer_says_who_asks(world: &mut World<'_>) {
    for key in [Key::Rsa, Key::P256(1), Key::Ed25519(1), Key::Secret] {
        let token = draft(key, "ada").sign();
        let header = format!("Bearer {token}");
        let answered = asked(world, &whose().bearer(&token));
        assert_eq!(answered, told(&json!("ada"), Some(&header)));
    }
    let list = world.list();
    let path = format!("/identity/lines/{list}");
    let write = Request::post(&path, "x").bearer(&token("ada"));
    assert_eq!(asked(world, &write), (200, json!("ada: x")));
    let mut ann = world.client();
    ann.sign_in(&token("ada"));
    assert_eq!(
        ann.query("identity:mine", json!({ "list": list })),
        json!(["x"])
    );
}

fn a_request_without_a_token_is_nobody_s(world: &mut World<'_>) {
    assert_eq!(asked(world, &whose()), told(&Value::Null, None));
    let path = format!("/identity/lines/{}", world.list());
    let refused = asked(world, &Request::post(&path, "x"));
    assert_refused(&refused, (401, "unauthenticated", "nobody is signed in"));
    // Who asks next is not who has asked before.
    assert_eq!(asked(world, &whose().bearer(&token("ada"))).1[0][0], "ada");
    assert_eq!(asked(world, &whose()), told(&Value::Null, None));
}

/// Tells whether a token that is refused for this reason does not say to be of a trusted issuer.
fn is_of_another(reason: &str) -> bool {
    ["compact form", "16384 bytes", "server trusts"]
        .iter()
        .any(|end| reason.ends_with(end))
}

fn a_wrong_token_of_a_trusted_issuer_is_refused(world: &mut World<'_>) {
    let tokens = wrong_tokens();
    let wrong = tokens.iter().filter(|(.., text)| !is_of_another(text));
    let mut times = 0;
    for (token, code, text) in wrong {
        let refused = asked(world, &whose().bearer(token));
        assert_refused(&refused, (401, code, text));
        // It is not passed over for a cookie.
        let cookie = format!("{}={}", issuer::COOKIE, issuer::token("ada"));
        let refused = asked(world, &whose().bearer(token).header("cookie", &cookie));
        assert_refused(&refused, (401, code, text));
        times += 1;
    }
    assert!(times > 10, "{times} wrong tokens");
}

fn what_is_for_the_route_is_left_to_it(world: &mut World<'_>) {
    let mut headers = vec![
        "Basic YTpi".to_owned(),
        "Bearer".to_owned(),
        "sig=1".to_owned(),
    ];
    let tokens = wrong_tokens();
    let others = tokens.iter().filter(|(.., text)| is_of_another(text));
    headers.extend(others.map(|(token, ..)| format!("Bearer {token}")));
    assert!(headers.len() > 6, "{} headers", headers.len());
    for header in headers {
        let mut request = whose();
        request.authorization = Some(header.clone());
        let answered = asked(world, &request);
        assert_eq!(answered, told(&Value::Null, Some(header.trim_end())));
        let cookie = format!("{}={}", issuer::COOKIE, token("ada"));
        let answered = asked(world, &request.header("cookie", &cookie));
        assert_eq!(answered, told(&json!("ada"), Some(header.trim_end())));
    }
}

fn a_cookie_counts_where_its_origin_does(world: &mut World<'_>) {
    let right = format!("a=b; {}={}", issuer::COOKIE, token("ada"));
    let with_cookie = |cookie: &str| whose().header("cookie", cookie);
    let ada = told(&json!("ada"), None);
    assert_eq!(asked(world, &with_cookie(&right)), ada);
    let own = format!("http://{}", world.address());
    for origin in [own.as_str(), ORIGIN] {
        let listed = with_cookie(&right).header("origin", origin);
        assert_eq!(asked(world, &listed), ada, "{origin}");
    }
    for origin in ["https://evil.example", "null", "http://127.0.0.1:1"] {
        let elsewhere = with_cookie(&right).header("origin", origin);
        assert_eq!(asked(world, &elsewhere).0, 403, "{origin}");
        let without = whose().header("origin", origin);
        assert_eq!(asked(world, &without), told(&Value::Null, None), "{origin}");
    }
    for (token, ..) in wrong_tokens() {
        // A cookie of so many bytes is refused by some servers as such.
        if token.len() < 16_000 {
            let wrong = format!("{}={token}", issuer::COOKIE);
            assert_eq!(asked(world, &with_cookie(&wrong)), told(&Value::Null, None));
        }
    }
    let both = with_cookie(&right).bearer(&token("ben"));
    assert_eq!(asked(world, &both).1[0], json!(["ben", "ben"]));
}

fn a_request_waits_for_keys(world: &mut World<'_>) {
    let name = issuer::fresh();
    issuer::publish(&name, &[Key::Ed25519(20)]);
    let token = draft(Key::Ed25519(20), "kay").claim("iss", json!(issuer::issuer_at(&name)));
    let token = token.sign();
    let answered = asked(world, &whose().bearer(&token));
    let header = format!("Bearer {token}");
    assert_eq!(answered, told(&json!("kay"), Some(&header)));
    assert_eq!(issuer::times_asked(&name), 1);
    let name = issuer::fresh();
    issuer::publish(&name, &[Key::Ed25519(20)]);
    let wrong = draft(Key::Ed25519(21), "kay").claim("iss", json!(issuer::issuer_at(&name)));
    let refused = asked(world, &whose().bearer(&wrong.sign()));
    let text = "token: its key is not one of its issuer's";
    assert_refused(&refused, (401, "invalid_token", text));
}

fn a_request_whose_keys_cannot_be_had_is_told_so(world: &mut World<'_>) {
    let token = draft(Key::Ed25519(5), "una").claim("iss", json!(issuer::issuer_at("gone")));
    let refused = asked(world, &whose().bearer(&token.sign()));
    let text = "the keys of the token's issuer cannot be had; try again";
    assert_refused(&refused, (503, "unavailable", text));
}

fn the_url_of_a_file_asks_for_nobody(world: &mut World<'_>) {
    let mut ann = world.client();
    let url = ann.mutate("files:begin", json!({}));
    let path = url.as_str().expect("it is a text").to_owned();
    let expired = draft(Key::Ed25519(1), "ada").claim("exp", json!(1_000_000_000));
    let upload = Request::post(&path, "x").bearer(&expired.sign());
    let Response { status, body, .. } = world.request(&upload);
    assert_eq!(status, 200, "{body}");
}
