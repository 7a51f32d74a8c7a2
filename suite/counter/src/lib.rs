//! A counter, as small as Leptos makes one. With the feature `live` the number is a live query, changed by a mutation
//! that is shown before it is made, and the other hooks are there too: what that adds is what they weigh.

#![cfg(feature = "bare")]

use leptos::prelude::*;
use wasm_bindgen::prelude::wasm_bindgen;

/// Begins the page.
#[wasm_bindgen(start)]
pub fn start() {
    #[cfg(not(feature = "live"))]
    mount_to_body(Bare);
    #[cfg(feature = "live")]
    mount_to_body(live::Live);
}

#[cfg(not(feature = "live"))]
/// The counter.
#[component]
pub fn Bare() -> impl IntoView {
    let (count, set_count) = signal(0_i64);
    view! { <button on:click=move |_| set_count.update(|count| *count += 1)>{count}</button> }
}

#[cfg(feature = "live")]
pub mod live;
