//! The setting `ZEROBACK_AUTH`: which issuers are trusted, and where their keys are.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use super::TOKEN_COOKIE;
use super::keys::{KeySet, SECRET_BYTES_MIN, Secrets};
use crate::system::accounts::ISSUER;

/// By how much clocks may differ, unless a provider says otherwise.
const LEEWAY_S: u32 = 30;

/// A longer leeway would make expiry meaningless.
const LEEWAY_S_MAX: u32 = 300;

/// Who is trusted to say who somebody is. Without any, nobody can be signed in.
#[derive(Clone, Debug, Default)]
pub struct AuthSettings {
    pub(crate) providers: Vec<Provider>,
    pub(crate) cookie: bool,
}

/// An issuer of tokens.
#[derive(Clone, Debug)]
pub(crate) struct Provider {
    pub(crate) issuer: String,
    /// A token must be for one of them.
    pub(crate) audience: Vec<String>,
    pub(crate) keys: KeySource,
    pub(crate) leeway_s: u32,
    /// The claims that functions see beside the named ones; all where nothing is said.
    pub(crate) claims: Option<Vec<String>>,
}

/// Where the keys of an issuer are.
#[derive(Clone, Debug)]
pub(crate) enum KeySource {
    /// In the settings.
    Static(KeySet),
    /// At this URL.
    Url(String),
    /// At the URL that the issuer's discovery document says (OpenID Connect Discovery 1.0).
    Discovery(String),
}

/// What is wrong with the setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthSettingsError(String);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Form {
    providers: Vec<ProviderForm>,
    #[serde(default)]
    cookie: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ProviderForm {
    issuer: String,
    audience: AudienceForm,
    #[serde(default)]
    jwks_url: Option<String>,
    #[serde(default)]
    jwks: Option<Value>,
    #[serde(default)]
    secret: Option<String>,
    #[serde(default)]
    leeway_seconds: Option<u32>,
    #[serde(default)]
    claims: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a text or a list of texts")]
enum AudienceForm {
    One(String),
    Many(Vec<String>),
}

impl AuthSettings {
    /// Reads the setting: a list of providers, or `{ "providers": […], "cookie": true }`.
    ///
    /// # Errors
    ///
    /// Fails where it is not of that form, or could not be meant: the text says where. It has no
    /// part of a secret in it.
    pub fn parse(json: &str) -> Result<Self, AuthSettingsError> {
        // A list would be taken for the fields of the object in their order.
        let form = if json.trim_start().starts_with('[') {
            serde_json::from_str(json).map(|providers| Form {
                providers,
                cookie: false,
            })
        } else {
            serde_json::from_str(json)
        };
        // The position, and not the text, which may quote what it has found there.
        let form: Form = form.map_err(|error| {
            let kind = match error.classify() {
                serde_json::error::Category::Data => shape(&error),
                _ => "it is not JSON".to_owned(),
            };
            let (line, column) = (error.line(), error.column());
            AuthSettingsError(format!("at line {line}, column {column}: {kind}"))
        })?;
        if form.providers.is_empty() {
            return fail("providers: there must be one at least");
        }
        let mut providers: Vec<Provider> = Vec::new();
        for (at, provider) in form.providers.into_iter().enumerate() {
            let provider = Provider::new(provider)
                .map_err(|text| AuthSettingsError(format!("providers[{at}].{text}")))?;
            if providers
                .iter()
                .any(|known| known.issuer == provider.issuer)
            {
                return fail(format!("providers[{at}].issuer: it is there twice"));
            }
            providers.push(provider);
        }
        Ok(Self {
            providers,
            cookie: form.cookie,
        })
    }

    /// Returns the name of the cookie that may have a token, if one may.
    #[must_use]
    pub fn cookie(&self) -> Option<&str> {
        self.cookie.then_some(TOKEN_COOKIE)
    }
}

impl Provider {
    fn new(form: ProviderForm) -> Result<Self, String> {
        let audience = match form.audience {
            AudienceForm::One(one) => vec![one],
            AudienceForm::Many(many) => many,
        };
        if form.issuer.is_empty() {
            return Err("issuer: must not be empty".to_owned());
        }
        if form.issuer == ISSUER {
            return Err(format!(
                "issuer: \"{ISSUER}\" is that of the app's own accounts"
            ));
        }
        if audience.is_empty() || audience.iter().any(String::is_empty) {
            return Err(
                "audience: must be a text, or a list of texts, that are not empty".to_owned(),
            );
        }
        let leeway_s = form.leeway_seconds.unwrap_or(LEEWAY_S);
        if leeway_s > LEEWAY_S_MAX {
            return Err(format!("leewaySeconds: may be {LEEWAY_S_MAX} at most"));
        }
        let keys = match (form.jwks_url, form.jwks, form.secret) {
            (None, None, None) => discovery(&form.issuer)?,
            (Some(url), None, None) if may_be_fetched(&url) => KeySource::Url(url),
            (Some(_), None, None) => return Err(format!("jwksUrl: {NO_URL}")),
            (None, Some(jwks), None) => static_keys(&jwks)?,
            (None, None, Some(secret)) if secret.len() >= SECRET_BYTES_MIN => {
                KeySource::Static(KeySet::of_secret(&secret))
            }
            (None, None, Some(_)) => {
                return Err(format!(
                    "secret: must have {SECRET_BYTES_MIN} bytes at least, as many as openssl rand -hex 32 \
                     gives twice"
                ));
            }
            _ => return Err("jwksUrl, jwks, secret: only one of them may be there".to_owned()),
        };
        Ok(Self {
            issuer: form.issuer,
            audience,
            keys,
            leeway_s,
            claims: form.claims,
        })
    }
}

const NO_URL: &str = "must begin with https://; http:// is for an issuer on this machine only";

fn discovery(issuer: &str) -> Result<KeySource, String> {
    if !may_be_fetched(issuer) {
        return Err(format!(
            "issuer: there is no jwksUrl, jwks or secret, so its keys are looked for there; then it {NO_URL}"
        ));
    }
    let issuer = issuer.strip_suffix('/').unwrap_or(issuer);
    let url = format!("{issuer}/.well-known/openid-configuration");
    Ok(KeySource::Discovery(url))
}

fn static_keys(jwks: &Value) -> Result<KeySource, String> {
    let keys = KeySet::parse(&jwks.to_string(), Secrets::Taken)
        .ok_or("jwks: expected { \"keys\": [ … ] }")?;
    if keys.is_empty() {
        let text = "jwks: there is no key in it that can be used: RSA of 2048 bits, P-256, Ed25519, or a \
                    secret of 32 bytes, for signatures";
        return Err(text.to_owned());
    }
    Ok(KeySource::Static(keys))
}

/// Tells a URL whose answer nobody on the way can have changed.
pub(crate) fn may_be_fetched(url: &str) -> bool {
    if let Some(rest) = url.strip_prefix("https://") {
        return !rest.is_empty();
    }
    let Some(rest) = url.strip_prefix("http://") else {
        return false;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    !host.contains('@') && matches!(name, "localhost" | "127.0.0.1" | "::1")
}

/// Returns what serde says of a wrong shape, without the value that it has found.
fn shape(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if text.starts_with("unknown field") || text.starts_with("missing field") {
        return text.split(" at line").next().unwrap_or_default().to_owned();
    }
    let expected = text.split("expected ").nth(1).unwrap_or_default();
    let expected = expected.split(" at line").next().unwrap_or_default();
    format!("expected {expected}")
}

fn fail<T>(text: impl Into<String>) -> Result<T, AuthSettingsError> {
    Err(AuthSettingsError(text.into()))
}

impl fmt::Display for AuthSettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ZEROBACK_AUTH: {}", self.0)
    }
}

impl std::error::Error for AuthSettingsError {}

#[cfg(test)]
mod tests;
