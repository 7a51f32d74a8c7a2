//! What is refused of a token, and as what; the suite has the same through every door, and all
//! algorithms.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha2::Sha256;

use super::*;
use crate::auth::{AuthSettings, KeySource};

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const NOW_MS: i64 = 1_800_000_000_000;

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn signed(header: &Value, claims: &Value) -> String {
    let text = format!(
        "{}.{}",
        encode(header.to_string()),
        encode(claims.to_string())
    );
    let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    let signature = mac.chain_update(&text).finalize().into_bytes();
    format!("{text}.{}", encode(signature))
}

/// Returns right claims with some changed; `null` takes one away.
fn claims(changes: Value) -> Value {
    let now = NOW_MS / 1_000;
    let mut claims = json!({ "iss": "us", "aud": "app", "sub": "ada", "exp": now + 60 });
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => claims.as_object_mut().unwrap().remove(name),
            value => claims
                .as_object_mut()
                .unwrap()
                .insert(name.clone(), value.clone()),
        };
    }
    claims
}

fn checked_under(exposed: &str, token: &str) -> Result<(Identity, i64), Refused> {
    let json = format!(r#"[{{"issuer":"us","audience":["app"],"secret":"{SECRET}"{exposed}}}]"#);
    let settings = AuthSettings::parse(&json).unwrap();
    let token = Token::parse(token)?;
    let provider = &settings.providers[token.provider(&settings.providers)?];
    let KeySource::Static(keys) = &provider.keys else {
        unreachable!("it has a secret");
    };
    token.check(provider, keys, NOW_MS)
}

fn checked(token: &str) -> Result<(Identity, i64), Refused> {
    checked_under("", token)
}

#[track_caller]
fn check_claims(changes: Value, expected: Refused) {
    let token = signed(&json!({ "alg": "HS256" }), &claims(changes));
    assert_eq!(checked(&token).unwrap_err(), expected);
}

#[track_caller]
fn check_header(header: Value, expected: Refused) {
    let token = signed(&header, &claims(json!({})));
    assert_eq!(checked(&token).unwrap_err(), expected);
}

#[test]
fn a_token_becomes_an_identity() {
    let claims = claims(json!({
        "aud": ["other", "app"], "name": "Ada", "email": "a@b.c", "email_verified": true,
        "picture": "https://x", "roles": ["admin"], "iat": 1, "nbf": 2, "jti": "x",
    }));
    let token = signed(&json!({ "alg": "HS256", "typ": "JWT" }), &claims);
    let (identity, until_ms) = checked(&token).unwrap();
    let expected = Identity {
        issuer: "us".into(),
        subject: "ada".into(),
        name: Some("Ada".into()),
        email: Some("a@b.c".into()),
        email_verified: true,
        picture_url: Some("https://x".into()),
        claims: [("roles".to_owned(), json!(["admin"]))].into(),
    };
    assert_eq!(identity, expected);
    assert_eq!(until_ms, NOW_MS + 90_000);
    let (identity, _) = checked_under(r#","claims":["plan"]"#, &token).unwrap();
    assert!(identity.claims.is_empty());
}

#[test]
fn times_are_checked_with_leeway() {
    let now = NOW_MS / 1_000;
    let is_right = |changes| {
        let token = signed(&json!({ "alg": "HS256" }), &claims(changes));
        checked(&token).is_ok()
    };
    assert!(is_right(json!({ "exp": now - 29 })));
    assert!(is_right(json!({ "nbf": now + 30 })));
    assert!(is_right(json!({ "exp": now as f64 + 0.5 })));
    check_claims(json!({ "exp": now - 30 }), Refused::Expired);
    check_claims(json!({ "nbf": now + 31 }), Refused::TooEarly);
    check_claims(json!({ "exp": null }), Refused::NoExpiry);
    check_claims(json!({ "exp": "never" }), Refused::Malformed);
}

#[test]
fn claims_of_others_are_refused() {
    check_claims(json!({ "iss": "them" }), Refused::Untrusted);
    check_claims(json!({ "iss": null }), Refused::Untrusted);
    check_claims(json!({ "aud": "other" }), Refused::OtherAudience);
    check_claims(json!({ "aud": [] }), Refused::OtherAudience);
    check_claims(json!({ "aud": null }), Refused::OtherAudience);
    check_claims(json!({ "sub": null }), Refused::NoSubject);
    check_claims(json!({ "sub": "" }), Refused::NoSubject);
    check_claims(json!({ "x": "y".repeat(9_000) }), Refused::TooManyClaims);
}

#[test]
fn the_algorithm_is_the_key_s() {
    for none in ["none", "None", "NONE"] {
        check_header(json!({ "alg": none }), Refused::Unsigned);
    }
    check_header(json!({ "alg": "RS256" }), Refused::OtherAlgorithm);
    check_header(json!({ "alg": "hs256" }), Refused::OtherAlgorithm);
    check_header(json!({ "alg": "HS512" }), Refused::OtherAlgorithm);
    check_header(json!({}), Refused::Malformed);
    check_header(json!({ "alg": "HS256", "crit": ["x"] }), Refused::Malformed);
    check_header(
        json!({ "alg": "HS256", "typ": "logout+jwt" }),
        Refused::Malformed,
    );
}

#[test]
fn what_is_no_token_is_refused() {
    let token = signed(&json!({ "alg": "HS256" }), &claims(json!({})));
    assert!(checked(&token).is_ok());
    let (text, signature) = token.rsplit_once('.').unwrap();
    let mut flipped = URL_SAFE_NO_PAD.decode(signature).unwrap();
    flipped[0] ^= 1;
    let forged = format!("{text}.{}", encode(flipped));
    assert_eq!(checked(&forged).unwrap_err(), Refused::Forged);
    assert_eq!(checked(&format!("{text}.")).unwrap_err(), Refused::Forged);
    for bad in [
        "",
        "..",
        "a.b",
        "a.b.c.d",
        &format!("{token}="),
        &token.replacen('.', "!.", 1),
        &format!("{}.{}.", encode("[\"HS256\"]"), encode("{}")),
        &format!("{}.{}.", encode("{\"alg\":\"HS256\"}"), encode("[]")),
        &format!("{}.{}.", encode([0xff]), encode("{}")),
    ] {
        assert_eq!(checked(bad).unwrap_err(), Refused::Malformed, "{bad}");
    }
    let long = "a".repeat(TOKEN_BYTES_MAX + 1);
    assert_eq!(checked(&long).unwrap_err(), Refused::TooLarge);
}
