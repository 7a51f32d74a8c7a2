//! The setting `ZEROBACK_ACCOUNTS`: how long sessions last, and who else may say who somebody is.

use std::fmt;

use http::HeaderName;
use serde::Deserialize;
use serde_json::error::Category;

use super::limits::AccountLimits;
use crate::auth::may_be_fetched;

/// How long a session lasts unless the setting says otherwise, and at most.
const SESSION_DAYS: u32 = 30;
const SESSION_DAYS_MAX: u32 = 400;

/// How accounts are kept. By default people sign in by passwords alone.
#[derive(Clone, Default)]
pub struct AccountSettings {
    session_days: Option<u32>,
    /// Where browsers find the app, without a `/` at its end.
    pub(crate) url: Option<String>,
    pub(crate) github: Option<Provider>,
    pub(crate) google: Option<Provider>,
    /// What a proxy says in front of the server of who calls.
    pub(super) peer_header: Option<HeaderName>,
    pub(crate) limits: AccountLimits,
}

/// Somebody who says who somebody is, by OAuth 2.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Provider {
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    /// Other addresses than the provider's own, such as those of a server on premises.
    #[serde(default)]
    pub(crate) authorize_url: Option<String>,
    #[serde(default)]
    pub(crate) token_url: Option<String>,
    #[serde(default)]
    pub(crate) user_url: Option<String>,
    #[serde(default)]
    pub(crate) emails_url: Option<String>,
}

/// What is wrong with the setting. It has no part of a secret in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountSettingsError(String);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Form {
    #[serde(default)]
    session_days: Option<u32>,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    github: Option<Provider>,
    #[serde(default)]
    google: Option<Provider>,
    #[serde(default)]
    peer_header: Option<String>,
    #[serde(default)]
    limits: AccountLimits,
}

impl AccountSettings {
    /// Reads the setting, a JSON object.
    ///
    /// # Errors
    ///
    /// Fails where it is not of its form, or could not be meant: the text says where.
    pub fn parse(json: &str) -> Result<Self, AccountSettingsError> {
        let form: Form = serde_json::from_str(json).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            // What serde says of a value may quote it.
            let what = match error.classify() {
                Category::Data => "it is not of the form that the guide describes",
                _ => "it is not JSON",
            };
            AccountSettingsError(format!("at line {line}, column {column}: {what}"))
        })?;
        let fail = |text: String| Err(AccountSettingsError(text));
        if !(1..=SESSION_DAYS_MAX).contains(&form.session_days.unwrap_or(SESSION_DAYS)) {
            return fail(format!("sessionDays: must be 1 to {SESSION_DAYS_MAX}"));
        }
        if let Err(text) = form.limits.check() {
            return fail(text);
        }
        let peer_header = form.peer_header.as_deref().map(str::parse);
        let Ok(peer_header) = peer_header.transpose() else {
            return fail("peerHeader: is no name of a header".to_owned());
        };
        let url = match form.url.as_deref().map(app_url).transpose() {
            Ok(url) => url,
            Err(text) => return fail(text.to_owned()),
        };
        for (name, provider) in [("github", &form.github), ("google", &form.google)] {
            let Some(provider) = provider else {
                continue;
            };
            if url.is_none() {
                return fail(format!(
                    "url: must be there, as {name} sends browsers back to it"
                ));
            }
            if let Err(text) = provider.check() {
                return fail(format!("{name}.{text}"));
            }
        }
        Ok(Self {
            session_days: form.session_days,
            url,
            github: form.github,
            google: form.google,
            peer_header,
            limits: form.limits,
        })
    }

    /// Returns how long a session lasts, in milliseconds.
    pub(crate) fn session_ms(&self) -> u64 {
        u64::from(self.session_days.unwrap_or(SESSION_DAYS)) * 24 * 60 * 60 * 1_000
    }
}

impl Provider {
    fn check(&self) -> Result<(), String> {
        for (name, text) in [
            ("clientId", &self.client_id),
            ("clientSecret", &self.client_secret),
        ] {
            if text.is_empty() {
                return Err(format!("{name}: must not be empty"));
            }
        }
        for (name, url) in [
            ("authorizeUrl", &self.authorize_url),
            ("tokenUrl", &self.token_url),
            ("userUrl", &self.user_url),
            ("emailsUrl", &self.emails_url),
        ] {
            if url.as_deref().is_some_and(|url| !may_be_fetched(url)) {
                return Err(format!(
                    "{name}: must begin with https://; http:// is for a provider on this machine only"
                ));
            }
        }
        Ok(())
    }
}

/// Reads where the app is.
fn app_url(text: &str) -> Result<String, &'static str> {
    let url = text.strip_suffix('/').unwrap_or(text);
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let is_origin = !rest.is_empty() && !rest.contains(['/', '?', '#', '@', ' ', '\\']);
    if !is_origin || !may_be_fetched(url) {
        return Err(
            "url: expected an origin such as https://app.example; http:// is for this machine only",
        );
    }
    Ok(url.to_owned())
}

/// It says nothing of secrets.
impl fmt::Debug for AccountSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountSettings")
            .field("session_days", &self.session_days)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for AccountSettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ZEROBACK_ACCOUNTS: {}", self.0)
    }
}

impl std::error::Error for AccountSettingsError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(json: &str) -> String {
        AccountSettings::parse(json).unwrap_err().to_string()
    }

    #[test]
    fn what_is_not_said_has_its_default() {
        let day_ms = 24 * 60 * 60 * 1_000;
        let settings = AccountSettings::parse("{}").unwrap();
        assert_eq!(settings.session_ms(), 30 * day_ms);
        let settings = r#"{ "sessionDays": 1, "url": "https://app.example/",
            "github": { "clientId": "id", "clientSecret": "hush" } }"#;
        let settings = AccountSettings::parse(settings).unwrap();
        assert_eq!(settings.session_ms(), day_ms);
        assert_eq!(settings.url.as_deref(), Some("https://app.example"));
        assert!(!format!("{settings:?}").contains("hush"));
    }

    #[test]
    fn what_could_not_be_meant_is_refused_without_its_secrets() {
        let github = |more: &str| {
            format!(
                r#"{{ "url": "https://app.example",
                    "github": {{ "clientId": "id", "clientSecret": "hush"{more} }} }}"#
            )
        };
        for (json, part) in [
            ("[", "it is not JSON"),
            (r#"{ "sessionDays": 0 }"#, "sessionDays: must be 1 to 400"),
            (r#"{ "url": "app.example" }"#, "url: expected an origin"),
            (
                r#"{ "url": "http://app.example" }"#,
                "url: expected an origin",
            ),
            (
                r#"{ "url": "https://app.example/x" }"#,
                "url: expected an origin",
            ),
            (
                r#"{ "url": "https://a@app.example" }"#,
                "url: expected an origin",
            ),
            (
                r#"{ "google": { "clientId": "id", "clientSecret": "hush" } }"#,
                "url: must be there",
            ),
            (
                r#"{ "url": "https://app.example", "google": { "clientId": "", "clientSecret": "hush" } }"#,
                "google.clientId: must not be empty",
            ),
            (
                &github(r#", "tokenUrl": "http://evil.example""#),
                "github.tokenUrl: must begin",
            ),
            (&github(r#", "hush": 1"#), "not of the form"),
            (r#"{ "github": "hush" }"#, "not of the form"),
            (
                r#"{ "limits": { "triesMax": 0 } }"#,
                "limits.triesMax: must be 1 to 1000000",
            ),
            (r#"{ "limits": { "tries": 1 } }"#, "not of the form"),
            (r#"{ "peerHeader": "a b" }"#, "peerHeader: is no name"),
        ] {
            let told = told(json);
            assert!(told.contains(part), "{json}: {told}");
            assert!(!told.contains("hush"), "{told}");
        }
    }
}
