//! A file that a client brings.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, header};
use serde::Deserialize;
use zeroback_protocol::ErrorCode;

use crate::context::call_by;
use crate::file::calls::{Begin, Begun};
use crate::file::{checked_type, store};
use crate::web::{MakeResponse as _, Request, RequestParams as _, Response};
use crate::{ActionCtx, Error, Result};

#[derive(Deserialize)]
struct Query {
    token: String,
}

/// Takes in a file under a token.
pub(crate) async fn upload(ctx: &ActionCtx, request: Request) -> Result<Response> {
    let Query { token } = request.query_params()?;
    let content_type = content_type(request.headers())?;
    let sha256 = digest(request.headers())?;
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let token = Some(token);
    let begun: Begun = call_by(ctx.world(), &Begin { token }).await?;
    check_type(&content_type, &begun.content_types)?;
    if length.is_some_and(|length| length > begun.bytes_max) {
        let text = format!("the file has over {} bytes", begun.bytes_max);
        return Err(Error::new(ErrorCode::BODY_TOO_LARGE, text));
    }
    let body = request.into_body();
    let stored = store(ctx.world(), &begun, content_type, body, sha256.as_deref()).await?;
    if !stored {
        return Err(Error::conflict("another upload has begun since"));
    }
    Response::from_json(&serde_json::json!({ "fileId": begun.id }))
}

fn content_type(headers: &HeaderMap) -> Result<String> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return Ok("application/octet-stream".to_owned());
    };
    match value.to_str() {
        Ok(text) => checked_type(text.to_owned()),
        Err(_) => checked_type(String::new()),
    }
}

/// Returns the SHA-256 that a client says its body has, as RFC 9530 has it: in hexadecimal digits.
fn digest(headers: &HeaderMap) -> Result<Option<String>> {
    let Some(value) = headers.get("content-digest") else {
        return Ok(None);
    };
    let digests = value.to_str().unwrap_or_default().split(',');
    let sha256 = digests
        .filter_map(|digest| digest.trim().strip_prefix("sha-256="))
        .next();
    let Some(sha256) = sha256 else {
        return Ok(None);
    };
    let base64 = sha256
        .strip_prefix(':')
        .and_then(|rest| rest.strip_suffix(':'));
    let bytes = base64.and_then(|base64| STANDARD.decode(base64).ok());
    let bytes = bytes.filter(|bytes| bytes.len() == 32);
    let bytes = bytes.ok_or_else(|| bad("content-digest: expected sha-256=:<base64>:"))?;
    Ok(Some(
        bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    ))
}

fn check_type(content_type: &str, allowed: &[String]) -> Result<()> {
    let mime = content_type.split(';').next().unwrap_or_default().trim();
    let mime = mime.to_ascii_lowercase();
    let is_allowed = |allowed: &String| match allowed.strip_suffix('*') {
        Some(family) => mime.starts_with(&family.to_ascii_lowercase()),
        None => mime == allowed.to_ascii_lowercase(),
    };
    if allowed.is_empty() || allowed.iter().any(is_allowed) {
        return Ok(());
    }
    let allowed = allowed.join(", ");
    Err(bad(format!("content-type: expected one of {allowed}")))
}

fn bad(text: impl Into<String>) -> Error {
    Error::new(ErrorCode::BAD_ARGS, text.into())
}
