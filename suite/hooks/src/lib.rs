//! A page with each of the hooks for Leptos; `test/browser.mjs` looks at it.

#![cfg(feature = "page")]

use leptos::prelude::*;
use suite_fixture::failing::{self, TransferError};
use suite_fixture::{actions, counters, items};
use zeroback::leptos::prelude::*;

/// Begins the page: takes over what a server has rendered, or draws all of it.
#[cfg(feature = "browser")]
#[wasm_bindgen::prelude::wasm_bindgen(start)]
pub fn start() {
    let body = document().body();
    if body.is_some_and(|body| body.has_attribute("data-rendered")) {
        leptos::mount::hydrate_body(Page);
    } else {
        mount_to_body(Page);
    }
}

/// The document around it, as a server writes it.
pub fn shell() -> impl IntoView {
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <title>"Hooks"</title>
                <link rel="icon" href="data:," />
                <script type="module" src="/start.js"></script>
            </head>
            <body data-rendered="">
                <Page />
            </body>
        </html>
    }
}

/// All of it.
#[component]
pub fn Page() -> impl IntoView {
    provide_zeroback(ClientOptions::new("/ws"));
    let connection = use_connection_state();
    let (is_there, set_there) = signal(false);
    view! {
        <Counter />
        <Items />
        <button id="toggle" on:click=move |_| set_there.update(|is_there| *is_there = !*is_there)>"toggle"</button>
        <Show when=move || is_there.get()>
            <Passing />
        </Show>
        <p id="connected">{move || connection.get().is_connected()}</p>
    }
}

/// A counter of the name that is chosen, or none.
#[component]
fn Counter() -> impl IntoView {
    let (name, set_name) = signal(Some("clicks".to_owned()));
    let choose = move |name: &str| set_name.set(Some(name.to_owned()));
    let count = use_query(move || name.get().map(|name| counters::value::Args { name }));
    let shown = move || match count.get() {
        QueryState::Skipped => "skipped".to_owned(),
        QueryState::Loading => "loading".to_owned(),
        QueryState::Ready { data, .. } => data.to_string(),
        QueryState::Error(error) => error.to_string(),
    };
    let add = use_mutation().optimistic(|store, args: &counters::add::Args| {
        let value = counters::value::Args {
            name: args.name.clone(),
        };
        store.update(&value, |count| *count += args.by);
    });
    let take = use_mutation().optimistic(|store, args: &failing::transfer::Args| {
        let value = counters::value::Args {
            name: args.name.clone(),
        };
        store.update(&value, |count| *count -= args.count);
    });
    let failure = move || match take.value() {
        Some(Err(error)) => match &*error {
            CallError::App(TransferError::OutOfStock { missing }) => {
                format!("{missing} are missing")
            }
            other => other.to_string(),
        },
        Some(Ok(_)) => "none".to_owned(),
        None => String::new(),
    };
    let act = use_action();
    let named = move || name.get_untracked().unwrap_or_default();
    view! {
        <button id="count" on:click=move |_| add.dispatch(counters::add::Args { name: named(), by: 1 })>{shown}</button>
        <button id="act" on:click=move |_| act.dispatch(actions::increment::Args { name: named() })>
            {move || if act.pending() { "acting" } else { "idle" }}
        </button>
        <button id="take" on:click=move |_| take.dispatch(failing::transfer::Args { name: named(), count: 1_000 })>"take"</button>
        <p id="failure">{failure}</p>
        <button id="clicks" on:click=move |_| choose("clicks")>"clicks"</button>
        <button id="other" on:click=move |_| choose("other")>"other"</button>
        <button id="none" on:click=move |_| set_name.set(None)>"none"</button>
    }
}

/// A list that is waited for.
#[component]
fn Items() -> impl IntoView {
    let list = || "hooks".to_owned();
    let items = use_query(move || items::all::Args { list: list() });
    let push = use_mutation();
    let titles = move || {
        items.get().map(|items| {
            let titles = items.iter().map(|item| item.title.clone());
            titles.collect::<Vec<_>>().join(",")
        })
    };
    view! {
        <Suspense fallback=|| view! { <p id="waiting">"waiting"</p> }>
            <p id="titles">{titles}</p>
        </Suspense>
        <button id="push" on:click=move |_| push.dispatch(items::push::Args { list: list(), title: "x".to_owned() })>
            "push"
        </button>
    }
}

/// A query that ends when it is not looked at any more.
#[component]
fn Passing() -> impl IntoView {
    let value = use_query(|| counters::value::Args {
        name: "passing".to_owned(),
    });
    view! { <p id="passing">{move || value.data().map(|value| *value)}</p> }
}
