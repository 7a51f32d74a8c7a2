//! Pages: a part of a query's documents, from one cursor to the next.
//!
//! The documentation of the types goes into `api.ts`, so it has no examples in Rust.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::fields::Fields;
use crate::read_json;

/// A place in a query's results, sealed by the server: it says nothing outside, and nothing else
/// is taken for one.
///
/// It is good for the query that has made it, and for no other.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, TS, JsonSchema)]
#[serde(transparent)]
pub struct Cursor(String);

/// Which page of a query is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[ts(rename_all = "camelCase")]
pub struct PageOpts {
    /// How many documents a page holds that has no end yet.
    pub limit: u32,
    /// The end of the page before; null for the first page.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub cursor: Option<Cursor>,
    /// The end of this page, where it is known: the page then holds whatever comes and goes
    /// between its two cursors.
    #[serde(default)]
    #[ts(optional = nullable)]
    pub end_cursor: Option<Cursor>,
}

/// A part of a query's results, from one cursor to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[ts(rename_all = "camelCase")]
pub struct Page<T> {
    /// The documents, in the query's order.
    pub items: Vec<T>,
    /// Where the page ends: the next page's `cursor`, and this one's `endCursor` when it is asked
    /// for again.
    pub end_cursor: Cursor,
    /// The middle of a page that has grown above twice its limit: a client asks for it in two from
    /// then on.
    pub split_cursor: Option<Cursor>,
    /// Whether nothing comes behind the page.
    pub is_done: bool,
}

/// Returns which page the arguments of a call ask for, by the one of this name, and where in their text it stands;
/// nothing where there is none.
#[must_use]
pub fn page_in(args: &str, name: &str) -> Option<(PageOpts, Range<usize>)> {
    let page = Fields::parse(args).ok()?.present(name).ok()??;
    let start = page.as_ptr().addr() - args.as_ptr().addr();
    Some((read_json(page).ok()?, start..start + page.len()))
}

impl Cursor {
    /// Takes the text of a cursor, as the server has made it.
    #[must_use]
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the cursor's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PageOpts {
    /// Asks for a first page of so many documents.
    ///
    /// ```ignore
    /// let page = t.query(tasks::list::Args { page: PageOpts::first(20) })?;
    /// ```
    #[must_use]
    pub fn first(limit: u32) -> Self {
        Self {
            limit,
            ..Self::default()
        }
    }
}

impl<T> Page<T> {
    /// Puts something else in the place of each document.
    ///
    /// ```ignore
    /// Ok(ctx.db.query::<Task>().paginate(page)?.map(|task| task.text.clone()))
    /// ```
    pub fn map<U>(self, map: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(map).collect(),
            end_cursor: self.end_cursor,
            split_cursor: self.split_cursor,
            is_done: self.is_done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_a_call_is_found_with_its_place() {
        let args = r#"{"list":"page","page":{"limit":2,"cursor":null},"x":[{"page":1}]}"#;
        let (page, place) = page_in(args, "page").unwrap();
        assert_eq!(page, PageOpts::first(2));
        assert_eq!(&args[place], r#"{"limit":2,"cursor":null}"#);
        for none in [
            "{}",
            "[]",
            r#"{"page":3}"#,
            r#"{"page":null}"#,
            r#"{"page":{"limit":1,"x":2}}"#,
        ] {
            assert_eq!(page_in(none, "page"), None, "{none}");
        }
    }
}
