//! The live queries of a connection: asked for, refused and taken back.

use zeroback_protocol::{Call, ErrorCode, FunctionKind, QueryId, SubscribedQuery, WireError};

use super::{Access, Session};
use crate::engine::live::{Held, Leaves};
use crate::engine::outbox::ConnectionId;
use crate::engine::run::guarded;
use crate::engine::store::Store;
use crate::engine::{Engine, Status};
use crate::planted::{self, Bug};
use crate::registry::FunctionDef;

/// Closes a connection that subscribes more often than it may.
const CLOSE_RATE_LIMITED: u16 = 4429;

impl<S: Store> Engine<S> {
    /// Takes in the number of a set of live queries; returns whether it may be taken in.
    pub(super) fn take_set(&mut self, connection: ConnectionId, set: u64) -> bool {
        let session = self.session(connection);
        if session.last_set.is_some_and(|last| set <= last) {
            let text = "message.set: must be greater than that of the set before";
            let error = WireError::new(ErrorCode::BAD_MESSAGE, text);
            self.refuse(connection, error, None);
            return false;
        }
        session.last_set = Some(set);
        if !planted::has(Bug::ForgetsSets) {
            session.news.set(set);
        }
        self.with_news.insert(connection);
        self.touch(connection);
        true
    }

    pub(super) fn add_query(&mut self, connection: ConnectionId, query: SubscribedQuery) {
        let queries_max = self.config.queries_max;
        let (rate, now_ms) = (self.config.rate(), self.now_ms);
        let session = self.session(connection);
        if session.queries.contains_key(&query.query_id) {
            let text = format!("message.add: queryId {} is in use", query.query_id.0);
            let error = WireError::new(ErrorCode::DUPLICATE_ID, text);
            self.refuse(connection, error, None);
            return;
        }
        let is_too_much = session.calls.borrow(rate, now_ms);
        let viewer = &self.sessions[&connection].viewer;
        self.people.borrow(viewer, rate, now_ms);
        if is_too_much {
            return self.close(connection, CLOSE_RATE_LIMITED, "too many calls");
        }
        if self.session(connection).queries.len() >= queries_max {
            let text =
                format!("the connection has {queries_max} live queries, which is queriesMax");
            self.fail_query(
                connection,
                query.query_id,
                WireError::new(ErrorCode::TOO_MANY_QUERIES, text),
            );
            return;
        }
        let found = self
            .find(FunctionKind::Query, &query.call, Access::Public)
            .and_then(|function| {
                let args = self.live_args(&function, &query.call)?;
                Ok((function.path, args))
            });
        let execution = match found {
            Ok((path, args)) => {
                let subscriber = (connection, query.query_id);
                // Who is told an error has lost the result that it held.
                let tag = query.tag.filter(|_| self.status() == Status::Ready);
                let held = tag.map_or(Held::Nothing, Held::Result);
                let viewer = &self.sessions[&connection].viewer;
                Some(self.live.subscribe(path, args, viewer, subscriber, held))
            }
            Err(error) => {
                let request_id = self.calls.begin();
                let error = self.calls.refused(request_id, &query.call.path, error);
                self.fail_query(connection, query.query_id, error);
                None
            }
        };
        if let (Some(_), Some(error)) = (execution, self.refusal()) {
            // It runs when the engine is ready.
            self.fail_query(connection, query.query_id, error);
        }
        if let Some(execution) = execution {
            self.note_subscribed(execution);
        }
        let session = self.session(connection);
        session.queries.insert(query.query_id, execution);
        self.touch(connection);
    }

    /// Returns the present result of a live query, for [`TestApp`](crate::testing::TestApp).
    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn live_result(
        &self,
        connection: ConnectionId,
        query_id: QueryId,
    ) -> Option<zeroback_protocol::Outcome> {
        let execution = self.sessions.get(&connection)?.execution(query_id)?;
        self.live.get(execution).outcome().cloned()
    }

    /// Returns all live queries.
    pub(in crate::engine) fn subscribed(&self) -> Vec<(ConnectionId, QueryId)> {
        let sessions = self.sessions.iter();
        let queries = |(connection, session): (&ConnectionId, &Session)| {
            let connection = *connection;
            let ids: Vec<_> = session.queries.keys().copied().collect();
            ids.into_iter().map(move |query_id| (connection, query_id))
        };
        sessions.flat_map(queries).collect()
    }

    /// Decodes arguments and encodes them again, so that equal calls are one; an author's own
    /// decoding may panic.
    fn live_args(&mut self, function: &FunctionDef, call: &Call) -> Result<String, WireError> {
        let args = guarded(|| (function.canonical_args)(call.args.as_str())).map_err(|error| {
            let request_id = self.calls.begin();
            self.told_of(request_id, function.path, &error)
        })?;
        let bytes_max = self.config.live_args_bytes_max;
        if args.len() > bytes_max {
            let text = format!(
                "args: a live query may have at most {bytes_max} bytes of arguments, not {}",
                args.len()
            );
            return Err(WireError::new(ErrorCode::LIMIT_EXCEEDED, text));
        }
        Ok(args)
    }

    pub(super) fn remove_query(&mut self, connection: ConnectionId, query_id: QueryId) {
        let session = self.session(connection);
        session.news.forget(query_id);
        let removed = session.queries.remove(&query_id);
        self.touch(connection);
        if let Some(Some(execution)) = removed {
            let subscriber = (connection, query_id);
            self.live.unsubscribe(execution, subscriber, Leaves::Done);
        }
    }

    /// Notes that a live query is refused.
    pub(in crate::engine) fn fail_query(
        &mut self,
        connection: ConnectionId,
        query_id: QueryId,
        error: WireError,
    ) {
        let error = self.calls.named(error);
        if let Some(session) = self.sessions.get_mut(&connection) {
            session.news.fail(query_id, error);
            self.with_news.insert(connection);
            self.touch(connection);
        }
    }
}
