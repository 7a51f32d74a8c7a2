//! Pages of a list.

use zeroback::prelude::*;

use crate::piece::Piece;
use crate::runs::{PageOf, Question, Run, note};

/// A page of a list: from its beginning or from its end, of all pieces or of those with a note.
#[query]
pub fn page(
    ctx: &QueryCtx,
    list: String,
    last: bool,
    noted: bool,
    page: PageOpts,
) -> Result<Page<Doc<Piece>>> {
    let text = |cursor: &Option<Cursor>| cursor.as_ref().map(|cursor| cursor.as_str().to_owned());
    note(Run::Asked(Question::Page(PageOf {
        list: list.clone(),
        last,
        noted,
        limit: page.limit,
        cursor: text(&page.cursor),
        end: text(&page.end_cursor),
    })));
    let order = if last { Order::Desc } else { Order::Asc };
    let pieces = ctx.db.query::<Piece>();
    let pieces = pieces.with_index(|ix| ix.by_list.eq(&list)).order(order);
    match noted {
        true => pieces.filter(|piece| !piece.note.is_null()).paginate(page),
        false => pieces.paginate(page),
    }
}
