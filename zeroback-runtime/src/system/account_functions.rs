//! The functions of an app that keeps accounts: what the routes of `/auth` do to the tables.
//!
//! Who calls them is known by the hash of a session's token, which the route has read from its request. What
//! takes its time, such as the hash of a password, has been done before.

mod oauth;
mod operator;
mod passwords;
mod sessions;
#[cfg(test)]
mod tests;
mod tries;

use zeroback_macros::Value;
use zeroback_protocol::{Id, Timestamp};

use super::accounts::{Session, User, session_of, subject_of};
use super::functions::meta;
use crate::db::{Doc, Page, PageOpts};
use crate::job::calls::calls;
use crate::registry::{FunctionDef, call};
use crate::{Error, QueryCtx, Result};

calls! {
    /// Makes a user with the hash of a password, and a session.
    SignUp { email: String, name: Option<String>, password: String, session: NewSession }
        = "_zeroback:sign_up", Mutation MutationCall -> SignedIn;
    /// Returns what a password is held against that is said to be of this e-mail.
    PasswordByEmail { email: String }
        = "_zeroback:password_by_email", Query QueryCall -> Option<KnownPassword>;
    /// Returns what a password is held against that is said to be of whoever is signed in.
    PasswordBySession { token_hash: String }
        = "_zeroback:password_by_session", Query QueryCall -> Option<KnownPassword>;
    /// Begins a session of a user whose password was right, and keeps another hash of it where there is
    /// one. The tries under this key count no more.
    SignInByPassword {
        known: KnownPassword, renewed: Option<String>, tries: String, session: NewSession
    }
        = "_zeroback:sign_in_by_password", Mutation MutationCall -> SignedIn;
    /// Sets another password in the place of one that was right, and ends all sessions but this one.
    SetPassword { token_hash: String, known: KnownPassword, password: String }
        = "_zeroback:set_password", Mutation MutationCall -> ();
    /// Counts that somebody tries to be somebody, under each of these keys; fails where that was too often
    /// under one of them.
    Try { tries: Vec<Tried> } = "_zeroback:try_password", Mutation MutationCall -> ();
    /// Returns where and as whom the one with this token is signed in.
    Whose { token_hash: String } = "_zeroback:whose", Query QueryCall -> Option<SignedIn>;
    /// Returns all sessions of whoever this one is of, the newest first.
    Sessions { token_hash: String } = "_zeroback:sessions", Query QueryCall -> Vec<ListedSession>;
    /// Ends this session.
    SignOut { token_hash: String } = "_zeroback:sign_out", Mutation MutationCall -> bool;
    /// Ends a session of whoever this one is of, or all but this. Returns how many.
    Revoke { token_hash: String, id: Option<String> }
        = "_zeroback:revoke", Mutation MutationCall -> u32;
    /// Notes that somebody goes to a provider.
    BeginOauth {
        state_hash: String, provider: String, verifier: String, return_to: String,
        expires_at: Timestamp, attempts_max: u32
    } = "_zeroback:begin_oauth", Mutation MutationCall -> ();
    /// Takes an attempt that has been begun and has not ended: it counts once.
    TakeOauth { state_hash: String, provider: String }
        = "_zeroback:take_oauth", Mutation MutationCall -> Option<Attempt>;
    /// Begins a session of whom a provider knows; its e-mail is one that the provider has seen to.
    SignInByProvider {
        provider: String, subject: String, email: Option<String>, name: Option<String>,
        picture_url: Option<String>, session: NewSession
    } = "_zeroback:sign_in_by_provider", Mutation MutationCall -> SignedIn;
    /// Returns users, the oldest first.
    Users { page: PageOpts } = "_zeroback:users", Query QueryCall -> Page<Profile>;
    /// Takes a user away, with all sessions.
    DeleteUser { id: String } = "_zeroback:delete_user", Mutation MutationCall -> bool;
}

/// A session that is to begin.
#[derive(Clone, Debug, Value)]
pub(crate) struct NewSession {
    pub(crate) token_hash: String,
    pub(crate) expires_at: Timestamp,
    pub(crate) user_agent: Option<String>,
    /// How many its user has then at most: the oldest end.
    pub(crate) sessions_max: u32,
}

/// Something that is not to be tried without end.
#[derive(Clone, Debug, Value)]
pub(crate) struct Tried {
    pub(crate) key: String,
    /// How often it may be at once, after a pause.
    pub(crate) most: u32,
    /// After how many seconds it may be once more.
    pub(crate) again_seconds: u32,
}

/// What is known of a password.
#[derive(Clone, Debug, Value)]
pub(crate) struct KnownPassword {
    pub(crate) user: Id<User>,
    pub(crate) hash: String,
}

/// What is known of whoever comes back from a provider.
#[derive(Clone, Debug, Value)]
pub(crate) struct Attempt {
    pub(crate) verifier: String,
    pub(crate) return_to: String,
}

/// Somebody who is signed in, and where.
#[derive(Clone, Debug, Value)]
pub(crate) struct SignedIn {
    pub(crate) user: Profile,
    pub(crate) session: ListedSession,
}

/// What others than the database are told of a user.
#[derive(Clone, Debug, Value)]
pub(crate) struct Profile {
    /// The subject of the user's identity.
    pub(crate) id: String,
    pub(crate) email: Option<String>,
    pub(crate) email_verified: bool,
    pub(crate) name: Option<String>,
    pub(crate) picture_url: Option<String>,
}

/// What others than the database are told of a session.
#[derive(Clone, Debug, Value)]
pub(crate) struct ListedSession {
    pub(crate) id: String,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) user_agent: Option<String>,
    /// Whether it is the one of whoever asks.
    pub(crate) is_current: bool,
}

pub(super) static FUNCTIONS: &[FunctionDef] = &[
    FunctionDef::mutation::<SignUp>(meta(line!()), |ctx, args| {
        call(args, |wanted: SignUp| passwords::sign_up(ctx, wanted))
    }),
    FunctionDef::query::<PasswordByEmail>(meta(line!()), |ctx, args| {
        call(args, |PasswordByEmail { email }| {
            passwords::by_email(ctx, &email)
        })
    }),
    FunctionDef::query::<PasswordBySession>(meta(line!()), |ctx, args| {
        call(args, |PasswordBySession { token_hash }| {
            passwords::by_session(ctx, &token_hash)
        })
    }),
    FunctionDef::mutation::<SignInByPassword>(meta(line!()), |ctx, args| {
        call(args, |wanted: SignInByPassword| {
            passwords::sign_in(ctx, wanted)
        })
    }),
    FunctionDef::mutation::<SetPassword>(meta(line!()), |ctx, args| {
        call(args, |wanted: SetPassword| passwords::set(ctx, wanted))
    }),
    FunctionDef::mutation::<Try>(meta(line!()), |ctx, args| {
        call(args, |Try { tries }| tries::count(ctx, tries))
    }),
    FunctionDef::query::<Whose>(meta(line!()), |ctx, args| {
        call(args, |Whose { token_hash }| whose(ctx, &token_hash))
    }),
    FunctionDef::query::<Sessions>(meta(line!()), |ctx, args| {
        call(args, |Sessions { token_hash }| {
            sessions::list(ctx, &token_hash)
        })
    }),
    FunctionDef::mutation::<SignOut>(meta(line!()), |ctx, args| {
        call(args, |SignOut { token_hash }| {
            sessions::end(ctx, &token_hash)
        })
    }),
    FunctionDef::mutation::<Revoke>(meta(line!()), |ctx, args| {
        call(args, |Revoke { token_hash, id }| {
            sessions::revoke(ctx, &token_hash, id.as_deref())
        })
    }),
    FunctionDef::mutation::<BeginOauth>(meta(line!()), |ctx, args| {
        call(args, |attempt: BeginOauth| oauth::begin(ctx, attempt))
    }),
    FunctionDef::mutation::<TakeOauth>(meta(line!()), |ctx, args| {
        call(args, |wanted: TakeOauth| oauth::take(ctx, &wanted))
    }),
    FunctionDef::mutation::<SignInByProvider>(meta(line!()), |ctx, args| {
        call(args, |wanted: SignInByProvider| oauth::sign_in(ctx, wanted))
    }),
    FunctionDef::query::<Users>(meta(line!()), |ctx, args| {
        call(args, |Users { page }| operator::users(ctx, page))
    }),
    FunctionDef::mutation::<DeleteUser>(meta(line!()), |ctx, args| {
        call(args, |DeleteUser { id }| operator::delete_user(ctx, &id))
    }),
];

fn whose(ctx: &QueryCtx, token_hash: &str) -> Result<Option<SignedIn>> {
    let found = signed_in(ctx, token_hash)?;
    Ok(found.map(|(session, user)| SignedIn {
        user: Profile::of(&user),
        session: ListedSession::of(&session, token_hash),
    }))
}

/// Returns the session of a token that has not ended, and whose it is.
fn signed_in(ctx: &QueryCtx, token_hash: &str) -> Result<Option<(Doc<Session>, Doc<User>)>> {
    let found = session_of(&ctx.db, token_hash)?;
    Ok(found.filter(|(session, _)| ctx.now() < session.expires_at))
}

/// As [`signed_in`], for what only they may do.
fn require(ctx: &QueryCtx, token_hash: &str) -> Result<(Doc<Session>, Doc<User>)> {
    let nobody = || Error::unauthenticated("nobody is signed in, or the session has ended");
    signed_in(ctx, token_hash)?.ok_or_else(nobody)
}

impl Profile {
    fn of(user: &Doc<User>) -> Self {
        Self {
            id: subject_of(user.id().raw()),
            email: user.email.clone(),
            email_verified: user.email_verified,
            name: user.name.clone(),
            picture_url: user.picture_url.clone(),
        }
    }
}

impl ListedSession {
    fn of(session: &Doc<Session>, current_hash: &str) -> Self {
        Self {
            id: sessions::public_id(session.id().raw()),
            created_at: session.creation_time(),
            expires_at: session.expires_at,
            user_agent: session.user_agent.clone(),
            is_current: session.token_hash == current_hash,
        }
    }
}
