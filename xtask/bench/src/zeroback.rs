//! As much of Zeroback's protocol as a measurement needs.

use std::net::SocketAddr;

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use zeroback_protocol::QueueId;

use crate::socket::{Socket, frame};

/// A client acknowledges when it has received so much since it last did.
const ACK_BYTES: usize = 64 << 10;

/// A client that makes mutations, each recorded so that it is made once.
pub(crate) struct Writer {
    socket: Socket,
    queue: String,
    sequence: u64,
    taken: Taken,
}

/// Mutations that are sent at once, put into frames before anything is measured.
pub(crate) struct Lot {
    frames: Vec<u8>,
    mutations: usize,
}

/// What a connection has received, and when it has to say so.
#[derive(Default)]
pub(crate) struct Taken {
    transitions: u64,
    bytes: usize,
}

impl Writer {
    pub(crate) fn connect(address: SocketAddr) -> Result<Self> {
        let mut socket = Socket::open(address, "/ws")?;
        socket.send(&frame(&connect()))?;
        let connected = socket.next()?;
        ensure!(connected.contains("\"connected\""), "{connected}");
        Ok(Self {
            socket,
            queue: QueueId(fastrand::u128(..).to_be_bytes()).to_text(),
            sequence: 0,
            taken: Taken::default(),
        })
    }

    /// Puts calls into frames; lots must be made in the order in which they were put together.
    pub(crate) fn lot(&mut self, calls: impl IntoIterator<Item = (&'static str, Value)>) -> Lot {
        let (mut frames, acked_through) = (Vec::new(), self.sequence);
        for (path, args) in calls {
            self.sequence += 1;
            let mutation = json!({
                "type": "mutation",
                "requestId": self.sequence,
                "path": path,
                "args": args,
                "queue": self.queue,
                "sequence": self.sequence,
                "ackedThrough": acked_through,
            });
            frames.extend(frame(&mutation.to_string()));
        }
        let mutations = usize::try_from(self.sequence - acked_through).unwrap_or(usize::MAX);
        Lot { frames, mutations }
    }

    pub(crate) fn send(&mut self, lot: &Lot) -> Result<()> {
        self.socket.send(&lot.frames)
    }

    /// Waits until all of a lot has been answered, and returns the newest transition.
    pub(crate) fn answers(&mut self, lot: &Lot) -> Result<String> {
        let mut answered = 0;
        loop {
            let text = self.next()?;
            ensure!(!text.contains("\"status\":\"error\""), "{text}");
            answered += text.matches("\"requestId\":").count();
            if answered >= lot.mutations {
                return Ok(text);
            }
        }
    }

    pub(crate) fn make(&mut self, lot: &Lot) -> Result<String> {
        self.send(lot)?;
        self.answers(lot)
    }

    /// Makes one mutation.
    pub(crate) fn call(&mut self, path: &'static str, args: Value) -> Result<()> {
        let lot = self.lot([(path, args)]);
        self.make(&lot)?;
        Ok(())
    }

    /// Runs a query once.
    pub(crate) fn query(&mut self, path: &str, args: &Value) -> Result<Value> {
        // No mutation has this id.
        let query =
            json!({ "type": "query", "requestId": 1_u64 << 50, "path": path, "args": args });
        self.socket.send(&frame(&query.to_string()))?;
        let answer: Value = serde_json::from_str(&self.next()?)?;
        let answer = &answer["answers"][0];
        ensure!(answer["status"] == "success", "{path}: {answer}");
        Ok(answer["value"].clone())
    }

    /// Subscribes to a query and returns the transition with its first result.
    pub(crate) fn subscribe(&mut self, path: &str, args: &Value) -> Result<String> {
        self.socket
            .send(&frame(&subscribe(&[(path, args.clone())])))?;
        self.next()
    }

    /// Waits for the next message, and acknowledges what has come where it is time to.
    pub(crate) fn next(&mut self) -> Result<String> {
        let text = self.socket.next()?;
        if let Some(ack) = self.taken.take(&text) {
            self.socket.send(&ack)?;
        }
        Ok(text)
    }
}

impl Taken {
    /// Notes a message; returns the frame to be sent, if it is time to acknowledge.
    pub(crate) fn take(&mut self, text: &str) -> Option<Vec<u8>> {
        self.transitions += u64::from(text.starts_with(r#"{"type":"transition""#));
        self.bytes += text.len();
        if self.bytes < ACK_BYTES {
            return None;
        }
        self.bytes = 0;
        let ack = json!({ "type": "ack", "transitions": self.transitions });
        Some(frame(&ack.to_string()))
    }
}

pub(crate) fn connect() -> String {
    json!({ "type": "connect", "protocol": 1 }).to_string()
}

/// The message that subscribes to queries.
pub(crate) fn subscribe(queries: &[(&str, Value)]) -> String {
    let add: Vec<_> = queries
        .iter()
        .enumerate()
        .map(|(id, (path, args))| json!({ "queryId": id, "path": path, "args": args }))
        .collect();
    json!({ "type": "querySet", "add": add, "remove": [] }).to_string()
}
