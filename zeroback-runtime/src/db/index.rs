//! Typed handles of indexes: `ix.by_project.eq(&project).gt(&5)`.

use std::marker::PhantomData;

use super::port::{Bound, IndexBounds};
use crate::key::{ColumnType, IndexValue, KeyPart};
use crate::{Result, Table};

/// An index of `T` of which the columns `C` are not bound yet, as a list of their types:
/// `(Id<Project>, (bool, ()))`.
///
/// Its columns are compared in their order: any number of `eq`, then one range, which is last.
///
/// ```ignore
/// |ix| ix.by_project.eq(&project_id).gte(&5).lt(&9)
/// ```
#[derive(Debug)]
pub struct Index<T, C> {
    bounds: IndexBounds,
    marker: PhantomData<fn() -> (T, C)>,
}

/// A part of an index with a lower end, which may get an upper one.
#[derive(Debug)]
pub struct IndexFrom<T, H> {
    bounds: IndexBounds,
    marker: PhantomData<fn() -> (T, H)>,
}

/// A part of an index with its upper end.
#[derive(Debug)]
pub struct IndexUpTo<T> {
    bounds: IndexBounds,
    marker: PhantomData<fn() -> T>,
}

/// What the closure of `with_index` returns: a part of one index of `T`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a part of an index of `{T}`",
    label = "expected an index of the table, such as `ix.by_project.eq(&id)`"
)]
pub trait IndexRange<T> {
    #[doc(hidden)]
    fn into_bounds(self) -> IndexBounds;
}

/// A list of column types.
pub trait Columns {
    /// The type of the next column.
    type Head;
    /// The columns after it.
    type Tail;
}

impl<H, R> Columns for (H, R) {
    type Head = H;
    type Tail = R;
}

impl Columns for () {
    type Head = NoColumnLeft;
    type Tail = ();
}

/// Stands where an index has no more columns to compare.
#[derive(Debug)]
pub enum NoColumnLeft {}

/// A value that a column of type `C` can be compared with: a `&C`, or for strings a `&str`.
#[diagnostic::on_unimplemented(
    message = "a column of type `{C}` cannot be compared with `{Self}`",
    label = "expected a reference to `{C}`",
    note = "the columns of an index are compared in their order, each with its own type; `NoColumnLeft` says that all have been"
)]
pub trait Operand<C> {
    #[doc(hidden)]
    fn to_key_part(&self) -> Result<KeyPart>;
}

#[diagnostic::do_not_recommend]
impl<C: IndexValue> Operand<C> for C {
    fn to_key_part(&self) -> Result<KeyPart> {
        KeyPart::of(self, C::COLUMN_TYPE)
    }
}

#[diagnostic::do_not_recommend]
impl<C: IndexValue> Operand<Option<C>> for C {
    fn to_key_part(&self) -> Result<KeyPart> {
        KeyPart::of(self, C::COLUMN_TYPE)
    }
}

#[diagnostic::do_not_recommend]
impl Operand<String> for str {
    fn to_key_part(&self) -> Result<KeyPart> {
        KeyPart::of(self, ColumnType::Text)
    }
}

#[diagnostic::do_not_recommend]
impl Operand<Option<String>> for str {
    fn to_key_part(&self) -> Result<KeyPart> {
        KeyPart::of(self, ColumnType::Text)
    }
}

impl<T, C> Index<T, C> {
    #[doc(hidden)]
    #[must_use]
    pub fn new(index: &'static str) -> Self {
        Self::of(IndexBounds {
            index,
            ..IndexBounds::default()
        })
    }

    fn of(bounds: IndexBounds) -> Self {
        Self {
            bounds,
            marker: PhantomData,
        }
    }
}

impl<T: Table, C: Columns> Index<T, C> {
    /// Keeps the documents whose next column equals the value; null equals null.
    #[must_use]
    pub fn eq<V: Operand<C::Head> + ?Sized>(mut self, value: &V) -> Index<T, C::Tail> {
        match value.to_key_part() {
            Ok(part) => self.bounds.equal.push(part),
            Err(error) => self.bounds.error = Some(error),
        }
        Index::of(self.bounds)
    }

    /// Keeps the documents whose next column is above the value, and not null.
    #[must_use]
    pub fn gt<V: Operand<C::Head> + ?Sized>(self, value: &V) -> IndexFrom<T, C::Head> {
        self.from(value.to_key_part(), false)
    }

    /// Keeps the documents whose next column is the value or above it, and not null.
    #[must_use]
    pub fn gte<V: Operand<C::Head> + ?Sized>(self, value: &V) -> IndexFrom<T, C::Head> {
        self.from(value.to_key_part(), true)
    }

    /// Keeps the documents whose next column is below the value, and not null.
    #[must_use]
    pub fn lt<V: Operand<C::Head> + ?Sized>(self, value: &V) -> IndexUpTo<T> {
        IndexUpTo::end(self.bounds, value.to_key_part(), false)
    }

    /// Keeps the documents whose next column is the value or below it, and not null.
    #[must_use]
    pub fn lte<V: Operand<C::Head> + ?Sized>(self, value: &V) -> IndexUpTo<T> {
        IndexUpTo::end(self.bounds, value.to_key_part(), true)
    }

    fn from(mut self, part: Result<KeyPart>, inclusive: bool) -> IndexFrom<T, C::Head> {
        match part {
            Ok(part) => self.bounds.lower = Some(Bound { part, inclusive }),
            Err(error) => self.bounds.error = Some(error),
        }
        IndexFrom {
            bounds: self.bounds,
            marker: PhantomData,
        }
    }
}

impl<T: Table, H> IndexFrom<T, H> {
    /// Ends the range below the value.
    #[must_use]
    pub fn lt<V: Operand<H> + ?Sized>(self, value: &V) -> IndexUpTo<T> {
        IndexUpTo::end(self.bounds, value.to_key_part(), false)
    }

    /// Ends the range with the value.
    #[must_use]
    pub fn lte<V: Operand<H> + ?Sized>(self, value: &V) -> IndexUpTo<T> {
        IndexUpTo::end(self.bounds, value.to_key_part(), true)
    }

    #[doc(hidden)]
    #[must_use]
    pub fn eq<V: RangeMustBeLast + ?Sized>(self, _: &V) -> Self {
        self
    }
}

impl<T> IndexUpTo<T> {
    fn end(mut bounds: IndexBounds, part: Result<KeyPart>, inclusive: bool) -> Self {
        match part {
            Ok(part) => bounds.upper = Some(Bound { part, inclusive }),
            Err(error) => bounds.error = Some(error),
        }
        Self {
            bounds,
            marker: PhantomData,
        }
    }

    #[doc(hidden)]
    #[must_use]
    pub fn eq<V: RangeMustBeLast + ?Sized>(self, _: &V) -> Self {
        self
    }
}

/// Is implemented by nothing: it is here for its message.
#[diagnostic::on_unimplemented(
    message = "an index is compared by `eq` first: a range must come last",
    label = "`eq` after a range",
    note = "put the `eq` before `gt`, `gte`, `lt` or `lte`, or filter the results"
)]
pub trait RangeMustBeLast {}

impl<T: Table, C> IndexRange<T> for Index<T, C> {
    fn into_bounds(self) -> IndexBounds {
        self.bounds
    }
}

impl<T: Table, H> IndexRange<T> for IndexFrom<T, H> {
    fn into_bounds(self) -> IndexBounds {
        self.bounds
    }
}

impl<T: Table> IndexRange<T> for IndexUpTo<T> {
    fn into_bounds(self) -> IndexBounds {
        self.bounds
    }
}
