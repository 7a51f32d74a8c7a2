//! A client as plain as can be: it sends what it is told, and holds what it was sent.

use std::collections::BTreeMap;

use serde_json::Value;
use zeroback_protocol::{
    ActionKey, Authentication, Call, ClientMessage, Outcome, PROTOCOL_VERSION, QueryId,
    QueryResult, QueuePlace, RawJson, RequestId, ServerMessage, SubscribedQuery, Tag, Transition,
    Version, WireError, apply_delta,
};

use crate::target::{Frame, Socket};
use crate::transcript;

/// One connection, and what its user would see.
#[expect(missing_debug_implementations, reason = "a socket need not be")]
pub struct Client {
    name: String,
    socket: Box<dyn Socket>,
    last_id: u64,
    /// Where the connection stands.
    pub version: Version,
    /// The newest result of each live query.
    pub results: BTreeMap<QueryId, Outcome>,
    /// The tags of those that have one.
    pub tags: BTreeMap<QueryId, Tag>,
    answers: BTreeMap<RequestId, Outcome>,
    transitions: u64,
    unacknowledged_bytes: usize,
    acknowledged_bytes: usize,
    /// Whether it says what it has read.
    pub acknowledges: bool,
    /// Under which name the server knows who is here, if it is somebody.
    pub identity: Option<String>,
}

/// A client says what it has read each time that it has read so much.
const ACKNOWLEDGED_BYTES: usize = 64 << 10;

/// What a server sends.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A message.
    Message(ServerMessage),
    /// The answer to `ping`.
    Pong,
    /// The end.
    Closed(u16),
}

impl Client {
    pub(crate) fn new(number: usize, socket: Box<dyn Socket>) -> Self {
        let names = ["ann", "bob", "cleo", "dan"];
        let name = match names.get(number - 1) {
            Some(name) => (*name).to_owned(),
            None => format!("client{number}"),
        };
        Self {
            name,
            socket,
            last_id: 0,
            version: Version::default(),
            results: BTreeMap::new(),
            tags: BTreeMap::new(),
            answers: BTreeMap::new(),
            transitions: 0,
            unacknowledged_bytes: 0,
            acknowledged_bytes: ACKNOWLEDGED_BYTES,
            acknowledges: true,
            identity: None,
        }
    }

    /// Sends `connect`, and waits for `connected`.
    pub fn connect(&mut self) {
        self.send(&ClientMessage::Connect {
            protocol: PROTOCOL_VERSION,
        });
        match self.event() {
            Event::Message(ServerMessage::Connected {
                protocol,
                limits,
                identity,
            }) => {
                assert_eq!(protocol, PROTOCOL_VERSION);
                let share = usize::try_from(limits.unacknowledged_bytes_max / 16);
                let share = share.expect("it is no more than memory");
                self.acknowledged_bytes = ACKNOWLEDGED_BYTES.min(share);
                self.identity = identity;
            }
            other => panic!("expected `connected`, found {other:?}"),
        }
    }

    // --- What is sent. ---

    /// Sends a message.
    pub fn send(&mut self, message: &ClientMessage) {
        self.send_text(message.encode());
    }

    /// Sends a text frame.
    pub fn send_text(&mut self, text: impl Into<String>) {
        let text = text.into();
        transcript::note(&self.name, "→", &text);
        self.socket.send(Frame::Text(text));
    }

    /// Sends a binary frame.
    pub fn send_binary(&mut self, bytes: &[u8]) {
        transcript::note(&self.name, "→", "(binary)");
        self.socket.send(Frame::Binary(bytes.to_vec()));
    }

    /// Ends the connection in order.
    pub fn close(mut self) {
        transcript::note(&self.name, "→", "(close)");
        self.socket.send(Frame::Close(1000));
    }

    /// Subscribes to a query.
    pub fn subscribe(&mut self, path: &str, args: Value) -> QueryId {
        self.query_set(&[(path, args)], &[])[0]
    }

    /// Subscribes to a query of which a result is held, as another connection left it.
    pub fn resume(&mut self, path: &str, args: Value, held: &(Tag, Outcome)) -> QueryId {
        let query_id = QueryId(self.fresh_id());
        self.results.insert(query_id, held.1.clone());
        self.tags.insert(query_id, held.0);
        self.send(&ClientMessage::QuerySet {
            set: Some(query_id.0),
            add: vec![SubscribedQuery {
                query_id,
                call: call(path, &args),
                tag: Some(held.0),
            }],
            remove: Vec::new(),
        });
        query_id
    }

    /// Returns what is held of a live query, for another connection to go on from.
    #[must_use]
    pub fn held(&self, query: QueryId) -> (Tag, Outcome) {
        (self.tags[&query], self.results[&query].clone())
    }

    /// Ends a subscription.
    pub fn unsubscribe(&mut self, query: QueryId) {
        self.query_set(&[], &[query]);
    }

    /// Changes the set of live queries by one message.
    pub fn query_set(&mut self, add: &[(&str, Value)], remove: &[QueryId]) -> Vec<QueryId> {
        let ids: Vec<_> = add.iter().map(|_| QueryId(self.fresh_id())).collect();
        let add = ids.iter().zip(add).map(|(query_id, (path, args))| {
            let call = call(path, args);
            SubscribedQuery {
                query_id: *query_id,
                call,
                tag: None,
            }
        });
        self.send(&ClientMessage::QuerySet {
            set: None,
            add: add.collect(),
            remove: remove.to_vec(),
        });
        ids
    }

    /// Says who is here, and waits for what becomes of that.
    pub fn authenticate(&mut self, token: Option<&str>) -> Authentication {
        self.say_who(token);
        self.authentication()
    }

    /// Says who is here.
    pub fn say_who(&mut self, token: Option<&str>) {
        let token = token.map(str::to_owned);
        self.send(&ClientMessage::Authenticate { token });
    }

    /// Waits for what becomes of a token.
    pub fn authentication(&mut self) -> Authentication {
        loop {
            match self.event() {
                Event::Message(ServerMessage::Authentication(authentication)) => {
                    if let Authentication::Accepted { identity, .. } = &authentication {
                        self.identity.clone_from(identity);
                    }
                    return authentication;
                }
                Event::Message(ServerMessage::Transition(_)) => {}
                other => panic!("{}: expected a word on a token, found {other:?}", self.name),
            }
        }
    }

    /// Says who is here, which is taken.
    pub fn sign_in(&mut self, token: &str) {
        let authentication = self.authenticate(Some(token));
        let is_taken = matches!(
            authentication,
            Authentication::Accepted {
                expires_in_ms: Some(_),
                identity: Some(_),
            }
        );
        assert!(is_taken, "{}: {authentication:?}", self.name);
    }

    /// Says who is here, which is refused.
    pub fn sign_in_in_vain(&mut self, token: &str) -> WireError {
        match self.authenticate(Some(token)) {
            Authentication::Refused { error } => error,
            other => panic!("{}: expected a refusal, found {other:?}", self.name),
        }
    }

    /// Sends a mutation.
    pub fn mutation(&mut self, path: &str, args: Value) -> RequestId {
        self.mutation_at(None, path, &args)
    }

    /// Sends a mutation, with its place in a queue.
    pub fn mutation_at(
        &mut self,
        place: Option<QueuePlace>,
        path: &str,
        args: &Value,
    ) -> RequestId {
        let request_id = RequestId(self.fresh_id());
        self.send(&ClientMessage::Mutation {
            request_id,
            call: call(path, args),
            place,
        });
        request_id
    }

    /// Sends a call of an action.
    pub fn action(&mut self, path: &str, args: Value) -> RequestId {
        self.action_under(None, path, &args)
    }

    /// Sends a call of an action that runs once under its key.
    pub fn action_under(&mut self, key: Option<ActionKey>, path: &str, args: &Value) -> RequestId {
        let request_id = RequestId(self.fresh_id());
        self.send(&ClientMessage::Action {
            request_id,
            call: call(path, args),
            key,
        });
        request_id
    }

    /// Sends a one-shot query.
    pub fn one_shot(&mut self, path: &str, args: Value) -> RequestId {
        let request_id = RequestId(self.fresh_id());
        self.send(&ClientMessage::Query {
            request_id,
            call: call(path, &args),
        });
        request_id
    }

    // --- What is waited for. ---

    /// Returns the next thing that the server sends.
    pub fn event(&mut self) -> Event {
        let Some(frame) = self.socket.receive() else {
            panic!("{}: nothing more comes", self.name);
        };
        self.take(frame)
    }

    fn take(&mut self, frame: Frame) -> Event {
        match frame {
            Frame::Text(text) => {
                transcript::note(&self.name, "←", &text);
                if text == "pong" {
                    return Event::Pong;
                }
                let message = ServerMessage::parse(&text).expect("a server's message");
                if let ServerMessage::Transition(transition) = &message {
                    self.apply(transition);
                }
                self.acknowledge(text.len());
                Event::Message(message)
            }
            Frame::Binary(_) => panic!("{}: a server sends no binary frames", self.name),
            Frame::Close(code) => {
                transcript::note(&self.name, "←", &format!("(close {code})"));
                Event::Closed(code)
            }
        }
    }

    /// Returns the next thing, which must be a transition.
    pub fn transition(&mut self) -> Transition {
        match self.event() {
            Event::Message(ServerMessage::Transition(transition)) => transition,
            other => panic!("{}: expected a transition, found {other:?}", self.name),
        }
    }

    /// Returns the next thing, which must be a transition, and its text.
    pub fn transition_text(&mut self) -> (String, Transition) {
        let transition = self.transition();
        let text = ServerMessage::Transition(transition.clone()).encode();
        (text, transition)
    }

    /// Takes in the transitions that have arrived, and returns how many there were; for the engine
    /// alone, where waiting for what does not come ends at once.
    pub fn arrived(&mut self) -> usize {
        let mut came = 0;
        while let Some(frame) = self.socket.receive() {
            let event = self.take(frame);
            assert!(
                matches!(event, Event::Message(ServerMessage::Transition(_))),
                "{event:?}"
            );
            came += 1;
        }
        came
    }

    /// Returns the next thing, which must be a refusal.
    pub fn refusal(&mut self) -> (WireError, Option<RequestId>) {
        match self.event() {
            Event::Message(ServerMessage::Error { error, request_id }) => (error, request_id),
            other => panic!("{}: expected a refusal, found {other:?}", self.name),
        }
    }

    /// Returns the next thing, which must be the end.
    pub fn closed(&mut self) -> u16 {
        match self.event() {
            Event::Closed(code) => code,
            other => panic!("{}: expected the end, found {other:?}", self.name),
        }
    }

    /// Waits for an outcome.
    pub fn answer(&mut self, request: RequestId) -> Outcome {
        loop {
            if let Some(outcome) = self.answers.remove(&request) {
                return outcome;
            }
            self.transition();
        }
    }

    /// Forgets an outcome that has come, so that its request's id may be used again.
    pub fn answers_taken(&mut self, request: RequestId) {
        self.answers.remove(&request);
    }

    /// Waits for a live query's first result, or returns the newest.
    pub fn result(&mut self, query: QueryId) -> Value {
        match self.outcome(query) {
            Outcome::Success(value) => parsed(&value),
            Outcome::Error(error) => panic!("{}: the live query failed: {error}", self.name),
        }
    }

    /// Waits for a live query's first outcome, which must be an error, or returns the newest.
    pub fn failure(&mut self, query: QueryId) -> WireError {
        match self.outcome(query) {
            Outcome::Success(value) => panic!("{}: expected an error, found {value:?}", self.name),
            Outcome::Error(error) => error,
        }
    }

    /// Waits until everything that was on its way has come, and returns what it was, except what
    /// was empty.
    pub fn settle(&mut self) -> Vec<Transition> {
        let marker = self.one_shot("marker", Value::Object(serde_json::Map::new()));
        let mut came = Vec::new();
        loop {
            let mut transition = self.transition();
            transition
                .answers
                .retain(|answer| answer.request_id != marker);
            if !transition.answers.is_empty() || !transition.queries.is_empty() {
                came.push(transition);
            }
            if self.answers.remove(&marker).is_some() {
                return came;
            }
        }
    }

    /// Runs a mutation, which must succeed.
    pub fn mutate(&mut self, path: &str, args: Value) -> Value {
        let request = self.mutation(path, args);
        let outcome = self.answer(request);
        self.success(path, outcome)
    }

    /// Runs a mutation, which must fail.
    pub fn mutate_in_vain(&mut self, path: &str, args: Value) -> WireError {
        let request = self.mutation(path, args);
        let outcome = self.answer(request);
        self.error(path, outcome)
    }

    /// Runs a one-shot query, which must succeed.
    pub fn query(&mut self, path: &str, args: Value) -> Value {
        let request = self.one_shot(path, args);
        let outcome = self.answer(request);
        self.success(path, outcome)
    }

    /// Runs a one-shot query, which must fail.
    pub fn query_in_vain(&mut self, path: &str, args: Value) -> WireError {
        let request = self.one_shot(path, args);
        let outcome = self.answer(request);
        self.error(path, outcome)
    }

    /// Returns the newest outcome of a live query, and that of the same as a one-shot query; values
    /// as JSON, since the text of a value that deltas were applied to is another one, and errors as those
    /// of any request.
    pub fn compare(
        &mut self,
        held: QueryId,
        path: &str,
        args: Value,
    ) -> [Option<Result<Value, WireError>>; 2] {
        let held = self.results.get(&held).cloned();
        let request = self.one_shot(path, args);
        let fresh = Some(self.answer(request));
        let result = |outcome| match outcome {
            Outcome::Success(value) => Ok(parsed(&value)),
            Outcome::Error(error) => Err(error.of_any_request()),
        };
        [held.map(result), fresh.map(result)]
    }

    fn success(&self, path: &str, outcome: Outcome) -> Value {
        match outcome {
            Outcome::Success(value) => parsed(&value),
            Outcome::Error(error) => panic!("{}: {path} failed: {error}", self.name),
        }
    }

    fn error(&self, path: &str, outcome: Outcome) -> WireError {
        match outcome {
            Outcome::Success(value) => panic!("{}: {path} returned {value:?}", self.name),
            Outcome::Error(error) => error,
        }
    }

    fn outcome(&mut self, query: QueryId) -> Outcome {
        while !self.results.contains_key(&query) {
            self.transition();
        }
        self.results[&query].clone()
    }

    /// Takes in a transition, and holds it against what every transition must be.
    fn apply(&mut self, transition: &Transition) {
        assert!(
            transition.version >= self.version,
            "{}: the version went back from {:?}",
            self.name,
            self.version
        );
        self.version = transition.version;
        self.transitions += 1;
        for update in &transition.queries {
            self.apply_update(update.query_id, &update.result);
        }
        for answer in &transition.answers {
            let before = self
                .answers
                .insert(answer.request_id, answer.outcome.clone());
            assert!(before.is_none(), "{}: one request, two answers", self.name);
        }
    }

    fn apply_update(&mut self, query_id: QueryId, result: &QueryResult) {
        let (tag, outcome) = match result {
            QueryResult::Whole { tag, outcome } => (*tag, outcome.clone()),
            QueryResult::Deltas { base, tag, deltas } => {
                assert_eq!(self.tags.get(&query_id), Some(base), "{}", self.name);
                let Outcome::Success(held) = &self.results[&query_id] else {
                    panic!("{}: a delta of an error", self.name);
                };
                let mut value = parsed(held);
                for delta in deltas {
                    let applied = apply_delta(&mut value, &parsed(delta));
                    applied.unwrap_or_else(|error| panic!("{}: {error}", self.name));
                }
                let value = RawJson::from_encoded(value.to_string());
                (Some(*tag), Outcome::Success(value))
            }
        };
        self.results.insert(query_id, outcome);
        match tag {
            Some(tag) => self.tags.insert(query_id, tag),
            None => self.tags.remove(&query_id),
        };
    }

    fn acknowledge(&mut self, bytes: usize) {
        self.unacknowledged_bytes += bytes;
        if self.acknowledges && self.unacknowledged_bytes >= self.acknowledged_bytes {
            self.unacknowledged_bytes = 0;
            self.send(&ClientMessage::Ack {
                transitions: self.transitions,
            });
        }
    }

    fn fresh_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }
}

/// Reads an encoded value.
#[must_use]
pub fn parsed(value: &RawJson) -> Value {
    serde_json::from_str(value.as_str()).expect("results are JSON")
}

fn call(path: &str, args: &Value) -> Call {
    Call {
        path: path.to_owned(),
        args: RawJson::from_encoded(args.to_string()),
    }
}
