//! What the first version of the app has not.

use zeroback::prelude::*;

use crate::piece::Piece;
use crate::runs::{Question, Run, note};

/// Keys and weights of the pieces that weigh so much at least, by weight.
#[query]
pub fn heavy(ctx: &QueryCtx, from: i64) -> Result<Vec<(i64, i64)>> {
    note(Run::Asked(Question::Heavy(from)));
    let pieces = ctx.db.query::<Piece>();
    let pieces = pieces.with_index(|ix| ix.by_weight.gte(&from)).collect()?;
    Ok(pieces
        .iter()
        .map(|piece| (piece.key, piece.weight))
        .collect())
}
