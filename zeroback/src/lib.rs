//! Zeroback: a full-stack, real-time backend framework.

pub use zeroback_macros::{Table, Value, app, mutation, query};
pub use zeroback_protocol::{ErrorCode, Id, Timestamp};
pub use zeroback_runtime::{CallError, Error, MutationCtx, QueryCtx, Result, Table, Value, db};

#[cfg(feature = "server")]
pub use zeroback_runtime::{App, AppError};

/// The native host: a server on tokio, and the program around it.
#[cfg(all(feature = "server", not(target_family = "wasm")))]
pub mod native {
    pub use zeroback_runtime::host::native::{
        Durability, NativeStore, ServeError, ServeOptions, Server, main, serve,
    };
}

#[cfg(all(feature = "server", not(target_family = "wasm")))]
pub use zeroback_runtime::testing;

/// What nearly every file of a backend needs.
pub mod prelude {
    pub use crate::db::{Doc, Order};
    pub use crate::{
        Error, Id, MutationCtx, QueryCtx, Result, Table, Timestamp, Value, mutation, query,
    };
}

/// What the macros' expansions name; no part of the public API.
#[doc(hidden)]
pub mod __private;
