//! The suite's app as a native program that renders the page of the hooks.

use std::process::ExitCode;

use any_spawner::Executor;
use axum::Router;
use axum::extract::Request;
use axum::routing::get;
use leptos::prelude::provide_context;
use suite_hooks::shell;
use zeroback::leptos::renderer;
use zeroback::native::{Backend, Pages, ServeOptions};

fn main() -> ExitCode {
    let defaults = ServeOptions {
        pages: Some(Pages::new(pages)),
        ..ServeOptions::default()
    };
    zeroback::native::main_with(suite_fixture::app(), defaults)
}

fn pages(backend: Backend) -> Router {
    // It fails where it was done before.
    let _ = Executor::init_tokio();
    Router::new().fallback(get(async move |request: Request| {
        let (backend, headers) = (backend.clone(), request.headers().clone());
        let context = move || provide_context(renderer(&backend, &headers));
        leptos_axum::render_app_to_stream_with_context(context, shell)(request).await
    }))
}
