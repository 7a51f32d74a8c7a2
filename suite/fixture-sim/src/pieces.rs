//! Pieces in lists: what every version of the app does with them.

use std::collections::BTreeMap;

use zeroback::prelude::*;

use crate::later::{give_up, put_off};
use crate::piece::{Piece, PiecePatch};
use crate::runs::{Question, Run, note};

/// One change of a mutation that makes several.
#[derive(Clone, Debug, PartialEq, Value)]
pub enum Change {
    /// Adds a piece: key, list, rank and title.
    Insert(i64, String, i64, String),
    /// Gives a piece another title.
    Title(i64, String),
    /// Gives a piece another note, or none.
    Note(i64, Option<String>),
    /// Moves a piece within its list.
    Shift(i64, i64),
    /// Moves a piece to another list.
    Move(i64, String),
    /// Removes a piece.
    Remove(i64),
    /// Shifts a piece later: key, number of the job, milliseconds, places, and whether the job fails.
    Later(i64, u64, u64, i64, bool),
    /// Gives up all that was to be done with a piece later.
    GiveUp(i64),
}

/// How a mutation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Value)]
pub enum End {
    /// It returns.
    Return,
    /// It fails with an error of its own.
    Fail,
    /// It panics.
    Panic,
    /// It returns more than may be recorded.
    ReturnTooMuch,
}

/// The board: one entry for each list that has pieces.
#[derive(Debug, Value)]
pub struct Board {
    /// The lists by their names.
    pub lists: BTreeMap<String, Summary>,
    /// How many pieces there are.
    pub count: u64,
}

/// What there is to say of a list.
#[derive(Debug, Value)]
pub struct Summary {
    /// The sum of the ranks.
    pub sum: i64,
    /// The first piece.
    pub first: Doc<Piece>,
    /// The keys, in order.
    pub keys: Vec<i64>,
}

/// Makes changes one after another, and returns the rank of each piece that is there then.
#[mutation]
pub fn change(
    ctx: &MutationCtx,
    token: u64,
    changes: Vec<Change>,
    end: End,
) -> Result<Vec<Option<i64>>> {
    note(Run::Changed(token));
    let mut ranks = Vec::new();
    for change in changes {
        ranks.push(change.make(ctx)?);
    }
    match end {
        End::Return => Ok(ranks),
        End::Fail => Err(Error::conflict("it may not be")),
        End::Panic => panic!("planted: after writing"),
        End::ReturnTooMuch => Ok(vec![Some(1_234_567); 40_000]),
    }
}

/// A list's pieces by rank.
#[query]
pub fn all(ctx: &QueryCtx, list: String) -> Result<Vec<Doc<Piece>>> {
    note(Run::Asked(Question::All(list.clone())));
    in_list(ctx, &list)
}

/// The first pieces of a list, or the last ones.
#[query]
pub fn top(ctx: &QueryCtx, list: String, count: u32, last: bool) -> Result<Vec<Doc<Piece>>> {
    note(Run::Asked(Question::Top(list.clone(), count, last)));
    let order = if last { Order::Desc } else { Order::Asc };
    let pieces = ctx.db.query::<Piece>();
    pieces
        .with_index(|ix| ix.by_list.eq(&list))
        .order(order)
        .take(count)
}

/// Keys and ranks of the pieces with `from <= rank < to`.
#[query]
pub fn between(ctx: &QueryCtx, list: String, from: i64, to: i64) -> Result<Vec<(i64, i64)>> {
    note(Run::Asked(Question::Between(list.clone(), from, to)));
    let pieces = ctx.db.query::<Piece>();
    let pieces = pieces
        .with_index(|ix| ix.by_list.eq(&list).gte(&from).lt(&to))
        .collect()?;
    Ok(pieces.iter().map(|piece| (piece.key, piece.rank)).collect())
}

/// How many pieces a list has.
#[query]
pub fn count(ctx: &QueryCtx, list: String) -> Result<u64> {
    note(Run::Asked(Question::Count(list.clone())));
    let pieces = ctx.db.query::<Piece>();
    pieces.with_index(|ix| ix.by_list.eq(&list)).count()
}

/// A piece, if it is there.
#[query]
pub fn one(ctx: &QueryCtx, key: i64) -> Result<Option<Doc<Piece>>> {
    note(Run::Asked(Question::One(key)));
    find(ctx, key)
}

/// A piece that has to be there.
#[query]
pub fn must(ctx: &QueryCtx, key: i64) -> Result<Doc<Piece>> {
    note(Run::Asked(Question::Must(key)));
    find(ctx, key)?.ok_or_else(missing)
}

/// All lists.
#[query]
pub fn board(ctx: &QueryCtx) -> Result<Board> {
    note(Run::Asked(Question::Board));
    let pieces = ctx.db.query::<Piece>();
    let pieces = pieces.with_index(|ix| ix.by_list).collect()?;
    let mut board = Board {
        lists: BTreeMap::new(),
        count: pieces.len() as u64,
    };
    for piece in pieces {
        let (list, rank, key) = (piece.list.clone(), piece.rank, piece.key);
        let summary = board.lists.entry(list).or_insert_with(|| Summary {
            sum: 0,
            first: piece,
            keys: Vec::new(),
        });
        summary.sum += rank;
        summary.keys.push(key);
    }
    Ok(board)
}

/// The titles of a list, in order.
#[query]
pub fn titles(ctx: &QueryCtx, list: String) -> Result<Vec<String>> {
    note(Run::Asked(Question::Titles(list.clone())));
    let pieces = in_list(ctx, &list)?.into_iter();
    Ok(pieces.map(|piece| piece.into_fields().title).collect())
}

impl Change {
    pub(crate) fn make(self, ctx: &MutationCtx) -> Result<Option<i64>> {
        let key = self.key();
        let (list, rank, title) = match self {
            Self::Insert(_, list, rank, title) => (list, rank, title),
            Self::Later(..) => return put_off(ctx, &self).map(|()| None),
            Self::GiveUp(key) => return give_up(ctx, key).map(Some),
            other => return other.make_of(ctx, find(ctx, key)?.ok_or_else(missing)?),
        };
        if find(ctx, key)?.is_some() {
            return Err(Error::conflict("there is such a piece"));
        }
        ctx.db.insert(Piece::new(key, list, rank, title))?;
        Ok(Some(rank))
    }

    fn make_of(self, ctx: &MutationCtx, piece: Doc<Piece>) -> Result<Option<i64>> {
        let id = *piece.id();
        let mut patch = PiecePatch::default();
        let mut rank = piece.rank;
        match self {
            Self::Insert(..) | Self::Later(..) | Self::GiveUp(_) => {
                unreachable!("it needs no piece")
            }
            Self::Title(_, title) => patch.title = Some(title),
            Self::Note(_, note) => patch.note = Some(note),
            Self::Move(_, list) => patch.list = Some(list),
            Self::Shift(_, by) => {
                rank += by;
                patch.rank = Some(rank);
            }
            Self::Remove(_) => {
                ctx.db.delete(&id)?;
                return Ok(None);
            }
        }
        ctx.db.patch(&id, patch)?;
        Ok(Some(rank))
    }

    /// Returns the key of the piece that it is about.
    #[must_use]
    pub fn key(&self) -> i64 {
        match self {
            Self::Insert(key, ..)
            | Self::Title(key, _)
            | Self::Note(key, _)
            | Self::Shift(key, _)
            | Self::Move(key, _)
            | Self::Remove(key)
            | Self::Later(key, ..)
            | Self::GiveUp(key) => *key,
        }
    }
}

fn in_list(ctx: &QueryCtx, list: &str) -> Result<Vec<Doc<Piece>>> {
    let pieces = ctx.db.query::<Piece>();
    pieces.with_index(|ix| ix.by_list.eq(list)).collect()
}

fn find(ctx: &QueryCtx, key: i64) -> Result<Option<Doc<Piece>>> {
    let pieces = ctx.db.query::<Piece>();
    pieces.with_index(|ix| ix.by_key.eq(&key)).unique()
}

fn missing() -> Error {
    Error::not_found("there is no such piece")
}
