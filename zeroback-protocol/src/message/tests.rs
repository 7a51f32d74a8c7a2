use super::*;
use crate::ErrorCode;

#[track_caller]
fn refused(json: &str, expected: &str, request_id: Option<u64>) {
    let bad = ClientMessage::parse(json).unwrap_err();
    assert_eq!(bad.error.code, ErrorCode::BAD_MESSAGE);
    assert_eq!(bad.error.message, expected);
    assert_eq!(bad.request_id, request_id.map(RequestId));
}

#[test]
fn malformed_messages_are_refused_with_the_path_to_the_fault() {
    refused("", "message: EOF while parsing a value", None);
    refused(
        "[]",
        "message: invalid length 0, expected an object with a type",
        None,
    );
    refused(
        r#"{"type":"dance","requestId":3}"#,
        "message.type: \"dance\" is not one of connect, querySet, query, mutation, action, authenticate, ack",
        Some(3),
    );
    refused(
        r#"{"type":"mutation","requestId":3,"path":7}"#,
        "message.path: invalid type: integer `7`, expected a string",
        Some(3),
    );
    refused(
        r#"{"type":"mutation","requestId":3}"#,
        "message.path: is missing in \"mutation\"",
        Some(3),
    );
    refused(
        r#"{"type":"query","requestId":9007199254740992,"path":"a"}"#,
        "message.requestId: an id must be at most 2^53 − 1",
        None,
    );
    refused(
        r#"{"type":"connect","protocol":1,"path":"a"}"#,
        "message.path: is not known in \"connect\"",
        None,
    );
    refused(
        r#"{"type":"querySet","add":[{"queryId":1,"path":"a","extra":0}]}"#,
        "message.add[0].extra: is not known here (expected one of `queryId`, `path`, `args`, `tag`)",
        None,
    );
}

#[test]
fn a_mutation_has_all_of_its_place_or_nothing() {
    refused(
        r#"{"type":"mutation","requestId":1,"path":"a","sequence":1}"#,
        "message.sequence: is of no use without a queue",
        Some(1),
    );
    refused(
        r#"{"type":"mutation","requestId":1,"path":"a","queue":"AAECAwQFBgcICQoLDA0ODw"}"#,
        "message.sequence: is missing",
        Some(1),
    );
    refused(
        r#"{"type":"mutation","requestId":1,"path":"a","queue":"AAECAwQFBgcICQoLDA0ODw","sequence":3,"ackedThrough":3}"#,
        "message.sequence: must be greater than ackedThrough",
        Some(1),
    );
    refused(
        r#"{"type":"mutation","requestId":1,"path":"a","queue":"short","sequence":3}"#,
        "message.queue: expected 128 bits as 22 characters of base64url",
        Some(1),
    );
    refused(
        r#"{"type":"ack","transitions":9007199254740992}"#,
        "message.transitions: a count must be at most 2^53 − 1",
        None,
    );
    refused(
        r#"{"type":"querySet","add":[{"queryId":1,"path":"a","tag":"?"}]}"#,
        "message.add[0].tag: expected a tag",
        None,
    );
}

#[test]
fn a_message_of_a_newer_server_is_let_pass() {
    let shout = ServerMessage::parse(r#"{"type":"shout","version":"loud","limits":7}"#).unwrap();
    let kind = "shout".to_owned();
    assert_eq!(shout, ServerMessage::Other { kind });
    let connected = r#"{"type":"connected","protocol":1,"limits":{"messageBytesMax":9},"more":[]}"#;
    let expected = ServerMessage::Connected {
        protocol: 1,
        limits: Limits {
            message_bytes_max: 9,
            ..Limits::default()
        },
        identity: None,
    };
    assert_eq!(ServerMessage::parse(connected), Ok(expected));
}

#[test]
fn a_broken_message_of_a_server_is_refused_with_the_path_to_the_fault() {
    #[track_caller]
    fn check(json: &str, expected: &str) {
        assert_eq!(ServerMessage::parse(json).unwrap_err(), expected);
    }
    check("[]", "message: expected an object");
    check("{}", "message.type: is missing");
    check(
        r#"{"type":"resend","type":"resend"}"#,
        "message.type: is there twice",
    );
    check(
        r#"{"type":"transition","version":"loud"}"#,
        "message.version: expected a list",
    );
    check(
        r#"{"type":"transition","version":[1,2.0]}"#,
        "message.version: expected two integers",
    );
    check(
        r#"{"type":"transition","version":[1,2],"set":-0}"#,
        "message.set: expected an integer",
    );
    check(
        r#"{"type":"transition","version":[1,2],"answers":null}"#,
        "message.answers: expected a list",
    );
    check(
        r#"{"type":"transition","version":[1,2],"answers":[{"status":"success","value":1}]}"#,
        "message.answers.requestId: is missing",
    );
    check(
        r#"{"type":"transition","version":[1,2],"queries":[{"queryId":9007199254740992}]}"#,
        "message.queries.queryId: an id must be at most 2^53 − 1",
    );
    check(
        r#"{"type":"transition","version":[1,2],"queries":[{"queryId":1,"status":"success"}]}"#,
        "message.queries.value: is missing",
    );
    check(
        r#"{"type":"transition","version":[1,2],"queries":[{"queryId":1,"tag":"?","deltas":[]}]}"#,
        "message.queries.tag: expected a tag",
    );
    check(
        r#"{"type":"error","errorCode":"unavailable","resend":1}"#,
        "message.resend: expected true or false",
    );
    check(
        r#"{"type":"error","errorCode":"internal","errorRequestId":"+00000000000000a"}"#,
        "message.errorRequestId: expected 16 hexadecimal digits",
    );
    check(
        r#"{"type":"connected","protocol":1,"limits":{"queriesMax":"many"}}"#,
        "message.limits.queriesMax: expected an integer",
    );
}

#[test]
fn the_body_of_an_answer_has_a_value_or_an_error() {
    #[track_caller]
    fn check(json: &str, expected: &str) {
        assert_eq!(Outcome::parse(json).unwrap_err(), expected);
    }
    check(r#"{"status":"success"}"#, "body.value: is missing");
    check(r#"{"status":"error"}"#, "body.errorCode: is missing");
    check(
        r#"{"status":"fine"}"#,
        "body.status: expected \"success\" or \"error\"",
    );
    let null = Outcome::Success(RawJson::null());
    assert_eq!(
        Outcome::parse(r#"{"status":"success","value":null}"#),
        Ok(null)
    );
}

#[test]
fn golden_client_messages_read_back_as_they_were() {
    for (name, json) in golden("client") {
        let message = ClientMessage::parse(&json).unwrap_or_else(|bad| panic!("{name}: {bad:?}"));
        assert_eq!(message.encode(), json, "{name}");
    }
}

#[test]
fn golden_server_messages_read_back_as_they_were() {
    for (name, json) in golden("server") {
        let message = ServerMessage::parse(&json).unwrap_or_else(|bad| panic!("{name}: {bad}"));
        assert_eq!(message.encode(), json, "{name}");
    }
}

/// Reads the messages that the TypeScript tests read too.
fn golden(side: &str) -> Vec<(String, String)> {
    let folder = format!("{}/golden/{side}", env!("CARGO_MANIFEST_DIR"));
    let mut messages: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let json = std::fs::read_to_string(&path).unwrap().trim().to_owned();
            (path.display().to_string(), json)
        })
        .collect();
    messages.sort();
    assert!(!messages.is_empty());
    messages
}
