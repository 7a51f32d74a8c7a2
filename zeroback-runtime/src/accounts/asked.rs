//! What a request to `/auth` says, and how it is answered.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroback_protocol::{ErrorCode, Outcome, WireError};

use super::peer::peer_of;
use super::settings::AccountSettings;
use super::token::{self, SESSION_COOKIE, Token, sha_256};
use crate::context::call_by;
use crate::engine::{bearer, cookie, cookies_of};
use crate::host::is_loopback;
use crate::system::account_functions::{NewSession, Tried, Try};
use crate::web::{Body, ReadBody as _, Request, Response};
use crate::{ActionCtx, Error, Result, request_scope};

/// The largest body that is read.
const BODY_BYTES_MAX: usize = 16 << 10;

/// How much of what a browser says that it is is kept.
const USER_AGENT_CHARS_MAX: usize = 200;

/// Who asks, and from where.
pub(super) struct Asked {
    /// The hash of the session's token, where there is one.
    pub(super) token_hash: Option<String>,
    user_agent: Option<String>,
    /// From where, where that is known.
    peer: Option<String>,
    /// Whether the browser is on this machine, where it needs no TLS.
    is_local: bool,
}

/// A body without members.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Empty {}

/// What answers as calls are answered.
#[derive(Serialize)]
struct Success<'v, T> {
    status: &'static str,
    value: &'v T,
}

impl Asked {
    pub(super) fn of(ctx: &ActionCtx, request: &Request) -> Self {
        let settings = ctx.world().accounts();
        let headers = request.headers();
        let own = text(headers, header::AUTHORIZATION).and_then(bearer);
        let cookies = cookies_of(headers);
        let by_cookie = || cookie(cookies.as_deref()?, SESSION_COOKIE);
        let user_agent = text(headers, header::USER_AGENT);
        Self {
            token_hash: own.or_else(by_cookie).and_then(token::hash_of),
            user_agent: user_agent.map(|text| text.chars().take(USER_AGENT_CHARS_MAX).collect()),
            peer: peer_of(request, &settings),
            is_local: is_local(headers),
        }
    }

    /// Says where browsers find the app, whatever a proxy has made of the host.
    pub(super) fn at(self, url: &str) -> Self {
        Self {
            is_local: self.is_local && !url.starts_with("https://"),
            ..self
        }
    }

    /// Returns the hash of the token.
    ///
    /// # Errors
    ///
    /// Fails with `unauthenticated` where there is none.
    pub(super) fn require(&self) -> Result<String> {
        let nobody = || Error::unauthenticated("nobody is signed in");
        self.token_hash.clone().ok_or_else(nobody)
    }

    /// Makes a session that is to begin, and its token.
    pub(super) fn new_session(&self, ctx: &ActionCtx) -> (Token, NewSession) {
        let token = Token::new(ctx.world().entropy());
        let lasts = std::time::Duration::from_millis(ctx.world().accounts().session_ms());
        let session = NewSession {
            token_hash: token.hash(),
            expires_at: ctx.now() + lasts,
            user_agent: self.user_agent.clone(),
            sessions_max: ctx.world().accounts().limits.sessions_max,
        };
        (token, session)
    }

    /// Counts that somebody tries from there, and, where it is said what, that it is tried.
    ///
    /// # Errors
    ///
    /// Fails with `rate_limited` where that was too often.
    pub(super) async fn count_try(&self, ctx: &ActionCtx, key: Option<String>) -> Result<()> {
        let settings = ctx.world().accounts();
        let tries: Vec<_> = [
            self.peer_tries(&settings),
            key.map(|key| tries_of(key, &settings)),
        ]
        .into_iter()
        .flatten()
        .collect();
        match tries.is_empty() {
            true => Ok(()),
            false => Ok(call_by(ctx.world(), &Try { tries }).await?),
        }
    }

    fn peer_tries(&self, settings: &AccountSettings) -> Option<Tried> {
        let peer = self.peer.as_deref()?;
        Some(Tried {
            key: sha_256(&format!("from {peer}")),
            most: settings.limits.peer_tries_max,
            again_seconds: settings.limits.peer_try_again_seconds,
        })
    }

    /// Has a browser keep a cookie for so many seconds, or forget it where there is none to keep.
    pub(super) fn set_cookie(
        &self,
        response: &mut Response,
        (name, path): (&str, &str),
        value: &str,
        max_age_s: u64,
    ) -> Result<()> {
        // No page reads it, no other site's request has it but by a link, and no network sees it.
        let secure = if self.is_local { "" } else { "; Secure" };
        let cookie = format!(
            "{name}={value}; Path={path}; HttpOnly; SameSite=Lax; Max-Age={max_age_s}{secure}"
        );
        let cookie = HeaderValue::from_str(&cookie)?;
        response.headers_mut().append(header::SET_COOKIE, cookie);
        Ok(())
    }

    /// Has a browser keep the token of a session.
    pub(super) fn set_session(
        &self,
        ctx: &ActionCtx,
        response: &mut Response,
        token: &Token,
    ) -> Result<()> {
        let max_age_s = ctx.world().accounts().session_ms() / 1_000;
        let cookie = (SESSION_COOKIE, "/");
        self.set_cookie(response, cookie, token.as_str(), max_age_s)
    }
}

/// Has a request answered that says that it is JSON, which no form of another site's can; refuses any other.
pub(super) async fn of_json<F>(
    request: Request,
    answer: impl FnOnce(Request) -> F,
) -> Result<Response>
where
    F: Future<Output = Result<Response>>,
{
    let content_type = text(request.headers(), header::CONTENT_TYPE).unwrap_or_default();
    let mime = content_type.split(';').next().unwrap_or_default();
    if mime.trim().eq_ignore_ascii_case("application/json") {
        return answer(request).await;
    }
    let text = "the content type must be application/json";
    let mut error = WireError::new(ErrorCode::BAD_MESSAGE, text);
    error.request_id = request_scope::current();
    let mut response = Response::new(Body::from(Outcome::Error(error).encode().into_bytes()));
    // As `/api` has it; by the code alone it would be 400.
    *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    Ok(response)
}

/// Reads the body of a request that is JSON.
pub(super) async fn body<T: DeserializeOwned>(request: Request) -> Result<T> {
    request.with_bytes_max(BODY_BYTES_MAX).json().await
}

/// Answers with a value, which nobody on the way may keep.
pub(super) fn answer<T: Serialize>(value: &T) -> Result<Response> {
    let status = "success";
    let mut response = Response::new(Body::json(&Success { status, value })?);
    let no_store = HeaderValue::from_static("no-store");
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, no_store);
    Ok(response)
}

/// Returns that a password is tried, whose tries are counted under a key.
fn tries_of(key: String, settings: &AccountSettings) -> Tried {
    Tried {
        key,
        most: settings.limits.tries_max,
        again_seconds: settings.limits.try_again_seconds,
    }
}

/// Tells whether a browser speaks to this machine by its own name. Behind a proxy of this machine the host is
/// one too: then the origin is that of the page, which has come by TLS.
fn is_local(headers: &HeaderMap) -> bool {
    let origin = text(headers, header::ORIGIN).unwrap_or_default();
    let is_by_tls = origin.starts_with("https://");
    !is_by_tls && text(headers, header::HOST).is_some_and(is_loopback)
}

pub(super) fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}
