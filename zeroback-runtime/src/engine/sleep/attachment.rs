//! What is kept with a socket: short texts with the socket itself, long ones in the database.

use serde::{Deserialize, Serialize};
use zeroback_protocol::{QueryId, Version};

use crate::engine::accounts::SessionRef;
use crate::engine::live::ExecutionId;
use crate::engine::session::Session;
use crate::engine::store::{SqlParam, Store, StoreError};
use crate::engine::viewer::Viewer;

/// A Durable Object keeps 16,384 bytes with a socket, in an encoding of its own.
pub(super) const BYTES_MAX: usize = 12_000;

/// What an engine that wakes is told of a connection.
#[derive(Debug, Default)]
pub(super) struct Attachment {
    pub(super) is_connected: bool,
    pub(super) last_set: Option<u64>,
    pub(super) viewer: Viewer,
    /// Until when the viewer is who it is, and until when it is waited for another.
    pub(super) times: (Option<i64>, Option<i64>),
    /// The session of the app's own by which the viewer is who it is.
    pub(super) session: Option<SessionRef>,
    /// Whether its client has not been told all that others have.
    pub(super) is_behind: bool,
    /// Each with the key of its row; 0 for those that were refused.
    pub(super) queries: Vec<(QueryId, i64)>,
    /// Those that were refused, of which the client has not been told.
    pub(super) untold: Vec<QueryId>,
    /// Where the text stands, if it is in the database.
    pub(super) stored: Option<i64>,
    /// Up to where all connections have been told, if this one says so.
    pub(super) flushed: Option<Version>,
}

#[derive(Serialize, Deserialize)]
struct Form {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stored: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    flushed: Option<(u64, u64)>,
    #[serde(default)]
    connected: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    lost: bool,
    #[serde(default)]
    behind: bool,
    #[serde(default)]
    set: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    viewer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lapses: Option<i64>,
    /// The hash of a session's token, and whether that came by cookie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session: Option<(String, bool)>,
    #[serde(default)]
    queries: Vec<(u64, i64)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    untold: Vec<u64>,
}

impl Attachment {
    pub(super) fn of(
        session: &Session,
        is_behind: bool,
        key_of: impl Fn(&ExecutionId) -> i64,
    ) -> Self {
        let key = |execution: &Option<ExecutionId>| execution.as_ref().map_or(0, &key_of);
        Self {
            is_connected: session.is_connected,
            last_set: session.last_set,
            viewer: session.viewer.clone(),
            times: session.standing.times(),
            session: session.standing.session().cloned(),
            is_behind,
            queries: session
                .queries
                .iter()
                .map(|(query_id, execution)| (*query_id, key(execution)))
                .collect(),
            untold: session.news.refused().collect(),
            stored: None,
            flushed: None,
        }
    }

    pub(super) fn to_text(&self) -> String {
        let form = Form {
            stored: None,
            flushed: None,
            connected: self.is_connected,
            lost: false,
            behind: self.is_behind,
            set: self.last_set,
            viewer: (!self.viewer.is_nobody()).then(|| self.viewer.as_text().to_owned()),
            expires: self.times.0,
            lapses: self.times.1,
            session: (self.session.as_ref())
                .map(|session| (session.token_hash.clone(), session.is_cookie)),
            queries: self.queries.iter().map(|(id, key)| (id.0, *key)).collect(),
            untold: self.untold.iter().map(|id| id.0).collect(),
        };
        serde_json::to_string(&form).expect("it is JSON")
    }

    /// Returns the text of one that is in the database.
    pub(super) fn stored_at(key: i64) -> String {
        format!(r#"{{"stored":{key}}}"#)
    }

    /// Returns the text of one of which too much would be lost: it is read as nothing.
    pub(super) fn lost() -> String {
        r#"{"lost":true}"#.to_owned()
    }

    /// Reads one; nothing where it is damaged or not there any more.
    pub(super) fn read<S: Store>(store: &S, text: &str) -> Result<Option<Self>, StoreError> {
        let Ok(form) = serde_json::from_str::<Form>(text) else {
            return Ok(None);
        };
        if form.lost {
            return Ok(None);
        }
        let flushed = form.flushed;
        let flushed = flushed.map(|(epoch, counter)| Version { epoch, counter });
        let Some(key) = form.stored else {
            return Ok(Self::from_form(form, None, flushed));
        };
        let sql = "SELECT attachment FROM _zeroback_attachments WHERE key = ?";
        let text = store.text(sql, &[SqlParam::Integer(key)])?;
        let form = text.and_then(|text| serde_json::from_str(&text).ok());
        Ok(form.and_then(|form| Self::from_form(form, Some(key), flushed)))
    }

    /// Returns the rows that it names.
    pub(super) fn keys(&self) -> impl Iterator<Item = i64> {
        self.queries.iter().map(|(_, key)| *key)
    }

    fn from_form(form: Form, stored: Option<i64>, flushed: Option<Version>) -> Option<Self> {
        let viewer = match form.viewer {
            Some(text) => Viewer::from_text(&text)?,
            None => Viewer::default(),
        };
        Some(Self {
            is_connected: form.connected,
            last_set: form.set,
            viewer,
            times: (form.expires, form.lapses),
            session: form.session.map(|(token_hash, is_cookie)| SessionRef {
                token_hash,
                is_cookie,
            }),
            is_behind: form.behind,
            queries: form
                .queries
                .into_iter()
                .map(|(id, key)| (QueryId(id), key))
                .collect(),
            untold: form.untold.into_iter().map(QueryId).collect(),
            stored,
            flushed,
        })
    }
}

/// Returns an attachment's text that also says up to where all connections have been told.
pub(super) fn with_flushed(text: &str, Version { epoch, counter }: Version) -> String {
    let rest = text
        .strip_prefix('{')
        .expect("it is an object with members");
    format!(r#"{{"flushed":[{epoch},{counter}],{rest}"#)
}
