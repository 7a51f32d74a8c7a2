//! What the macros' expansions name.

pub use schemars;
pub use serde;
pub use ts_rs;
pub use zeroback_protocol::{
    ActionCall, FunctionCall, FunctionKind, MutationCall, QueryCall, TableName, Timestamp,
    function_path,
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
pub use inventory;
