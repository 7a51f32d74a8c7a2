//! On whose behalf something runs: somebody who is signed in, or nobody.

use std::sync::Arc;

use super::Engine;
use super::outbox::ConnectionId;
use super::store::Store;
use crate::{Auth, Identity};

/// Somebody who is signed in, or nobody.
#[derive(Clone, Debug, Default)]
pub(crate) struct Viewer(Option<Known>);

#[derive(Clone, Debug)]
struct Known {
    identity: Arc<Identity>,
    key: Arc<str>,
}

/// Tells one viewer from another: two with equal keys see the same.
///
/// It is the whole text of the identity, in which neither the times nor the id of its token are. So
/// a new token for the same identity has the same key.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ViewerKey(Option<Arc<str>>);

impl Viewer {
    pub(crate) fn of(identity: Identity) -> Self {
        let key = serde_json::to_string(&identity).expect("its maps have texts as keys");
        Self(Some(Known {
            identity: Arc::new(identity),
            key: key.into(),
        }))
    }

    /// Reads what [`Viewer::as_text`] has written.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        let identity: Option<Identity> = serde_json::from_str(text).ok()?;
        Some(identity.map(Self::of).unwrap_or_default())
    }

    /// Returns the text of the identity; `null` for nobody.
    pub(super) fn as_text(&self) -> &str {
        self.0.as_ref().map_or("null", |known| &known.key)
    }

    pub(super) fn is_nobody(&self) -> bool {
        self.0.is_none()
    }

    pub(super) fn key(&self) -> ViewerKey {
        ViewerKey(self.0.as_ref().map(|known| Arc::clone(&known.key)))
    }

    /// Returns what a function is given.
    pub(crate) fn auth(&self) -> Auth {
        Auth::new(self.0.as_ref().map(|known| Arc::clone(&known.identity)))
    }

    /// Returns issuer and subject.
    pub(super) fn person(&self) -> Option<(&str, &str)> {
        let identity = &self.0.as_ref()?.identity;
        Some((&identity.issuer, &identity.subject))
    }
}

impl<S: Store> Engine<S> {
    /// Returns under which name a client is told whose its connection is.
    pub(super) fn identity_of(&self, viewer: &Viewer) -> Option<String> {
        let person = viewer.person()?;
        Some(self.queues.key.name_of_person(person))
    }

    /// Takes in who is at the other end of a connection. Only those of its queries that have asked are
    /// run anew.
    pub(crate) fn set_viewer(&mut self, connection: ConnectionId, viewer: Viewer) {
        let Some(session) = self.sessions.get_mut(&connection) else {
            return;
        };
        session.viewer = viewer.clone();
        let queries: Vec<_> = session.queries.iter().map(|(id, of)| (*id, *of)).collect();
        self.touch(connection);
        let moved: Vec<_> = queries
            .into_iter()
            .filter_map(|(query_id, execution)| {
                let subscriber = (connection, query_id);
                let other = self.live.change_viewer(execution?, subscriber, &viewer);
                if other.is_none() {
                    self.live.resume(execution?, subscriber);
                }
                Some((subscriber, other?))
            })
            .collect();
        self.note_moved(moved);
    }
}
