//! Hooks for Leptos: live queries as signals, mutations and actions as handles.
//!
//! ```ignore
//! use leptos::prelude::*;
//! use zeroback::leptos::prelude::*;
//! use my_backend::tasks;
//!
//! #[component]
//! fn App() -> impl IntoView {
//!     provide_zeroback(ClientOptions::new("/ws"));
//!     let tasks = use_query(|| tasks::list::Args);
//!     let create = use_mutation().optimistic(|store, args: &tasks::create::Args| {
//!         store.update(&tasks::list::Args, |tasks| tasks.push(args.text.clone()));
//!     });
//!     view! {
//!         <Suspense fallback=|| "…">
//!             <ul>{move || tasks.get().map(|tasks| tasks.iter().map(|text| view! { <li>{text.clone()}</li> }).collect_view())}</ul>
//!         </Suspense>
//!         <button on:click=move |_| create.dispatch(tasks::create::Args { text: "milk".into() })>"Add"</button>
//!     }
//! }
//! ```
//!
//! # Lists in pages
//!
//! [`use_paginated_query`] shows a list from its beginning, and more of it when that is asked for; all of it is live.
//!
//! # Servers
//!
//! Where a server renders the page, a query inside of a `<Suspense>` is run there, and its value is written into the
//! page; the browser shows it at once and goes on live from there, and is sent nothing of it that has not changed.
//! What runs the queries is a [`Renderer`], which the server provides; a query outside of a `<Suspense>` is loading
//! on a server, and in the browser until it has taken over. Of a list in pages it is the first page that a server runs.

mod action;
mod connection;
mod context;
mod handle;
mod live;
mod mutation;
mod paginated;
mod query;
mod renderer;
mod seed;
mod watch;

pub use action::{ActionHandle, CallFuture, use_action};
pub use connection::use_connection_state;
pub use context::{Zeroback, provide_zeroback, use_zeroback};
pub use mutation::{MutationHandle, use_mutation};
pub use paginated::{PaginatedQuery, use_paginated_query};
pub use query::{LiveQuery, MaybeCall, QueryFuture, use_query};
pub use renderer::{Rendered, Renderer};

/// What nearly every file of a page needs: the hooks and their types.
pub mod prelude {
    pub use super::{
        ActionHandle, LiveQuery, MutationHandle, PaginatedQuery, Zeroback, provide_zeroback,
        use_action, use_connection_state, use_mutation, use_paginated_query, use_query,
        use_zeroback,
    };
    pub use crate::{
        CallError, ClientOptions, ConnectionState, OptimisticStore, PageStatus, Phase, QueryState,
    };
}
