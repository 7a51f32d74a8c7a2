//! What a setting may be, and what is said of one that may not.

use expect_test::expect;

use super::*;

const SECRET: &str = "0123456789abcdef0123456789abcdef";

#[track_caller]
fn check_fault(json: &str, expected: &expect_test::Expect) {
    let fault = AuthSettings::parse(json).map(|_| ()).unwrap_err();
    let text = fault.to_string();
    assert!(!text.contains("hunter2"), "{text}");
    expected.assert_eq(&text);
}

#[test]
fn a_list_and_an_object_are_settings() {
    let list = format!(r#"[{{"issuer":"a","audience":"x","secret":"{SECRET}"}}]"#);
    let settings = AuthSettings::parse(&list).unwrap();
    assert_eq!(settings.providers[0].leeway_s, 30);
    assert_eq!(settings.cookie(), None);
    let object = format!(r#"{{"providers":{list},"cookie":true}}"#);
    let settings = AuthSettings::parse(&object).unwrap();
    assert_eq!(settings.cookie(), Some("zeroback_token"));
    let discovered = r#"[{"issuer":"https://id.example/","audience":["x","y"]}]"#;
    let settings = AuthSettings::parse(discovered).unwrap();
    let KeySource::Discovery(url) = &settings.providers[0].keys else {
        panic!("{settings:?}");
    };
    assert_eq!(url, "https://id.example/.well-known/openid-configuration");
}

#[test]
fn what_could_not_be_meant_is_refused_and_no_secret_is_shown() {
    check_fault(
        "",
        &expect!["ZEROBACK_AUTH: at line 1, column 0: it is not JSON"],
    );
    check_fault(
        "[]",
        &expect!["ZEROBACK_AUTH: providers: there must be one at least"],
    );
    check_fault(
        r#"{"provider":[]}"#,
        &expect![
            "ZEROBACK_AUTH: at line 1, column 11: unknown field `provider`, expected `providers` or `cookie`"
        ],
    );
    check_fault(
        r#"[{"issuer":"a","audience":"x","secret":"hunter2"}]"#,
        &expect![
            "ZEROBACK_AUTH: providers[0].secret: must have 32 bytes at least, as many as openssl rand -hex 32 gives twice"
        ],
    );
    check_fault(
        r#"[{"issuer":"a","audience":"x","leewaySeconds":"hunter2"}]"#,
        &expect!["ZEROBACK_AUTH: at line 1, column 55: expected u32"],
    );
    check_fault(
        r#"[{"issuer":"a","secret":"hunter2"}]"#,
        &expect!["ZEROBACK_AUTH: at line 1, column 34: missing field `audience`"],
    );
    check_fault(
        r#"[{"issuer":"a","audience":[],"secret":"hunter2"}]"#,
        &expect![
            "ZEROBACK_AUTH: providers[0].audience: must be a text, or a list of texts, that are not empty"
        ],
    );
    check_fault(
        r#"[{"issuer":"a","audience":3}]"#,
        &expect!["ZEROBACK_AUTH: at line 1, column 28: expected a text or a list of texts"],
    );
    check_fault(
        r#"[{"issuer":"http://id.example","audience":"x"}]"#,
        &expect![
            "ZEROBACK_AUTH: providers[0].issuer: there is no jwksUrl, jwks or secret, so its keys are looked for there; then it must begin with https://; http:// is for an issuer on this machine only"
        ],
    );
    check_fault(
        r#"[{"issuer":"a","audience":"x","jwksUrl":"http://id.example/k"}]"#,
        &expect![
            "ZEROBACK_AUTH: providers[0].jwksUrl: must begin with https://; http:// is for an issuer on this machine only"
        ],
    );
    check_fault(
        r#"[{"issuer":"a","audience":"x","jwks":{"keys":[{"kty":"oct","k":"c2hvcnQ"}]}}]"#,
        &expect![
            "ZEROBACK_AUTH: providers[0].jwks: there is no key in it that can be used: RSA of 2048 bits, P-256, Ed25519, or a secret of 32 bytes, for signatures"
        ],
    );
    check_fault(
        r#"[{"issuer":"a","audience":"x","leewaySeconds":301}]"#,
        &expect!["ZEROBACK_AUTH: providers[0].leewaySeconds: may be 300 at most"],
    );
    let one = format!(r#"{{"issuer":"a","audience":"x","secret":"{SECRET}"}}"#);
    check_fault(
        &format!("[{one},{one}]"),
        &expect!["ZEROBACK_AUTH: providers[1].issuer: it is there twice"],
    );
    check_fault(
        &format!(r#"[{{"issuer":"a","audience":"x","secret":"{SECRET}","jwksUrl":"https://a"}}]"#),
        &expect![
            "ZEROBACK_AUTH: providers[0].jwksUrl, jwks, secret: only one of them may be there"
        ],
    );
}

#[test]
fn only_this_machine_is_asked_without_tls() {
    for url in [
        "https://id.example",
        "http://localhost",
        "http://127.0.0.1:80/x",
        "http://[::1]:8080",
    ] {
        assert!(may_be_fetched(url), "{url}");
    }
    for url in [
        "http://id.example",
        "http://localhost.example",
        "http://localhost:80@id.example",
        "https://",
        "ftp://localhost",
        "file:///etc/passwd",
    ] {
        assert!(!may_be_fetched(url), "{url}");
    }
}
