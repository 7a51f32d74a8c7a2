//! Messages: what is not one is refused by itself, and the connection goes on.

use serde_json::json;
use zeroback_protocol::{Outcome, QueryId, RequestId};

use super::chapter;
use crate::world::World;

chapter!("messages", Engine:
    what_is_not_json_is_refused,
    what_is_not_a_message_is_refused,
    a_field_of_the_wrong_type_is_named,
    a_field_that_is_not_known_is_named,
    a_refusal_names_the_request_where_it_can,
    a_binary_frame_is_refused,
    deep_nesting_is_survived,
    large_numbers_are_refused_where_they_stand,
    a_lone_surrogate_is_refused,
    a_repeated_key_is_refused,
    the_first_message_must_be_connect,
    an_unsupported_protocol_ends_the_connection,
    messages_may_follow_connect_at_once,
    a_query_id_in_use_is_refused,
    a_request_id_in_flight_is_refused,
    ids_up_to_the_largest_are_taken,
    removing_what_is_not_there_is_nothing,
    a_message_in_any_order_of_fields_is_read,
);

/// Sends a frame that must be refused as `bad_message`, and shows that the connection goes on.
#[track_caller]
fn check(world: &mut World<'_>, frame: &str, message: &str, request_id: Option<u64>) {
    let mut ann = world.client();
    ann.send_text(frame);
    let (error, named) = ann.refusal();
    assert_eq!(error.code.as_str(), "bad_message");
    assert!(
        error.message.contains(message),
        "expected {message}, found {error}"
    );
    assert_eq!(named, request_id.map(RequestId));
    assert_eq!(ann.settle(), []);
}

fn what_is_not_json_is_refused(world: &mut World<'_>) {
    for frame in [
        "",
        " ",
        "x",
        "{",
        "{]",
        "\u{0}",
        "{\"type\":\"query\"",
        "{\"type\":\"query\",}",
        "{\"type\":NaN}",
        "{} {}",
        "Ping",
        "ping ",
    ] {
        check(world, frame, "message", None);
    }
}

fn what_is_not_a_message_is_refused(world: &mut World<'_>) {
    for frame in [
        r#"["query",null,7,"marker"]"#,
        "null",
        "true",
        "7",
        "\"connect\"",
        "[]",
        "[{\"type\":\"connect\"}]",
        "[1,2]",
    ] {
        check(world, frame, "expected an object with a type", None);
    }
    check(world, "{}", "message.type: is missing", None);
    check(
        world,
        r#"{"type":"subscribe"}"#,
        "message.type: \"subscribe\" is not one of",
        None,
    );
    check(world, r#"{"type":null}"#, "message.type", None);
    check(world, r#"{"type":{}}"#, "message.type", None);
    check(
        world,
        r#"{"type":"connect"}"#,
        "message.protocol: is missing",
        None,
    );
    check(
        world,
        r#"{"type":"query","requestId":7}"#,
        "message.path: is missing",
        Some(7),
    );
    check(
        world,
        r#"{"type":"mutation","path":"marker"}"#,
        "message.requestId: is missing",
        None,
    );
}

fn a_field_of_the_wrong_type_is_named(world: &mut World<'_>) {
    check(
        world,
        r#"{"type":"query","requestId":"7","path":"marker"}"#,
        "message.requestId: ",
        None,
    );
    check(
        world,
        r#"{"type":"query","requestId":7,"path":3}"#,
        "message.path: ",
        Some(7),
    );
    check(
        world,
        r#"{"type":"querySet","add":{}}"#,
        "message.add: ",
        None,
    );
    check(
        world,
        r#"{"type":"querySet","add":[7]}"#,
        "message.add[0]: ",
        None,
    );
    check(
        world,
        r#"{"type":"querySet","add":[{"queryId":-1,"path":"marker"}]}"#,
        "message.add[0].queryId: ",
        None,
    );
    check(
        world,
        r#"{"type":"querySet","add":[{"path":"marker"}]}"#,
        "message.add[0].queryId: is missing",
        None,
    );
    check(
        world,
        r#"{"type":"querySet","remove":[1,"2"]}"#,
        "message.remove[1]: ",
        None,
    );
    check(
        world,
        r#"{"type":"connect","protocol":"1"}"#,
        "message.protocol: ",
        None,
    );
}

fn a_field_that_is_not_known_is_named(world: &mut World<'_>) {
    check(
        world,
        r#"{"type":"query","requestId":7,"path":"marker","x":1}"#,
        "message.x: is not known",
        Some(7),
    );
    check(
        world,
        r#"{"type":"query","requestId":7,"path":"marker","add":[]}"#,
        "message.add: is not known in \"query\"",
        Some(7),
    );
    check(
        world,
        r#"{"type":"querySet","add":[{"queryId":1,"path":"marker","x":1}]}"#,
        "message.add[0].x: is not known",
        None,
    );
}

fn a_refusal_names_the_request_where_it_can(world: &mut World<'_>) {
    check(
        world,
        r#"{"type":"nonsense","requestId":5}"#,
        "message.type",
        Some(5),
    );
    check(
        world,
        r#"{"requestId":5,"type":"mutation","path":[]}"#,
        "message.path",
        Some(5),
    );
    check(
        world,
        r#"{"requestId":5.5,"type":"mutation","path":"x"}"#,
        "message.requestId",
        None,
    );
}

fn a_binary_frame_is_refused(world: &mut World<'_>) {
    let mut ann = world.client();
    ann.send_binary(br#"{"type":"connect","protocol":1}"#);
    let (error, _) = ann.refusal();
    assert_eq!(error.code.as_str(), "bad_message");
    ann.send_binary(&[0xff, 0x00]);
    ann.refusal();
    assert_eq!(ann.settle(), []);
}

fn deep_nesting_is_survived(world: &mut World<'_>) {
    let mut ann = world.client();
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let deep = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        ann.send_text(deep.clone());
        ann.refusal();
        ann.send_text(format!(
            r#"{{"type":"query","requestId":800,"path":"values:text","args":{deep}}}"#
        ));
        assert_refused(&ann.answer(RequestId(800)), "bad_args");
        ann.send_text(format!(
            r#"{{"type":"query","requestId":801,"path":"values:text","args":{{"text":{deep}}}}}"#
        ));
        assert_refused(&ann.answer(RequestId(801)), "bad_args");
        ann.send_text(format!(r#"{{"type":{deep}}}"#));
        ann.refusal();
    }
    assert_eq!(ann.settle(), []);
}

#[track_caller]
fn assert_refused(outcome: &Outcome, code: &str) {
    match outcome {
        Outcome::Error(error) => assert_eq!(error.code.as_str(), code),
        Outcome::Success(value) => panic!("expected {code}, found {value:?}"),
    }
}

fn large_numbers_are_refused_where_they_stand(world: &mut World<'_>) {
    for id in [
        "9007199254740992",
        "1e400",
        "-1",
        "1.5",
        "123456789012345678901234567890",
    ] {
        let frame = format!(r#"{{"type":"query","requestId":{id},"path":"marker"}}"#);
        check(world, &frame, "message.requestId: ", None);
    }
    let mut ann = world.client();
    for (id, number) in [(800, "1e400"), (801, "-1e400")] {
        ann.send_text(format!(r#"{{"type":"query","requestId":{id},"path":"values:number","args":{{"number":{number}}}}}"#));
        assert_refused(&ann.answer(RequestId(id)), "bad_args");
    }
    let huge = "9".repeat(100_000);
    ann.send_text(format!(
        r#"{{"type":"query","requestId":802,"path":"values:integer","args":{{"integer":{huge}}}}}"#
    ));
    assert_refused(&ann.answer(RequestId(802)), "bad_args");
}

fn a_lone_surrogate_is_refused(world: &mut World<'_>) {
    check(
        world,
        r#"{"type":"query","requestId":7,"path":"\ud800"}"#,
        "message.path",
        Some(7),
    );
    let mut ann = world.client();
    for (id, text) in [(800, r"\ud800"), (801, r"\udc00"), (802, r"\ud800\ud800")] {
        ann.send_text(format!(
            r#"{{"type":"query","requestId":{id},"path":"values:text","args":{{"text":"{text}"}}}}"#
        ));
        assert_refused(&ann.answer(RequestId(id)), "bad_args");
    }
    ann.send_text(
        r#"{"type":"query","requestId":803,"path":"values:text","args":{"text":"\ud83d\ude00"}}"#,
    );
    assert!(
        matches!(ann.answer(RequestId(803)), Outcome::Success(value) if value.as_str() == "\"😀\"")
    );
}

fn a_repeated_key_is_refused(world: &mut World<'_>) {
    check(
        world,
        r#"{"type":"query","requestId":1,"type":"mutation","path":"marker"}"#,
        "duplicate field",
        Some(1),
    );
    check(
        world,
        r#"{"type":"query","requestId":1,"requestId":2,"path":"marker"}"#,
        "duplicate field",
        None,
    );
    let mut ann = world.client();
    ann.send_text(
        r#"{"type":"query","requestId":800,"path":"values:text","args":{"text":"a","text":"b"}}"#,
    );
    assert_refused(&ann.answer(RequestId(800)), "bad_args");
}

fn the_first_message_must_be_connect(world: &mut World<'_>) {
    for frame in [
        r#"{"type":"query","requestId":1,"path":"marker"}"#,
        r#"{"type":"querySet","add":[{"queryId":1,"path":"marker"}]}"#,
        r#"{"type":"mutation","requestId":1,"path":"counters:add","args":{"name":"early","by":1}}"#,
    ] {
        let mut ann = world.stranger();
        ann.send_text(frame);
        // What follows is not looked at any more.
        ann.send_text(r#"{"type":"connect","protocol":1}"#);
        assert_eq!(ann.refusal().0.code.as_str(), "not_connected");
        assert_eq!(ann.closed(), 4400);
    }
    let mut ann = world.client();
    assert_eq!(ann.query("counters:value", json!({ "name": "early" })), 0);
}

fn an_unsupported_protocol_ends_the_connection(world: &mut World<'_>) {
    for protocol in [0, 2, 4_000_000_000_u64] {
        let mut ann = world.stranger();
        ann.send_text(format!(r#"{{"type":"connect","protocol":{protocol}}}"#));
        let (error, _) = ann.refusal();
        assert_eq!(error.code.as_str(), "unsupported_protocol");
        assert!(
            error.message.contains('1'),
            "it says what is spoken: {error}"
        );
        assert_eq!(ann.closed(), 4400);
    }
}

fn messages_may_follow_connect_at_once(world: &mut World<'_>) {
    let mut ann = world.stranger();
    ann.send_text(r#"{"type":"connect","protocol":1}"#);
    ann.send_text(r#"{"type":"querySet","add":[{"queryId":1,"path":"marker"}]}"#);
    ann.send_text(r#"{"type":"query","requestId":1,"path":"marker"}"#);
    ann.event();
    assert!(matches!(ann.answer(RequestId(1)), Outcome::Success(_)));
    assert_eq!(ann.result(QueryId(1)), json!(null));
}

fn a_query_id_in_use_is_refused(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    let seen = ann.subscribe("counters:value", json!({ "name": name }));
    ann.settle();
    let frame = format!(
        r#"{{"type":"querySet","add":[{{"queryId":{},"path":"marker"}}]}}"#,
        seen.0
    );
    ann.send_text(frame);
    let (error, _) = ann.refusal();
    assert_eq!(error.code.as_str(), "duplicate_id");
    ann.mutate("counters:add", json!({ "name": name, "by": 1 }));
    assert_eq!(ann.result(seen), 1, "the one that was there goes on");
}

fn a_request_id_in_flight_is_refused(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    // The two arrive in one burst, or the first has been answered: then its id is free again.
    let frame = format!(
        r#"{{"type":"mutation","requestId":800,"path":"counters:add","args":{{"name":"{name}","by":1}}}}"#
    );
    ann.send_text(frame.clone());
    ann.send_text(frame);
    let mut came = Vec::new();
    loop {
        use crate::client::Event::{Closed, Message, Pong};
        use zeroback_protocol::ServerMessage::{
            Authentication, Connected, Error, Other, Resend, Transition,
        };
        match ann.event() {
            Message(Error { error, .. }) => {
                assert_eq!(error.code.as_str(), "duplicate_id");
                came.push("refused");
            }
            Message(Transition(transition)) => {
                came.extend(transition.answers.iter().map(|_| "answered"));
            }
            other @ (Closed(_)
            | Pong
            | Message(Authentication(_) | Connected { .. } | Resend | Other { .. })) => {
                panic!("{other:?}")
            }
        }
        if came.len() == 2 {
            break;
        }
        // The second answer would be one too many for one id.
        ann.answers_taken(RequestId(800));
    }
    let answered = came.iter().filter(|what| **what == "answered").count();
    let value = ann.query("counters:value", json!({ "name": name }));
    assert_eq!(value, answered, "what was refused was not run");
}

fn ids_up_to_the_largest_are_taken(world: &mut World<'_>) {
    let mut ann = world.client();
    let max = 9_007_199_254_740_991_u64;
    ann.send_text(format!(
        r#"{{"type":"query","requestId":{max},"path":"marker"}}"#
    ));
    assert!(matches!(ann.answer(RequestId(max)), Outcome::Success(_)));
    ann.send_text(format!(r#"{{"type":"querySet","add":[{{"queryId":{max},"path":"marker"}},{{"queryId":0,"path":"marker"}}]}}"#));
    assert_eq!(ann.result(QueryId(max)), json!(null));
    assert_eq!(ann.result(QueryId(0)), json!(null));
}

fn removing_what_is_not_there_is_nothing(world: &mut World<'_>) {
    let mut ann = world.client();
    ann.query_set(&[], &[QueryId(12), QueryId(12), QueryId(0)]);
    ann.query_set(&[], &[]);
    assert_eq!(ann.settle(), []);
}

fn a_message_in_any_order_of_fields_is_read(world: &mut World<'_>) {
    let mut ann = world.client();
    ann.send_text(" {\"args\":{ \"text\" : \"x\" },\n\"path\":\"values:\\u0074ext\", \"requestId\": 800,\"type\":\"query\"} ");
    assert!(
        matches!(ann.answer(RequestId(800)), Outcome::Success(value) if value.as_str() == "\"x\"")
    );
}
