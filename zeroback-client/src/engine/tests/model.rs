//! A server in memory that keeps the rules of PROTOCOL.md and does only what it is told, one step at a
//! time: read a message, flush, lose a connection. Its data is one log of tasks.

mod work;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::Value;
use zeroback_protocol::{
    Answer, Call, ClientMessage, ErrorCode, Limits, Outcome, PROTOCOL_VERSION, QueryId,
    QueryUpdate, QueueId, RawJson, RequestId, ServerMessage, Tag, Transition, Version, WireError,
};

/// What the server remembers of a queue.
#[derive(Clone, Debug, Default)]
struct Queue {
    last: u64,
    records: BTreeMap<u64, (Call, Outcome)>,
}

/// What outlives connections.
#[derive(Clone, Debug, Default)]
pub(super) struct Database {
    pub(super) log: Vec<Value>,
    queues: BTreeMap<QueueId, Queue>,
}

/// One connection.
#[derive(Debug, Default)]
struct Session {
    /// What was sent and not read yet.
    inbox: VecDeque<String>,
    /// Whether what is said still arrives.
    is_lost: bool,
    subscriptions: BTreeMap<QueryId, (String, Option<Tag>)>,
    in_flight: BTreeSet<RequestId>,
    answers: Vec<Answer>,
    set: Option<u64>,
    set_is_told: bool,
    unacknowledged: usize,
}

#[derive(Debug, Default)]
pub(super) struct Server {
    pub(super) database: Database,
    version: Version,
    last_id: u64,
    tags: BTreeMap<String, Tag>,
    values: BTreeMap<Tag, Value>,
    session: Option<Session>,
    /// What it says, for the client to take in.
    pub(super) says: VecDeque<String>,
    last_said: Option<String>,
    /// Whose connections are.
    pub(super) identity: Option<String>,
    /// What the next mutation that is to be run, or to be read, is answered with instead.
    pub(super) refuse_next: Option<&'static str>,
    pub(super) bad_next: bool,
    /// Has the next update begin from a result that nobody holds.
    pub(super) wrong_base_next: bool,
}

/// The connection of one client to a server that has several.
#[cfg(feature = "offline")]
#[derive(Debug, Default)]
pub(super) struct Line {
    session: Option<Session>,
    says: VecDeque<String>,
    last_said: Option<String>,
}

const LIMITS: Limits = Limits {
    message_bytes_max: 320,
    queries_max: 1_000,
    unacknowledged_bytes_max: 16_000,
};

impl Server {
    /// A socket has come about.
    pub(super) fn accept(&mut self) {
        self.version.epoch = self.version.epoch.max(1);
        self.session = Some(Session {
            set_is_told: true,
            ..Session::default()
        });
        self.says.clear();
        self.last_said = None;
    }

    /// The socket is gone; what is under way may still be read, and nothing is heard any more.
    pub(super) fn lose(&mut self) {
        if let Some(session) = &mut self.session {
            session.is_lost = true;
        }
        self.says.clear();
    }

    /// A frame is under way.
    pub(super) fn deliver(&mut self, text: String) {
        if let Some(session) = &mut self.session {
            session.inbox.push_back(text);
        }
    }

    /// Speaks with another client, and has this one wait.
    #[cfg(feature = "offline")]
    pub(super) fn turn_to(&mut self, other: &mut Line) {
        std::mem::swap(&mut self.session, &mut other.session);
        std::mem::swap(&mut self.says, &mut other.says);
        std::mem::swap(&mut self.last_said, &mut other.last_said);
    }

    /// Forgets what it has made of all queues.
    #[cfg(feature = "offline")]
    pub(super) fn forget_queues(&mut self) {
        self.database.queues.clear();
    }

    pub(super) fn waiting(&self) -> usize {
        self.session
            .as_ref()
            .map_or(0, |session| session.inbox.len())
    }

    /// Takes the next message in, also when its connection is lost already.
    pub(super) fn read(&mut self) {
        let Some(session) = &mut self.session else {
            return;
        };
        let Some(text) = session.inbox.pop_front() else {
            return;
        };
        if text == "ping" {
            return self.say("pong".to_owned());
        }
        let message = ClientMessage::parse(&text).expect("the client says what can be read");
        match message {
            ClientMessage::Connect { .. } => {
                let connected = ServerMessage::Connected {
                    protocol: PROTOCOL_VERSION,
                    limits: LIMITS,
                    identity: self.identity.clone(),
                };
                self.say(connected.encode());
            }
            ClientMessage::QuerySet { set, add, remove } => {
                if let Some(set) = set {
                    assert!(session.set < Some(set), "the numbers of sets go up");
                    (session.set, session.set_is_told) = (Some(set), false);
                }
                for id in remove {
                    session.subscriptions.remove(&id);
                }
                for query in add {
                    let subscription = (query.call.path, query.tag);
                    let before = session.subscriptions.insert(query.query_id, subscription);
                    assert!(before.is_none(), "an id is not used again");
                }
            }
            ClientMessage::Ack { .. } => session.unacknowledged = 0,
            ClientMessage::Query { request_id, call } => {
                let value = self.value_of(&call.path);
                self.answer(request_id, Outcome::Success(raw(&value)));
            }
            ClientMessage::Mutation {
                request_id,
                call,
                place,
            } => {
                if session.in_flight.contains(&request_id) {
                    return self.refuse(request_id, ErrorCode::DUPLICATE_ID);
                }
                if !call.path.is_empty() && std::mem::take(&mut self.bad_next) {
                    return self.refuse(request_id, ErrorCode::BAD_MESSAGE);
                }
                let place = place.expect("a mutation has a place");
                let outcome = self.mutate(&call, place);
                self.answer(request_id, outcome);
            }
            other => panic!("nobody says {other:?} here"),
        }
    }

    /// Says all that is new, in one transition.
    pub(super) fn flush(&mut self) {
        let Some(mut session) = self.session.take_if(|session| !session.is_lost) else {
            return;
        };
        let mut queries = Vec::new();
        for (query_id, (path, tag)) in &mut session.subscriptions {
            let query_id = *query_id;
            if let Some((newer, result)) = self.update(path, *tag) {
                *tag = Some(newer);
                queries.push(QueryUpdate { query_id, result });
            }
        }
        let answers = std::mem::take(&mut session.answers);
        let has_news = !queries.is_empty() || !answers.is_empty() || !session.set_is_told;
        let transition = Transition {
            version: self.version,
            set: session.set,
            answers,
            queries,
        };
        session.in_flight.clear();
        session.set_is_told = true;
        let text = ServerMessage::Transition(transition).encode();
        if has_news {
            session.unacknowledged += text.len();
            let bytes_max = LIMITS.unacknowledged_bytes_max as usize + text.len();
            assert!(session.unacknowledged <= bytes_max, "slow_client");
        }
        self.session = Some(session);
        if has_news {
            self.last_said = Some(text.clone());
            self.say(text);
        }
    }

    /// Says the last transition once more.
    pub(super) fn repeat(&mut self) {
        if let Some(text) = self.last_said.clone() {
            self.say(text);
        }
    }

    /// Loses what it knows of the connection's requests, as an object does that was evicted.
    pub(super) fn forget_requests(&mut self) {
        let Some(session) = &mut self.session else {
            return;
        };
        session.answers.clear();
        session.in_flight.clear();
        // What it has not read yet, it reads after it has said so.
        session.inbox.retain(|text| {
            let message = ClientMessage::parse(text);
            !matches!(
                message,
                Ok(ClientMessage::Query { .. } | ClientMessage::Mutation { .. })
            )
        });
        self.say(ServerMessage::Resend.encode());
    }

    /// Puts an older database in the place of this one.
    pub(super) fn restore(&mut self, database: Database) {
        self.database = database;
        self.version = Version {
            epoch: self.version.epoch + 1,
            counter: 0,
        };
    }

    pub(super) fn value_of(&self, path: &str) -> Value {
        let log = &self.database.log;
        match path {
            "projects:count" => log.len().into(),
            _ => Value::Array(log.clone()),
        }
    }

    fn say(&mut self, text: String) {
        if self
            .session
            .as_ref()
            .is_some_and(|session| !session.is_lost)
        {
            self.says.push_back(text);
        }
    }

    fn refuse(&mut self, request_id: RequestId, code: ErrorCode) {
        let refusal = ServerMessage::Error {
            error: WireError::new(code, "so it is"),
            request_id: Some(request_id),
        };
        self.say(refusal.encode());
    }

    fn answer(&mut self, request_id: RequestId, outcome: Outcome) {
        let session = self.session.as_mut().expect("it was asked");
        session.in_flight.insert(request_id);
        session.answers.push(Answer {
            request_id,
            outcome,
        });
    }
}

fn raw(value: &Value) -> RawJson {
    RawJson::from_encoded(value.to_string())
}
