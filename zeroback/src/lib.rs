//! A full-stack, real-time backend framework.
//!
//! You write plain functions and structs; the same crate runs in one Cloudflare Durable Object on
//! its SQLite, and in one native process with SQLite compiled in. Clients subscribe to queries and
//! get every change pushed, typed from the table to the page.
//!
//! ```
//! # fn main() {}
//! use zeroback::prelude::*;
//!
//! /// A line of a shared shopping list.
//! #[derive(Table)]
//! #[table(name = "items")]
//! pub struct Item {
//!     pub name: String,
//!     pub is_bought: bool,
//! }
//!
//! #[query]
//! pub fn list(ctx: &QueryCtx) -> Result<Vec<Doc<Item>>> {
//!     ctx.db.query::<Item>().collect()
//! }
//!
//! #[mutation]
//! pub fn add(ctx: &MutationCtx, name: String) -> Result<Id<Item>> {
//!     ctx.db.insert(Item { name, is_bought: false })
//! }
//!
//! zeroback::app!();
//! ```
//!
//! A `main` of one line, `zeroback::native::main(app())`, makes it a server, which also writes the
//! `api.ts` of your functions. The [`guide`] tells the rest, chapter by chapter.
//!
//! # Features
//!
//! - `server` (default): functions register themselves, and the host that fits the target is built
//!   in: a Durable Object under wasm, a tokio server elsewhere. Without it the same crate compiles
//!   to what a browser needs of it: names and types.
//! - `client`: the Rust client, as `zeroback::client`. A program that calls a backend depends on the
//!   backend's crate, with zeroback's default features off and this one on.
//! - `browser`: the same with sockets in a browser, under wasm.
//! - `offline`: the client keeps what is shown and done for another time, and works without a connection.
//! - `accounts`: people sign up, in and out of the app's own accounts in a browser.
//! - `leptos`: hooks for Leptos 0.8 on top of the client, as `zeroback::leptos`.

pub use zeroback_macros::{
    Table, Value, action, app, cron, every, http, migration, mutation, query,
};
pub use zeroback_protocol::{BigInt, Bytes, ErrorCode, Id, Timestamp};
pub use zeroback_runtime::{
    ActionCtx, ActionScheduler, ActionStorage, Auth, CallError, Error, FILE_BYTES_MAX, FileId,
    FileMetadata, FileReader, Identity, JobError, JobId, JobReader, JobState, JobStatus,
    MigrationCtx, MutationCtx, QueryCtx, RawDoc, RawTable, Result, Scheduler, Storage, Table,
    UploadOptions, Value, bytes, db, http, web,
};

#[cfg(feature = "server")]
pub use zeroback_runtime::{App, AppError};

#[cfg(all(feature = "server", not(target_family = "wasm")))]
pub use zeroback_runtime::testing;

/// The Rust client: live queries, mutations and actions over one WebSocket.
#[cfg(feature = "client")]
#[doc(inline)]
pub use zeroback_client as client;

/// The native host: a server on tokio, and the program around it.
#[cfg(all(feature = "server", not(target_family = "wasm")))]
pub mod native {
    pub use zeroback_runtime::engine::Noted;
    pub use zeroback_runtime::host::native::{
        Backend, Durability, FilesPlace, FilesPlaceError, LogError, LogFormat, NativeStore, Pages,
        ServeError, ServeOptions, Server, init_log, main, main_with, serve,
    };
    pub use zeroback_runtime::host::{AdminKey, AdminKeyError, Origins, OriginsError};
    pub use zeroback_runtime::{
        AccountSettings, AccountSettingsError, AuthSettings, AuthSettingsError,
    };
}

/// Hooks for Leptos: live queries as signals, mutations and actions as handles.
#[cfg(feature = "leptos")]
pub mod leptos {
    #[doc(inline)]
    pub use zeroback_client::leptos::*;

    #[cfg(all(feature = "server", not(target_family = "wasm")))]
    pub use crate::rendering::renderer;
}

#[cfg(all(feature = "leptos", feature = "server", not(target_family = "wasm")))]
mod rendering;

/// What nearly every file of a backend needs.
pub mod prelude {
    pub use crate::db::{Cursor, Doc, Order, Page, PageOpts};
    pub use crate::web::{
        Body, FetchOptions, MakeResponse as _, ReadBody as _, Request, RequestParams as _, Response,
    };
    pub use crate::{
        ActionCtx, BigInt, Bytes, CallError, Error, FileId, FileMetadata, Id, Identity, JobId,
        JobState, JobStatus, MigrationCtx, MutationCtx, QueryCtx, Result, Table, Timestamp,
        UploadOptions, Value, action, cron, every, http, migration, mutation, query,
    };
}

/// The guide, chapter by chapter.
pub mod guide {
    #[doc = include_str!("guide/functions.md")]
    pub mod functions {}

    #[doc = include_str!("guide/actions.md")]
    pub mod actions {}

    #[doc = include_str!("guide/tables.md")]
    pub mod tables {}

    #[doc = include_str!("guide/values.md")]
    pub mod values {}

    #[doc = include_str!("guide/queries.md")]
    pub mod queries {}

    #[doc = include_str!("guide/live_queries.md")]
    pub mod live_queries {}

    #[doc = include_str!("guide/http.md")]
    pub mod http {}

    #[doc = include_str!("guide/fetch.md")]
    pub mod fetch {}

    #[doc = include_str!("guide/files.md")]
    pub mod files {}

    #[doc = include_str!("guide/scheduling.md")]
    pub mod scheduling {}

    #[cfg(all(feature = "server", not(target_family = "wasm")))]
    #[doc = include_str!("guide/identity.md")]
    pub mod identity {}

    #[cfg(all(feature = "server", not(target_family = "wasm")))]
    #[doc = include_str!("guide/accounts.md")]
    pub mod accounts {}

    #[doc = include_str!("guide/schema.md")]
    pub mod schema {}

    #[doc = include_str!("guide/backup.md")]
    pub mod backup {}

    #[doc = include_str!("guide/logs.md")]
    pub mod logs {}

    #[doc = include_str!("guide/limits.md")]
    pub mod limits {}

    #[cfg(all(feature = "server", not(target_family = "wasm")))]
    #[doc = include_str!("guide/testing.md")]
    pub mod testing {}
}

/// What the macros' expansions name; no part of the public API.
#[doc(hidden)]
pub use zeroback_runtime::__private;
