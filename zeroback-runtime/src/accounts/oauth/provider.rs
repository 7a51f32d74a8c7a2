//! The providers: where they are, and what each says of a user.
//!
//! What they say comes over TLS from where the settings say, so no signature is checked beside it.

use form_urlencoded::Serializer;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, USER_AGENT};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use zeroback_protocol::ErrorCode;

use super::super::email::Email;
use super::super::settings::Provider;
use crate::web::{Body, FetchOptions, MakeResponse as _, ReadBody as _, Response};
use crate::{ActionCtx, Error, Result};

/// The largest answer of a provider that is read.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// As what providers see the server; GitHub wants to know.
const AGENT: &str = "zeroback";

/// Who may say who somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Kind {
    Github,
    Google,
}

/// What a provider says of a user.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Known {
    /// Who it is, for the provider.
    pub(super) subject: String,
    /// An address that the provider has seen to.
    pub(super) email: Option<Email>,
    pub(super) name: Option<String>,
    pub(super) picture_url: Option<String>,
}

/// RFC 6749, sections 5.1 and 5.2; GitHub says with status 200 what is wrong.
#[derive(Deserialize)]
struct Tokens {
    #[serde(default)]
    access_token: Option<String>,
    #[serde(default)]
    error: Option<String>,
}

/// OpenID Connect Core 1.0, section 5.1.
#[derive(Deserialize)]
struct GoogleUser {
    sub: String,
    #[serde(default)]
    email: Option<String>,
    /// Some say it as a text.
    #[serde(default)]
    email_verified: Value,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    picture: Option<String>,
}

#[derive(Deserialize)]
struct GithubUser {
    id: u64,
    login: String,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    avatar_url: Option<String>,
}

#[derive(Deserialize)]
struct GithubEmail {
    email: String,
    primary: bool,
    verified: bool,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Github => "github",
            Self::Google => "google",
        }
    }

    /// Returns where a browser is sent.
    pub(super) fn authorize_url(
        self,
        provider: &Provider,
        redirect: &str,
        state: &str,
        challenge: &str,
    ) -> String {
        let (url, scope) = match self {
            Self::Github => (
                "https://github.com/login/oauth/authorize",
                "read:user user:email",
            ),
            Self::Google => (
                "https://accounts.google.com/o/oauth2/v2/auth",
                "openid email profile",
            ),
        };
        let url = provider.authorize_url.as_deref().unwrap_or(url);
        let query = Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", &provider.client_id)
            .append_pair("redirect_uri", redirect)
            .append_pair("scope", scope)
            .append_pair("state", state)
            .append_pair("code_challenge", challenge)
            .append_pair("code_challenge_method", "S256")
            .finish();
        format!("{url}?{query}")
    }

    /// Asks the provider whom it has sent.
    pub(super) async fn ask(
        self,
        ctx: &ActionCtx,
        provider: &Provider,
        attempt: (&str, &str, &str),
    ) -> Result<Known> {
        let token = self.access_token(ctx, provider, attempt).await?;
        match self {
            Self::Github => github(ctx, provider, &token).await,
            Self::Google => google(ctx, provider, &token).await,
        }
    }

    async fn access_token(
        self,
        ctx: &ActionCtx,
        provider: &Provider,
        (code, redirect, verifier): (&str, &str, &str),
    ) -> Result<String> {
        let url = match self {
            Self::Github => "https://github.com/login/oauth/access_token",
            Self::Google => "https://oauth2.googleapis.com/token",
        };
        let url = provider.token_url.as_deref().unwrap_or(url);
        let form = Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", redirect)
            .append_pair("client_id", &provider.client_id)
            .append_pair("client_secret", &provider.client_secret)
            .append_pair("code_verifier", verifier)
            .finish();
        let request = http::Request::post(url)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json")
            .header(USER_AGENT, AGENT)
            .extension(options())
            .body(Body::from(form))?;
        let tokens: Tokens = read(ctx.fetch(request).await?).await?;
        match (tokens.access_token, tokens.error.as_deref()) {
            (Some(token), None) => Ok(token),
            // The code was none, or was used before.
            (None, Some("invalid_grant" | "bad_verification_code")) => {
                Err(Error::forbidden("the provider has not said who it is"))
            }
            (_, error) => {
                let error = error.unwrap_or("no token and no error");
                Err(unexpected(format!("{} says: {error}", self.name())))
            }
        }
    }
}

async fn google(ctx: &ActionCtx, provider: &Provider, token: &str) -> Result<Known> {
    let url = provider.user_url.as_deref();
    let url = url.unwrap_or("https://openidconnect.googleapis.com/v1/userinfo");
    let user: GoogleUser = get(ctx, url, token).await?;
    let is_verified = user.email_verified == true || user.email_verified == "true";
    let email = user.email.filter(|_| is_verified);
    Ok(Known {
        subject: user.sub,
        email: email.and_then(|email| Email::parse_verified(&email)),
        name: user.name,
        picture_url: user.picture,
    })
}

async fn github(ctx: &ActionCtx, provider: &Provider, token: &str) -> Result<Known> {
    let url = provider.user_url.as_deref();
    let user: GithubUser = get(ctx, url.unwrap_or("https://api.github.com/user"), token).await?;
    let url = provider.emails_url.as_deref();
    let url = url.unwrap_or("https://api.github.com/user/emails");
    let emails: Vec<GithubEmail> = get(ctx, url, token).await?;
    let mut emails = emails.into_iter();
    let email = emails.find(|email| email.primary && email.verified);
    Ok(Known {
        subject: user.id.to_string(),
        email: email.and_then(|email| Email::parse_verified(&email.email)),
        name: user.name.or(Some(user.login)),
        picture_url: user.avatar_url,
    })
}

async fn get<T: DeserializeOwned>(ctx: &ActionCtx, url: &str, token: &str) -> Result<T> {
    let request = http::Request::get(url)
        .header(AUTHORIZATION, format!("Bearer {token}"))
        .header(ACCEPT, "application/json")
        .header(USER_AGENT, AGENT)
        .extension(options())
        .body(Body::empty())?;
    let response = ctx.fetch(request).await?;
    read(response.error_for_status()?).await
}

/// Reads an answer; what else it says is nobody's business.
async fn read<T: DeserializeOwned>(response: Response) -> Result<T> {
    let bytes = response.with_bytes_max(ANSWER_BYTES_MAX).bytes().await?;
    serde_json::from_slice(&bytes).map_err(|error| unexpected(error.to_string()))
}

/// A provider answers where it is asked: a redirect would take secrets elsewhere.
fn options() -> FetchOptions {
    FetchOptions {
        redirects_max: 0,
        ..FetchOptions::default()
    }
}

fn unexpected(cause: String) -> Error {
    let text = "the provider has not answered as expected; try again later";
    Error::new(ErrorCode::FETCH_FAILED, text).caused_by(cause)
}
