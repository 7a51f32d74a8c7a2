//! Typed handles of search indexes: `s.search_text.matching("milk").project_id(&project)`.

use std::marker::PhantomData;

use super::index::Operand;
use super::port::SearchBounds;
use crate::Value;

/// A search index; `Q` is what a search in it becomes, with a setter for each of its filter fields.
#[derive(Debug)]
pub struct Search<Q> {
    index: &'static str,
    marker: PhantomData<fn() -> Q>,
}

/// What the closure of `search` returns: a search in one index of `T`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a search in `{T}`",
    label = "expected a search, such as `s.search_text.matching(\"milk\")`"
)]
pub trait SearchRange<T> {
    #[doc(hidden)]
    fn into_bounds(self) -> SearchBounds;
}

/// A type whose text a search index can hold.
#[diagnostic::on_unimplemented(
    message = "a search cannot look into `{Self}`",
    label = "not text",
    note = "searched fields are `String` or `Option<String>`; fields of other types can stand in `filter(…)`"
)]
pub trait SearchText: Value {}

impl SearchText for String {}

impl SearchText for Option<String> {}

/// Returns the name of a field with the type `V`, which must be text.
#[doc(hidden)]
#[must_use]
pub const fn searched<V: SearchText>(field: &'static str) -> &'static str {
    field
}

/// What the macro makes for each search index: a search that may still be narrowed.
#[doc(hidden)]
pub trait SearchQuery {
    fn from_bounds(bounds: SearchBounds) -> Self;
}

impl<Q: SearchQuery> Search<Q> {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(index: &'static str) -> Self {
        Self {
            index,
            marker: PhantomData,
        }
    }

    /// Searches for documents that hold all the words: `"two words"` in quotes must stand side by
    /// side, and `wor*` is the beginning of one. Nothing in the text can be an error.
    ///
    /// ```ignore
    /// |s| s.search_text.matching(&typed).project_id(&project_id).is_done(&false)
    /// ```
    pub fn matching(self, text: impl AsRef<str>) -> Q {
        Q::from_bounds(SearchBounds {
            index: self.index,
            text: text.as_ref().to_owned(),
            ..SearchBounds::default()
        })
    }
}

impl SearchBounds {
    /// Narrows the search to documents whose field equals the value.
    #[doc(hidden)]
    #[must_use]
    pub fn with<C, V: Operand<C> + ?Sized>(mut self, field: &'static str, value: &V) -> Self {
        match value.to_key_part() {
            Ok(part) => self.equal.push((field, part)),
            Err(error) => self.error = Some(error),
        }
        self
    }
}
