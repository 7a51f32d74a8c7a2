//! Where the hooks find the client, and whether there is one.

use leptos::prelude::{
    ArcRwSignal, Effect, Get as _, Owner, Set as _, provide_context, use_context,
};

use super::renderer::Renderer;
use crate::{Client, ClientOptions};

/// What the hooks of an app stand on: its client, or what renders its pages on a server.
#[derive(Clone, Debug)]
pub struct Zeroback {
    place: Place,
    /// Whether the browser has taken over what a server has rendered.
    is_hydrated: ArcRwSignal<bool>,
}

#[derive(Clone, Debug)]
enum Place {
    /// A page that somebody looks at.
    Live(Client),
    /// A page that a server renders; without a renderer it shows what loads.
    Rendered(Option<Renderer>),
}

/// Makes the client of an app, for all its hooks. On a server there is none: there the hooks ask the
/// [`Renderer`] of the context, if there is one.
///
/// ```ignore
/// if let Some(client) = provide_zeroback(ClientOptions::new("/ws")).client() {
///     client.set_auth(fetch_token);
/// }
/// ```
///
/// # Panics
///
/// Panics where the address is none.
pub fn provide_zeroback(options: ClientOptions) -> Zeroback {
    let shared = Owner::current_shared_context();
    let renderer = use_context::<Renderer>();
    let is_server =
        renderer.is_some() || shared.as_ref().is_some_and(|shared| !shared.is_browser());
    let place = if is_server {
        Place::Rendered(renderer)
    } else {
        Place::Live(Client::new(options).unwrap_or_else(|error| panic!("{error}")))
    };
    let is_hydrated = ArcRwSignal::new(!is_hydrating());
    let zeroback = Zeroback { place, is_hydrated };
    if is_hydrating() {
        let is_hydrated = zeroback.is_hydrated.clone();
        // Effects run when the page is there.
        Effect::new(move |_| is_hydrated.set(true));
    }
    provide_context(zeroback.clone());
    zeroback
}

/// Returns what [`provide_zeroback`] has made.
///
/// # Panics
///
/// Panics where it was not called in a component around this one.
#[must_use]
pub fn use_zeroback() -> Zeroback {
    use_context().expect("`provide_zeroback` is called in a component around this one")
}

/// Tells whether a browser takes over what a server has rendered, at this moment.
pub(super) fn is_hydrating() -> bool {
    let shared = Owner::current_shared_context();
    shared.is_some_and(|shared| shared.is_browser() && shared.during_hydration())
}

impl Zeroback {
    /// Returns the client; nothing where a server renders the page.
    #[must_use]
    pub fn client(&self) -> Option<Client> {
        match &self.place {
            Place::Live(client) => Some(client.clone()),
            Place::Rendered(_) => None,
        }
    }

    pub(super) fn renderer(&self) -> Option<&Renderer> {
        match &self.place {
            Place::Live(_) => None,
            Place::Rendered(renderer) => renderer.as_ref(),
        }
    }

    /// Tells whether what is not in a `<Suspense>` may be shown. Is tracked.
    pub(super) fn is_hydrated(&self) -> bool {
        self.is_hydrated.get()
    }
}
