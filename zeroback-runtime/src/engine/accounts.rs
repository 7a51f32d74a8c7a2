//! The sessions of an app's own accounts: whom a token makes its bearer, and for how long.
//!
//! A session is a document, so it ends with the commit that takes it away, for every socket that was opened
//! by it. An engine that wakes looks each one up again.

use std::collections::BTreeSet;

use zeroback_protocol::{Authentication, ErrorCode, RawId, TableName as _, Timestamp, WireError};

use super::Engine;
use super::callers::cookie;
use super::key_sets::Looked;
use super::outbox::ConnectionId;
use super::read_set::WriteSet;
use super::run::Run;
use super::status::Status;
use super::store::Store;
use super::viewer::Viewer;
use crate::accounts::{SESSION_COOKIE, hash_of};
use crate::db::Reader;
use crate::key::KeyPart;
use crate::system::accounts::{ISSUER, Session, User, identity_of, session_of, subject_of};
use crate::{Identity, Result, Table as _};

/// What the engine's own runs are called.
const PATH: &str = "_zeroback:session";

/// By which session somebody is who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SessionRef {
    pub(super) token_hash: String,
    /// Whether its token came by cookie, so that its page cannot bring another one.
    pub(super) is_cookie: bool,
}

impl SessionRef {
    /// Returns the session of a token, if it is one of the app's own.
    pub(super) fn of(token: &str, is_cookie: bool) -> Option<Self> {
        let token_hash = hash_of(token)?;
        Some(Self {
            token_hash,
            is_cookie,
        })
    }
}

impl<S: Store> Engine<S> {
    /// Looks at a token: at that of a session here, at any other by the keys of its issuer.
    pub(super) fn look_at(&mut self, token: &str, may_ask: bool) -> Looked {
        match hash_of(token).filter(|_| self.app.has_accounts()) {
            Some(hash) => self.look_at_session(&hash),
            None => {
                let (now, key_sets) = (self.moment(may_ask), &mut self.authority.key_sets);
                key_sets.look_at(token, now, &mut self.outputs)
            }
        }
    }

    /// Tells whether a token says to be of somebody whom the server trusts.
    pub(super) fn is_of_trusted(&self, token: &str) -> bool {
        let is_own = self.app.has_accounts() && hash_of(token).is_some();
        is_own || self.authority.key_sets.is_of_trusted(token)
    }

    /// Returns the token that cookies have, if they have one.
    pub(super) fn token_among<'c>(&self, cookies: &'c str) -> Option<&'c str> {
        let own = self.app.has_accounts().then_some(SESSION_COOKIE);
        let names = own.into_iter().chain(self.authority.key_sets.cookie());
        names.into_iter().find_map(|name| cookie(cookies, name))
    }

    /// Ends the identity of those whose session a commit has ended, and renews that of those whose user it
    /// has changed.
    pub(super) fn note_accounts(&mut self, written: &WriteSet) {
        if !self.app.has_accounts() {
            return;
        }
        let (hashes, subjects) = self.changed_accounts(written);
        if hashes.is_empty() && subjects.is_empty() {
            return;
        }
        let concerned: Vec<_> = (self.sessions.iter())
            .filter(|(_, session)| {
                let has_ended = |own: &SessionRef| hashes.contains(&own.token_hash);
                let person = session.viewer.person();
                let is_changed =
                    person.is_some_and(|(by, who)| by == ISSUER && subjects.contains(who));
                session.standing.session().is_some_and(has_ended) || is_changed
            })
            .map(|(connection, _)| *connection)
            .collect();
        for connection in concerned {
            self.check_session(connection);
        }
    }

    /// Looks up the session of each connection that is somebody by one.
    pub(super) fn check_sessions(&mut self) {
        let connections: Vec<_> = self.sessions.keys().copied().collect();
        for connection in connections {
            self.check_session(connection);
        }
    }

    /// Looks up the session of a connection, if it is somebody by one.
    pub(super) fn check_session(&mut self, connection: ConnectionId) {
        let Some(session) = self.sessions.get(&connection) else {
            return;
        };
        let Some(own) = session.standing.session().cloned() else {
            return;
        };
        let key = session.viewer.key();
        match self.look_at_session(&own.token_hash) {
            // It is looked up when the engine is ready.
            Looked::Waits => {}
            Looked::Is(identity, until_ms) => {
                let viewer = Viewer::of(*identity);
                if viewer.key() != key {
                    self.settle(connection, viewer, Some(until_ms), Some(own));
                }
            }
            Looked::Refused(_) if own.is_cookie => {
                self.settle(connection, Viewer::default(), None, None);
            }
            Looked::Refused(error) => self.lapse(connection, Authentication::Refused { error }),
        }
    }

    fn look_at_session(&mut self, hash: &str) -> Looked {
        if self.status() == Status::Migrating {
            return Looked::Waits;
        }
        if let Some(refusal) = self.refusal() {
            return Looked::Refused(refusal);
        }
        let refused = |code, text| Looked::Refused(WireError::new(code, text));
        match self.session_by(hash) {
            Ok(Some((identity, until_ms))) if self.now_ms < until_ms => {
                Looked::Is(Box::new(identity), until_ms)
            }
            Ok(Some(_)) => refused(ErrorCode::TOKEN_EXPIRED, "token: its session has expired"),
            Ok(None) => refused(ErrorCode::INVALID_TOKEN, "token: its session has ended"),
            Err(error) => {
                let request_id = self.calls.begin();
                self.told_of(request_id, PATH, &error);
                refused(
                    ErrorCode::UNAVAILABLE,
                    "the session cannot be looked up; try again",
                )
            }
        }
    }

    fn session_by(&self, hash: &str) -> Result<Option<(Identity, i64)>> {
        let run = Run::of_engine(self, PATH, Timestamp::from_unix_ms(self.now_ms));
        let found = session_of(&Reader::new(run), hash)?;
        Ok(found.map(|(session, user)| (identity_of(&user), session.expires_at.unix_ms())))
    }

    /// Returns the hashes of sessions that were changed or taken away, and the subjects of such users.
    fn changed_accounts(&self, written: &WriteSet) -> (BTreeSet<String>, BTreeSet<String>) {
        let (mut hashes, mut subjects) = (BTreeSet::new(), BTreeSet::new());
        for (table, id, change) in written.iter() {
            let Some(old) = &change.old else {
                continue;
            };
            let plan = self.catalog.table_at(table);
            if plan.name == Session::DEF.name {
                let mut columns = plan.columns.iter().zip(&old.values);
                let hash = columns.find(|(column, _)| column.field == "tokenHash");
                if let Some((_, KeyPart::Text(hash))) = hash {
                    hashes.insert(hash.clone());
                }
            } else if plan.name == User::DEF.name {
                let id = RawId::from_text(id, User::TABLE_NAME);
                subjects.extend(id.map(subject_of));
            }
        }
        (hashes, subjects)
    }
}
