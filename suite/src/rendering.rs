//! Pages that the native server renders by itself, from its own queries.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use suite_fixture::{counters, identity};
use zeroback::CallError;
use zeroback::http::HeaderMap;
use zeroback::native::{Backend, Pages};

use crate::issuer;
use crate::target::Target as _;
use crate::target::folder::Folder;
use crate::target::http::{Request, Response};
use crate::target::native::Native;

fn pages(backend: Backend) -> Router {
    let same = backend.clone();
    let counter = async move |Path(name): Path<String>, headers: HeaderMap| {
        let value = counters::value::Args { name };
        format!(
            "<p>{}</p>",
            backend
                .query(value, &headers)
                .await
                .expect("it is a counter")
        )
    };
    let who = async move |headers: HeaderMap| match same
        .query(identity::who::Args {}, &headers)
        .await
    {
        Ok(who) => format!("<p>{}</p>", who.as_deref().unwrap_or("nobody")),
        Err(CallError::App(error) | CallError::System(error)) => format!("<p>{}</p>", error.code()),
    };
    Router::new()
        .route("/counters/{name}", get(counter))
        .route("/who", get(who))
}

/// Shows it, or panics.
pub fn pages_are_rendered_from_the_servers_own_queries() {
    let files = Folder::new("pages");
    std::fs::write(files.path.join("app.js"), "a file").expect("it is written");
    let mut server = Native::with(|options| {
        options.pages = Some(Pages::new(pages));
        options.assets = Some(files.path.clone());
    });
    let mut get = |request: &Request| {
        let Response { status, body, .. } = server.request(request);
        (status, body)
    };
    let page = |text: &str| (200, format!("<p>{text}</p>"));

    let added = get(&Request::post(
        "/api/mutation",
        r#"{"path":"counters:add","args":{"name":"a","by":2}}"#,
    ));
    assert_eq!(added.0, 200);
    assert_eq!(get(&Request::get("/counters/a")), page("2"));
    assert_eq!(get(&Request::get("/counters/b")), page("0"));

    // A page is rendered for whoever asks for it.
    assert_eq!(get(&Request::get("/who")), page("nobody"));
    let token = issuer::token("ann");
    assert_eq!(get(&Request::get("/who").bearer(&token)), page("ann"));
    assert_eq!(
        get(&Request::get("/who").bearer("forged")),
        page("invalid_token")
    );

    // Files and the server's own paths come before pages, and pages say themselves what is not there.
    assert_eq!(get(&Request::get("/app.js")), (200, "a file".to_owned()));
    assert_eq!(get(&Request::get("/health")).0, 200);
    assert!(get(&Request::get("/api/nothing")).1.contains("not_found"));
    assert_eq!(get(&Request::get("/nowhere")), (404, String::new()));
}
