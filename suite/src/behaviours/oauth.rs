//! Signing in by a provider, and what others try with it.

use serde_json::{Value, json};

use super::chapter;
use crate::accounts::token_named;
use crate::provider::{self, Grant, plain};
use crate::target::ORIGIN;
use crate::target::http::{Request, Response};
use crate::world::World;

chapter!("oauth", Host:
    who_comes_back_is_signed_in,
    the_same_user_comes_by_both_providers,
    an_address_that_nobody_has_seen_to_joins_nothing,
    an_attempt_is_of_one_browser_and_of_one_provider,
    an_attempt_and_a_code_count_once,
    who_says_no_comes_back_as_nobody,
    a_way_back_is_a_path_of_the_app,
);

/// Somebody on the way to a provider.
struct Begun {
    provider: &'static str,
    /// The cookie with the state.
    cookie: String,
    state: String,
    challenge: String,
    redirect: String,
}

fn begin(world: &mut World<'_>, provider: &'static str, return_to: &str) -> Begun {
    let path = format!("/auth/{provider}?returnTo={return_to}");
    let response = world.request(&Request::get(&path));
    assert_eq!(response.status, 303, "{}", response.body);
    let location = response.header("location").expect("it leads there");
    let (url, query) = location.split_once('?').expect("it has a query");
    assert_eq!(url, "https://provider.example/authorize");
    let field = |name: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let mut values = pairs.filter(|(own, _)| *own == name);
        plain(values.next().expect("it is there").1)
    };
    assert_eq!(field("code_challenge_method"), "S256");
    assert_eq!(field("client_id"), provider::CLIENT.0);
    let set = response.header("set-cookie").expect("it is set");
    let (cookie, attributes) = set.split_once(';').expect("it has attributes");
    assert_eq!(
        attributes.trim(),
        "Path=/auth; HttpOnly; SameSite=Lax; Max-Age=600; Secure"
    );
    Begun {
        provider,
        cookie: cookie.to_owned(),
        state: field("state"),
        challenge: field("code_challenge"),
        redirect: field("redirect_uri"),
    }
}

/// Has the provider say yes; returns the code.
fn say_yes(world: &World<'_>, begun: &Begun, name: &str, email: &str, verified: bool) -> String {
    let code = format!("{}-{name}-{}", begun.provider, begun.state);
    let id = id_of(world, name);
    let user = match begun.provider {
        "github" => json!({ "id": id, "login": name, "name": null, "avatar_url": "https://p" }),
        _ => json!({
            "sub": id.to_string(), "name": name, "email": email, "email_verified": verified,
        }),
    };
    let emails = json!([
        { "email": "other@example.org", "primary": false, "verified": true },
        { "email": email, "primary": true, "verified": verified },
    ]);
    let (challenge, redirect) = (begun.challenge.clone(), begun.redirect.clone());
    provider::grant(
        &code,
        Grant {
            challenge,
            redirect,
            user,
            emails,
        },
    );
    code
}

/// A number that no other behaviour's user has.
fn id_of(world: &World<'_>, name: &str) -> u64 {
    let text = format!("{} {name}", world.list());
    text.bytes()
        .fold(7, |id, byte| (id * 31 + u64::from(byte)) % (1 << 50))
}

fn back(begun: &Begun, query: &str) -> Request {
    let path = format!("/auth/{}/callback?{query}", begun.provider);
    Request::get(&path).header("cookie", &format!("x=y; {}", begun.cookie))
}

fn come_back(world: &mut World<'_>, begun: &Begun, code: &str) -> Response {
    let query = format!("code={code}&state={}", begun.state);
    world.request(&back(begun, &query))
}

/// Returns where a browser is sent, and as whom.
#[track_caller]
fn landed(world: &mut World<'_>, response: &Response) -> (String, Value) {
    assert_eq!(response.status, 303, "{}", response.body);
    let location = response.header("location").expect("it leads back");
    let cookies = response.header_lines("set-cookie");
    let named = |name: &str| {
        let mut lines = cookies.iter();
        let line = lines.find_map(|line| line.strip_prefix(&format!("{name}=")));
        line.and_then(|line| line.split(';').next())
            .map(str::to_owned)
    };
    assert_eq!(
        named("zeroback_oauth").as_deref(),
        Some(""),
        "it is taken away"
    );
    let Some(token) = named("zeroback_session") else {
        return (location.to_owned(), Value::Null);
    };
    let session = world.request(&Request::get("/auth/session").bearer(&token));
    let told: Value = serde_json::from_str(&session.body).expect("the body is JSON");
    (location.to_owned(), told["value"]["user"].clone())
}

fn address(world: &World<'_>, name: &str) -> String {
    format!("{name}.{}@example.org", world.list().replace("::", "."))
}

#[track_caller]
fn assert_not_begun(response: &Response) {
    assert_eq!(response.status, 400, "{}", response.body);
    assert!(response.body.contains("begin again"), "{}", response.body);
    assert_eq!(response.header_lines("set-cookie"), Vec::<String>::new());
}

fn who_comes_back_is_signed_in(world: &mut World<'_>) {
    let email = address(world, "ada");
    let begun = begin(world, "github", "/inbox?at=1");
    assert_eq!(begun.redirect, format!("{ORIGIN}/auth/github/callback"));
    let code = say_yes(world, &begun, "ada", &email, true);
    let response = come_back(world, &begun, &code);
    let (location, user) = landed(world, &response);
    assert_eq!(location, format!("{ORIGIN}/inbox?at=1"));
    let said = [
        &user["name"],
        &user["email"],
        &user["emailVerified"],
        &user["pictureUrl"],
    ];
    assert_eq!(
        said,
        [
            &json!("ada"),
            &json!(email),
            &json!(true),
            &json!("https://p")
        ]
    );
    // Who comes again is the same, whatever has become of the address.
    let begun = begin(world, "github", "/");
    let code = say_yes(world, &begun, "ada", "moved@example.org", false);
    let response = come_back(world, &begun, &code);
    assert_eq!(landed(world, &response).1["id"], user["id"]);
    // Where a browser comes back to is not what its request says.
    let elsewhere = Request::get("/auth/google").header("x-forwarded-host", "evil.example");
    let response = world.request(&elsewhere);
    let location = plain(response.header("location").expect("it leads there"));
    assert!(
        location.contains(&format!("redirect_uri={ORIGIN}/auth/google/callback")),
        "{location}"
    );
}

fn the_same_user_comes_by_both_providers(world: &mut World<'_>) {
    let email = address(world, "ada");
    let mut users = Vec::new();
    for provider in ["github", "google"] {
        let begun = begin(world, provider, "/");
        let code = say_yes(world, &begun, "ada", &email, true);
        let response = come_back(world, &begun, &code);
        users.push(landed(world, &response).1["id"].clone());
    }
    assert_eq!(users[0], users[1]);
    assert_ne!(users[0], Value::Null);
}

fn an_address_that_nobody_has_seen_to_joins_nothing(world: &mut World<'_>) {
    // Somebody signs up with the address of another, and waits for them.
    let email = address(world, "victim");
    let form = json!({ "email": email, "password": "correct horse", "token": true });
    let response = world.request(&Request::post("/auth/sign-up", form.to_string()));
    assert_eq!(response.status, 200, "{}", response.body);
    let begun = begin(world, "google", "/");
    let code = say_yes(world, &begun, "victim", &email, true);
    let response = come_back(world, &begun, &code);
    let told = landed(world, &response);
    assert_eq!(
        told,
        (format!("{ORIGIN}/?authError=email_taken"), Value::Null)
    );
    // Somebody claims the address of another at a provider that has not seen to it.
    let email = address(world, "other victim");
    let email = email.replace(' ', ".");
    let begun = begin(world, "github", "/");
    let code = say_yes(world, &begun, "real", &email, true);
    let response = come_back(world, &begun, &code);
    let real = landed(world, &response).1;
    let begun = begin(world, "google", "/");
    let code = say_yes(world, &begun, "fake", &email, false);
    let response = come_back(world, &begun, &code);
    let fake = landed(world, &response).1;
    assert_ne!(real["id"], fake["id"]);
    let said = [&fake["email"], &fake["emailVerified"]];
    assert_eq!(said, [&Value::Null, &json!(false)]);
    // Two mailboxes of two people that are the same address here.
    let begun = begin(world, "google", "/");
    let alike = email.replacen('e', "\u{ff45}", 1);
    let code = say_yes(world, &begun, "alike", &alike, true);
    let response = come_back(world, &begun, &code);
    assert_ne!(landed(world, &response).1["id"], real["id"]);
}

fn an_attempt_is_of_one_browser_and_of_one_provider(world: &mut World<'_>) {
    // Somebody has another come back with their own code: the other would be signed in as them.
    let eves = begin(world, "github", "/");
    let code = say_yes(world, &eves, "eve", &address(world, "eve"), true);
    let query = format!("code={code}&state={}", eves.state);
    let path = format!("/auth/github/callback?{query}");
    assert_not_begun(&world.request(&Request::get(&path)));
    let adas = begin(world, "github", "/");
    assert_not_begun(&world.request(&back(&adas, &query)));
    let planted = Request::get(&path).header("cookie", "zeroback_oauth=");
    assert_not_begun(&world.request(&planted));
    let made_up = token_named("made up");
    let made_up = Request::get(&format!("/auth/github/callback?code=x&state={made_up}"))
        .header("cookie", &format!("zeroback_oauth={made_up}"));
    assert_not_begun(&world.request(&made_up));
    for query in ["", "code=x", "state=", "state=&code=x"] {
        assert_not_begun(&world.request(&back(&adas, query)));
    }
    // What was begun with one does not end with another.
    let mixed = Begun {
        provider: "google",
        ..eves
    };
    assert_not_begun(&come_back(world, &mixed, &code));
    let right = Begun {
        provider: "github",
        ..mixed
    };
    let response = come_back(world, &right, &code);
    assert_ne!(landed(world, &response).1, Value::Null);
}

fn an_attempt_and_a_code_count_once(world: &mut World<'_>) {
    let begun = begin(world, "github", "/");
    let code = say_yes(world, &begun, "ada", &address(world, "ada"), true);
    let response = come_back(world, &begun, &code);
    assert_ne!(landed(world, &response).1, Value::Null);
    assert_not_begun(&come_back(world, &begun, &code));
    // A code that somebody has seen is of no use in an attempt of theirs (PKCE).
    let adas = begin(world, "github", "/");
    let code = say_yes(world, &adas, "ada", &address(world, "ada"), true);
    let eves = begin(world, "github", "/home");
    let response = come_back(world, &eves, &code);
    let told = landed(world, &response);
    assert_eq!(
        told,
        (format!("{ORIGIN}/home?authError=forbidden"), Value::Null)
    );
}

fn who_says_no_comes_back_as_nobody(world: &mut World<'_>) {
    let begun = begin(world, "google", "/home");
    let query = format!("error=access_denied&state={}", begun.state);
    let response = world.request(&back(&begun, &query));
    let told = landed(world, &response);
    assert_eq!(
        told,
        (format!("{ORIGIN}/home?authError=forbidden"), Value::Null)
    );
}

fn a_way_back_is_a_path_of_the_app(world: &mut World<'_>) {
    for path in [
        "//evil.example",
        "/%5Cevil.example",
        "https:evil.example",
        "https://evil.example",
        "/%09/evil.example",
        "/x%0D%0Aset-cookie:%20a=b",
        "inbox",
        "",
    ] {
        let path = format!("/auth/github?returnTo={path}");
        let response = world.request(&Request::get(&path));
        assert_eq!(response.status, 400, "{path}");
        assert_eq!(response.header("location"), None);
    }
    let without = world.request(&Request::get("/auth/github"));
    assert_eq!(without.status, 303);
    let other = world.request(&Request::get("/auth/gitlab"));
    assert_eq!(other.status, 404);
}
