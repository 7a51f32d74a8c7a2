//! How long URLs and files last, in virtual time.

use serde_json::{Value, json};
use zeroback_protocol::{Call, RawJson, Timestamp};

use crate::App;
use crate::engine::schema::tests::store::TestStore;
use crate::engine::{Engine, EngineConfig, FileLimits, Output, Ticket};

struct Server {
    engine: Engine<TestStore>,
    now_ms: i64,
    last_ticket: u64,
}

impl Server {
    fn new() -> Self {
        let config = EngineConfig {
            files: FileLimits {
                file_upload_ms: 20,
                file_url_ms: 30,
                file_unreferenced_ms: 40,
                ..FileLimits::default()
            },
            ..EngineConfig::default()
        };
        let (app, now) = (App::collect(&[]), Timestamp::from_unix_ms(3_000));
        Self {
            engine: Engine::open(TestStore::new(), app, config, now, 1).unwrap(),
            now_ms: now.unix_ms(),
            last_ticket: 0,
        }
    }

    /// Calls a function of the runtime's own; returns its value, or the code of its error.
    fn call(&mut self, name: &str, args: &Value) -> Value {
        self.last_ticket += 1;
        let ticket = Ticket(self.last_ticket);
        let call = Call {
            path: format!("_zeroback:{name}"),
            args: RawJson::from_encoded(args.to_string()),
        };
        self.engine.handle_operator_call(ticket, &call);
        let mut told = self.turn();
        let told: Value = serde_json::from_str(&told.pop().expect("it is answered")).unwrap();
        match &told["errorCode"] {
            Value::Null => told["value"].clone(),
            code => code.clone(),
        }
    }

    fn turn(&mut self) -> Vec<String> {
        let mut told = Vec::new();
        while self.engine.needs_turn() || self.engine.has_due_jobs() {
            self.engine.turn(Timestamp::from_unix_ms(self.now_ms));
            while let Some(output) = self.engine.poll_output() {
                if let Output::Reply { body, .. } = output {
                    told.push(body);
                }
            }
        }
        told
    }

    fn at(&mut self, now_ms: i64) {
        self.now_ms = now_ms;
        self.engine.turn(Timestamp::from_unix_ms(now_ms));
        self.turn();
    }

    fn upload_token(&mut self) -> String {
        let options = json!({ "options": { "bytesMax": null, "contentTypes": [] } });
        let url = self.call("upload_url", &options);
        token_of(&url)
    }
}

fn token_of(url: &Value) -> String {
    let (_, token) = url.as_str().expect("a URL").split_once("token=").unwrap();
    token.to_owned()
}

#[test]
fn the_url_of_an_upload_holds_for_as_long_as_the_setting_says() {
    let mut server = Server::new();
    let token = json!({ "token": server.upload_token() });
    server.at(3_019);
    assert_eq!(server.call("begin_file", &token)["attempt"], 1);
    server.at(3_020);
    assert_eq!(server.call("begin_file", &token), "forbidden");
}

#[test]
fn the_url_of_a_download_stays_for_as_long_as_the_setting_says_and_holds_twice_that() {
    let mut server = Server::new();
    let token = server.upload_token();
    let id = server.call("begin_file", &json!({ "token": token }))["id"].clone();
    let metadata = json!({ "size": 1, "sha256": "", "contentType": "text/plain" });
    let finish = json!({ "id": id, "attempt": 1, "metadata": metadata });
    assert_eq!(server.call("finish_file", &finish), true);
    let url = server.call("file_url", &json!({ "id": id }));
    let open = json!({ "id": id, "token": token_of(&url) });
    server.at(3_029);
    assert_eq!(server.call("file_url", &json!({ "id": id })), url);
    server.at(3_030);
    assert_ne!(server.call("file_url", &json!({ "id": id })), url);
    assert_eq!(server.call("open_file", &open)["metadata"], metadata);
}

#[test]
fn a_file_that_no_document_has_goes_when_the_setting_says() {
    let mut server = Server::new();
    let token = json!({ "token": server.upload_token() });
    let id = server.call("begin_file", &token)["id"].clone();
    let metadata = json!({ "size": 1, "sha256": "", "contentType": "text/plain" });
    let finish = json!({ "id": id, "attempt": 1, "metadata": metadata });
    assert_eq!(server.call("finish_file", &finish), true);
    server.at(3_039);
    assert_eq!(server.call("file_metadata", &json!({ "id": id })), metadata);
    server.at(3_040);
    assert_eq!(
        server.call("file_metadata", &json!({ "id": id })),
        Value::Null
    );
}

#[test]
fn a_setting_of_nothing_is_survived() {
    let mut server = Server::new();
    server.engine.config.files.file_url_ms = 0;
    let token = json!({ "token": server.upload_token() });
    let id = server.call("begin_file", &token)["id"].clone();
    let finish = json!({ "id": id, "attempt": 1,
        "metadata": { "size": 1, "sha256": "", "contentType": "" } });
    assert_eq!(server.call("finish_file", &finish), true);
    let url = server.call("file_url", &json!({ "id": id }));
    let open = json!({ "id": id, "token": token_of(&url) });
    server.at(3_002);
    assert_eq!(server.call("open_file", &open), "not_found");
}
