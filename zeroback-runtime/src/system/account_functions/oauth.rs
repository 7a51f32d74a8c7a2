//! Users whom providers know.

use zeroback_protocol::{ErrorCode, Id};

use super::super::accounts::{OauthAttempt, SignIn, User};
use super::{Attempt, BeginOauth, SignInByProvider, SignedIn, TakeOauth, passwords, sessions};
use crate::{Error, MutationCtx, Result};

/// How many that have expired are taken away where another begins.
const COLLECTED_MAX: usize = 16;

pub(super) fn begin(ctx: &MutationCtx, attempt: BeginOauth) -> Result<()> {
    let now = ctx.now();
    let attempts = ctx.db.query::<OauthAttempt>();
    let expired = attempts.with_index(|ix| ix.by_expiry.lte(&now));
    for attempt in expired.take(COLLECTED_MAX)? {
        ctx.db.delete(attempt.id())?;
    }
    // Anybody may begin, without being anybody. The oldest give way, so that whoever begins without end keeps
    // nobody out who comes back soon.
    let there_are = ctx.db.query::<OauthAttempt>().count()?;
    let too_many = (there_are + 1).saturating_sub(attempt.attempts_max.into());
    let oldest = ctx.db.query::<OauthAttempt>().with_index(|ix| ix.by_expiry);
    for attempt in oldest.take(too_many)? {
        ctx.db.delete(attempt.id())?;
    }
    ctx.db.insert(OauthAttempt {
        state_hash: attempt.state_hash,
        provider: attempt.provider,
        verifier: attempt.verifier,
        return_to: attempt.return_to,
        expires_at: attempt.expires_at,
    })?;
    Ok(())
}

pub(super) fn take(ctx: &MutationCtx, wanted: &TakeOauth) -> Result<Option<Attempt>> {
    let attempts = ctx.db.query::<OauthAttempt>();
    let attempt = attempts
        .with_index(|ix| ix.by_state.eq(&wanted.state_hash))
        .unique()?;
    let Some(attempt) = attempt.filter(|attempt| attempt.provider == wanted.provider) else {
        return Ok(None);
    };
    ctx.db.delete(attempt.id())?;
    let is_in_time = ctx.now() < attempt.expires_at;
    Ok(is_in_time.then(|| Attempt {
        verifier: attempt.verifier.clone(),
        return_to: attempt.return_to.clone(),
    }))
}

pub(super) fn sign_in(ctx: &MutationCtx, wanted: SignInByProvider) -> Result<SignedIn> {
    let sign_ins = ctx.db.query::<SignIn>();
    let known = sign_ins
        .with_index(|ix| ix.by_subject.eq(&wanted.provider).eq(&wanted.subject))
        .unique()?;
    let user = match known {
        Some(known) => known.user,
        None => join(ctx, &wanted)?,
    };
    sessions::begin(ctx, &user, wanted.session)
}

/// Returns the user of somebody who comes by a provider for the first time: a new one, or the one with their
/// e-mail. That must be known to be theirs on both sides: else somebody could sign up with the e-mail of
/// another, and wait for them to come.
fn join(ctx: &MutationCtx, wanted: &SignInByProvider) -> Result<Id<User>> {
    let same = match &wanted.email {
        Some(email) => passwords::user_with(ctx, email)?,
        None => None,
    };
    let user = match same {
        Some(user) if user.email_verified => *user.id(),
        Some(_) => {
            let text =
                "there is an account with this e-mail, and nobody has seen to it that it is theirs";
            return Err(Error::new(ErrorCode::EMAIL_TAKEN, text));
        }
        None => ctx.db.insert(User {
            email: wanted.email.clone(),
            email_verified: wanted.email.is_some(),
            name: wanted.name.clone(),
            picture_url: wanted.picture_url.clone(),
            password: None,
        })?,
    };
    ctx.db.insert(SignIn {
        provider: wanted.provider.clone(),
        subject: wanted.subject.clone(),
        user,
    })?;
    Ok(user)
}
