//! `/auth/github` and `/auth/google`: signing in by somebody else who knows the user (OAuth 2 by
//! authorization code, RFC 6749 section 4.1, with PKCE, RFC 7636).
//!
//! A browser is sent to the provider with a random state, which it also keeps as a cookie: whoever comes back
//! with another one has not begun it here. An attempt counts once. Where the browser comes back to is built
//! from the settings alone, never from what a request says.

mod provider;
mod return_to;

use http::{HeaderValue, StatusCode, header};
use serde::Deserialize;
use zeroback_protocol::ErrorCode;

use super::asked::Asked;
use super::settings::{AccountSettings, Provider};
use super::token::{base64url, sha_256};
use crate::context::call_by;
use crate::engine::{cookie, cookies_of};
use crate::system::account_functions::{BeginOauth, SignInByProvider, TakeOauth};
use crate::web::{Body, Request, RequestParams as _, Response};
use crate::{ActionCtx, Error, Result};
pub(super) use provider::Kind;
use provider::Known;
use return_to::ReturnTo;

/// The cookie that has the state of an attempt.
const STATE_COOKIE: (&str, &str) = ("zeroback_oauth", "/auth");

/// How long somebody may be with the provider, in seconds.
const ATTEMPT_S: u64 = 10 * 60;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BeginQuery {
    #[serde(default)]
    return_to: Option<String>,
}

#[derive(Deserialize)]
struct CallbackQuery {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    error: Option<String>,
}

/// Sends a browser to the provider.
pub(super) async fn begin(ctx: &ActionCtx, request: Request, kind: Kind) -> Result<Response> {
    let settings = ctx.world().accounts();
    let (provider, url) = provider_of(&settings, kind)?;
    let asked = Asked::of(ctx, &request).at(url);
    let BeginQuery { return_to } = request.query_params()?;
    asked.count_try(ctx, None).await?;
    let return_to = ReturnTo::parse(return_to.as_deref().unwrap_or("/"))?;
    let state = base64url(&ctx.world().entropy());
    let verifier = base64url(&ctx.world().entropy());
    let location = kind.authorize_url(provider, &callback(url, kind), &state, &sha_256(&verifier));
    let attempt = BeginOauth {
        state_hash: sha_256(&state),
        provider: kind.name().to_owned(),
        verifier,
        return_to: return_to.into(),
        expires_at: ctx.now() + std::time::Duration::from_secs(ATTEMPT_S),
        attempts_max: settings.limits.oauth_attempts_max,
    };
    call_by(ctx.world(), &attempt).await?;
    let mut response = see_other(&location)?;
    asked.set_cookie(&mut response, STATE_COOKIE, &state, ATTEMPT_S)?;
    Ok(response)
}

/// Takes a browser in that comes back from the provider.
pub(super) async fn come_back(ctx: &ActionCtx, request: Request, kind: Kind) -> Result<Response> {
    let settings = ctx.world().accounts();
    let (provider, url) = provider_of(&settings, kind)?;
    let asked = Asked::of(ctx, &request).at(url);
    let query: CallbackQuery = request.query_params()?;
    let cookies = cookies_of(request.headers());
    let kept = (cookies.as_deref()).and_then(|cookies| cookie(cookies, STATE_COOKIE.0));
    // Both are looked up by their hash, so how long this takes tells nothing of them.
    let state = query.state.filter(|state| Some(state.as_str()) == kept);
    let state = state.ok_or_else(not_begun)?;
    let taken = TakeOauth {
        state_hash: sha_256(&state),
        provider: kind.name().to_owned(),
    };
    let attempt = call_by(ctx.world(), &taken).await?.ok_or_else(not_begun)?;
    let return_to = ReturnTo::parse(&attempt.return_to)?;
    let known = match (query.error, query.code) {
        (None, Some(code)) => {
            let redirect = callback(url, kind);
            kind.ask(ctx, provider, (&code, &redirect, &attempt.verifier))
                .await
        }
        _ => Err(Error::forbidden("the provider has not said who it is")),
    };
    let welcomed = match known {
        Ok(known) => welcome(ctx, &asked, known, url, &return_to, kind).await,
        Err(error) => Err(error),
    };
    let mut response = match welcomed {
        Ok(response) => response,
        // Whoever looks at the browser is told by the app; what is wrong inside is for the log too.
        Err(error) if [ErrorCode::FORBIDDEN, ErrorCode::EMAIL_TAKEN].contains(error.code()) => {
            see_other(&format!(
                "{url}{}",
                return_to.with_error(error.code().as_str())
            ))?
        }
        Err(error) => return Err(error),
    };
    asked.set_cookie(&mut response, STATE_COOKIE, "", 0)?;
    Ok(response)
}

/// Begins a session of whom the provider knows, and sends the browser back to the app.
async fn welcome(
    ctx: &ActionCtx,
    asked: &Asked,
    known: Known,
    url: &str,
    return_to: &ReturnTo,
    kind: Kind,
) -> Result<Response> {
    let (token, session) = asked.new_session(ctx);
    let wanted = SignInByProvider {
        provider: kind.name().to_owned(),
        subject: known.subject,
        email: known.email.map(String::from),
        name: known.name,
        picture_url: known.picture_url,
        session,
    };
    call_by(ctx.world(), &wanted).await?;
    let mut response = see_other(&format!("{url}{}", return_to.as_str()))?;
    asked.set_session(ctx, &mut response, &token)?;
    Ok(response)
}

fn provider_of(settings: &AccountSettings, kind: Kind) -> Result<(&Provider, &str)> {
    let provider = match kind {
        Kind::Github => settings.github.as_ref(),
        Kind::Google => settings.google.as_ref(),
    };
    let found = provider.zip(settings.url.as_deref());
    found.ok_or_else(|| Error::not_found("there is nothing at this path"))
}

fn callback(url: &str, kind: Kind) -> String {
    format!("{url}/auth/{}/callback", kind.name())
}

fn not_begun() -> Error {
    let text =
        "signing in was begun in another browser, too long ago, or has ended already; begin again";
    Error::invalid(text)
}

fn see_other(location: &str) -> Result<Response> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, HeaderValue::from_str(location)?);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // The address has a code in it that is nobody else's business.
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    Ok(response)
}
