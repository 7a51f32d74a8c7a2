//! Which request is for what.

use zeroback_protocol::{ErrorCode, FunctionKind, WireError};

/// What to do with a request.
pub(super) enum Route<'b> {
    /// Run a function of this kind.
    Call { kind: FunctionKind, body: &'b str },
    /// Answer at once.
    Answer { status: u16, body: String },
    /// Refuse it.
    Refuse { status: u16, error: WireError },
}

/// Returns what a request is for; `refusal` says what every call is answered with, if anything.
pub(super) fn find<'b>(
    method: &str,
    path: &str,
    content_type: &str,
    body: &'b [u8],
    refusal: impl FnOnce() -> Option<WireError>,
) -> Route<'b> {
    match (method, path) {
        ("GET" | "HEAD", "/health") => match refusal() {
            None => Route::Answer {
                status: 200,
                body: r#"{"status":"ok"}"#.to_owned(),
            },
            Some(error) => Route::Refuse { status: 503, error },
        },
        ("POST", "/api/query") => call(FunctionKind::Query, content_type, body),
        ("POST", "/api/mutation") => call(FunctionKind::Mutation, content_type, body),
        ("POST", "/api/action") => call(FunctionKind::Action, content_type, body),
        (_, "/health" | "/api/query" | "/api/mutation" | "/api/action") => refuse(
            405,
            ErrorCode::BAD_MESSAGE,
            "this path is for another method",
        ),
        _ => refuse(404, ErrorCode::NOT_FOUND, "there is nothing at this path"),
    }
}

fn call<'b>(kind: FunctionKind, content_type: &str, body: &'b [u8]) -> Route<'b> {
    let mime = content_type.split(';').next().unwrap_or_default().trim();
    if !mime.eq_ignore_ascii_case("application/json") {
        let text = "the content type must be application/json";
        return refuse(415, ErrorCode::BAD_MESSAGE, text);
    }
    match std::str::from_utf8(body) {
        Ok(body) => Route::Call { kind, body },
        Err(_) => refuse(400, ErrorCode::BAD_MESSAGE, "body: is not UTF-8"),
    }
}

fn refuse(status: u16, code: ErrorCode, message: &str) -> Route<'static> {
    let error = WireError::new(code, message.to_owned());
    Route::Refuse { status, error }
}
