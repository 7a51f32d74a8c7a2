//! Accounts of the app's own: signing up, in and out, and what others try.

use serde_json::{Value, json};
use zeroback_protocol::Authentication;

use super::chapter;
use crate::accounts::{hash_of, token_named};
use crate::provider::PEER_TRIES_MAX;
use crate::target::http::{Request, Response};
use crate::target::{ADMIN_KEY, End, ORIGIN};
use crate::world::World;

chapter!("accounts", Engine:
    functions_of_accounts_are_not_for_clients;
    Host:
    who_signs_up_is_somebody_and_can_sign_in_again,
    a_cookie_is_set_that_no_page_reads,
    a_cookie_of_somebody_else_s_hides_no_session,
    wrong_credentials_are_told_alike,
    an_e_mail_is_of_one_account_however_it_is_written,
    sessions_are_listed_and_revoked,
    a_session_of_another_user_cannot_be_revoked,
    another_password_needs_the_old_one,
    passwords_are_not_tried_without_end,
    nobody_tries_without_end_from_one_address,
    who_signs_out_is_nobody,
    requests_that_are_not_right_are_refused,
    pages_of_other_origins_are_refused,
    nothing_else_is_in_the_folder;
    HostRestart: a_session_outlives_a_restart;
    Sleep: a_session_of_somebody_asleep_can_end,
);

const PASSWORD: &str = "correct horse";

fn email(world: &World<'_>, name: &str) -> String {
    format!("{name}.{}@example.org", world.list().replace("::", "."))
}

fn post(path: &str, body: &Value) -> Request {
    Request::post(path, body.to_string())
}

fn cookie(token: &str) -> String {
    format!("a=b; zeroback_session={token}")
}

fn told(response: &Response) -> Value {
    serde_json::from_str(&response.body).expect("the body is JSON")
}

/// Makes a request that succeeds; returns its value.
#[track_caller]
fn ask(world: &mut World<'_>, request: &Request) -> Value {
    let response = world.request(request);
    assert_eq!(response.status, 200, "{}", response.body);
    assert_eq!(response.header("cache-control"), Some("no-store"));
    told(&response)["value"].clone()
}

#[track_caller]
fn refused(world: &mut World<'_>, request: &Request, status: u16, code: &str) -> Value {
    let response = world.request(request);
    let body = told(&response);
    let said = (response.status, body["errorCode"].as_str());
    assert_eq!(said, (status, Some(code)), "{body}");
    body
}

fn credentials(world: &World<'_>, name: &str) -> Value {
    json!({ "email": email(world, name), "password": PASSWORD, "token": true })
}

/// Signs somebody up; returns the token and the user.
#[track_caller]
fn sign_up(world: &mut World<'_>, name: &str) -> (String, Value) {
    let form = credentials(world, name);
    let told = ask(world, &post("/auth/sign-up", &form));
    (token_of(&told), told["user"].clone())
}

#[track_caller]
fn sign_in(world: &mut World<'_>, name: &str) -> String {
    let form = credentials(world, name);
    token_of(&ask(world, &post("/auth/sign-in", &form)))
}

#[track_caller]
fn token_of(told: &Value) -> String {
    let token = told["token"].as_str().expect("it was asked for");
    assert!(token.starts_with("zbs_") && token.len() == 47, "{token}");
    token.to_owned()
}

fn who(world: &mut World<'_>, token: &str) -> Value {
    let who = json!({ "path": "identity:who" });
    let response = world.request(&post("/api/query", &who).header("cookie", &cookie(token)));
    told(&response)["value"].clone()
}

fn functions_of_accounts_are_not_for_clients(world: &mut World<'_>) {
    let mut eve = world.client();
    for path in ["whose", "sessions", "password_by_email", "users"] {
        let error = eve.query_in_vain(&format!("_zeroback:{path}"), json!({}));
        assert_eq!(error.code.as_str(), "function_not_found");
    }
    for path in ["sign_up", "sign_in_by_password", "delete_user", "revoke"] {
        let path = format!("_zeroback:{path}");
        let error = eve.mutate_in_vain(&path, json!({}));
        assert_eq!(error.code.as_str(), "function_not_found");
        let (status, _) = world.post("/api/mutation", &json!({ "path": path, "args": {} }));
        assert_eq!(status, 404);
    }
    let error = eve.sign_in_in_vain(&token_named("nobody's"));
    assert_eq!(error.code.as_str(), "invalid_token");
}

fn who_signs_up_is_somebody_and_can_sign_in_again(world: &mut World<'_>) {
    let mut form = credentials(world, "ada");
    form["name"] = json!("Ada");
    let told = ask(world, &post("/auth/sign-up", &form));
    let user = &told["user"];
    let address = email(world, "ada");
    let said = [
        &user["name"],
        &user["email"],
        &user["emailVerified"],
        &user["pictureUrl"],
    ];
    assert_eq!(
        said,
        [&json!("Ada"), &json!(address), &json!(false), &Value::Null]
    );
    for token in [token_of(&told), sign_in(world, "ada")] {
        let mut ann = world.client();
        ann.sign_in(&token);
        assert_eq!(ann.query("identity:who", json!({})), user["id"]);
        let claims = ann.query("identity:claims", json!({}));
        assert_eq!(claims, json!(["zeroback", "Ada", address, null]));
        assert_eq!(who(world, &token), user["id"]);
        let whose = Request::get("/identity/whose").bearer(&token);
        assert_eq!(self::told(&world.request(&whose))[0][0], user["id"]);
        let session = ask(world, &Request::get("/auth/session").bearer(&token));
        assert_eq!(&session["user"], user);
        assert_eq!(session["session"]["isCurrent"], true);
    }
}

fn a_cookie_is_set_that_no_page_reads(world: &mut World<'_>) {
    let mut form = credentials(world, "ada");
    form["token"] = json!(false);
    let response = world.request(&post("/auth/sign-up", &form));
    assert_eq!(told(&response)["value"]["token"], Value::Null);
    let set = response.header("set-cookie").expect("it is set");
    let (pair, attributes) = set.split_once("; ").expect("it has attributes");
    // The suite's hosts are this machine, so it is not `Secure`.
    assert_eq!(
        attributes,
        "Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000"
    );
    // Behind a proxy of this machine it is, as the page has come by TLS.
    let proxied = json!({ "email": email(world, "ada"), "password": PASSWORD });
    let proxied = post("/auth/sign-in", &proxied).header("origin", ORIGIN);
    let response_by_tls = world.request(&proxied);
    let by_tls = response_by_tls.header("set-cookie").expect("it is set");
    assert!(by_tls.ends_with("; Max-Age=2592000; Secure"), "{by_tls}");
    let token = pair.strip_prefix("zeroback_session=").expect("its name");
    assert_eq!(who(world, token), told(&response)["value"]["user"]["id"]);
    // Who asks for the token gets no cookie beside it.
    form["token"] = json!(true);
    let response = world.request(&post("/auth/sign-in", &form));
    assert_eq!(response.header("set-cookie"), None);
    // One that somebody else has planted is not taken over.
    let planted = token_named("planted");
    form["token"] = json!(false);
    let fixed = post("/auth/sign-in", &form).header("cookie", &cookie(&planted));
    let response = world.request(&fixed);
    assert!(
        !response
            .header("set-cookie")
            .expect("it is set")
            .contains(&planted)
    );
    assert_eq!(who(world, &planted), Value::Null);
}

fn a_cookie_of_somebody_else_s_hides_no_session(world: &mut World<'_>) {
    let (token, user) = sign_up(world, "ada");
    let cookies = format!("name=J\u{fc}rgen; {}", cookie(&token));
    let who = post("/api/query", &json!({ "path": "identity:who" }));
    let told = |response: Response| self::told(&response)["value"].clone();
    let asked = world.request(&who.header("cookie", &cookies));
    assert_eq!(told(asked), user["id"]);
    let session = Request::get("/auth/session").header("cookie", &cookies);
    assert_eq!(told(world.request(&session))["user"], user);
    // Nor does it hide that there is one from who checks the origin.
    let foreign = post("/auth/sign-out", &json!({})).header("cookie", &cookies);
    let foreign = foreign.header("origin", "https://evil.example");
    refused(world, &foreign, 403, "forbidden");
}

fn wrong_credentials_are_told_alike(world: &mut World<'_>) {
    sign_up(world, "ada");
    let mut said = Vec::new();
    for (name, password) in [
        ("ada", "battery staple"),
        ("nobody", PASSWORD),
        ("ada", ""),
        ("nobody", ""),
        ("ada", "' OR 1=1 --"),
    ] {
        let form = json!({ "email": email(world, name), "password": password });
        let request = post("/auth/sign-in", &form);
        let told = refused(world, &request, 401, "wrong_credentials");
        said.push((told["errorMessage"].clone(), told["errorData"].clone()));
    }
    said.dedup();
    assert_eq!(said.len(), 1, "{said:?}");
}

fn an_e_mail_is_of_one_account_however_it_is_written(world: &mut World<'_>) {
    let (_, user) = sign_up(world, "kim");
    let address = email(world, "kim");
    for typed in [
        address.to_uppercase(),
        format!(" {address} "),
        address.replacen('k', "\u{212a}", 1),
        address.replacen('k', "\u{ff4b}", 1),
    ] {
        let form = json!({ "email": typed, "password": "another one", "token": true });
        refused(world, &post("/auth/sign-up", &form), 409, "email_taken");
        let form = json!({ "email": typed, "password": PASSWORD, "token": true });
        let told = ask(world, &post("/auth/sign-in", &form));
        assert_eq!(told["user"], user);
    }
}

fn sessions_are_listed_and_revoked(world: &mut World<'_>) {
    let (first, _) = sign_up(world, "ada");
    let form = credentials(world, "ada");
    let agent = "x".repeat(500);
    let phone = post("/auth/sign-in", &form).header("user-agent", &agent);
    let phone = token_of(&ask(world, &phone));
    let third = sign_in(world, "ada");
    let list = Request::get("/auth/sessions").bearer(&first);
    let response = world.request(&list);
    assert!(
        !response.body.contains("zbs_") && !response.body.contains("oken"),
        "{}",
        response.body
    );
    let sessions = told(&response)["value"].clone();
    let current: Vec<_> = (0..3).map(|at| sessions[at]["isCurrent"] == true).collect();
    assert_eq!(current, [false, false, true]);
    assert_eq!(sessions[1]["userAgent"].as_str().map(str::len), Some(200));
    let mut on_phone = world.client();
    on_phone.sign_in(&phone);
    let revoke = |body: Value| post("/auth/sessions/revoke", &body).bearer(&first);
    let told = ask(world, &revoke(json!({ "id": sessions[1]["id"] })));
    assert_eq!(told, json!({ "revoked": 1 }));
    assert!(matches!(
        on_phone.authentication(),
        Authentication::Refused { .. }
    ));
    assert_eq!(who(world, &phone), Value::Null);
    let told = ask(world, &revoke(json!({ "others": true })));
    assert_eq!(told, json!({ "revoked": 1 }));
    assert_eq!(who(world, &third), Value::Null);
    assert_eq!(ask(world, &list).as_array().map(Vec::len), Some(1));
    for body in [
        json!({}),
        json!({ "others": false }),
        json!({ "id": "x", "others": true }),
    ] {
        refused(world, &revoke(body), 400, "bad_args");
    }
}

fn a_session_of_another_user_cannot_be_revoked(world: &mut World<'_>) {
    let (adas, _) = sign_up(world, "ada");
    let (eves, _) = sign_up(world, "eve");
    let sessions = ask(world, &Request::get("/auth/sessions").bearer(&adas));
    for id in [
        &sessions[0]["id"],
        &json!("session_x"),
        &json!("'; DROP TABLE users; --"),
    ] {
        let body = json!({ "id": id });
        let request = post("/auth/sessions/revoke", &body).bearer(&eves);
        assert_eq!(ask(world, &request), json!({ "revoked": 0 }));
    }
    assert_ne!(who(world, &adas), Value::Null);
    let nobody = post("/auth/sessions/revoke", &json!({ "others": true }));
    refused(world, &nobody, 401, "unauthenticated");
    let nobody = Request::get("/auth/sessions").bearer(&token_named("none"));
    refused(world, &nobody, 401, "unauthenticated");
}

fn another_password_needs_the_old_one(world: &mut World<'_>) {
    let (token, _) = sign_up(world, "ada");
    let other = sign_in(world, "ada");
    let change = |old: &str, new: &str, token: &str| {
        let body = json!({ "oldPassword": old, "password": new });
        post("/auth/password", &body).bearer(token)
    };
    refused(
        world,
        &change("wrong old one", "battery staple", &token),
        401,
        "wrong_credentials",
    );
    refused(world, &change(PASSWORD, "short", &token), 400, "bad_args");
    refused(
        world,
        &change(PASSWORD, "battery staple", "none"),
        401,
        "unauthenticated",
    );
    assert_eq!(
        ask(world, &change(PASSWORD, "battery staple", &token)),
        Value::Null
    );
    assert_eq!(who(world, &other), Value::Null);
    assert_ne!(who(world, &token), Value::Null);
    let old = credentials(world, "ada");
    refused(
        world,
        &post("/auth/sign-in", &old),
        401,
        "wrong_credentials",
    );
    let mut new = old;
    new["password"] = json!("battery staple");
    ask(world, &post("/auth/sign-in", &new));
}

fn passwords_are_not_tried_without_end(world: &mut World<'_>) {
    sign_up(world, "ada");
    let form = json!({ "email": email(world, "ada"), "password": "not this one" });
    let request = post("/auth/sign-in", &form);
    let mut tries = 0;
    let told = loop {
        tries += 1;
        let response = world.request(&request);
        if response.status != 401 {
            assert_eq!(response.status, 429);
            break told(&response);
        }
        assert!(tries <= 20, "it goes on and on");
    };
    // Signing up was one of ten, and slow machines get another one.
    assert!(tries >= 10, "{tries}");
    assert_eq!(told["errorCode"], "rate_limited");
    let retry_after_ms = told["errorData"]["retryAfterMs"].as_i64();
    assert!(
        retry_after_ms.is_some_and(|ms| (1..=30_000).contains(&ms)),
        "{told}"
    );
    // Others are not locked out by it.
    sign_up(world, "ben");
    sign_in(world, "ben");
}

fn nobody_tries_without_end_from_one_address(world: &mut World<'_>) {
    sign_up(world, "ada");
    let from = |address: &str, name: String| {
        let form = json!({ "email": name, "password": "not this one" });
        post("/auth/sign-in", &form).header("x-forwarded-for", address)
    };
    for number in 0..PEER_TRIES_MAX {
        let name = email(world, &format!("nobody{number}"));
        refused(world, &from("203.0.113.9", name), 401, "wrong_credentials");
    }
    // Whatever a client writes in front of what the proxy does, and whatever it tries.
    let here = "198.51.100.1, 203.0.113.9";
    let name = email(world, "ada");
    let told = refused(world, &from(here, name.clone()), 429, "rate_limited");
    let retry_after_ms = told["errorData"]["retryAfterMs"].as_i64();
    assert!(
        retry_after_ms.is_some_and(|ms| (1..=3_600_000).contains(&ms)),
        "{told}"
    );
    let form = credentials(world, "eve");
    let sign_up = post("/auth/sign-up", &form).header("x-forwarded-for", here);
    refused(world, &sign_up, 429, "rate_limited");
    let begin = Request::get("/auth/github").header("x-forwarded-for", here);
    refused(world, &begin, 429, "rate_limited");
    // From elsewhere they may.
    refused(world, &from("203.0.113.10", name), 401, "wrong_credentials");
    sign_in(world, "ada");
}

fn who_signs_out_is_nobody(world: &mut World<'_>) {
    let (token, user) = sign_up(world, "ada");
    let mut ann = world.client();
    ann.sign_in(&token);
    let own = ann.subscribe("identity:who", json!({}));
    assert_eq!(ann.result(own), user["id"]);
    let sign_out = post("/auth/sign-out", &json!({})).header("cookie", &cookie(&token));
    let response = world.request(&sign_out);
    assert_eq!(response.status, 200, "{}", response.body);
    let set = response.header("set-cookie").expect("it is taken away");
    assert!(
        set.starts_with("zeroback_session=;") && set.contains("Max-Age=0"),
        "{set}"
    );
    assert!(matches!(
        ann.authentication(),
        Authentication::Refused { .. }
    ));
    assert_eq!(who(world, &token), Value::Null);
    let session = Request::get("/auth/session").bearer(&token);
    assert_eq!(ask(world, &session), Value::Null);
    // It may be sent again.
    assert_eq!(world.request(&sign_out).status, 200);
}

fn requests_that_are_not_right_are_refused(world: &mut World<'_>) {
    let right = credentials(world, "ada");
    for content_type in [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
    ] {
        for path in ["/auth/sign-up", "/auth/sign-in", "/auth/sign-out"] {
            let request = post(path, &right).content_type(content_type);
            let told = refused(world, &request, 415, "bad_message");
            assert!(told["errorRequestId"].is_string(), "{told}");
        }
    }
    let with = |name: &str, value: Value| {
        let mut form = right.clone();
        form[name] = value;
        form.to_string()
    };
    for (body, status, code) in [
        (String::new(), 400, "bad_args"),
        ("[]".to_owned(), 400, "bad_args"),
        ("{".to_owned(), 400, "bad_args"),
        (with("admin", json!(true)), 400, "bad_args"),
        (with("emailVerified", json!(true)), 400, "bad_args"),
        (with("email", json!("ada")), 400, "bad_args"),
        (
            with("email", json!("a@example.org\r\nset-cookie: x=y")),
            400,
            "bad_args",
        ),
        (with("email", json!({ "$ne": "" })), 400, "bad_args"),
        (with("password", json!("short")), 400, "bad_args"),
        (with("password", json!("x".repeat(257))), 400, "bad_args"),
        (with("password", json!(12_345_678)), 400, "bad_args"),
        (with("name", json!("x".repeat(201))), 400, "bad_args"),
        (
            with("name", json!("x".repeat(20_000))),
            413,
            "body_too_large",
        ),
    ] {
        let request = Request::post("/auth/sign-up", body);
        refused(world, &request, status, code);
    }
    let odd = json!({ "email": "o'hara\u{27}--@example.org", "password": "'; DROP TABLE x; --" });
    ask(world, &post("/auth/sign-up", &odd));
    ask(world, &post("/auth/sign-in", &odd));
}

fn pages_of_other_origins_are_refused(world: &mut World<'_>) {
    let (token, user) = sign_up(world, "ada");
    let with_cookie = |path: &str, origin: &str| {
        let request = post(path, &json!({ "others": true })).header("origin", origin);
        request.header("cookie", &cookie(&token))
    };
    for origin in ["https://evil.example", "null"] {
        for path in ["/auth/sessions/revoke", "/auth/sign-out", "/auth/sign-in"] {
            refused(world, &with_cookie(path, origin), 403, "forbidden");
        }
    }
    assert_eq!(who(world, &token), user["id"]);
    let listed = world.request(&with_cookie("/auth/sessions/revoke", ORIGIN));
    assert_eq!(listed.status, 200, "{}", listed.body);
    assert_eq!(listed.header("access-control-allow-origin"), Some(ORIGIN));
    // Without a cookie its browser asks before it sends JSON, and is not told that it may.
    let form = credentials(world, "ada");
    let elsewhere = post("/auth/sign-in", &form).header("origin", "https://evil.example");
    let response = world.request(&elsewhere);
    assert_eq!(response.header("access-control-allow-origin"), None);
}

fn nothing_else_is_in_the_folder(world: &mut World<'_>) {
    for path in ["/auth", "/auth/", "/auth/nothing", "/auth/sign-in/x"] {
        refused(world, &Request::get(path), 404, "not_found");
    }
    let response = world.request(&Request::get("/auth/sign-in"));
    assert_eq!(
        (response.status, response.header("allow")),
        (405, Some("POST"))
    );
}

fn a_session_outlives_a_restart(world: &mut World<'_>) {
    let (token, user) = sign_up(world, "ada");
    world.restart(End::Stop);
    assert_eq!(who(world, &token), user["id"]);
    sign_in(world, "ada");
}

fn a_session_of_somebody_asleep_can_end(world: &mut World<'_>) {
    let token = token_named(&world.list());
    let session = json!({
        "tokenHash": hash_of(&token), "expiresAt": 4_102_444_800_000_i64, "userAgent": null,
        "sessionsMax": 100,
    });
    let form = json!({
        "email": email(world, "ada"), "name": null, "password": "no hash", "session": session,
    });
    let operate = |world: &mut World<'_>, path: &str, args: &Value| {
        let call = json!({ "path": path, "args": args });
        let response = world.request(&post("/api/admin/run", &call).bearer(ADMIN_KEY));
        assert_eq!(response.status, 200, "{}", response.body);
        told(&response)["value"].clone()
    };
    let user = operate(world, "_zeroback:sign_up", &form)["user"].clone();
    let mut ann = world.client();
    ann.sign_in(&token);
    let own = ann.subscribe("identity:who", json!({}));
    assert_eq!(ann.result(own), user["id"]);
    let lives = world.lives();
    world.hibernate();
    let hash = json!({ "tokenHash": hash_of(&token) });
    assert_eq!(operate(world, "_zeroback:sign_out", &hash), true);
    assert_eq!(world.lives(), lives + 1, "it was dropped, and is back");
    assert!(matches!(
        ann.authentication(),
        Authentication::Refused { .. }
    ));
    ann.authenticate(None);
    ann.settle();
    assert_eq!(ann.result(own), Value::Null);
}
