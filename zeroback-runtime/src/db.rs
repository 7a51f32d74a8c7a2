//! The typed database API: what `ctx.db` offers.
//!
//! It turns typed calls into [`Scan`]s and encoded documents, and asks a [`Database`], which the
//! engine implements. It knows no SQL.

mod doc;
mod filter;
mod index;
mod port;
mod query;
mod reader;
mod search;
mod writer;

pub use doc::Doc;
pub use filter::{
    Below, CreationTimeOf, Field, Fields, Filter, FilterOperand, FilterValue, Flattened, HasFields,
    IdOf, Path, Root,
};
pub use index::{
    Columns, Index, IndexFrom, IndexRange, IndexUpTo, NoColumnLeft, Operand, RangeMustBeLast,
};
pub use query::{Iter, Narrowed, Order, TableQuery, Whole};
pub use reader::Reader;
pub use search::{Search, SearchRange, SearchText};
pub use writer::Writer;
pub use zeroback_protocol::{Cursor, Page, PageOpts};

#[doc(hidden)]
#[doc(hidden)]
pub use crate::job::NewJob;
pub(crate) use doc::system_fields;
#[doc(hidden)]
pub use filter::{Comparison, FieldPath, FilterExpr};
pub use port::{
    Bound, Database, Documents, Encode, EncodePatch, IndexBounds, Limit, PageBounds, RawPage, Scan,
    SearchBounds, Source,
};
#[doc(hidden)]
pub use search::{SearchQuery, searched};
