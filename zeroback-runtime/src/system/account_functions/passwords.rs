//! Users who sign in by a password.

use zeroback_protocol::ErrorCode;

use super::super::accounts::{User, UserPatch};
use super::{
    KnownPassword, SetPassword, SignInByPassword, SignUp, SignedIn, require, sessions, signed_in,
    tries,
};
use crate::accounts::wrong_credentials;
use crate::db::Doc;
use crate::{Error, MutationCtx, QueryCtx, Result};

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
    tries::forgive(ctx, &tries)?;
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
