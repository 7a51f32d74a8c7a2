//! Which path of `/auth` is for what. These are routes of the runtime's own, so both hosts serve them as they
//! serve an author's.

use super::asked::of_json;
use super::oauth::{self, Kind};
use super::{by_password, sessions};
use crate::registry::{RouteEntry, RouteHandler};

/// The folder of the paths that are served here.
pub(crate) const FOLDER: &str = "/auth/";

/// A route for requests that say that they are JSON.
macro_rules! post {
    ($path:literal, $answer:path) => {
        route("POST", $path, |ctx, request| {
            Box::pin(of_json(request, move |request| $answer(ctx, request)))
        })
    };
}

/// All of them.
pub(crate) fn routes() -> Vec<RouteEntry> {
    vec![
        post!("/auth/sign-up", by_password::sign_up),
        post!("/auth/sign-in", by_password::sign_in),
        post!("/auth/password", by_password::change),
        post!("/auth/sign-out", sessions::sign_out),
        route("GET", "/auth/session", |ctx, request| {
            Box::pin(sessions::session(ctx, request))
        }),
        route("GET", "/auth/sessions", |ctx, request| {
            Box::pin(sessions::sessions(ctx, request))
        }),
        post!("/auth/sessions/revoke", sessions::revoke),
        route("GET", "/auth/github", |ctx, request| {
            Box::pin(oauth::begin(ctx, request, Kind::Github))
        }),
        route("GET", "/auth/github/callback", |ctx, request| {
            Box::pin(oauth::come_back(ctx, request, Kind::Github))
        }),
        route("GET", "/auth/google", |ctx, request| {
            Box::pin(oauth::begin(ctx, request, Kind::Google))
        }),
        route("GET", "/auth/google/callback", |ctx, request| {
            Box::pin(oauth::come_back(ctx, request, Kind::Google))
        }),
    ]
}

fn route(method: &'static str, path: &'static str, handler: RouteHandler) -> RouteEntry {
    let crate_name = env!("CARGO_CRATE_NAME");
    RouteEntry::new(
        (method, path),
        "_zeroback:auth",
        crate_name,
        (file!(), line!()),
        handler,
    )
}
