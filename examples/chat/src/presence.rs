//! Presence: who has a channel open, and who is writing.

use std::time::Duration;

use zeroback::prelude::*;

use crate::channels::Channel;
use crate::members::{self, Member};

/// Who says nothing for so long is not there any more; a page says it more often.
const GONE_AFTER: Duration = Duration::from_secs(45);

/// Somebody who has a channel open.
#[derive(Clone, Debug, PartialEq, Table)]
#[table(name = "presence")]
#[unique(by_member(member))]
#[index(by_channel(channel))]
pub struct Presence {
    /// Who.
    pub member: Id<Member>,
    /// What they are called.
    pub name: String,
    /// Where.
    pub channel: Id<Channel>,
    /// Whether a message is being written.
    pub is_writing: bool,
    /// What takes them away when they say nothing any more.
    pub end: JobId,
}

/// Somebody as others see them.
#[derive(Clone, Debug, PartialEq, Value)]
pub struct Here {
    /// Who.
    pub member: Id<Member>,
    /// What they are called.
    pub name: String,
    /// Whether a message is being written.
    pub is_writing: bool,
}

/// Who is in a channel, by name.
#[query]
pub fn here(ctx: &QueryCtx, channel: Id<Channel>) -> Result<Vec<Here>> {
    let present = ctx
        .db
        .query::<Presence>()
        .with_index(|ix| ix.by_channel.eq(&channel))
        .collect()?;
    let seen = |presence: &Doc<Presence>| Here {
        member: presence.member,
        name: presence.name.clone(),
        is_writing: presence.is_writing,
    };
    let mut here: Vec<_> = present.iter().map(seen).collect();
    here.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(here)
}

/// Says that one is there, and for how much longer that counts.
#[mutation]
pub fn beat(ctx: &MutationCtx, channel: Id<Channel>, is_writing: bool) -> Result<()> {
    let me = members::present(ctx)?;
    let end = ctx
        .scheduler
        .run_after(GONE_AFTER, end::Args { member: *me.id() })?;
    let presence = Presence {
        member: *me.id(),
        name: me.name.clone(),
        channel,
        is_writing,
        end,
    };
    match find(ctx, me.id())? {
        Some(before) => {
            ctx.scheduler.cancel(&before.end)?;
            ctx.db.replace(before.id(), presence)
        }
        None => ctx.db.insert(presence).map(drop),
    }
}

/// Says that one has gone.
#[mutation]
pub fn leave(ctx: &MutationCtx) -> Result<()> {
    let me = members::present(ctx)?;
    if let Some(presence) = find(ctx, me.id())? {
        ctx.scheduler.cancel(&presence.end)?;
        ctx.db.delete(presence.id())?;
    }
    Ok(())
}

/// Takes away whoever has said nothing for too long.
#[mutation(internal)]
pub fn end(ctx: &MutationCtx, member: Id<Member>) -> Result<()> {
    match find(ctx, &member)? {
        Some(presence) => ctx.db.delete(presence.id()),
        None => Ok(()),
    }
}

fn find(ctx: &QueryCtx, member: &Id<Member>) -> Result<Option<Doc<Presence>>> {
    ctx.db
        .query::<Presence>()
        .with_index(|ix| ix.by_member.eq(member))
        .first()
}
