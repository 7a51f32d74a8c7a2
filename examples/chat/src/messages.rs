//! Messages: what is written in a channel.

use zeroback::prelude::*;

use crate::channels::Channel;
use crate::members::{self, Member};

/// Texts longer than this are refused.
const TEXT_CHARS_MAX: usize = 4_000;

/// How many a search finds at most.
const FOUND_MAX: u32 = 50;

/// Something that was written.
#[derive(Clone, Debug, PartialEq, Table)]
#[table(name = "messages")]
#[index(by_channel(channel))]
#[search(words(text), filter(channel))]
pub struct Message {
    /// Where.
    pub channel: Id<Channel>,
    /// By whom.
    pub author: Id<Member>,
    /// What they were called then.
    pub author_name: String,
    /// What.
    pub text: String,
}

/// A page of a channel's messages, the newest first.
#[query]
pub fn page(ctx: &QueryCtx, channel: Id<Channel>, page: PageOpts) -> Result<Page<Doc<Message>>> {
    ctx.db
        .query::<Message>()
        .with_index(|ix| ix.by_channel.eq(&channel))
        .order(Order::Desc)
        .paginate(page)
}

/// The messages with these words, in one channel or in all, those that fit best first.
#[query]
pub fn find(
    ctx: &QueryCtx,
    words: String,
    channel: Option<Id<Channel>>,
) -> Result<Vec<Doc<Message>>> {
    if words.trim().is_empty() {
        return Ok(Vec::new());
    }
    let messages = ctx.db.query::<Message>();
    match channel {
        None => messages.search(|s| s.words.matching(&words)),
        Some(channel) => messages.search(|s| s.words.matching(&words).channel(&channel)),
    }
    .take(FOUND_MAX)
}

/// Writes into a channel.
#[mutation]
pub fn send(ctx: &MutationCtx, channel: Id<Channel>, text: String) -> Result<Id<Message>> {
    let text = checked_text(&text)?;
    let author = members::present(ctx)?;
    if ctx.db.get(&channel)?.is_none() {
        return Err(Error::not_found("the channel does not exist any more"));
    }
    ctx.db.insert(Message {
        channel,
        author: *author.id(),
        author_name: author.name.clone(),
        text,
    })
}

/// Takes back what oneself has written.
#[mutation]
pub fn remove(ctx: &MutationCtx, id: Id<Message>) -> Result<()> {
    let me = members::present(ctx)?;
    match ctx.db.get(&id)? {
        Some(message) if message.author == *me.id() => ctx.db.delete(&id),
        Some(_) => Err(Error::forbidden("only its author takes a message back")),
        // It is gone as it should be.
        None => Ok(()),
    }
}

fn checked_text(text: &str) -> Result<String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::invalid("a message needs a text"));
    }
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(Error::invalid(format!(
            "a message may have at most {TEXT_CHARS_MAX} characters"
        )));
    }
    Ok(text.to_owned())
}
