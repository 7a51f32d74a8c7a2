//! A file that a client gets. It never runs as a page on the app's origin.

use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde::Deserialize;

use super::range::{Wanted, wanted};
use crate::context::call_by;
use crate::file::FileId;
use crate::file::calls::Stored;
use crate::system::file_functions::Open;
use crate::web::{Body, Request, RequestParams as _, Response};
use crate::{ActionCtx, Error, Result};

/// What browsers show and run nothing of. All else is saved.
const SHOWN: [&str; 14] = [
    "audio/mpeg",
    "audio/mp4",
    "audio/ogg",
    "audio/wav",
    "audio/webm",
    "image/avif",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
    "text/plain",
    "video/mp4",
    "video/ogg",
    "video/webm",
];

#[derive(Deserialize)]
struct Path {
    id: FileId,
}

#[derive(Deserialize)]
struct Query {
    token: String,
}

/// Sends a file, or a part of it.
pub(crate) async fn download(ctx: &ActionCtx, request: Request) -> Result<Response> {
    let not_found = |_| Error::not_found("there is no such file, or its URL has expired");
    let Path { id } = request.path_params().map_err(not_found)?;
    let Query { token } = request.query_params().map_err(not_found)?;
    let Stored { key, metadata } = call_by(ctx.world(), &Open { id, token }).await?;
    let etag = format!("\"{}\"", metadata.sha256);
    let mut response = Response::new(Body::empty());
    headers_of(&metadata.content_type, &etag, response.headers_mut())?;
    if has_already(request.headers(), &etag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        return Ok(response);
    }
    let range = match wanted(range(request.headers(), &etag), metadata.size) {
        Wanted::Whole => 0..metadata.size,
        Wanted::Part(part) => {
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
            let (first, last, size) = (part.start, part.end - 1, metadata.size);
            let of = format!("bytes {first}-{last}/{size}");
            set(&mut response, header::CONTENT_RANGE, &of)?;
            part
        }
        Wanted::None => {
            *response.status_mut() = StatusCode::RANGE_NOT_SATISFIABLE;
            let of = format!("bytes */{}", metadata.size);
            set(&mut response, header::CONTENT_RANGE, &of)?;
            return Ok(response);
        }
    };
    let length = (range.end - range.start).to_string();
    set(&mut response, header::CONTENT_LENGTH, &length)?;
    if range.is_empty() || *request.method() == Method::HEAD {
        return Ok(response);
    }
    *response.body_mut() = ctx.world().get_file(key, range).await?;
    Ok(response)
}

fn headers_of(content_type: &str, etag: &str, headers: &mut HeaderMap) -> Result<()> {
    let mime = content_type.split(';').next().unwrap_or_default().trim();
    // Of several types a browser takes the last. None is stored so any more.
    let is_one = !content_type.contains(',');
    let is_shown = is_one && SHOWN.iter().any(|shown| shown.eq_ignore_ascii_case(mime));
    let disposition = if is_shown { "inline" } else { "attachment" };
    let pairs: [(HeaderName, &str); 7] = [
        (header::CONTENT_TYPE, content_type),
        (header::ETAG, etag),
        (header::ACCEPT_RANGES, "bytes"),
        // The URL is the secret, and what is behind it never changes.
        (header::CACHE_CONTROL, "private, max-age=3600, immutable"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "sandbox"),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    for (name, value) in pairs {
        headers.insert(name, HeaderValue::from_str(value)?);
    }
    Ok(())
}

/// Tells whether the client has what it asks for.
fn has_already(headers: &HeaderMap, etag: &str) -> bool {
    let tags = headers.get_all(header::IF_NONE_MATCH).iter();
    let tags = tags.filter_map(|value| value.to_str().ok());
    tags.flat_map(|value| value.split(','))
        .map(|tag| tag.trim().trim_start_matches("W/"))
        .any(|tag| tag == "*" || tag == etag)
}

/// Returns the range that is asked for, if it is of this file.
fn range<'h>(headers: &'h HeaderMap, etag: &str) -> Option<&'h str> {
    let is_of_this = headers.get(header::IF_RANGE).is_none_or(|tag| tag == etag);
    let range = headers.get(header::RANGE).filter(|_| is_of_this);
    range.and_then(|range| range.to_str().ok())
}

fn set(response: &mut Response, name: HeaderName, value: &str) -> Result<()> {
    let value = HeaderValue::from_str(value)?;
    response.headers_mut().insert(name, value);
    Ok(())
}
