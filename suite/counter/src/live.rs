//! The counter as one of a backend's.

use leptos::prelude::*;
use suite_fixture::{actions, counters};
use zeroback::client::ClientOptions;
use zeroback::leptos::{
    provide_zeroback, use_action, use_connection_state, use_mutation, use_query,
};

const NAME: &str = "clicks";

/// The counter, and one of each hook.
#[component]
pub fn Live() -> impl IntoView {
    provide_zeroback(ClientOptions::new("/ws"));
    let name = || NAME.to_owned();
    let count = use_query(move || counters::value::Args { name: name() });
    let add = use_mutation().optimistic(move |store, args: &counters::add::Args| {
        store.update(&counters::value::Args { name: name() }, |count| {
            *count += args.by;
        });
    });
    let act = use_action::<actions::increment::Args>();
    let connection = use_connection_state();
    view! {
        <button on:click=move |_| add.dispatch(counters::add::Args { name: name(), by: 1 })>
            {move || count.data().map(|count| *count)}
        </button>
        <button on:click=move |_| act.dispatch(actions::increment::Args { name: name() })>
            {move || act.pending()}
        </button>
        {list()}
        <p>{move || connection.get().is_connected()}</p>
    }
}

#[cfg(not(feature = "listed"))]
fn list() -> impl IntoView {}

#[cfg(feature = "listed")]
fn list() -> impl IntoView {
    use suite_fixture::values::marks;

    let marks = zeroback::leptos::use_paginated_query(
        move |page| marks::Args {
            list: NAME.to_owned(),
            page,
        },
        20,
    );
    view! { <button on:click=move |_| marks.load_more(20)>{move || marks.items().len()}</button> }
}
