//! Pages that a server renders: their queries are run there, and written into the page.
#![cfg(feature = "leptos")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::StreamExt as _;
use hydration_context::{SharedContext, SsrSharedContext};
use leptos::prelude::*;
use suite_fixture_calls::{list, page};
use zeroback_client::leptos::prelude::*;
use zeroback_client::leptos::{Rendered, Renderer};
use zeroback_client::{ErrorCode, WireError};
use zeroback_protocol::{Outcome, RawJson, Tag};

/// Renders a page as a server does, with what its hooks have written for the browser.
async fn rendered<V: IntoView + 'static>(
    renderer: Option<Renderer>,
    page: impl FnOnce() -> V + Send + 'static,
) -> String {
    let _ = any_spawner::Executor::init_tokio();
    let shared = Arc::new(SsrSharedContext::new());
    let owner = Owner::new_root(Some(shared.clone()));
    let pieces = owner.with(|| {
        if let Some(renderer) = renderer {
            provide_context(renderer);
        }
        provide_zeroback(ClientOptions::new("/ws"));
        page().into_view().to_html_stream_in_order()
    });
    let mut html: String = pieces.collect().await;
    let written = shared.pending_data().expect("it is a server's");
    html.extend(written.collect::<Vec<_>>().await);
    owner.unset();
    html
}

/// Answers each query with this, and counts them.
fn answering(outcome: Outcome, count: &Arc<AtomicUsize>) -> Renderer {
    let count = Arc::clone(count);
    Renderer::new(move |call| {
        assert!(["tasks:list", "tasks:page"].contains(&call.path.as_str()));
        count.fetch_add(1, Ordering::Relaxed);
        let rendered = Rendered {
            outcome: outcome.clone(),
            tag: Some(Tag(7)),
        };
        // It takes its time.
        async {
            tokio::task::yield_now().await;
            rendered
        }
    })
}

fn tasks() -> Outcome {
    Outcome::Success(RawJson::from_encoded(r#"["milk","bread"]"#))
}

fn text(tasks: LiveQuery<list::Args>) -> impl IntoView {
    move || match tasks.get() {
        QueryState::Skipped => "skipped".to_owned(),
        QueryState::Loading => "loading".to_owned(),
        QueryState::Ready { data, .. } => data.join(" and "),
        QueryState::Error(error) => error.to_string(),
    }
}

#[tokio::test]
async fn a_query_within_a_suspense_is_run_once_and_written_into_the_page_once() {
    let count = Arc::new(AtomicUsize::new(0));
    let html = rendered(Some(answering(tasks(), &count)), || {
        let (one, two) = (use_query(|| list::Args), use_query(|| list::Args));
        view! {
            <Suspense fallback=|| "…"><p>{text(one)}</p><p>{text(two)}</p></Suspense>
        }
    })
    .await;
    assert!(
        html.contains("<p>milk and bread</p><p>milk and bread</p>"),
        "{html}"
    );
    assert_eq!(count.load(Ordering::Relaxed), 1);
    assert_eq!(html.matches("bread").count(), 3, "{html}");
    assert_eq!(html.matches(&Tag(7).to_text()).count(), 1, "{html}");
}

#[tokio::test]
async fn a_query_that_is_awaited_is_run_as_well() {
    let count = Arc::new(AtomicUsize::new(0));
    let html = rendered(Some(answering(tasks(), &count)), || {
        let tasks = use_query(|| list::Args);
        view! {
            <Transition fallback=|| "…">
                {move || Suspend::new(async move { tasks.await.map(|tasks| tasks.join(", ")).ok() })}
            </Transition>
        }
    })
    .await;
    assert!(html.contains("milk, bread"), "{html}");
}

#[tokio::test]
async fn an_error_is_written_as_well() {
    let count = Arc::new(AtomicUsize::new(0));
    let error = WireError::new(ErrorCode::FORBIDDEN, "not yours");
    let html = rendered(Some(answering(Outcome::Error(error), &count)), || {
        let tasks = use_query(|| list::Args);
        view! { <Suspense fallback=|| "…"><p>{text(tasks)}</p></Suspense> }
    })
    .await;
    assert!(html.contains("not yours</p>"), "{html}");
}

#[tokio::test]
async fn outside_of_a_suspense_and_without_a_renderer_a_query_is_loading() {
    let count = Arc::new(AtomicUsize::new(0));
    let outside = || view! { <p>{text(use_query(|| list::Args))}</p> };
    let html = rendered(Some(answering(tasks(), &count)), outside).await;
    assert!(html.contains("<p>loading</p>"), "{html}");
    let html = rendered(None, outside).await;
    assert!(html.contains("<p>loading</p>"), "{html}");
    let skipped = || view! { <p>{text(use_query(|| None::<list::Args>))}</p> };
    let html = rendered(Some(answering(tasks(), &count)), skipped).await;
    assert!(html.contains("<p>skipped</p>"), "{html}");
}

#[tokio::test]
async fn a_page_that_is_rendered_calls_nothing() {
    let html = rendered(None, || {
        let create = use_mutation::<suite_fixture_calls::create::Args>();
        let text = "milk".to_owned();
        let call = create.call(suite_fixture_calls::create::Args { text });
        view! { <Suspense>{Suspend::new(async move { call.await.unwrap_err().to_string() })}</Suspense> }
    })
    .await;
    assert!(html.contains("calls nothing"), "{html}");
}

/// A list of a project that is loaded in pages, and how far.
fn paginated(project: Option<u32>) -> impl IntoView {
    let call = move |page| project.map(|project| page::Args { project, page });
    let list = use_paginated_query(call, 2);
    move || {
        let items = list
            .items()
            .into_iter()
            .map(|item| item.to_uppercase())
            .collect::<Vec<_>>();
        format!(
            "{} {:?} {}",
            items.join(" and "),
            list.status(),
            list.can_load_more()
        )
    }
}

#[tokio::test]
async fn the_first_page_of_a_list_is_run_and_written_into_the_page() {
    let count = Arc::new(AtomicUsize::new(0));
    let page = r#"{"endCursor":"x","isDone":false,"items":["milk","bread"],"splitCursor":null}"#;
    let page = || Outcome::Success(RawJson::from_encoded(page));
    let within = || view! { <Suspense fallback=|| "…"><p>{paginated(Some(1))}</p></Suspense> };
    let html = rendered(Some(answering(page(), &count)), within).await;
    assert!(
        html.contains("<p>MILK and BREAD CanLoadMore true</p>"),
        "{html}"
    );
    assert_eq!(count.load(Ordering::Relaxed), 1);
    assert_eq!(html.matches(&Tag(7).to_text()).count(), 1, "{html}");

    let outside = || view! { <p>{paginated(Some(1))}</p> };
    let html = rendered(Some(answering(page(), &count)), outside).await;
    assert!(html.contains("<p> LoadingFirst false</p>"), "{html}");
    let skipped = || view! { <p>{paginated(None)}</p> };
    let html = rendered(Some(answering(page(), &count)), skipped).await;
    assert!(html.contains("<p> Skipped false</p>"), "{html}");
    let error = Outcome::Error(WireError::new(ErrorCode::FORBIDDEN, "not yours"));
    let html = rendered(Some(answering(error, &count)), within).await;
    assert!(html.contains("not yours"), "{html}");
}
