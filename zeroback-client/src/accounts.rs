//! Accounts of the app's own, as a page sees them: what a backend with `app!(accounts)` serves below `/auth`.
//!
//! The browser keeps the session in a cookie that no page reads, so nothing of it is here.

#[cfg(target_family = "wasm")]
#[path = "accounts/browser.rs"]
mod fetch;
#[cfg(not(target_family = "wasm"))]
#[path = "accounts/none.rs"]
mod fetch;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use zeroback_protocol::{ErrorCode, Outcome, Timestamp, WireError, read_json};

use crate::Client;
use crate::error::bad_result;

/// Signs people up, in and out, in a browser.
///
/// ```no_run
/// use zeroback_client::{Accounts, Client, WireError};
///
/// async fn sign_in(client: &Client) -> Result<(), WireError> {
///     let signed_in = Accounts::new(client).sign_in("ada@example.org", "correct horse").await?;
///     println!("hello, {}", signed_in.user.name.unwrap_or_default());
///     Ok(())
/// }
/// ```
///
/// Where no browser is, each answers with code `unavailable`: a native program asks for a token over HTTP, and gives it
/// by [`Client::set_auth`].
#[derive(Clone, Debug)]
pub struct Accounts {
    client: Client,
    /// What comes before `/auth`.
    origin: String,
}

/// Somebody with an account.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// The `subject` of the user's identity.
    pub id: String,
    /// The address, as the server compares it.
    pub email: Option<String>,
    /// Whether somebody has seen to it that the address is theirs.
    pub email_verified: bool,
    /// What they are called.
    pub name: Option<String>,
    /// Where a picture of them is.
    pub picture_url: Option<String>,
}

/// A place where somebody is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountSession {
    /// What names it, to revoke it.
    pub id: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it will end.
    pub expires_at: Timestamp,
    /// The browser or program, as it called itself.
    pub user_agent: Option<String>,
    /// Whether it is this one.
    pub is_current: bool,
}

/// Who is signed in here.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// By what.
    pub session: AccountSession,
}

/// Whom an account is for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SignUpForm {
    /// The address.
    pub email: String,
    /// The password, of 8 to 256 characters.
    pub password: String,
    /// What they are called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Accounts {
    /// Returns the accounts of the backend that has served the page.
    #[must_use]
    pub fn new(client: &Client) -> Self {
        Self::at("", client)
    }

    /// Returns the accounts of a backend of another origin, such as `https://api.example.org`, which has to let in the
    /// page's.
    #[must_use]
    pub fn at(origin: &str, client: &Client) -> Self {
        Self {
            client: client.clone(),
            origin: origin.trim_end_matches('/').to_owned(),
        }
    }

    /// Makes an account, and signs in.
    ///
    /// # Errors
    ///
    /// `email_taken`, `bad_args`, `rate_limited`, and what every request may answer.
    pub async fn sign_up(&self, form: &SignUpForm) -> Result<SignedIn, WireError> {
        let signed_in = self.ask("sign-up", Some(json!(form))).await?;
        self.client.reconnect();
        Ok(signed_in)
    }

    /// Signs in.
    ///
    /// # Errors
    ///
    /// `wrong_credentials`, `rate_limited`, and what every request may answer.
    pub async fn sign_in(&self, email: &str, password: &str) -> Result<SignedIn, WireError> {
        let form = json!({ "email": email, "password": password });
        let signed_in = self.ask("sign-in", Some(form)).await?;
        self.client.reconnect();
        Ok(signed_in)
    }

    /// Returns where a link leads that signs in with a provider, `github` or `google`, and comes back to a path of the
    /// app.
    #[must_use]
    pub fn link(&self, provider: &str, return_to: &str) -> String {
        let mut escaped = String::new();
        for byte in return_to.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                    escaped.push(char::from(byte));
                }
                _ => escaped.push_str(&format!("%{byte:02X}")),
            }
        }
        format!("{}/auth/{provider}?returnTo={escaped}", self.origin)
    }

    /// Signs out.
    ///
    /// # Errors
    ///
    /// What every request may answer.
    pub async fn sign_out(&self) -> Result<(), WireError> {
        self.ask::<()>("sign-out", Some(json!({}))).await?;
        self.client.clear_auth();
        self.client.reconnect();
        Ok(())
    }

    /// Returns who is signed in here, if anybody is.
    ///
    /// # Errors
    ///
    /// What every request may answer.
    pub async fn session(&self) -> Result<Option<SignedIn>, WireError> {
        self.ask("session", None).await
    }

    /// Returns where they are signed in, the newest first.
    ///
    /// # Errors
    ///
    /// `unauthenticated`, and what every request may answer.
    pub async fn sessions(&self) -> Result<Vec<AccountSession>, WireError> {
        self.ask("sessions", None).await
    }

    /// Ends a session. Returns whether there was one.
    ///
    /// # Errors
    ///
    /// `unauthenticated`, and what every request may answer.
    pub async fn revoke(&self, id: &str) -> Result<bool, WireError> {
        let revoked: Revoked = self
            .ask("sessions/revoke", Some(json!({ "id": id })))
            .await?;
        Ok(revoked.revoked > 0)
    }

    /// Ends all sessions but this one. Returns how many.
    ///
    /// # Errors
    ///
    /// `unauthenticated`, and what every request may answer.
    pub async fn revoke_others(&self) -> Result<u32, WireError> {
        let revoked: Revoked = self
            .ask("sessions/revoke", Some(json!({ "others": true })))
            .await?;
        Ok(revoked.revoked)
    }

    /// Sets another password; all other sessions end.
    ///
    /// # Errors
    ///
    /// `wrong_credentials`, `bad_args`, `unauthenticated`, and what every request may answer.
    pub async fn change_password(&self, old: &str, new: &str) -> Result<(), WireError> {
        let form = json!({ "oldPassword": old, "password": new });
        self.ask("password", Some(form)).await
    }

    /// Posts a body, or gets where there is none.
    async fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        body: Option<serde_json::Value>,
    ) -> Result<T, WireError> {
        let url = format!("{}/auth/{path}", self.origin);
        let answer = fetch::ask(&url, body.map(|body| body.to_string())).await?;
        match Outcome::parse(&answer) {
            Ok(Outcome::Success(value)) => {
                read_json(value.as_str()).map_err(|fault| bad_result(&fault))
            }
            Ok(Outcome::Error(error)) => Err(error),
            // A proxy before the server, for one.
            Err(_) => Err(unavailable("the server did not answer as one of these")),
        }
    }
}

fn unavailable(why: &str) -> WireError {
    WireError::new(ErrorCode::UNAVAILABLE, why)
}

#[derive(Deserialize)]
struct Revoked {
    revoked: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ClientOptions;

    #[tokio::test]
    async fn a_link_comes_back_to_the_path_that_it_was_given() {
        let client = Client::new(ClientOptions::new("ws://127.0.0.1:1/ws")).unwrap();
        let accounts = Accounts::at("https://api.example.org/", &client);
        assert_eq!(
            accounts.link("github", "/c/ä?x=1&y"),
            "https://api.example.org/auth/github?returnTo=/c/%C3%A4%3Fx%3D1%26y"
        );
        assert_eq!(
            Accounts::new(&client).link("google", "/"),
            "/auth/google?returnTo=/"
        );
    }

    #[tokio::test]
    async fn without_a_browser_nobody_is_signed_in() {
        let client = Client::new(ClientOptions::new("ws://127.0.0.1:1/ws")).unwrap();
        let error = Accounts::new(&client).session().await.unwrap_err();
        assert_eq!(error.code, ErrorCode::UNAVAILABLE);
    }

    #[test]
    fn who_is_signed_in_is_read_as_the_server_writes_it() {
        let text = r#"{"user":{"id":"user_1","email":"ada@example.org","emailVerified":false,"name":null,
            "pictureUrl":null},"session":{"id":"session_1","createdAt":1,"expiresAt":2,"userAgent":null,
            "isCurrent":true}}"#;
        let signed_in: SignedIn = read_json(text).unwrap();
        assert_eq!(signed_in.user.email.as_deref(), Some("ada@example.org"));
        assert_eq!(signed_in.session.expires_at.unix_ms(), 2);
    }
}
