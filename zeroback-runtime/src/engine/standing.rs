//! Who is at the other end of a connection, for how long, and what waits until that is known.
//!
//! Nothing runs as somebody whom it was not meant for. Behind a token whose keys are still to come, one
//! that was refused, and one that has expired, messages wait for the client to say who it is; so do the
//! results of queries that have asked. A client that does not say within 30 seconds is nobody.

use std::collections::{BTreeSet, VecDeque};

use zeroback_protocol::{
    Authentication, ClientMessage, Outcome, QueryId, ServerMessage, Timestamp, WireError,
};

use super::Engine;
use super::accounts::SessionRef;
use super::actions::WaitingRequest;
use super::callers::WaitingCall;
use super::key_sets::{Fetched, KeySets, Looked, Moment};
use super::outbox::{ConnectionId, FetchId, Output};
use super::store::Store;
use super::viewer::Viewer;
use crate::AuthSettings;

/// Closes the connection of a client that says too much before it has said who it is (RFC 6455's
/// registry of close codes: try again later).
const CLOSE_TRY_AGAIN: u16 = 1013;

/// Where a connection stands.
#[derive(Debug, Default)]
pub(super) struct Standing {
    state: State,
    /// What its client has sent meanwhile, each with its bytes.
    held: VecDeque<(ClientMessage, usize)>,
    held_bytes: usize,
}

#[derive(Debug)]
enum State {
    /// The session's viewer is who it is.
    Settled {
        until_ms: Option<i64>,
        /// By which session of the app's own, where it is by one.
        session: Option<SessionRef>,
    },
    /// A token waits for keys. One out of a cookie is the browser's, and its page is not told of it.
    Pending { token: String, is_cookie: bool },
    /// The client is to say who it is.
    Lapsed { until_ms: i64 },
}

/// All that is not of one connection.
#[derive(Debug, Default)]
pub(super) struct Authority {
    pub(super) key_sets: KeySets,
    pub(super) waiting_calls: VecDeque<WaitingCall>,
    pub(super) waiting_requests: Vec<WaitingRequest>,
    /// Of both.
    pub(super) waiting_bytes: usize,
    /// When identities end.
    expiries: BTreeSet<(i64, ConnectionId)>,
    /// Until when it is waited for those who are to say who they are.
    patience: BTreeSet<(i64, ConnectionId)>,
}

impl Default for State {
    fn default() -> Self {
        Self::Settled {
            until_ms: None,
            session: None,
        }
    }
}

impl Standing {
    pub(super) fn is_lapsed(&self) -> bool {
        matches!(self.state, State::Lapsed { .. })
    }

    fn is_settled(&self) -> bool {
        matches!(self.state, State::Settled { .. })
    }

    /// Tells whether something of it would be lost with the engine.
    pub(super) fn holds_anything(&self) -> bool {
        !self.held.is_empty() || matches!(self.state, State::Pending { .. })
    }

    /// Returns the session by which the viewer is who it is, if it is one of the app's own.
    pub(super) fn session(&self) -> Option<&SessionRef> {
        match &self.state {
            State::Settled { session, .. } => session.as_ref(),
            State::Pending { .. } | State::Lapsed { .. } => None,
        }
    }

    /// Returns until when the viewer is who it is, and until when it is waited for another.
    pub(super) fn times(&self) -> (Option<i64>, Option<i64>) {
        match &self.state {
            State::Settled { until_ms, .. } => (*until_ms, None),
            // An engine that wakes has lost the token, and asks for it.
            State::Pending { .. } => (None, Some(0)),
            State::Lapsed { until_ms } => (None, Some(*until_ms)),
        }
    }
}

impl Authority {
    /// Forgets what was noted of a connection.
    fn forget(&mut self, connection: ConnectionId, standing: &Standing) {
        match standing.state {
            State::Settled {
                until_ms: Some(at), ..
            } => self.expiries.remove(&(at, connection)),
            State::Lapsed { until_ms } => self.patience.remove(&(until_ms, connection)),
            State::Settled { until_ms: None, .. } | State::Pending { .. } => false,
        };
    }
}

impl<S: Store> Engine<S> {
    /// Sets whose tokens are taken. Without this there are none, and nobody is signed in.
    #[must_use]
    pub fn with_auth(mut self, settings: AuthSettings) -> Self {
        self.authority.key_sets = KeySets::new(settings);
        self
    }

    /// Takes in what time it is, before what has come by then: identities that have ended by it are
    /// nobody's any more.
    pub fn handle_time(&mut self, now: Timestamp) {
        self.now_ms = now.unix_ms();
        let expiries = &mut self.authority.expiries;
        let mut ended = Vec::new();
        while let Some((at, connection)) = expiries.first().copied()
            && at <= self.now_ms
        {
            expiries.pop_first();
            ended.push(connection);
        }
        for connection in ended {
            self.lapse(connection, Authentication::Expired);
        }
        while let Some((at, connection)) = self.authority.patience.first().copied()
            && at <= self.now_ms
        {
            self.authority.patience.pop_first();
            self.settle(connection, Viewer::default(), None, None);
        }
    }

    /// Returns when a turn is to be made though nothing comes, if there is such a time: until then the
    /// host must not lose the engine.
    #[must_use]
    pub fn wants_turn_at(&self) -> Option<Timestamp> {
        let first = self.authority.patience.first();
        first.map(|(at, _)| Timestamp::from_unix_ms(*at))
    }

    /// Takes in what an [`Output::Fetch`] has come to, or why it has failed.
    pub fn handle_fetched(&mut self, fetch: FetchId, result: Result<Fetched, String>) {
        let (now_ms, key_sets) = (self.now_ms, &mut self.authority.key_sets);
        match key_sets.take(fetch, result, now_ms, &mut self.outputs) {
            Ok(false) => return,
            Ok(true) => {}
            Err(cause) => self.log_auth(cause),
        }
        self.look_again();
    }

    /// Looks again at the tokens of those who wait.
    pub(super) fn look_again(&mut self) {
        let connections: Vec<_> = self.sessions.keys().copied().collect();
        for connection in connections {
            let Some(session) = self.sessions.get_mut(&connection) else {
                continue;
            };
            if let State::Pending { token, is_cookie } = &session.standing.state {
                let (token, is_cookie) = (token.clone(), *is_cookie);
                self.look_for(connection, token, is_cookie, false);
            }
        }
        self.retry_waiting_calls();
        self.retry_waiting_requests();
    }

    /// Takes in the token of the cookie with which a socket was opened. A page does not see such a
    /// token, so one that is refused is none.
    ///
    /// The origin is checked before: a browser sends its cookies for whichever page asks.
    pub fn handle_cookie(&mut self, connection: ConnectionId, cookies: &str) {
        let token = self.token_among(cookies);
        if let Some(token) = token.map(str::to_owned) {
            self.look_for(connection, token, true, true);
        }
    }

    /// Lets a message wait, where it is not known yet who sends it; returns it where it need not.
    pub(super) fn unless_it_waits(
        &mut self,
        connection: ConnectionId,
        message: ClientMessage,
        bytes: usize,
    ) -> Option<ClientMessage> {
        let session = self.sessions.get_mut(&connection)?;
        let standing = &mut session.standing;
        // What comes behind a `connect` that waits does as well.
        let is_early = !session.is_connected && standing.held.is_empty();
        let goes_on = match &message {
            // Its answer says whose the connection is.
            ClientMessage::Connect { .. } => standing.is_settled(),
            _ if is_early => true,
            ClientMessage::Ack { .. } => session.is_connected,
            ClientMessage::Authenticate { .. } => standing.is_settled() || standing.is_lapsed(),
            _ => standing.is_settled(),
        };
        if goes_on {
            return Some(message);
        }
        standing.held_bytes += bytes;
        standing.held.push_back((message, bytes));
        if standing.held_bytes > self.config.waiting_bytes_max {
            self.handle_close(connection);
            self.outputs.push_back(Output::Close {
                connection,
                code: CLOSE_TRY_AGAIN,
                reason: "too much was sent before it was known who sends it",
            });
            return None;
        }
        self.touch(connection);
        None
    }

    /// Takes in who a client says to be.
    pub(super) fn authenticate(&mut self, connection: ConnectionId, token: Option<String>) {
        match token {
            Some(token) => self.look_for(connection, token, false, true),
            None => {
                let accepted = Authentication::Accepted {
                    expires_in_ms: None,
                    identity: None,
                };
                self.send(connection, &ServerMessage::Authentication(accepted));
                self.settle(connection, Viewer::default(), None, None);
            }
        }
    }

    fn look_for(
        &mut self,
        connection: ConnectionId,
        token: String,
        is_cookie: bool,
        may_ask: bool,
    ) {
        let now_ms = self.now_ms;
        match self.look_at(&token, may_ask) {
            Looked::Is(identity, until_ms) => {
                let viewer = Viewer::of(*identity);
                if !is_cookie {
                    let left_ms = until_ms.saturating_sub(now_ms);
                    let accepted = Authentication::Accepted {
                        expires_in_ms: Some(u64::try_from(left_ms).unwrap_or(0)),
                        identity: self.identity_of(&viewer),
                    };
                    self.send(connection, &ServerMessage::Authentication(accepted));
                }
                let session = SessionRef::of(&token, is_cookie);
                self.settle(connection, viewer, Some(until_ms), session);
            }
            Looked::Refused(_) if is_cookie => {
                self.settle(connection, Viewer::default(), None, None);
            }
            Looked::Refused(error) => self.lapse(connection, Authentication::Refused { error }),
            Looked::Waits => self.stand(connection, State::Pending { token, is_cookie }),
        }
    }

    /// Notes who is at the other end from now on, and goes on with what has waited for that.
    pub(super) fn settle(
        &mut self,
        connection: ConnectionId,
        viewer: Viewer,
        until_ms: Option<i64>,
        session: Option<SessionRef>,
    ) {
        self.stand(connection, State::Settled { until_ms, session });
        if let Some(at) = until_ms {
            self.authority.expiries.insert((at, connection));
        }
        self.set_viewer(connection, viewer);
        while let Some(session) = self.sessions.get_mut(&connection)
            && session.standing.is_settled()
            && let Some((message, bytes)) = session.standing.held.pop_front()
        {
            session.standing.held_bytes -= bytes;
            self.handle_client_message(connection, message);
        }
    }

    /// Notes that it is not known any more who is at the other end, and asks.
    pub(super) fn lapse(&mut self, connection: ConnectionId, why: Authentication) {
        let why = match why {
            Authentication::Refused { error } => {
                let error = self.calls.named(error);
                Authentication::Refused { error }
            }
            why => why,
        };
        let until_ms = self.now_ms.saturating_add(self.config.authentication_ms);
        self.stand(connection, State::Lapsed { until_ms });
        self.authority.patience.insert((until_ms, connection));
        self.send(connection, &ServerMessage::Authentication(why));
        self.suspend(connection);
        let Some(session) = self.sessions.get_mut(&connection) else {
            return;
        };
        let standing = &mut session.standing;
        let says_who = |(message, _): &(ClientMessage, usize)| {
            matches!(message, ClientMessage::Authenticate { .. })
        };
        // What its client has said since, while keys were fetched.
        if let Some(at) = standing.held.iter().position(says_who)
            && let Some((ClientMessage::Authenticate { token }, bytes)) = standing.held.remove(at)
        {
            standing.held_bytes -= bytes;
            self.authenticate(connection, token);
        }
    }

    fn stand(&mut self, connection: ConnectionId, state: State) {
        let Some(session) = self.sessions.get_mut(&connection) else {
            return;
        };
        self.authority.forget(connection, &session.standing);
        session.standing.state = state;
        self.touch(connection);
    }

    /// Holds back what is asked as somebody of whom it is not known whether they are still there.
    fn suspend(&mut self, connection: ConnectionId) {
        let Some(session) = self.sessions.get(&connection) else {
            return;
        };
        let queries: Vec<_> = session.queries.iter().map(|(id, of)| (*id, *of)).collect();
        for (query_id, execution) in queries {
            if let Some(execution) = execution {
                self.suspend_query(connection, query_id, execution);
            }
        }
    }

    /// Holds back a query that has asked, where its connection has lapsed.
    pub(super) fn suspend_query(
        &mut self,
        connection: ConnectionId,
        query_id: QueryId,
        execution: super::live::ExecutionId,
    ) {
        let Some(session) = self.sessions.get_mut(&connection) else {
            return;
        };
        if session.standing.is_lapsed() && self.live.get(execution).viewer.is_some() {
            session.news.forget(query_id);
            self.live.suspend(execution, (connection, query_id));
        }
    }

    /// Takes over where a connection stood before the engine was lost. Whose token was lost is asked
    /// for it again.
    pub(super) fn wake_standing(
        &mut self,
        connection: ConnectionId,
        (expires_ms, lapses_ms): (Option<i64>, Option<i64>),
        session: Option<SessionRef>,
    ) {
        if let Some(until_ms) = expires_ms {
            let until_ms = Some(until_ms);
            self.stand(connection, State::Settled { until_ms, session });
            self.authority
                .expiries
                .extend(until_ms.map(|at| (at, connection)));
        }
        if lapses_ms.is_some() {
            self.lapse(connection, Authentication::Expired);
        }
        self.check_session(connection);
    }

    /// Forgets where a connection stood that is gone.
    pub(super) fn forget_standing(&mut self, connection: ConnectionId, standing: &Standing) {
        self.authority.forget(connection, standing);
    }

    /// Returns when tokens are looked at.
    pub(super) fn moment(&self, may_ask: bool) -> Moment {
        Moment {
            ms: self.now_ms,
            fetch_pause_ms: self.config.key_fetch_pause_ms,
            may_ask,
        }
    }

    fn log_auth(&mut self, cause: String) {
        let code = zeroback_protocol::ErrorCode::UNAVAILABLE;
        self.outputs.push_back(Output::Log {
            path: "authenticate".to_owned(),
            told: WireError::new(
                code,
                "the keys of the token's issuer cannot be had; try again",
            ),
            cause,
        });
    }

    /// Answers a call whose bearer is refused.
    pub(super) fn refuse_call(&mut self, call: &WaitingCall, error: WireError) {
        let error = error.refusing(call.kind);
        let caller = super::session::Caller::Ticket(call.ticket);
        self.answer(caller, Outcome::Error(error));
    }
}
