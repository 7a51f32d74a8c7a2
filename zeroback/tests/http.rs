//! Routes and `fetch` in a `TestApp`.
#![cfg(feature = "server")]
#![expect(missing_docs, reason = "a test")]

use std::cell::RefCell;
use std::rc::Rc;

use zeroback::ErrorCode;
use zeroback::prelude::*;
use zeroback::testing::{TestApp, TestResponse};

/// Something that another service has told.
#[derive(Debug, Table)]
pub struct Event {
    pub source: String,
    pub text: String,
}

#[query]
pub fn texts(ctx: &QueryCtx) -> Result<Vec<String>> {
    let events = ctx.db.query::<Event>().collect()?;
    Ok(events.iter().map(|event| event.text.clone()).collect())
}

#[mutation(internal)]
pub fn take(ctx: &MutationCtx, source: String, text: String) -> Result<()> {
    ctx.db.insert(Event { source, text })?;
    Ok(())
}

/// What a hook is told.
#[derive(Debug, Value)]
pub struct Told {
    pub text: String,
}

#[derive(Debug, Value)]
pub struct HookParams {
    pub source: String,
}

#[derive(Debug, Value)]
pub struct HookQuery {
    pub times: Option<u32>,
}

#[http(POST, "/hooks/{source}")]
pub async fn hook(ctx: &ActionCtx, request: Request) -> Result<Response> {
    let HookParams { source } = request.path_params()?;
    let HookQuery { times } = request.query_params()?;
    let Told { text } = request.json().await?;
    for _ in 0..times.unwrap_or(1) {
        let (source, text) = (source.clone(), text.clone());
        ctx.run_mutation(take::Args { source, text }).await?;
    }
    Response::from_json(&ctx.run_query(texts::Args).await?)
}

#[http(GET, "/failing/{how}")]
pub async fn failing(_: &ActionCtx, request: Request) -> Result<Response> {
    match request.uri().path() {
        "/failing/forbidden" => Err(Error::forbidden("not for you")),
        "/failing/panic" => panic!("planted"),
        "/failing/status" => Response::from_status(101),
        _ => Err(Error::internal("the password is x")),
    }
}

#[http(GET, "/streams")]
pub async fn streams(_: &ActionCtx, request: Request) -> Result<Response> {
    Ok(Response::new(Body::stream(request.into_body())))
}

/// Who asks, for the route and for what it calls.
#[http(GET, "/who")]
pub async fn who(ctx: &ActionCtx, _: Request) -> Result<Response> {
    let subject = |identity: Option<Identity>| identity.map(|identity| identity.subject);
    let called = ctx.run_query(caller::Args).await?;
    Response::from_json(&[subject(ctx.auth.identity()), called])
}

#[query(internal)]
pub fn caller(ctx: &QueryCtx) -> Result<Option<String>> {
    Ok(ctx.auth.identity().map(|identity| identity.subject))
}

/// As the contract has it, word for word.
#[action]
pub async fn import(ctx: &ActionCtx, url: String) -> Result<u32> {
    let titles: Vec<String> = ctx
        .fetch(http::Request::get(url).body(Body::empty())?)
        .await?
        .json()
        .await?;
    for text in &titles {
        ctx.run_mutation(take::Args {
            source: "import".to_owned(),
            text: text.clone(),
        })
        .await?;
    }
    Ok(titles.len() as u32)
}

zeroback::app!();

fn request(method: &str, uri: &str, body: impl Into<Body>) -> TestResponse {
    ask(&TestApp::new(app()), method, uri, body)
}

fn ask(t: &TestApp, method: &str, uri: &str, body: impl Into<Body>) -> TestResponse {
    let request = http::Request::builder().method(method).uri(uri);
    t.http(request.body(body.into()).expect("a request"))
}

#[track_caller]
fn assert_refused(response: &TestResponse, status: u16, code: &str, message: &str) {
    let body = response.text();
    let expected = format!(r#""errorCode":"{code}","errorMessage":"{message}""#);
    assert_eq!(response.status, status, "{body}");
    assert!(body.contains(&expected), "{body}");
    assert_eq!(response.headers["content-type"], "application/json");
}

#[test]
fn a_route_calls_functions() {
    let t = TestApp::new(app());
    let mut seen = t.subscribe(texts::Args);
    seen.next();
    let answered = ask(&t, "POST", "/hooks/shop?times=2", r#"{"text":"a"}"#);
    assert_eq!(answered.status, 200);
    assert_eq!(answered.json::<Vec<String>>().unwrap(), ["a", "a"]);
    assert_eq!(answered.headers["content-type"], "application/json");
    assert_eq!(seen.next().unwrap().unwrap(), ["a"]);
    assert_eq!(seen.next().unwrap().unwrap(), ["a", "a"]);
}

#[test]
fn what_a_request_lacks_is_told_with_its_place() {
    let told = r#"{"text":"a"}"#;
    let answered = request("POST", "/hooks/x?times=many", told);
    assert_refused(
        &answered,
        400,
        "bad_args",
        "query.times: invalid digit found in string",
    );
    let answered = request("POST", "/hooks/x", r#"{"text":3}"#);
    let text = "body.text: invalid type: integer `3`, expected a string";
    assert_refused(&answered, 400, "bad_args", text);
}

#[test]
fn an_error_is_told_as_one_of_a_function() {
    let answered = request("GET", "/failing/forbidden", "");
    assert_refused(&answered, 403, "forbidden", "not for you");
    for how in ["panic", "status", "other"] {
        let answered = request("GET", &format!("/failing/{how}"), "");
        assert_refused(
            &answered,
            500,
            "internal",
            "the server failed; its log says why",
        );
        assert!(!answered.text().contains("password"));
    }
}

#[test]
fn a_path_has_its_methods() {
    let answered = request("DELETE", "/failing/x", "");
    assert_refused(
        &answered,
        405,
        "bad_message",
        "this path is for another method",
    );
    assert_eq!(answered.headers["allow"], "GET, HEAD");
    let answered = request("GET", "/nowhere", "");
    assert_refused(&answered, 404, "not_found", "there is nothing at this path");
    let answered = request("HEAD", "/streams", "hello");
    assert_eq!((answered.status, answered.text().as_str()), (200, ""));
}

#[test]
fn a_body_goes_through_as_a_stream() {
    assert_eq!(request("GET", "/streams", "hello").text(), "hello");
}

#[test]
fn an_action_fetches() {
    let t = TestApp::new(app());
    let asked = Rc::new(RefCell::new(Vec::new()));
    let noted = Rc::clone(&asked);
    t.on_fetch(move |request| {
        noted.borrow_mut().push(request.uri().to_string());
        match request.uri().path() {
            "/titles" => Response::from_json(&["a", "b"]),
            "/moved" => Ok(http::Response::builder()
                .status(302)
                .header("location", "../titles?again")
                .body(Body::empty())?),
            "/number" => Response::from_json(&7),
            _ => Err(Error::new(ErrorCode::FETCH_TIMEOUT, "silent")),
        }
    });
    let url = |path: &str| import::Args {
        url: format!("https://titles.example{path}"),
    };
    assert_eq!(t.action(url("/titles")).unwrap(), 2);
    assert_eq!(t.action(url("/moved")).unwrap(), 2);
    assert_eq!(t.query(texts::Args).unwrap(), ["a", "b", "a", "b"]);
    let seen = ["/titles", "/moved", "/titles?again"];
    assert_eq!(
        *asked.borrow(),
        seen.map(|path| format!("https://titles.example{path}"))
    );
    let code = |path| Error::from(t.action(url(path)).unwrap_err()).code().clone();
    assert_eq!(code("/number"), ErrorCode::FETCH_FAILED);
    assert_eq!(code("/silent"), ErrorCode::FETCH_TIMEOUT);
}

#[action]
pub async fn variable(ctx: &ActionCtx, name: String) -> Result<String> {
    ctx.env(&name)
}

#[test]
fn a_test_has_variables_of_its_own() {
    let (t, other) = (TestApp::new(app()), TestApp::new(app()));
    let asked = |t: &TestApp, name: &str| t.action(variable::Args { name: name.into() });
    assert!(asked(&t, "ZEROBACK_TEST_KEY").is_err());
    t.set_env("ZEROBACK_TEST_KEY", "a key");
    assert_eq!(asked(&t, "ZEROBACK_TEST_KEY").unwrap(), "a key");
    assert!(asked(&other, "ZEROBACK_TEST_KEY").is_err());
    // What is not set is the process's.
    assert_eq!(asked(&t, "PATH").ok(), std::env::var("PATH").ok());
}

#[test]
fn without_a_world_a_fetch_fails_and_says_so() {
    let t = TestApp::new(app());
    let call = import::Args {
        url: "http://x/".to_owned(),
    };
    let error = Error::from(t.action(call).unwrap_err());
    assert_eq!(error.code(), &ErrorCode::FETCH_FAILED);
    assert!(error.message().contains("t.on_fetch"), "{error}");
}

#[test]
fn no_header_can_be_split_in_two() {
    for text in ["a\r\nset-cookie: b", "a\nb", "a\rb", "a\0b"] {
        let response = http::Response::builder()
            .header("x-text", text)
            .body(Body::empty());
        assert!(response.is_err(), "{text:?}");
        let request = http::Request::get("http://x/")
            .header("x-text", text)
            .body(Body::empty());
        assert!(request.is_err(), "{text:?}");
        let request = http::Request::get(format!("http://x/{text}")).body(Body::empty());
        assert!(request.is_err(), "{text:?}");
    }
}

#[test]
fn a_request_is_made_by_whoever_the_test_says() {
    let t = TestApp::new(app());
    let subject = "ada".to_owned();
    let ada = t.as_user(Identity {
        subject,
        ..Identity::default()
    });
    assert_eq!(ask(&ada, "GET", "/who", "").text(), r#"["ada","ada"]"#);
    assert_eq!(ask(&t, "GET", "/who", "").text(), "[null,null]");
}
