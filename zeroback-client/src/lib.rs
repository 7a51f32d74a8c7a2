//! The Rust client of Zeroback: live queries, mutations and actions over one WebSocket, natively on tokio and in the
//! browser.
//!
//! A call is a value: the `Args` of a backend's function, which know what it returns. So a program that depends on its
//! backend's crate, with the server left out, has all of it typed and nothing generated:
//!
//! ```no_run
//! use futures_util::StreamExt as _;
//! use zeroback_client::{Client, ClientOptions, QueryState};
//! # use suite_fixture_calls as tasks;
//!
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new(ClientOptions::new("ws://localhost:8788/ws"))?;
//! client.mutate(tasks::create::Args { text: "milk".to_owned() }).await?;
//! let mut live = client.subscribe(tasks::list::Args);
//! while let Some(state) = live.next().await {
//!     match state {
//!         QueryState::Skipped | QueryState::Loading => {}
//!         QueryState::Ready { data, .. } => println!("{data:?}"),
//!         QueryState::Error(error) => eprintln!("{error}"),
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! - **Live**: all results of a client move together from one version to a later one. A lost connection is found
//!   again, and only what has changed meanwhile is sent.
//! - **Once**: a mutation is made once, however often the connection is lost and the server restarts; its reply comes
//!   when the client's own live queries show what it has changed.
//! - **At once**: an [optimistic update](Mutation::optimistic) is shown until the server's own result takes its place,
//!   in the same step.
//! - **Shared**: equal queries are one subscription, whose value is decoded once.
//! - **In pages**: a list that is [asked for in pages](Client::paginate) stays one, without gaps and without anything
//!   twice, as rows come and go.
//!
//! # For those who draw
//!
//! Hooks need no stream: [`Subscription::state`] is what there is now, [`Subscription::version`] tells whether it is what
//! was drawn, and [`Subscription::on_change`] says when to look again. Values are behind `Arc`, and are the same until
//! they change. [`Client::seed`] shows what a server has rendered before anything has come, from the
//! [`Subscription::snapshot`] of its own client.
//!
//! # Features
//!
//! - `native` (default): sockets of tokio, with TLS by rustls and the roots that the system trusts.
//! - `browser`: sockets of the browser, under wasm. Without it a client under wasm opens no socket, as is right where
//!   a Worker renders pages: it shows what it was [given](Client::seed).
//! - `offline`: what is shown and done outlives the page, and works without a connection; see the module of that name.
//! - `accounts`: people sign up, in and out of the app's own accounts in a browser.

#[cfg(feature = "accounts")]
mod accounts;
mod address;
mod call;
mod client;
mod connection_state;
mod connection_watch;
mod driver;
mod ear;
mod engine;
mod error;
mod items;
#[cfg(feature = "leptos")]
pub mod leptos;
mod mutation;
#[cfg(feature = "offline")]
pub mod offline;
mod optimistic;
mod options;
mod pages;
mod query_state;
mod shared;
mod subscription;
mod token;
mod transport;

#[cfg(feature = "accounts")]
pub use accounts::{AccountSession, Accounts, SignUpForm, SignedIn, User};
pub use address::AddressError;
pub use call::{PagedCall, Reply, TypedCall};
pub use client::Client;
pub use connection_state::{ConnectionState, Phase};
pub use connection_watch::ConnectionWatch;
pub use error::CallError;
pub use items::{IntoItems, Items, ItemsIter, PageItem};
pub use mutation::Mutation;
pub use optimistic::OptimisticStore;
pub use options::ClientOptions;
pub use pages::{PageStatus, Pages, PagesState};
pub use query_state::QueryState;
pub use subscription::{Snapshot, Subscription};
pub use token::{MaybeSend, TokenFault, TokenRequest, TokenResult};
pub use zeroback_protocol::{Cursor, ErrorCode, Page, PageOpts, WireError};

#[cfg(test)]
mod tests;
