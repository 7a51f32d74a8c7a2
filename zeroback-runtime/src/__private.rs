//! What the macros' expansions name; no part of the public API.

pub mod wire;

pub use schemars;
pub use serde;
pub use ts_rs;
pub use zeroback_protocol::{
    ActionCall, FunctionCall, FunctionKind, Id, MutationCall, QueryCall, ScheduledCall, TableName,
    Timestamp, TypedError, WireError, error_of_data, function_path,
};

pub use crate::db::{
    Below, CreationTimeOf, Field, FilterValue, Flattened, HasFields, IdOf, Index, Operand, Path,
    Root, Search, SearchBounds, SearchQuery, SearchRange, searched,
};
pub use crate::key::{ColumnType, IndexValue};
pub use crate::{
    ActionCtx, ColumnDef, Error, FunctionError, FunctionReturn, IndexDef, MigrationCtx,
    MutationCtx, QueryCtx, SearchDef, Table, TableDef, Value,
};

pub use crate::web::{Request, Response};

#[cfg(feature = "server")]
pub use crate::app::App;
#[cfg(feature = "server")]
pub use crate::registry::{
    ActionFuture, AppEntry, FunctionDef, FunctionMeta, MigrationEntry, RouteEntry, RouteFuture,
    TableEntry, call, call_action,
};
#[cfg(feature = "server")]
pub use crate::schedule::Schedule;
#[cfg(feature = "server")]
pub use inventory;

pub use crate::__same_shape as same_shape;
pub use crate::__same_wire as same_wire;
pub use crate::__with_server as with_server;

/// The wire form of the arguments of a function that takes none: `{}`, with nothing in it.
#[derive(Debug, serde::Serialize, serde::Deserialize, ts_rs::TS, schemars::JsonSchema)]
#[serde(crate = "zeroback::__private::serde", deny_unknown_fields)]
#[ts(crate = "zeroback::__private::ts_rs")]
#[schemars(crate = "zeroback::__private::schemars")]
pub struct NoArguments {}

impl NoArguments {
    /// Accepts `{}`, null and nothing.
    ///
    /// # Errors
    ///
    /// Fails where there is an argument.
    pub fn check<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
        let _: Option<Self> = serde::Deserialize::deserialize(deserializer)?;
        Ok(())
    }
}

/// Is implemented by each type for itself.
///
/// `A: Same<Is = String>, <A as Same>::Is: Value` says that `String` is a value in words that the
/// compiler does not check before it is told what `A` is; and then it points at that.
pub trait Same {
    /// The type itself.
    type Is;
}

impl<T> Same for T {
    type Is = T;
}

/// Decodes a member of a patch, where null is a value like any other.
///
/// # Errors
///
/// Fails where the value does not decode.
pub fn some<'de, T: serde::Deserialize<'de>, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Turns the result of a migration into what the registry takes.
///
/// # Errors
///
/// Fails where the migration failed.
pub fn migrated<E: FunctionError>(result: Result<(), E>) -> Result<(), Error> {
    result.map_err(FunctionError::into_error)
}

/// Turns the result of a route into what the registry takes.
///
/// # Errors
///
/// Fails where the route failed.
pub fn responded<E: FunctionError>(result: Result<Response, E>) -> Result<Response, Error> {
    result.map_err(FunctionError::into_error)
}

/// Returns the crate's part of what `module_path!()` gives.
#[must_use]
pub const fn crate_name(module_path: &str) -> &str {
    let bytes = module_path.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] == b':' {
            return module_path.split_at(at).0;
        }
        at += 1;
    }
    module_path
}

/// Keeps items that only a build with a server has: what registers a function, and so refers to
/// its body.
#[cfg(feature = "server")]
#[doc(hidden)]
#[macro_export]
macro_rules! __with_server {
    ($($tokens:tt)*) => { $($tokens)* };
}

/// Drops items that only a build with a server has.
#[cfg(not(feature = "server"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __with_server {
    ($($tokens:tt)*) => {};
}
