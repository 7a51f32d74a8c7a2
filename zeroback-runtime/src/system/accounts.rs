//! The accounts: who there is, by what they sign in, and where they are signed in.
//!
//! No table has anything that could be used as it stands: of a password there is a hash that is slow to
//! try, of a session's token one that is not to be guessed, since the token is random.

use zeroback_macros::Table;
use zeroback_protocol::{Id, RawId, Timestamp};

use crate::db::{Doc, Reader};
use crate::{Identity, Result};

/// Whose tokens those of sessions are, as functions see it.
pub(crate) const ISSUER: &str = "zeroback";

/// What a user's subject begins with.
const SUBJECT_BEGINS: &str = "user";

/// Somebody who can sign in.
#[derive(Table)]
#[table(name = "_zeroback_users")]
#[unique(by_email(email))]
pub(crate) struct User {
    /// As `accounts::Email` has it; nothing where no provider has given one.
    pub(crate) email: Option<String>,
    /// Whether somebody has seen to it that it is theirs.
    pub(crate) email_verified: bool,
    pub(crate) name: Option<String>,
    pub(crate) picture_url: Option<String>,
    /// The hash of the password with all that it was made by, where there is one.
    pub(crate) password: Option<String>,
}

/// A way in by somebody else who knows the user.
#[derive(Table)]
#[table(name = "_zeroback_sign_ins")]
#[unique(by_subject(provider, subject))]
#[index(by_user(user))]
pub(crate) struct SignIn {
    pub(crate) provider: String,
    /// Who it is, for the provider.
    pub(crate) subject: String,
    pub(crate) user: Id<User>,
}

/// A place where somebody is signed in.
#[derive(Table)]
#[table(name = "_zeroback_sessions")]
#[unique(by_token(token_hash))]
#[index(by_user(user), by_expiry(expires_at))]
pub(crate) struct Session {
    /// The SHA-256 of its token.
    pub(crate) token_hash: String,
    pub(crate) user: Id<User>,
    pub(crate) expires_at: Timestamp,
    /// What the browser says that it is.
    pub(crate) user_agent: Option<String>,
}

/// Somebody who has gone to a provider to sign in, and is not back yet.
#[derive(Table)]
#[table(name = "_zeroback_oauth_attempts")]
#[unique(by_state(state_hash))]
#[index(by_expiry(expires_at))]
pub(crate) struct OauthAttempt {
    /// The SHA-256 of its state.
    pub(crate) state_hash: String,
    pub(crate) provider: String,
    /// What proves to the provider who has begun (RFC 7636).
    pub(crate) verifier: String,
    /// The path of the app to come back to.
    pub(crate) return_to: String,
    pub(crate) expires_at: Timestamp,
}

/// How often something was tried lately.
#[derive(Table)]
#[table(name = "_zeroback_tries")]
#[unique(by_key(key))]
#[index(by_end(forgotten_at))]
pub(crate) struct Tries {
    /// A hash of what: of an e-mail, or of where it is tried from.
    pub(crate) key: String,
    /// When all of them count no more.
    pub(crate) forgotten_at: Timestamp,
}

/// Returns the session of a token, if there is one, and whose it is.
pub(crate) fn session_of(
    reader: &Reader,
    token_hash: &str,
) -> Result<Option<(Doc<Session>, Doc<User>)>> {
    let sessions = reader.query::<Session>();
    let session = sessions
        .with_index(|ix| ix.by_token.eq(token_hash))
        .unique()?;
    let Some(session) = session else {
        return Ok(None);
    };
    let user = reader.get(&session.user)?;
    Ok(user.map(|user| (session, user)))
}

/// Returns by what functions know a user.
pub(crate) fn subject_of(user: RawId) -> String {
    user.to_text(SUBJECT_BEGINS)
}

/// Returns the user whom functions know by this.
pub(crate) fn user_of(subject: &str) -> Option<Id<User>> {
    RawId::from_text(subject, SUBJECT_BEGINS).map(Id::from_raw)
}

/// Returns who a user is, as functions see it.
pub(crate) fn identity_of(user: &Doc<User>) -> Identity {
    Identity {
        issuer: ISSUER.to_owned(),
        subject: subject_of(user.id().raw()),
        name: user.name.clone(),
        email: user.email.clone(),
        email_verified: user.email_verified,
        picture_url: user.picture_url.clone(),
        ..Identity::default()
    }
}
