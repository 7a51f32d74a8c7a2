//! Users who sign in by a password.

use std::time::Duration;

use serde_json::json;
use zeroback_protocol::ErrorCode;

use super::super::accounts::{Tries, TriesPatch, User, UserPatch};
use super::{
    KnownPassword, SetPassword, SignInByPassword, SignUp, SignedIn, require, sessions, signed_in,
};
use crate::accounts::wrong_credentials;
use crate::db::Doc;
use crate::{Error, MutationCtx, QueryCtx, Result};

/// How often a password may be tried at once for one e-mail, after a pause.
pub(crate) const TRIES_MAX: u32 = 10;

/// After how long one more may be.
pub(crate) const TRY_AGAIN: Duration = Duration::from_secs(30);

/// How many of those that count no more are taken away where another is counted.
const COLLECTED_MAX: usize = 16;

pub(super) fn sign_up(ctx: &MutationCtx, wanted: SignUp) -> Result<SignedIn> {
    if user_with(ctx, &wanted.email)?.is_some() {
        let text = "there is an account with this e-mail already; sign in instead";
        return Err(Error::new(ErrorCode::EMAIL_TAKEN, text));
    }
    let user = ctx.db.insert(User {
        email: Some(wanted.email),
        email_verified: false,
        name: wanted.name,
        picture_url: None,
        password: Some(wanted.password),
    })?;
    sessions::begin(ctx, &user, wanted.session)
}

pub(super) fn by_email(ctx: &QueryCtx, email: &str) -> Result<Option<KnownPassword>> {
    Ok(user_with(ctx, email)?.and_then(|user| known(&user)))
}

pub(super) fn by_session(ctx: &QueryCtx, token_hash: &str) -> Result<Option<KnownPassword>> {
    let found = signed_in(ctx, token_hash)?;
    Ok(found.and_then(|(_, user)| known(&user)))
}

pub(super) fn sign_in(ctx: &MutationCtx, wanted: SignInByPassword) -> Result<SignedIn> {
    let SignInByPassword {
        known,
        renewed,
        tries,
        session,
    } = wanted;
    check_still_known(ctx, &known)?;
    forgive(ctx, &tries)?;
    if renewed.is_some() {
        let patch = UserPatch {
            password: Some(renewed),
            ..UserPatch::default()
        };
        ctx.db.patch(&known.user, patch)?;
    }
    sessions::begin(ctx, &known.user, session)
}

pub(super) fn set(ctx: &MutationCtx, wanted: SetPassword) -> Result<()> {
    let (_, user) = require(ctx, &wanted.token_hash)?;
    if *user.id() != wanted.known.user {
        return Err(wrong_credentials());
    }
    check_still_known(ctx, &wanted.known)?;
    let patch = UserPatch {
        password: Some(Some(wanted.password)),
        ..UserPatch::default()
    };
    ctx.db.patch(user.id(), patch)?;
    // Whoever has had the old password may have signed in by it.
    sessions::end_others(ctx, user.id(), &wanted.token_hash)?;
    Ok(())
}

/// Counts a try. All that matters of the earlier ones is when they will have been paid for, each by a
/// pause (the generic cell rate algorithm, ITU-T I.371).
pub(super) fn try_one(ctx: &MutationCtx, key: String) -> Result<()> {
    collect(ctx)?;
    let (now, tries) = (ctx.now(), tries_of(ctx, &key)?);
    let paid_at = tries.as_ref().map_or(now, |tries| tries.forgotten_at);
    let paid_at = paid_at.max(now);
    let owed_ms = paid_at.unix_ms() - now.unix_ms();
    let pause_ms = i64::try_from(TRY_AGAIN.as_millis()).unwrap_or(i64::MAX);
    let retry_after_ms = owed_ms - pause_ms * i64::from(TRIES_MAX - 1);
    if retry_after_ms > 0 {
        let data = json!({ "retryAfterMs": retry_after_ms });
        let text = format!("too many tries; try again in {retry_after_ms} ms");
        return Err(
            Error::with_data(ErrorCode::RATE_LIMITED.as_str().to_owned(), &data).message_is(text),
        );
    }
    let forgotten_at = paid_at + TRY_AGAIN;
    match tries {
        Some(tries) => {
            let patch = TriesPatch {
                forgotten_at: Some(forgotten_at),
                ..TriesPatch::default()
            };
            ctx.db.patch(tries.id(), patch)?;
        }
        None => {
            ctx.db.insert(Tries { key, forgotten_at })?;
        }
    }
    Ok(())
}

fn forgive(ctx: &MutationCtx, key: &str) -> Result<()> {
    if let Some(tries) = tries_of(ctx, key)? {
        ctx.db.delete(tries.id())?;
    }
    Ok(())
}

fn check_still_known(ctx: &QueryCtx, known: &KnownPassword) -> Result<()> {
    let user = ctx.db.get(&known.user)?;
    let is_same = |user: Doc<User>| user.password.as_ref() == Some(&known.hash);
    match user.is_some_and(is_same) {
        true => Ok(()),
        false => Err(wrong_credentials()),
    }
}

pub(super) fn user_with(ctx: &QueryCtx, email: &str) -> Result<Option<Doc<User>>> {
    let users = ctx.db.query::<User>();
    users.with_index(|ix| ix.by_email.eq(email)).unique()
}

fn known(user: &Doc<User>) -> Option<KnownPassword> {
    Some(KnownPassword {
        user: *user.id(),
        hash: user.password.clone()?,
    })
}

fn tries_of(ctx: &QueryCtx, key: &str) -> Result<Option<Doc<Tries>>> {
    let tries = ctx.db.query::<Tries>();
    tries.with_index(|ix| ix.by_key.eq(key)).unique()
}

fn collect(ctx: &MutationCtx) -> Result<()> {
    let now = ctx.now();
    let tries = ctx.db.query::<Tries>();
    let ended = tries.with_index(|ix| ix.by_end.lte(&now));
    for tries in ended.take(COLLECTED_MAX)? {
        ctx.db.delete(tries.id())?;
    }
    Ok(())
}
