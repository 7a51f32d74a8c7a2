//! The typed database API: what `ctx.db` offers.
//!
//! It turns typed calls into [`Scan`]s and encoded documents, and asks a [`Database`], which the
//! engine implements. It knows no SQL.

mod doc;
mod index;
mod port;
mod query;
mod reader;
mod writer;

pub use doc::Doc;
pub use index::{
    Columns, Index, IndexFrom, IndexRange, IndexUpTo, NoColumnLeft, Operand, RangeMustBeLast,
};
pub use query::{Order, TableQuery};
pub use reader::Reader;
pub use writer::Writer;

#[cfg(feature = "server")]
pub(crate) use doc::system_fields;
#[doc(hidden)]
pub use port::{Bound, Database, Documents, Encode, IndexBounds, Limit, Scan};
