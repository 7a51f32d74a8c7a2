//! Channels: where messages are written.

use zeroback::prelude::*;

/// Names longer than this are refused.
const NAME_CHARS_MAX: usize = 40;

/// A place to write in.
#[derive(Clone, Debug, PartialEq, Table)]
#[table(name = "channels")]
#[unique(by_name(name))]
pub struct Channel {
    /// What people call it, in small letters.
    pub name: String,
}

/// Why a channel cannot be made.
#[derive(Debug, Value)]
pub enum CreateError {
    /// There is one of this name.
    NameTaken {
        /// It.
        id: Id<Channel>,
    },
    /// Everything else.
    #[value(system)]
    System(Error),
}

/// All channels, by their names.
#[query]
pub fn list(ctx: &QueryCtx) -> Result<Vec<Doc<Channel>>> {
    ctx.db
        .query::<Channel>()
        .with_index(|ix| ix.by_name)
        .collect()
}

/// Opens a channel.
#[mutation]
pub fn create(ctx: &MutationCtx, name: String) -> Result<Id<Channel>, CreateError> {
    ctx.auth.require()?;
    let name = checked_name(&name)?;
    let same = ctx
        .db
        .query::<Channel>()
        .with_index(|ix| ix.by_name.eq(&name))
        .first()?;
    if let Some(same) = same {
        return Err(CreateError::NameTaken { id: *same.id() });
    }
    Ok(ctx.db.insert(Channel { name })?)
}

/// Returns a name as channels have it: small letters, and hyphens in the place of spaces.
fn checked_name(name: &str) -> Result<String> {
    let name = name.trim().trim_start_matches('#').to_lowercase();
    let name = name.split_whitespace().collect::<Vec<_>>().join("-");
    if name.is_empty() {
        return Err(Error::invalid("a channel needs a name"));
    }
    if name.chars().count() > NAME_CHARS_MAX {
        return Err(Error::invalid(format!(
            "a channel's name may have at most {NAME_CHARS_MAX} characters"
        )));
    }
    Ok(name)
}
