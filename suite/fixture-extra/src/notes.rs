//! Notes: a table of the second crate.

use zeroback::prelude::*;

/// A note in a list.
#[derive(Debug, Table)]
#[table(name = "notes")]
#[index(by_list(list))]
pub struct Note {
    /// The list that it belongs to.
    pub list: String,
    /// What it says.
    pub text: String,
}

/// Adds a note.
#[mutation]
pub fn add(ctx: &MutationCtx, list: String, text: String) -> Result<Id<Note>> {
    ctx.db.insert(Note { list, text })
}

/// The texts of a list's notes, the oldest first.
#[query]
pub fn texts(ctx: &QueryCtx, list: String) -> Result<Vec<String>> {
    let notes = ctx
        .db
        .query::<Note>()
        .with_index(|ix| ix.by_list.eq(&list))
        .collect()?;
    Ok(notes
        .into_iter()
        .map(|note| note.into_fields().text)
        .collect())
}

/// Functions in a module of the second crate.
pub mod archive {
    use zeroback::prelude::*;

    use super::Note;

    /// How many notes a list has.
    #[query]
    pub fn size(ctx: &QueryCtx, list: String) -> Result<u64> {
        ctx.db
            .query::<Note>()
            .with_index(|ix| ix.by_list.eq(&list))
            .count()
    }
}
