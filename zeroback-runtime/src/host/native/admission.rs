//! Lets requests in by where they come from, and tells their browsers so.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::http::refusal;
use crate::engine::cookies_of;
use crate::host::Origins;
use crate::host::origin::{self, Admission, Asking, Door};

/// Answers who is not let in, and browsers that ask whether they would be; all else goes on.
pub(super) async fn admit(
    State(origins): State<Arc<Origins>>,
    request: Request,
    next: Next,
) -> Response {
    let asks = is_preflight(&request);
    match decide(&origins, &request) {
        Admission::Own => next.run(request).await,
        Admission::Refused => refusal(StatusCode::FORBIDDEN, origin::refusal()),
        Admission::Other(granted) if asks => {
            let mut response = StatusCode::NO_CONTENT.into_response();
            add(response.headers_mut(), &granted.preflight_headers());
            response
        }
        Admission::Other(granted) => {
            let mut response = next.run(request).await;
            add(response.headers_mut(), &granted.headers());
            response
        }
    }
}

fn decide(origins: &Origins, request: &Request) -> Admission {
    let text = |name: HeaderName| request.headers().get(name)?.to_str().ok();
    // What is no text is an origin all the same, and none that is let in.
    let origin = request.headers().get(header::ORIGIN);
    let origin = origin.map(|origin| origin.to_str().unwrap_or_default());
    let cookies = cookies_of(request.headers());
    origins.admit(Asking {
        origin,
        host: text(header::HOST).or_else(|| request.uri().authority().map(|host| host.as_str())),
        door: Door::of(request.uri().path()),
        cookies: cookies.as_deref(),
    })
}

/// Tells whether a browser asks what a page may send.
fn is_preflight(request: &Request) -> bool {
    request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// Adds headers, in the place of those that an author may have given.
fn add(headers: &mut HeaderMap, added: &[(&'static str, &str)]) {
    for (name, value) in added {
        let name = HeaderName::from_static(name);
        let value = HeaderValue::from_str(value).expect("an origin is visible ASCII");
        match name {
            header::VARY => drop(headers.append(name, value)),
            name => drop(headers.insert(name, value)),
        }
    }
}

#[cfg(test)]
mod tests;
