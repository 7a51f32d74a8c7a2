//! What the macros' expansions name.

pub use schemars;
pub use serde;
pub use ts_rs;
pub use zeroback_protocol::{
    FunctionCall, FunctionKind, MutationCall, QueryCall, TableName, Timestamp, function_path,
};

pub use crate::db::Index;
pub use crate::key::{ColumnType, IndexValue};
pub use crate::register;
pub use crate::{
    ColumnDef, Error, FunctionError, FunctionReturn, IndexDef, MutationCtx, QueryCtx, Table,
    TableDef, Value,
};

#[cfg(feature = "server")]
pub use crate::app::App;
#[cfg(feature = "server")]
pub use crate::registry::{AppEntry, FunctionDef, FunctionMeta, TableEntry, call};
#[cfg(feature = "server")]
pub use inventory;

/// Registers a function, a table or an app, at link time: items that the entry needs, then
/// `=> entry`.
#[cfg(feature = "server")]
#[doc(hidden)]
#[macro_export]
macro_rules! register {
    ($($item:item)* => $entry:expr) => {
        const _: () = {
            $($item)*
            $crate::private::inventory::submit! { $entry }
        };
    };
}

/// Registers nothing: in a build without a server nothing may refer to a function's body.
#[cfg(not(feature = "server"))]
#[doc(hidden)]
#[macro_export]
macro_rules! register {
    ($($tokens:tt)*) => {};
}
