//! Joins the server's queries to the hooks that render pages.

use zeroback_client::leptos::{Rendered, Renderer};

use crate::http::HeaderMap;
use crate::native::Backend;

/// Returns what runs the queries of a page for whoever has asked for it: by the `Authorization` or the cookies among
/// the headers. Provide it as a context of the page:
///
/// ```ignore
/// let backend = backend.clone();
/// let page = move |request: Request| {
///     let (backend, headers) = (backend.clone(), request.headers().clone());
///     let context = move || provide_context(renderer(&backend, &headers));
///     leptos_axum::render_app_to_stream_with_context(context, App)(request)
/// };
/// ```
///
/// Leptos runs what it waits for by an executor, which is begun once: `any_spawner::Executor::init_tokio()`, unless
/// `leptos_axum::generate_route_list` has done so.
#[must_use]
pub fn renderer(backend: &Backend, headers: &HeaderMap) -> Renderer {
    let (backend, headers) = (backend.clone(), headers.clone());
    Renderer::new(move |call| {
        let (backend, headers) = (backend.clone(), headers.clone());
        async move {
            let args = call.args.as_str();
            let (outcome, tag) = backend.ask(&call.path, args, &headers).await;
            Rendered { outcome, tag }
        }
    })
}
