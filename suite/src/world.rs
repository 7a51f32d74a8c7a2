//! What a behaviour is given: a target, and names that no other behaviour uses.

use std::net::SocketAddr;

use serde_json::Value;

use crate::client::Client;
use crate::target::http::{Request, Response};
use crate::target::{End, Target};
use crate::transcript;

/// A target, for one behaviour.
#[expect(missing_debug_implementations, reason = "a target need not be")]
pub struct World<'t> {
    target: &'t mut dyn Target,
    name: String,
    clients: usize,
}

impl<'t> World<'t> {
    /// Prepares a target for a behaviour.
    pub fn new(target: &'t mut dyn Target, behaviour: &str) -> Self {
        Self {
            target,
            name: behaviour.to_owned(),
            clients: 0,
        }
    }

    /// Returns a name for rows of this behaviour's own.
    #[must_use]
    pub fn list(&self) -> String {
        self.name.clone()
    }

    /// Opens a connection, and connects.
    pub fn client(&mut self) -> Client {
        let mut client = self.stranger();
        client.connect();
        client
    }

    /// Opens a connection, and says nothing.
    pub fn stranger(&mut self) -> Client {
        self.clients += 1;
        Client::new(self.clients, self.target.open())
    }

    /// Stops the target, changes its database by SQL, and starts it again.
    ///
    /// # Errors
    ///
    /// As [`Target::restart_edited`].
    pub fn restart_edited(&mut self, statements: &[&str]) -> Result<(), String> {
        self.target.restart_edited(statements)
    }

    /// Returns where the target listens.
    pub fn address(&mut self) -> SocketAddr {
        self.target.address()
    }

    /// Makes a request.
    pub fn request(&mut self, request: &Request) -> Response {
        let body = String::from_utf8_lossy(&request.body);
        let asked = format!("{} {} {body}", request.method, request.path);
        transcript::note("http", "→", &asked);
        let response = self.target.request(request);
        let told = format!("{} {}", response.status, response.body);
        transcript::note("http", "←", &told);
        response
    }

    /// Makes a request to a host without an admin key, where there is such a one.
    pub fn request_without_key(&mut self, request: &Request) -> Option<Response> {
        self.target.request_without_key(request)
    }

    /// Calls a function over HTTP; returns the status and the body.
    pub fn post(&mut self, path: &str, body: &Value) -> (u16, Value) {
        let response = self.request(&Request::post(path, body.to_string()));
        let body = serde_json::from_str(&response.body).expect("the body is JSON");
        (response.status, body)
    }

    /// Has the engine dropped from memory, while its sockets stay.
    pub fn hibernate(&mut self) {
        transcript::note("target", "!", "hibernates");
        self.target.hibernate();
    }

    /// Returns how many lives the engine has had.
    pub fn lives(&mut self) -> u64 {
        self.target.lives()
    }

    /// Returns the statements that the database was asked for since the last time.
    pub fn statements(&mut self) -> Vec<String> {
        self.target.statements()
    }

    /// Ends the target and starts it again.
    pub fn restart(&mut self, end: End) {
        transcript::note("target", "!", &format!("{end:?}"));
        self.target.restart(end);
    }
}
