//! What one client knows: what it has asked for, and what it was told.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::Value;
use zeroback_protocol::{
    ClientMessage, ErrorCode, Outcome, QueryId, QueryResult, RawJson, RequestId, ServerMessage,
    SubscribedQuery, Tag, Transition, Version, apply_delta,
};
use zeroback_runtime::engine::{ConnectionId, EngineConfig};

/// The largest number that a message has.
const COUNT_MAX: u64 = (1 << 53) - 1;

/// A client with one connection.
#[derive(Clone, Debug)]
pub(super) struct Peer {
    pub(super) connection: ConnectionId,
    is_connected: bool,
    version: Option<Version>,
    set_said: Option<u64>,
    set_heard: Option<u64>,
    live: BTreeMap<QueryId, Live>,
    /// Queries that were over the limit; the client is told so, and they are not live.
    refused: BTreeSet<QueryId>,
    /// With the messages, in their order.
    in_flight: Vec<(RequestId, String)>,
    /// What the server has asked for again.
    again: Vec<String>,
    transitions: u64,
    unread: Unread,
}

/// What is not acknowledged, as the server counts it.
#[derive(Clone, Debug, Default)]
struct Unread {
    /// Each frame with the number of transitions up to it, since the server woke.
    frames: VecDeque<(u64, usize)>,
    transitions: u64,
    /// How many there were before the server woke, as the first acknowledgement says.
    before: Option<u64>,
}

/// A live query, and what the client holds of it.
#[derive(Clone, Debug)]
struct Live {
    path: String,
    args: RawJson,
    tag: Option<Tag>,
    /// As the body of an answer over HTTP.
    held: Option<Value>,
}

/// A live query's function and arguments, and what the client holds.
pub(super) type Holding = (String, Value, Value);

impl Peer {
    pub(super) fn new(connection: ConnectionId) -> Self {
        Self {
            connection,
            is_connected: false,
            version: None,
            set_said: None,
            set_heard: None,
            live: BTreeMap::new(),
            refused: BTreeSet::new(),
            in_flight: Vec::new(),
            again: Vec::new(),
            transitions: 0,
            unread: Unread {
                before: Some(0),
                ..Unread::default()
            },
        }
    }

    /// Notes what the client says, as far as the server has to take it.
    pub(super) fn say(
        &mut self,
        message: &ClientMessage,
        text: &str,
        config: &EngineConfig,
        results: &BTreeMap<Tag, Value>,
    ) {
        match message {
            ClientMessage::Connect { protocol } => self.is_connected |= *protocol == 1,
            _ if !self.is_connected => {}
            ClientMessage::QuerySet { set, add, remove } => {
                if add.len() + remove.len() > 4 * config.queries_max {
                    return;
                }
                if let Some(set) = set {
                    if self.set_said.is_some_and(|said| *set <= said) {
                        return;
                    }
                    self.set_said = Some(*set);
                }
                for query_id in remove {
                    self.live.remove(query_id);
                    self.refused.remove(query_id);
                }
                for query in add {
                    self.subscribe(query, config, results);
                }
            }
            ClientMessage::Query { request_id, .. }
            | ClientMessage::Mutation { request_id, .. }
            | ClientMessage::Action { request_id, .. } => {
                if self.in_flight.iter().all(|(id, _)| id != request_id) {
                    self.in_flight.push((*request_id, text.to_owned()));
                }
            }
            ClientMessage::Authenticate { .. } => unreachable!("no client says who it is"),
            ClientMessage::Ack { transitions } => self.unread.acknowledge(*transitions),
        }
    }

    /// Notes that the server has slept: it does not know what it has sent before.
    pub(super) fn note_wake(&mut self) {
        self.unread = Unread::default();
    }

    /// Takes what the server has asked for again.
    pub(super) fn take_again(&mut self) -> Vec<String> {
        std::mem::take(&mut self.again)
    }

    fn subscribe(
        &mut self,
        query: &SubscribedQuery,
        config: &EngineConfig,
        results: &BTreeMap<Tag, Value>,
    ) {
        if self.live.contains_key(&query.query_id) {
            return;
        }
        if self.live.len() >= config.queries_max {
            self.refused.insert(query.query_id);
            return;
        }
        let live = Live {
            path: query.call.path.clone(),
            args: query.call.args.clone(),
            tag: query.tag,
            held: query.tag.and_then(|tag| results.get(&tag)).cloned(),
        };
        self.live.insert(query.query_id, live);
        self.refused.remove(&query.query_id);
    }

    /// Takes in a frame, and returns the answers in it.
    pub(super) fn hear(
        &mut self,
        frame: &str,
        config: &EngineConfig,
        results: &mut BTreeMap<Tag, Value>,
    ) -> Vec<(RequestId, Outcome)> {
        let (on_its_way, newest) = self.unread.bytes();
        assert!(
            on_its_way - newest <= config.unacknowledged_bytes_max,
            "a client that does not read is told more"
        );
        let message = ServerMessage::parse(frame);
        let message = message.unwrap_or_else(|error| panic!("{error}: {frame}"));
        assert_eq!(message.encode(), frame, "a message reads back as it is");
        let is_transition = matches!(message, ServerMessage::Transition(_));
        self.transitions += u64::from(is_transition);
        self.unread.push(frame.len(), is_transition);
        match message {
            ServerMessage::Transition(transition) => self.transition(transition, config, results),
            ServerMessage::Authentication(_) => panic!("nobody has said who they are"),
            ServerMessage::Other { kind } => panic!("nobody knows \"{kind}\""),
            ServerMessage::Connected { .. } | ServerMessage::Error { .. } => Vec::new(),
            ServerMessage::Resend => {
                assert!(config.hibernates, "the server was not away");
                let lost = std::mem::take(&mut self.in_flight);
                let again = lost
                    .into_iter()
                    .map(|(_, text)| text.replace(r#""attempted":false"#, r#""attempted":true"#));
                self.again.extend(again);
                Vec::new()
            }
        }
    }

    fn transition(
        &mut self,
        transition: Transition,
        config: &EngineConfig,
        results: &mut BTreeMap<Tag, Value>,
    ) -> Vec<(RequestId, Outcome)> {
        assert!(self.is_connected, "told before it was connected");
        if let Some(before) = self.version.replace(transition.version) {
            let (before, now): ((u64, u64), (u64, u64)) =
                (before.into(), transition.version.into());
            assert!(before <= now, "from version {before:?} back to {now:?}");
        }
        if let Some(set) = transition.set {
            // A server that has slept does not know whether it has said it.
            let is_new = self.set_heard < Some(set);
            let may_repeat = config.hibernates && self.set_heard == Some(set);
            assert!(is_new || may_repeat, "set {set} again");
            assert!(Some(set) <= self.set_said, "set {set} was not said");
            self.set_heard = Some(set);
        }
        for update in transition.queries {
            self.update(update.query_id, update.result, results);
        }
        let answers = transition.answers.into_iter().map(|answer| {
            let in_flight = self.in_flight.len();
            self.in_flight.retain(|(id, _)| *id != answer.request_id);
            let was_asked = self.in_flight.len() < in_flight;
            assert!(
                was_asked,
                "{:?} is answered and was not asked",
                answer.request_id
            );
            (answer.request_id, answer.outcome)
        });
        answers.collect()
    }

    fn update(
        &mut self,
        query_id: QueryId,
        result: QueryResult,
        results: &mut BTreeMap<Tag, Value>,
    ) {
        let Some(live) = self.live.get_mut(&query_id) else {
            let is_refused = self.refused.remove(&query_id);
            assert!(is_refused, "{query_id:?} is not live: {result:?}");
            return;
        };
        let (tag, held) = match result {
            QueryResult::Whole { tag, outcome } => (tag, json_of(&outcome)),
            QueryResult::Deltas { base, tag, deltas } => {
                assert_eq!(live.tag, Some(base), "a delta from what is not held");
                let mut held = live.held.take().expect("a tag names what is held");
                let value = held.get_mut("value").expect("an error has no deltas");
                for delta in deltas {
                    let delta: Value = serde_json::from_str(delta.as_str()).expect("it is JSON");
                    if let Err(error) = apply_delta(value, &delta) {
                        panic!("{error}: {delta} to {value}");
                    }
                }
                (Some(tag), held)
            }
        };
        if let Some(tag) = tag {
            let known = results.entry(tag).or_insert_with(|| held.clone());
            assert_eq!(*known, held, "{tag:?} names two results");
        }
        live.tag = tag;
        live.held = Some(held);
    }

    /// Returns a message that says that everything was read, if something was.
    pub(super) fn acknowledge_all(&self) -> Option<String> {
        let has_something = self.is_connected && !self.unread.frames.is_empty();
        // An earlier acknowledgement may have said too much.
        let message = ClientMessage::Ack {
            transitions: COUNT_MAX,
        };
        has_something.then(|| message.encode())
    }

    /// Returns how many transitions there were.
    pub(super) fn transitions(&self) -> u64 {
        self.transitions
    }

    /// Returns the newest set that was said.
    pub(super) fn set_said(&self) -> u64 {
        self.set_said.unwrap_or(0)
    }

    /// Shows that everything was answered, once all was read.
    pub(super) fn check_is_settled(&self) {
        assert!(
            self.in_flight.is_empty(),
            "not answered: {:?}",
            self.in_flight
        );
        assert!(self.refused.is_empty(), "not refused: {:?}", self.refused);
        assert_eq!(self.set_heard, self.set_said, "not every set was followed");
        for (query_id, live) in &self.live {
            // A tag that this server has not made may all the same be that of the result.
            let is_told = live.held.is_some() || live.tag.is_some();
            assert!(is_told, "{query_id:?} was told nothing: {live:?}");
        }
    }

    /// Returns what is held of all live queries.
    pub(super) fn holdings(&self) -> Vec<Holding> {
        let held = |live: &Live| {
            let args = serde_json::from_str(live.args.as_str()).expect("arguments are JSON");
            Some((live.path.clone(), args, live.held.clone()?))
        };
        self.live.values().filter_map(held).collect()
    }
}

impl Unread {
    fn push(&mut self, bytes: usize, is_transition: bool) {
        self.transitions += u64::from(is_transition);
        self.frames.push_back((self.transitions, bytes));
    }

    fn acknowledge(&mut self, transitions: u64) {
        let since = transitions.saturating_sub(self.transitions);
        let before = *self.before.get_or_insert(since);
        let until = transitions.saturating_sub(before);
        self.frames.retain(|(number, _)| *number > until);
    }

    /// Returns how many bytes there are, and how many the newest frame has.
    fn bytes(&self) -> (usize, usize) {
        let all = self.frames.iter().map(|(_, bytes)| bytes).sum();
        (all, self.frames.back().map_or(0, |(_, bytes)| *bytes))
    }
}

/// Shows that what is held is what would be told.
pub(super) fn check_same((path, args, held): &Holding, told: &Outcome) {
    let told = json_of(told);
    let limits = [held, &told].map(|one| one["errorCode"] == ErrorCode::LIMIT_EXCEEDED.as_str());
    // What was refused before the server slept is refused, but not for the same reason.
    let is_of_sleep = held["errorCode"] == ErrorCode::UNAVAILABLE.as_str();
    if limits.contains(&true) || is_of_sleep {
        return;
    }
    assert_eq!(*held, told, "{path} of {args}: held, and what is there");
}

/// Returns an outcome as JSON; the same error of another request is the same.
fn json_of(outcome: &Outcome) -> Value {
    let outcome = match outcome {
        Outcome::Error(error) => Outcome::Error(error.clone().of_any_request()),
        success => success.clone(),
    };
    serde_json::from_str(&outcome.encode()).expect("an outcome is JSON")
}
