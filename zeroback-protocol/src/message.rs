//! The messages of the wire protocol; `PROTOCOL.md` says what they mean.
//!
//! Their JSON forms are private: here are only the types that the runtime and the clients work with.

mod fields;
mod object;
mod outcome;
mod said;
mod server;
mod update;
mod wire;

use crate::{ActionKey, QueuePlace, RawJson, Tag, Version, WireError};

pub use update::{EncodedUpdate, encode_transition};
pub use wire::{BadMessage, request_id_of};

/// The version of the protocol that this crate speaks.
pub const PROTOCOL_VERSION: u32 = 1;

/// Names a live query within its connection; chosen by the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueryId(pub u64);

/// Names a one-shot query, a mutation or an action within its connection; chosen by the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// What a client says.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientMessage {
    /// Opens the session; must come first.
    Connect {
        /// The version of the protocol that the client speaks.
        protocol: u32,
    },
    /// Changes the set of live queries.
    QuerySet {
        /// Comes back in the transition that has everything of this message; must go up.
        set: Option<u64>,
        /// Queries to subscribe to.
        add: Vec<SubscribedQuery>,
        /// Queries to forget.
        remove: Vec<QueryId>,
    },
    /// Runs a query once.
    Query {
        /// Under which the answer comes.
        request_id: RequestId,
        /// The function and its arguments.
        call: Call,
    },
    /// Runs a mutation.
    Mutation {
        /// Under which the answer comes.
        request_id: RequestId,
        /// The function and its arguments.
        call: Call,
        /// What lets it be made once, however often it is sent.
        place: Option<QueuePlace>,
    },
    /// Runs an action.
    Action {
        /// Under which the answer comes.
        request_id: RequestId,
        /// The function and its arguments.
        call: Call,
        /// What lets it run once, however often it is sent.
        key: Option<ActionKey>,
    },
    /// Says who is at this end of the connection. What comes behind it is theirs.
    Authenticate {
        /// A token; nothing where nobody is signed in.
        token: Option<String>,
    },
    /// Says what has been taken in.
    Ack {
        /// How many transitions of this connection.
        transitions: u64,
    },
}

/// One query to be kept live.
#[derive(Clone, Debug, PartialEq)]
pub struct SubscribedQuery {
    /// Under which its results come.
    pub query_id: QueryId,
    /// The function and its arguments.
    pub call: Call,
    /// Which result of it the client holds already.
    pub tag: Option<Tag>,
}

/// A function's name and its encoded arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The function's public path.
    pub path: String,
    /// An object with the arguments under their outside names.
    pub args: RawJson,
}

/// What a server says.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerMessage {
    /// Answers `connect`.
    Connected {
        /// The version of the protocol that the server speaks.
        protocol: u32,
        /// What the server enforces.
        limits: Limits,
        /// Whose the connection is by its cookie, as in [`Authentication::Accepted`].
        identity: Option<String>,
    },
    /// Moves the connection to a version.
    Transition(Transition),
    /// Answers `authenticate`, or says that a token has expired.
    Authentication(Authentication),
    /// The server has lost what it knew of the connection's requests in flight.
    Resend,
    /// A message could not be taken.
    Error {
        /// Why.
        error: WireError,
        /// Whose it was, where that could be read.
        request_id: Option<RequestId>,
    },
    /// A message of a newer server, which a client lets pass.
    Other {
        /// Its type.
        kind: String,
    },
}

/// What became of a token.
#[derive(Clone, Debug, PartialEq)]
pub enum Authentication {
    /// From here on the connection is whose it says to be.
    Accepted {
        /// For how long; nothing where nobody is signed in.
        expires_in_ms: Option<u64>,
        /// A name that nobody else has, of this database: the same for each token of a person. Nothing where nobody
        /// is signed in.
        identity: Option<String>,
    },
    /// It is not; what the client has sent behind it waits for another `authenticate`.
    Refused {
        /// Why.
        error: WireError,
    },
    /// It was, and is not any more; what the client sends waits for another `authenticate`.
    Expired,
}

/// The bounds of one connection, as the server tells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest message that is taken, in bytes.
    pub message_bytes_max: u64,
    /// How many live queries there may be.
    pub queries_max: u64,
    /// How many bytes may be sent that the client has not acknowledged.
    pub unacknowledged_bytes_max: u64,
}

/// What a server allows where it does not say otherwise.
impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes_max: 4 << 20,
            queries_max: 1_000,
            unacknowledged_bytes_max: 1 << 20,
        }
    }
}

/// All that changed for one connection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Transition {
    /// The version that the connection is at now.
    pub version: Version,
    /// The newest `querySet` of which it has everything.
    pub set: Option<u64>,
    /// Outcomes of mutations, actions and one-shot queries.
    pub answers: Vec<Answer>,
    /// Live queries with a new result.
    pub queries: Vec<QueryUpdate>,
}

/// The outcome of one request.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Whose outcome it is.
    pub request_id: RequestId,
    /// The outcome.
    pub outcome: Outcome,
}

/// The new result of one live query.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryUpdate {
    /// Whose result it is.
    pub query_id: QueryId,
    /// The result.
    pub result: QueryResult,
}

/// A result of a live query, whole or as what has changed.
#[derive(Clone, Debug, PartialEq)]
pub enum QueryResult {
    /// The whole of it.
    Whole {
        /// Names it; a refusal that is no result of the function has none.
        tag: Option<Tag>,
        /// The result.
        outcome: Outcome,
    },
    /// What leads to it from an earlier one.
    Deltas {
        /// Names the earlier one.
        base: Tag,
        /// Names the result.
        tag: Tag,
        /// To be applied one after another.
        deltas: Vec<RawJson>,
    },
}

/// A function's value, or its error.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The function returned a value.
    Success(RawJson),
    /// The function, or the way to it, failed.
    Error(WireError),
}

#[cfg(test)]
mod tests;
