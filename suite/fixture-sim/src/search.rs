//! What is found by its title.

use zeroback::prelude::*;

use crate::piece::Piece;
use crate::runs::{Question, Run, note};

/// The pieces whose titles match, of one list or of all.
#[query]
pub fn find(ctx: &QueryCtx, text: String, list: Option<String>) -> Result<Vec<Doc<Piece>>> {
    note(Run::Asked(Question::Find(text.clone(), list.clone())));
    let pieces = ctx.db.query::<Piece>();
    match list {
        Some(list) => pieces.search(|s| s.by_title.matching(&text).list(&list)),
        None => pieces.search(|s| s.by_title.matching(&text)),
    }
    .collect()
}

/// How many these are.
#[query]
pub fn found(ctx: &QueryCtx, text: String, list: Option<String>) -> Result<u64> {
    note(Run::Asked(Question::Found(text.clone(), list.clone())));
    let pieces = ctx.db.query::<Piece>();
    match list {
        Some(list) => pieces.search(|s| s.by_title.matching(&text).list(&list)),
        None => pieces.search(|s| s.by_title.matching(&text)),
    }
    .count()
}
