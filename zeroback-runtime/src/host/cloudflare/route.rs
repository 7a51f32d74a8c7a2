//! Which request is for what.

use zeroback_protocol::{ErrorCode, FunctionKind, Outcome, WireError};

/// What to do with a request.
pub(super) enum Route {
    /// Run a function of this kind.
    Call(FunctionKind),
    /// Answer at once.
    Answer { status: u16, body: String },
}

pub(super) fn find(method: &str, path: &str, content_type: &str) -> Route {
    match (method, path) {
        ("GET" | "HEAD", "/health") => Route::Answer {
            status: 200,
            body: r#"{"status":"ok"}"#.to_owned(),
        },
        ("POST", "/api/query") => call(FunctionKind::Query, content_type),
        ("POST", "/api/mutation") => call(FunctionKind::Mutation, content_type),
        (_, "/health" | "/api/query" | "/api/mutation") => refuse(
            405,
            ErrorCode::BAD_MESSAGE,
            "this path is for another method",
        ),
        _ => refuse(404, ErrorCode::NOT_FOUND, "there is nothing at this path"),
    }
}

fn call(kind: FunctionKind, content_type: &str) -> Route {
    let mime = content_type.split(';').next().unwrap_or_default().trim();
    if mime.eq_ignore_ascii_case("application/json") {
        return Route::Call(kind);
    }
    let text = "content-type: expected application/json";
    refuse(415, ErrorCode::BAD_MESSAGE, text)
}

fn refuse(status: u16, code: ErrorCode, message: &str) -> Route {
    let outcome = Outcome::Error(WireError::new(code, message.to_owned()));
    Route::Answer {
        status,
        body: outcome.encode(),
    }
}
