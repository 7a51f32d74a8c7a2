//! Where somebody is signed in.

use zeroback_protocol::{Id, RawId};

use super::super::accounts::{Session, User};
use super::{ListedSession, NewSession, Profile, SignedIn, require};
use crate::db::Doc;
use crate::{Error, MutationCtx, QueryCtx, Result};

/// How many that have expired are taken away where another begins.
const COLLECTED_MAX: usize = 16;

/// What the id of a session begins with outside of the database.
const ID_BEGINS: &str = "session";

/// Begins a session.
pub(super) fn begin(ctx: &MutationCtx, user: &Id<User>, new: NewSession) -> Result<SignedIn> {
    collect(ctx)?;
    let own = of_user(ctx, user)?;
    let sessions_max = usize::try_from(new.sessions_max).unwrap_or(usize::MAX);
    let too_many = (own.len() + 1).saturating_sub(sessions_max);
    for session in own.iter().take(too_many) {
        ctx.db.delete(session.id())?;
    }
    let token_hash = new.token_hash.clone();
    let id = ctx.db.insert(Session {
        token_hash: new.token_hash,
        user: *user,
        expires_at: new.expires_at,
        user_agent: new.user_agent,
    })?;
    let session = ctx.db.get(&id)?;
    let user = ctx.db.get(user)?;
    let (Some(session), Some(user)) = (session, user) else {
        return Err(Error::internal("a session begins without a user"));
    };
    Ok(SignedIn {
        user: Profile::of(&user),
        session: ListedSession::of(&session, &token_hash),
    })
}

pub(super) fn list(ctx: &QueryCtx, token_hash: &str) -> Result<Vec<ListedSession>> {
    let (_, user) = require(ctx, token_hash)?;
    let sessions = of_user(ctx, user.id())?;
    let sessions = sessions.iter().rev();
    let alive = sessions.filter(|session| ctx.now() < session.expires_at);
    Ok(alive
        .map(|session| ListedSession::of(session, token_hash))
        .collect())
}

/// Ends the session of a token; that there is none is no fault.
pub(super) fn end(ctx: &MutationCtx, token_hash: &str) -> Result<bool> {
    let sessions = ctx.db.query::<Session>();
    let session = sessions
        .with_index(|ix| ix.by_token.eq(token_hash))
        .unique()?;
    match session {
        Some(session) => ctx.db.delete(session.id()).map(|_| true),
        None => Ok(false),
    }
}

/// Ends one of the sessions of whoever is signed in, or all but the one by which they are.
pub(super) fn revoke(ctx: &MutationCtx, token_hash: &str, id: Option<&str>) -> Result<u32> {
    let (_, user) = require(ctx, token_hash)?;
    let Some(id) = id else {
        return end_others(ctx, user.id(), token_hash);
    };
    let id = RawId::from_text(id, ID_BEGINS).map(Id::<Session>::from_raw);
    let session = match id {
        Some(id) => ctx.db.get(&id)?,
        None => None,
    };
    // That of another user is as good as none.
    let Some(session) = session.filter(|session| session.user == *user.id()) else {
        return Ok(0);
    };
    ctx.db.delete(session.id())?;
    Ok(1)
}

/// Ends all sessions of a user but the one of this token. Returns how many.
pub(super) fn end_others(ctx: &MutationCtx, user: &Id<User>, token_hash: &str) -> Result<u32> {
    let mut ended = 0;
    for session in of_user(ctx, user)? {
        if session.token_hash != token_hash {
            ctx.db.delete(session.id())?;
            ended += 1;
        }
    }
    Ok(ended)
}

/// Returns the name by which a session is known outside of the database.
pub(super) fn public_id(id: RawId) -> String {
    id.to_text(ID_BEGINS)
}

fn of_user(ctx: &QueryCtx, user: &Id<User>) -> Result<Vec<Doc<Session>>> {
    let sessions = ctx.db.query::<Session>();
    sessions.with_index(|ix| ix.by_user.eq(user)).collect()
}

/// Takes away some sessions that have expired.
fn collect(ctx: &MutationCtx) -> Result<()> {
    let now = ctx.now();
    let sessions = ctx.db.query::<Session>();
    let expired = sessions.with_index(|ix| ix.by_expiry.lte(&now));
    for session in expired.take(COLLECTED_MAX)? {
        ctx.db.delete(session.id())?;
    }
    Ok(())
}
