//! The engine of Zeroback and its two hosts. Authors use it through the crate `zeroback`.
//!
//! Without the feature `server` there is only what a handler's signature and body name: contexts
//! that nobody can construct, the typed database API, errors. With it come the engine, which does
//! no I/O, and the host that fits the target: a Durable Object under wasm, tokio elsewhere.

// The macros name everything by this crate's facade; the engine's own tables are declared by them too.
extern crate self as zeroback;

mod context;
pub mod db;
mod error;
mod file;
mod function;
mod identity;
mod job;
mod key;
mod migration;
mod table;
mod value;
pub mod web;

#[cfg(feature = "server")]
mod accounts;
#[cfg(feature = "server")]
mod app;
#[cfg(feature = "server")]
mod auth;
#[cfg(feature = "server")]
pub mod engine;
#[cfg(feature = "server")]
mod files;
#[cfg(feature = "server")]
pub mod host;
#[cfg(feature = "planted")]
#[doc(hidden)]
pub mod planted;
#[cfg(all(feature = "server", not(feature = "planted")))]
mod planted;
#[cfg(feature = "server")]
mod registry;
#[cfg(feature = "server")]
mod request_scope;
#[cfg(feature = "server")]
mod routes;
#[cfg(feature = "server")]
mod schedule;
#[cfg(feature = "server")]
mod system;

#[cfg(all(feature = "server", not(target_family = "wasm")))]
mod codegen;
#[cfg(all(feature = "server", not(target_family = "wasm")))]
pub mod testing;

pub use context::{ActionCtx, MutationCtx, QueryCtx};
#[doc(hidden)]
pub use context::{Asked, Fetched, Filed, Reply, Scope, Work, World};
pub use error::{Error, Result};
pub use file::{
    ActionStorage, FILE_BYTES_MAX, File, FileId, FileMetadata, FileReader, Storage, UploadOptions,
};
pub use function::{CallError, FunctionError, FunctionReturn, Unknown};
pub use identity::{Auth, Identity};
pub use job::{ActionScheduler, Job, JobError, JobId, JobReader, JobState, JobStatus, Scheduler};
pub use key::{ColumnType, IndexValue};
pub use migration::{MigrationCtx, RawDoc, RawTable};
pub use table::{ColumnDef, IndexDef, SearchDef, Table, TableDef};
pub use value::Value;

#[cfg(feature = "server")]
pub use accounts::{AccountSettings, AccountSettingsError};
#[cfg(feature = "server")]
pub use app::{App, AppError};
#[cfg(feature = "server")]
pub use auth::{AuthSettings, AuthSettingsError};
pub use bytes;
pub use http;

/// What the macros' expansions name; no part of the public API.
#[doc(hidden)]
pub mod __private;
