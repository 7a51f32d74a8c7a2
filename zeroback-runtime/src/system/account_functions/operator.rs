//! What the operator does with users, by `/api/admin/run` or `run`.

use super::super::accounts::{Session, SignIn, User, user_of};
use super::Profile;
use crate::db::{Page, PageOpts};
use crate::{MutationCtx, QueryCtx, Result};

pub(super) fn users(ctx: &QueryCtx, page: PageOpts) -> Result<Page<Profile>> {
    let users = ctx.db.query::<User>().paginate(page)?;
    Ok(users.map(|user| Profile::of(&user)))
}

pub(super) fn delete_user(ctx: &MutationCtx, id: &str) -> Result<bool> {
    let user = match user_of(id) {
        Some(id) => ctx.db.get(&id)?,
        None => None,
    };
    let Some(user) = user else {
        return Ok(false);
    };
    let id = *user.id();
    let sessions = ctx.db.query::<Session>();
    for session in sessions.with_index(|ix| ix.by_user.eq(&id)).collect()? {
        ctx.db.delete(session.id())?;
    }
    let sign_ins = ctx.db.query::<SignIn>();
    for sign_in in sign_ins.with_index(|ix| ix.by_user.eq(&id)).collect()? {
        ctx.db.delete(sign_in.id())?;
    }
    ctx.db.delete(&id)?;
    Ok(true)
}
