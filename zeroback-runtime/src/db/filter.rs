//! Filters: `t.address.city.eq("Bern") & !t.is_done.eq(true)`.
//!
//! A handle of a field is a type of no size that knows the field's path. What is compared becomes a
//! [`FilterExpr`], which the engine turns into SQL and evaluates on written documents, with one
//! meaning: a filter is true or false, and never unknown.

use std::marker::PhantomData;
use std::ops::{BitAnd, BitOr, Deref, Not};

use zeroback_protocol::{Id, TableName, Timestamp};

use crate::key::{ColumnType, IndexValue, KeyPart};
use crate::{Error, Result};

/// A condition on documents of table `T`.
///
/// Conditions are joined by `&`, `|` and `!`; `&&` is not for values that are no `bool`. A condition
/// is true or false, and never unknown: `!` keeps what its condition drops.
///
/// ```ignore
/// |t| t.address.city.eq("Bern") & !t.is_done.eq(true)
/// ```
#[derive(Debug)]
#[must_use = "a condition filters nothing until a query gets it"]
pub struct Filter<T> {
    expr: Result<FilterExpr>,
    size: Size,
    marker: PhantomData<fn() -> T>,
}

/// How large a condition is. It is known as the condition grows, so that one beyond its limits is
/// never made: what an author puts together in a loop may be as long as a client likes.
#[derive(Clone, Copy, Debug)]
struct Size {
    comparisons: usize,
    depth: usize,
}

/// More comparisons than this are not taken: a Durable Object binds 100 parameters to a statement.
const COMPARISONS_MAX: usize = 64;

/// Conditions may be nested so deeply; a Durable Object takes expressions of depth 100.
const DEPTH_MAX: usize = 24;

/// A list to compare with may have so many distinct values: each live query keeps its own.
const LIST_VALUES_MAX: usize = 1_024;

/// A field of a document, at the path `P`, of type `V`; its own fields are those of `V`.
///
/// The closure of [`TableQuery::filter`](super::TableQuery::filter) gets the table's fields as
/// these. What a field can be asked goes by its type; one whose type is a struct with
/// `#[derive(Value)]`, or an `Option` or a `Box` of one, leads to the fields in there.
///
/// ```ignore
/// |t| t.address.city.eq("Bern")
/// ```
#[derive(Debug)]
pub struct Field<P, V> {
    marker: PhantomData<fn() -> (P, V)>,
}

/// Fields that stand among those of the struct at the path `P`, since serde flattens their own
/// struct, `V`, into it.
#[derive(Debug)]
pub struct Flattened<P, V> {
    marker: PhantomData<fn() -> (P, V)>,
}

/// A type with fields that a filter can name: a struct with `#[derive(Table)]` or
/// `#[derive(Value)]`.
#[diagnostic::on_unimplemented(
    message = "a filter cannot look into `{Self}`",
    label = "not a struct with fields"
)]
pub trait HasFields: 'static {
    /// The handles of the fields below the path `P`.
    type Fields<P: Path>: 'static;
    /// The fields' outside names, in the order of their declaration.
    const NAMES: &'static [&'static str];

    /// Returns the handles of the fields below the path `P`.
    fn fields<P: Path>() -> &'static Self::Fields<P>;
}

/// The fields of a table's documents, as [`TableQuery::filter`](super::TableQuery::filter) hands
/// them to its closure; a condition that several queries share is a function of them.
///
/// ```ignore
/// fn is_urgent(t: &Fields<Task>) -> Filter<Task> {
///     t.priority.eq(Priority::High) & t.assignee.is_null()
/// }
///
/// ctx.db.query::<Task>().filter(is_urgent)
/// ```
pub type Fields<T> = <T as HasFields>::Fields<Root<T>>;

/// Where a field stands in a document.
pub trait Path: 'static {
    /// The document's table.
    type Table: 'static;
    #[doc(hidden)]
    fn push_to(segments: &mut Vec<&'static str>);
}

/// The document itself.
#[derive(Debug)]
pub struct Root<T>(PhantomData<fn() -> T>);

/// The field number `N` of `V`, which stands at the path `P`.
#[derive(Debug)]
pub struct Below<P, V, const N: usize>(PhantomData<fn() -> (P, V)>);

/// The id of a document of table `T`.
#[derive(Debug)]
pub struct IdOf<T>(PhantomData<fn() -> T>);

/// The creation time of a document of table `T`.
#[derive(Debug)]
pub struct CreationTimeOf<T>(PhantomData<fn() -> T>);

/// A type that a filter can compare: strings, numbers, booleans, ids, timestamps, enums of unit
/// variants with `#[derive(Value)]`, and options of those.
#[diagnostic::on_unimplemented(
    message = "a filter cannot compare `{Self}`",
    label = "not comparable in a filter",
    note = "filters compare strings, numbers, booleans, ids, timestamps, enums of unit variants, and options of those; an index can sort `BigInt` and `Bytes` too"
)]
pub trait FilterValue: IndexValue {}

/// A value that a field of type `V` can be compared with: a `V` or a `&V`, and for strings a
/// `&str`.
#[diagnostic::on_unimplemented(
    message = "a field of type `{V}` cannot be compared with `{Self}`",
    label = "expected a `{V}`, or a reference to one"
)]
pub trait FilterOperand<V> {
    #[doc(hidden)]
    fn into_key_part(self) -> Result<KeyPart>
    where
        V: FilterValue;
}

/// A condition, free of the tables' types.
#[derive(Clone, Debug, PartialEq)]
#[doc(hidden)]
pub enum FilterExpr {
    /// A field against a value.
    Compare {
        field: FieldPath,
        comparison: Comparison,
        value: KeyPart,
    },
    /// A field that is null.
    IsNull(FieldPath),
    /// A field that is one of some values.
    OneOf {
        field: FieldPath,
        values: Vec<KeyPart>,
    },
    /// A text that begins with another.
    StartsWith { field: FieldPath, prefix: String },
    /// A text that holds another.
    ContainsText { field: FieldPath, text: String },
    /// An array with an element.
    ContainsElement { field: FieldPath, value: KeyPart },
    /// All of them; true where there are none.
    All(Vec<Self>),
    /// One of them; false where there are none.
    Any(Vec<Self>),
    /// What is not true.
    Not(Box<Self>),
}

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[doc(hidden)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// The way to a field, and how its values are stored.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[doc(hidden)]
pub struct FieldPath {
    /// Outside names, from the document down.
    pub segments: Vec<&'static str>,
    /// How a column would store the field, or, for an array, an element.
    pub column_type: ColumnType,
}

impl<T: 'static> Path for Root<T> {
    type Table = T;

    fn push_to(_: &mut Vec<&'static str>) {}
}

impl<P: Path, V: HasFields, const N: usize> Path for Below<P, V, N> {
    type Table = P::Table;

    fn push_to(segments: &mut Vec<&'static str>) {
        P::push_to(segments);
        segments.push(V::NAMES[N]);
    }
}

impl<T: 'static> Path for IdOf<T> {
    type Table = T;

    fn push_to(segments: &mut Vec<&'static str>) {
        segments.push("_id");
    }
}

impl<T: 'static> Path for CreationTimeOf<T> {
    type Table = T;

    fn push_to(segments: &mut Vec<&'static str>) {
        segments.push("_creationTime");
    }
}

impl<P, V> Field<P, V> {
    /// The handle; it has no parts.
    #[doc(hidden)]
    pub const NEW: Self = Self {
        marker: PhantomData,
    };
}

impl<P, V> Clone for Field<P, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P, V> Copy for Field<P, V> {}

impl<P: Path, V: HasFields> Deref for Field<P, V> {
    type Target = V::Fields<P>;

    fn deref(&self) -> &V::Fields<P> {
        V::fields()
    }
}

impl<P, V> Flattened<P, V> {
    /// The handle; it has no parts.
    #[doc(hidden)]
    pub const NEW: Self = Self {
        marker: PhantomData,
    };
}

impl<P: Path, V: HasFields> Deref for Flattened<P, V> {
    type Target = V::Fields<P>;

    fn deref(&self) -> &V::Fields<P> {
        V::fields()
    }
}

impl<V: HasFields> HasFields for Option<V> {
    type Fields<P: Path> = V::Fields<P>;
    const NAMES: &'static [&'static str] = V::NAMES;

    fn fields<P: Path>() -> &'static V::Fields<P> {
        V::fields()
    }
}

impl<V: HasFields> HasFields for Box<V> {
    type Fields<P: Path> = V::Fields<P>;
    const NAMES: &'static [&'static str] = V::NAMES;

    fn fields<P: Path>() -> &'static V::Fields<P> {
        V::fields()
    }
}

impl<P: Path, V> Field<P, V> {
    /// Keeps the documents whose field equals the value; null equals null.
    ///
    /// ```ignore
    /// |t| t.text.eq("milk") & t.priority.eq(Priority::High) & t.assignee.eq(None)
    /// ```
    pub fn eq(self, value: impl FilterOperand<V>) -> Filter<P::Table>
    where
        V: FilterValue,
    {
        self.compare(Comparison::Equal, value)
    }

    /// Keeps the documents whose field differs from the value; null differs from all but null.
    ///
    /// ```ignore
    /// |t| t.project_id.ne(&project_id)
    /// ```
    pub fn ne(self, value: impl FilterOperand<V>) -> Filter<P::Table>
    where
        V: FilterValue,
    {
        self.compare(Comparison::NotEqual, value)
    }

    /// Keeps the documents whose field is below the value, and not null.
    ///
    /// Strings and the names of enums are ordered by their bytes.
    ///
    /// ```ignore
    /// |t| t._creation_time.lt(ctx.now())
    /// ```
    pub fn lt(self, value: impl FilterOperand<V>) -> Filter<P::Table>
    where
        V: FilterValue,
    {
        self.compare(Comparison::Less, value)
    }

    /// Keeps the documents whose field is the value or below it, and not null.
    pub fn le(self, value: impl FilterOperand<V>) -> Filter<P::Table>
    where
        V: FilterValue,
    {
        self.compare(Comparison::LessOrEqual, value)
    }

    /// Keeps the documents whose field is above the value, and not null.
    pub fn gt(self, value: impl FilterOperand<V>) -> Filter<P::Table>
    where
        V: FilterValue,
    {
        self.compare(Comparison::Greater, value)
    }

    /// Keeps the documents whose field is the value or above it, and not null.
    pub fn ge(self, value: impl FilterOperand<V>) -> Filter<P::Table>
    where
        V: FilterValue,
    {
        self.compare(Comparison::GreaterOrEqual, value)
    }

    /// Keeps the documents whose field equals one of the values; none does where there are none.
    /// There may be 1,024 distinct ones.
    ///
    /// ```ignore
    /// |t| t.status.in_list([Status::Open, Status::Waiting])
    /// ```
    pub fn in_list<I>(self, values: I) -> Filter<P::Table>
    where
        V: FilterValue,
        I: IntoIterator<Item: FilterOperand<V>>,
    {
        let values = values.into_iter().map(FilterOperand::into_key_part);
        Filter::new(distinct(values).map(|values| FilterExpr::OneOf {
            field: FieldPath::of::<P, V>(),
            values,
        }))
    }

    /// As [`Field::in_list`].
    pub fn one_of<I>(self, values: I) -> Filter<P::Table>
    where
        V: FilterValue,
        I: IntoIterator<Item: FilterOperand<V>>,
    {
        self.in_list(values)
    }

    fn compare(self, comparison: Comparison, value: impl FilterOperand<V>) -> Filter<P::Table>
    where
        V: FilterValue,
    {
        let value = value.into_key_part();
        Filter::new(value.map(|value| FilterExpr::Compare {
            field: FieldPath::of::<P, V>(),
            comparison,
            value,
        }))
    }
}

impl<P: Path, V> Field<P, Option<V>> {
    /// Keeps the documents whose field is null or not there.
    ///
    /// ```ignore
    /// |t| !t.assignee.is_null()
    /// ```
    pub fn is_null(self) -> Filter<P::Table> {
        // Null is null in a column of any type.
        Filter::new(Ok(FilterExpr::IsNull(FieldPath::at::<P>(ColumnType::Text))))
    }
}

impl<P: Path> Field<P, String> {
    /// Keeps the documents whose text begins with this one, byte for byte.
    ///
    /// ```ignore
    /// |t| t.slug.starts_with("2026-")
    /// ```
    pub fn starts_with(self, prefix: impl Into<String>) -> Filter<P::Table> {
        starts_with::<P>(prefix.into())
    }

    /// Keeps the documents whose text holds this one, byte for byte. A search finds words.
    ///
    /// ```ignore
    /// |t| t.address.contains("@")
    /// ```
    pub fn contains(self, text: impl Into<String>) -> Filter<P::Table> {
        contains_text::<P>(text.into())
    }
}

impl<P: Path> Field<P, Option<String>> {
    /// Keeps the documents with a text that begins with this one, byte for byte.
    pub fn starts_with(self, prefix: impl Into<String>) -> Filter<P::Table> {
        starts_with::<P>(prefix.into())
    }

    /// Keeps the documents with a text that holds this one, byte for byte.
    pub fn contains(self, text: impl Into<String>) -> Filter<P::Table> {
        contains_text::<P>(text.into())
    }
}

impl<P: Path, V: FilterValue> Field<P, Vec<V>> {
    /// Keeps the documents whose array has an element that equals the value.
    ///
    /// ```ignore
    /// |t| t.tags.contains("urgent")
    /// ```
    pub fn contains(self, value: impl FilterOperand<V>) -> Filter<P::Table> {
        contains_element::<P, V>(value)
    }
}

impl<P: Path, V: FilterValue> Field<P, Option<Vec<V>>> {
    /// Keeps the documents with an array that has an element that equals the value.
    pub fn contains(self, value: impl FilterOperand<V>) -> Filter<P::Table> {
        contains_element::<P, V>(value)
    }
}

impl<T> Filter<T> {
    fn new(expr: Result<FilterExpr>) -> Self {
        let one = Size {
            comparisons: 1,
            depth: 1,
        };
        Self::sized(expr, one)
    }

    fn sized(expr: Result<FilterExpr>, size: Size) -> Self {
        let expr = expr.and_then(|expr| size.check().map(|()| expr));
        Self {
            // One that is refused stays as small as its error, whatever is joined to it.
            size: if expr.is_ok() { size } else { Size::NONE },
            expr,
            marker: PhantomData,
        }
    }

    pub(crate) fn into_expr(self) -> Result<FilterExpr> {
        self.expr
    }

    fn join(self, other: Self, joint: Joint) -> Self {
        let depth = |side: &Self| {
            let joins = side.expr.as_ref().is_ok_and(|expr| joint.is_of(expr));
            side.size.depth + usize::from(!joins)
        };
        let size = Size {
            comparisons: self.size.comparisons + other.size.comparisons,
            depth: depth(&self).max(depth(&other)),
        };
        let joined = self.expr.and_then(|left| {
            let mut all = joint.parts(left);
            all.extend(joint.parts(other.expr?));
            Ok(match joint {
                Joint::All => FilterExpr::All(all),
                Joint::Any => FilterExpr::Any(all),
            })
        });
        Self::sized(joined, size)
    }
}

impl Size {
    const NONE: Self = Self {
        comparisons: 0,
        depth: 0,
    };

    fn check(self) -> Result<()> {
        if self.comparisons > COMPARISONS_MAX {
            return Err(Error::invalid(format!(
                "a filter may have at most {COMPARISONS_MAX} comparisons: `in_list` compares with \
                 many values at once"
            )));
        }
        if self.depth > DEPTH_MAX {
            return Err(Error::invalid(format!(
                "a filter may be nested at most {DEPTH_MAX} levels deep"
            )));
        }
        Ok(())
    }
}

/// What joins conditions.
#[derive(Clone, Copy)]
enum Joint {
    All,
    Any,
}

impl Joint {
    fn is_of(self, expr: &FilterExpr) -> bool {
        matches!(
            (self, expr),
            (Self::All, FilterExpr::All(_)) | (Self::Any, FilterExpr::Any(_))
        )
    }

    /// Takes a condition of the same kind apart: a chain of them is flat.
    fn parts(self, expr: FilterExpr) -> Vec<FilterExpr> {
        match (self, expr) {
            (Self::All, FilterExpr::All(parts)) | (Self::Any, FilterExpr::Any(parts)) => parts,
            (_, other) => vec![other],
        }
    }
}

impl<T> BitAnd for Filter<T> {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        self.join(other, Joint::All)
    }
}

impl<T> BitOr for Filter<T> {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.join(other, Joint::Any)
    }
}

impl<T> Not for Filter<T> {
    type Output = Self;

    fn not(self) -> Self {
        let size = Size {
            depth: self.size.depth + 1,
            ..self.size
        };
        let negated = self.expr.map(|expr| FilterExpr::Not(Box::new(expr)));
        Self::sized(negated, size)
    }
}

impl FieldPath {
    fn of<P: Path, V: FilterValue>() -> Self {
        Self::at::<P>(V::COLUMN_TYPE)
    }

    fn at<P: Path>(column_type: ColumnType) -> Self {
        let mut segments = Vec::new();
        P::push_to(&mut segments);
        Self {
            segments,
            column_type,
        }
    }
}

fn starts_with<P: Path>(prefix: String) -> Filter<P::Table> {
    let field = FieldPath::at::<P>(ColumnType::Text);
    Filter::new(Ok(FilterExpr::StartsWith { field, prefix }))
}

fn contains_text<P: Path>(text: String) -> Filter<P::Table> {
    let field = FieldPath::at::<P>(ColumnType::Text);
    Filter::new(Ok(FilterExpr::ContainsText { field, text }))
}

fn contains_element<P: Path, V: FilterValue>(value: impl FilterOperand<V>) -> Filter<P::Table> {
    let field = FieldPath::of::<P, V>();
    let value = value.into_key_part();
    Filter::new(value.map(|value| FilterExpr::ContainsElement { field, value }))
}

macro_rules! filter_values {
    ($($type:ty),*) => {
        $(impl FilterValue for $type {})*
    };
}

filter_values!(
    bool, i8, i16, i32, i64, u8, u16, u32, u64, isize, usize, f32, f64, String, Timestamp
);

impl<T: TableName> FilterValue for Id<T> {}

impl<T: FilterValue> FilterValue for Option<T> {}

// These two ask for no `FilterValue`, so that a type that is none is told once, by the method.
#[diagnostic::do_not_recommend]
impl<V> FilterOperand<V> for V {
    fn into_key_part(self) -> Result<KeyPart>
    where
        V: FilterValue,
    {
        KeyPart::of(&self, V::COLUMN_TYPE)
    }
}

#[diagnostic::do_not_recommend]
impl<V> FilterOperand<V> for &V {
    fn into_key_part(self) -> Result<KeyPart>
    where
        V: FilterValue,
    {
        KeyPart::of(self, V::COLUMN_TYPE)
    }
}

#[diagnostic::do_not_recommend]
impl<V: FilterValue> FilterOperand<Option<V>> for V {
    fn into_key_part(self) -> Result<KeyPart> {
        KeyPart::of(&self, V::COLUMN_TYPE)
    }
}

#[diagnostic::do_not_recommend]
impl<V: FilterValue> FilterOperand<Option<V>> for &V {
    fn into_key_part(self) -> Result<KeyPart> {
        KeyPart::of(self, V::COLUMN_TYPE)
    }
}

#[diagnostic::do_not_recommend]
impl FilterOperand<String> for &str {
    fn into_key_part(self) -> Result<KeyPart> {
        Ok(KeyPart::Text(self.to_owned()))
    }
}

#[diagnostic::do_not_recommend]
impl FilterOperand<Option<String>> for &str {
    fn into_key_part(self) -> Result<KeyPart> {
        Ok(KeyPart::Text(self.to_owned()))
    }
}

/// Sorts the values of a list, and leaves each once.
fn distinct(values: impl Iterator<Item = Result<KeyPart>>) -> Result<Vec<KeyPart>> {
    let mut list: Vec<KeyPart> = Vec::new();
    for value in values {
        list.push(value?);
        // However long the list is that comes in, what is kept of it stays short.
        if list.len() >= 2 * LIST_VALUES_MAX {
            sort_distinct(&mut list)?;
        }
    }
    sort_distinct(&mut list)?;
    Ok(list)
}

fn sort_distinct(list: &mut Vec<KeyPart>) -> Result<()> {
    list.sort_by(KeyPart::compare);
    list.dedup_by(|a, b| a.compare(b).is_eq());
    if list.len() > LIST_VALUES_MAX {
        return Err(Error::invalid(format!(
            "a list to compare with may have at most {LIST_VALUES_MAX} distinct values"
        )));
    }
    Ok(())
}
