//! Members: whoever is signed in, under a name that others see.

use zeroback::prelude::*;

/// Names longer than this are refused.
const NAME_CHARS_MAX: usize = 60;

/// Somebody who has written, or is there.
#[derive(Clone, Debug, PartialEq, Table)]
#[table(name = "members")]
#[unique(by_subject(subject))]
pub struct Member {
    /// Who it is to the server.
    pub subject: String,
    /// What others see.
    pub name: String,
}

/// Whoever asks; nothing where nobody is signed in, or has done nothing yet.
#[query]
pub fn me(ctx: &QueryCtx) -> Result<Option<Doc<Member>>> {
    match ctx.auth.identity() {
        Some(identity) => find(ctx, &identity.subject),
        None => Ok(None),
    }
}

/// Enters whoever is signed in, who is found again if they are there already.
#[mutation]
pub fn enter(ctx: &MutationCtx) -> Result<Id<Member>> {
    Ok(*present(ctx)?.id())
}

/// Gives oneself another name.
#[mutation]
pub fn rename(ctx: &MutationCtx, name: String) -> Result<()> {
    let name = checked_name(&name)?;
    let me = present(ctx)?;
    let patch = MemberPatch {
        name: Some(name),
        ..MemberPatch::default()
    };
    ctx.db.patch(me.id(), patch)
}

/// Returns whoever calls, who is entered if they are not there yet.
pub(crate) fn present(ctx: &MutationCtx) -> Result<Doc<Member>> {
    let identity = ctx.auth.require()?;
    if let Some(member) = find(ctx, &identity.subject)? {
        return Ok(member);
    }
    let of_email = |email: &String| email.split('@').next().unwrap_or_default().to_owned();
    let name = identity.name.or(identity.email.as_ref().map(of_email));
    let member = Member {
        subject: identity.subject,
        name: checked_name(&name.unwrap_or_default()).unwrap_or_else(|_| "somebody".to_owned()),
    };
    let id = ctx.db.insert(member)?;
    ctx.db
        .get(&id)?
        .ok_or_else(|| Error::internal("what was inserted is there"))
}

fn find(ctx: &QueryCtx, subject: &str) -> Result<Option<Doc<Member>>> {
    ctx.db
        .query::<Member>()
        .with_index(|ix| ix.by_subject.eq(subject))
        .first()
}

fn checked_name(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Error::invalid("a name must not be empty"));
    }
    if name.chars().count() > NAME_CHARS_MAX {
        return Err(Error::invalid(format!(
            "a name may have at most {NAME_CHARS_MAX} characters"
        )));
    }
    Ok(name.to_owned())
}
