//! A piece, as the first version of the app has it.

use zeroback::prelude::*;

/// A piece of a list.
#[derive(Debug, Table)]
#[table(name = "pieces")]
#[index(by_list(list, rank))]
#[unique(by_key(key))]
#[search(by_title(title), filter(list))]
pub struct Piece {
    /// What the simulator knows it by.
    pub key: i64,
    /// The list that it belongs to.
    pub list: String,
    /// Where it stands in the list; many may stand in one place.
    pub rank: i64,
    /// A text, which may be long.
    pub title: String,
    /// A text or nothing.
    pub note: Option<String>,
}

impl Piece {
    /// Makes one without a note.
    #[must_use]
    pub fn new(key: i64, list: String, rank: i64, title: String) -> Self {
        Self {
            key,
            list,
            rank,
            title,
            note: None,
        }
    }
}
