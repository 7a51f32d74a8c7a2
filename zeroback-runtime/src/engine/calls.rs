//! What the log says of calls: a line for each function that has run, and the id under which its client
//! finds it.
//!
//! A request is a call by a client, a job, a request to a route, or a run of a live query; what an action
//! calls belongs to the action's. Whatever error leaves the engine names its request. One that was
//! refused before anything ran has a line as well: it is where its id leads.

use std::borrow::Cow;
use std::hash::BuildHasher as _;
use std::time::Duration;

use zeroback_protocol::{ErrorCode, Outcome, ServerRequestId, WireError};

use super::seeded_hash::SeededHash;

/// What is noted of calls for the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Noted {
    /// Nothing.
    #[default]
    Nothing,
    /// What clients, jobs, actions and the operator have asked for, also where it was refused.
    Calls,
    /// Every run of a live query as well.
    Runs,
}

/// What has run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// A query, for its caller or for the first who subscribes to it.
    Query,
    /// A live query again, because of a change.
    Live,
    /// A mutation.
    Mutation,
    /// An action.
    Action,
    /// A route.
    Http,
    /// Nothing: the call was refused.
    Refused,
}

/// What there is to say of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallLine {
    /// Its request.
    pub request_id: ServerRequestId,
    /// The function's path; nothing where none was named.
    pub path: Cow<'static, str>,
    /// What has run.
    pub kind: CallKind,
    /// How long; nothing where the host cannot tell.
    pub took: Option<Duration>,
    /// How many documents were read.
    pub documents_read: usize,
    /// How many documents were written.
    pub documents_written: usize,
    /// Why it has failed, if it has.
    pub error_code: Option<ErrorCode>,
}

/// Makes the ids of requests, and keeps what is noted until the host takes it.
#[derive(Debug)]
pub(super) struct Calls {
    hash: SeededHash,
    last: u64,
    noted: Noted,
    lines: Vec<CallLine>,
}

impl Calls {
    /// Begins without any; ids made of different seeds are different.
    pub(super) fn new(seed: u64, noted: Noted) -> Self {
        Self {
            hash: SeededHash::new(seed),
            last: 0,
            noted,
            lines: Vec::new(),
        }
    }

    /// Names the next request. The ids say nothing of how many there are.
    pub(super) fn begin(&mut self) -> ServerRequestId {
        self.last += 1;
        ServerRequestId(self.hash.hash_one(self.last))
    }

    /// Notes what has run.
    pub(super) fn note(&mut self, line: CallLine) {
        if self.noted >= line.kind.is_noted_by() {
            self.lines.push(line);
        }
    }

    /// Has an error name a request: its own, or one that begins and ends with it.
    pub(super) fn named(&mut self, error: WireError) -> WireError {
        if error.request_id.is_some() {
            return error;
        }
        let request_id = self.begin();
        self.note(CallLine::refused(request_id, error.code.clone()));
        error.of_request(request_id)
    }

    /// Has an error name the request that was refused with it, which has named a function.
    pub(super) fn refused(
        &mut self,
        request_id: ServerRequestId,
        path: &str,
        error: WireError,
    ) -> WireError {
        if error.request_id.is_some() {
            return error;
        }
        let line = CallLine::refused(request_id, error.code.clone());
        let path = if may_be_path(path) { path } else { "" };
        self.note(CallLine {
            path: Cow::Owned(path.to_owned()),
            ..line
        });
        error.of_request(request_id)
    }

    /// Takes what was noted.
    pub(super) fn take(&mut self) -> Vec<CallLine> {
        std::mem::take(&mut self.lines)
    }
}

impl CallLine {
    /// Says of a call that it has run.
    pub(super) fn new(request_id: ServerRequestId, path: &'static str, kind: CallKind) -> Self {
        Self {
            request_id,
            path: Cow::Borrowed(path),
            kind,
            took: None,
            documents_read: 0,
            documents_written: 0,
            error_code: None,
        }
    }

    /// Says that a request was refused before anything ran.
    pub(crate) fn refused(request_id: ServerRequestId, error_code: ErrorCode) -> Self {
        Self {
            error_code: Some(error_code),
            ..Self::new(request_id, "", CallKind::Refused)
        }
    }

    /// Says what it has come to.
    pub(super) fn of(self, outcome: &Outcome) -> Self {
        let error_code = match outcome {
            Outcome::Success(_) => None,
            Outcome::Error(error) => Some(error.code.clone()),
        };
        Self { error_code, ..self }
    }
}

/// The longest path that a line has of a function that is not there.
const PATH_BYTES_MAX: usize = 200;

/// Tells whether a client has named a function as functions are named: nothing else goes into a line.
fn may_be_path(path: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"_:/".contains(&byte);
    path.len() <= PATH_BYTES_MAX && path.bytes().all(is_part)
}

impl CallKind {
    /// Returns what has it noted.
    pub(crate) fn is_noted_by(self) -> Noted {
        match self {
            Self::Live => Noted::Runs,
            _ => Noted::Calls,
        }
    }

    /// Returns its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Live => "live",
            Self::Mutation => "mutation",
            Self::Action => "action",
            Self::Http => "http",
            Self::Refused => "refused",
        }
    }
}
