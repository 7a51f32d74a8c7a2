//! What a test does in the place of the server, and of whoever gives tokens.

use serde_json::Value;

use super::World;

impl World {
    pub(in crate::engine::tests) fn open(&mut self) {
        let (id, socket) = self.socket();
        assert!(
            !socket.is_open && !socket.is_closed,
            "a socket waits to be opened"
        );
        socket.is_open = true;
        self.engine.handle_socket_open(self.now_ms, id);
        self.settle();
    }

    /// Opens, and answers `connect`.
    pub(in crate::engine::tests) fn accept(&mut self) {
        self.accept_with(&serde_json::json!({}));
    }

    pub(in crate::engine::tests) fn accept_with(&mut self, limits: &Value) {
        self.open();
        let connected = serde_json::json!({ "type": "connected", "protocol": 1, "limits": limits });
        self.say(&connected.to_string());
    }

    pub(in crate::engine::tests) fn say(&mut self, text: &str) {
        let (id, _) = self.socket();
        self.engine.handle_text(self.now_ms, id, text);
        self.settle();
    }

    pub(in crate::engine::tests) fn say_json(&mut self, message: &Value) {
        self.say(&message.to_string());
    }

    pub(in crate::engine::tests) fn lose(&mut self) {
        let (id, _) = self.socket();
        self.engine.handle_socket_lost(self.now_ms, id);
        self.settle();
    }

    /// The network comes back.
    pub(in crate::engine::tests) fn wake(&mut self) {
        self.engine.handle_wake(self.now_ms);
        self.settle();
    }

    /// Gives the token that was asked for last.
    pub(in crate::engine::tests) fn give(&mut self, token: Option<&str>) {
        let (turn, _) = self.asked_tokens.pop_back().expect("one was asked for");
        let token = Ok(token.map(str::to_owned));
        self.engine.handle_token(self.now_ms, turn, token);
        self.settle();
    }

    /// Returns the messages since the last time, but for `connect` and pings.
    pub(in crate::engine::tests) fn sent(&mut self) -> Vec<Value> {
        let (_, socket) = self.socket();
        let sent = socket.sent.drain(..).filter(|text| text != "ping");
        let sent = sent.map(|text| serde_json::from_str(&text).expect("it is JSON"));
        sent.filter(|message: &Value| message["type"] != "connect")
            .collect()
    }
}
