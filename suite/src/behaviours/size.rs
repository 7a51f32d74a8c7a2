//! Sizes: what is large is served, and what is too large is refused by itself, with its limit.

use serde_json::{Value, json};
use zeroback_protocol::{Outcome, RequestId};

use super::chapter;
use crate::client::parsed;
use crate::target::http::Request;
use crate::world::World;

chapter!("size", Engine:
    five_documents_of_a_mebibyte_are_read_at_once,
    a_thousand_rows_are_read_at_once,
    a_document_that_is_too_large_is_refused,
    a_message_that_is_too_large_is_refused_by_itself,
    a_message_of_the_largest_size_is_taken,
    a_body_that_is_too_large_is_refused,
    a_result_that_is_too_large_is_refused,
    too_many_live_queries_are_refused_by_themselves,
    a_live_query_with_large_arguments_is_refused_by_itself,
    connected_tells_the_limits;
    Host: a_frame_beyond_all_limits_ends_the_connection,
);

/// The default of `messageBytesMax`.
const MESSAGE_BYTES_MAX: usize = 4 << 20;

/// The default of `queriesMax`.
const QUERIES_MAX: usize = 1_000;

/// The default of `EngineConfig::live_args_bytes_max`.
const LIVE_ARGS_BYTES_MAX: usize = 65_536;

/// What the fields of a blob leave of a mebibyte.
const BODY_BYTES: u64 = (1 << 20) - 200;

fn five_documents_of_a_mebibyte_are_read_at_once(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    for _ in 0..5 {
        ann.mutate("blobs:put", json!({ "list": list, "bytes": BODY_BYTES }));
    }
    let sizes = ann.query("blobs:sizes", json!({ "list": list }));
    assert_eq!(sizes, json!(vec![BODY_BYTES; 5]));
    let live = ann.subscribe("blobs:all", json!({ "list": list }));
    let blobs = ann.result(live);
    let blobs = blobs.as_array().expect("a list");
    assert_eq!(blobs.len(), 5);
    for blob in blobs {
        let body = blob["body"].as_str().expect("a text");
        assert!(body.len() as u64 == BODY_BYTES && body.bytes().all(|byte| byte == b'b'));
    }
}

fn a_thousand_rows_are_read_at_once(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    let ranks: Vec<_> = (0..1_000).collect();
    ann.mutate("items:add_ranks", json!({ "list": list, "ranks": ranks }));
    let take = json!({ "list": list, "count": 2_000, "descending": false });
    assert_eq!(ann.query("items:take", take), json!(ranks));
    assert_eq!(
        ann.query("items:count", json!({ "list": list, "isDone": false })),
        1_000
    );
}

fn a_document_that_is_too_large_is_refused(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    let args = json!({ "list": list, "bytes": 1 << 20 });
    let error = ann.mutate_in_vain("blobs:put", args);
    assert_eq!(error.code.as_str(), "document_too_large");
    assert!(error.message.contains("1048576"), "{error}");
    assert_eq!(ann.query("blobs:sizes", json!({ "list": list })), json!([]));
}

/// A query message of so many bytes.
fn message(request_id: u64, bytes: usize) -> String {
    let start = format!(
        r#"{{"type":"query","requestId":{request_id},"path":"values:text","args":{{"text":""#
    );
    let end = r#""}}"#;
    format!(
        "{start}{}{end}",
        "x".repeat(bytes - start.len() - end.len())
    )
}

fn a_message_that_is_too_large_is_refused_by_itself(world: &mut World<'_>) {
    let mut ann = world.client();
    ann.send_text(message(700, MESSAGE_BYTES_MAX + 1));
    let (error, request_id) = ann.refusal();
    assert_eq!(error.code.as_str(), "message_too_large");
    assert!(error.message.contains("messageBytesMax"), "{error}");
    let limit = MESSAGE_BYTES_MAX.to_string();
    assert!(error.message.contains(&limit), "{error}");
    assert_eq!(request_id, Some(RequestId(700)));
    assert_eq!(
        ann.query("values:text", json!({ "text": "small" })),
        "small"
    );
}

fn a_message_of_the_largest_size_is_taken(world: &mut World<'_>) {
    let mut ann = world.client();
    ann.send_text(message(700, MESSAGE_BYTES_MAX));
    match ann.answer(RequestId(700)) {
        Outcome::Success(text) => {
            let length = parsed(&text).as_str().map(str::len);
            assert!(length.is_some_and(|length| length > MESSAGE_BYTES_MAX - 100));
        }
        Outcome::Error(error) => panic!("{error}"),
    }
}

fn a_body_that_is_too_large_is_refused(world: &mut World<'_>) {
    let start = r#"{"path":"values:text","args":{"text":""#;
    let body = format!("{start}{}\"}}}}", "x".repeat(MESSAGE_BYTES_MAX));
    let response = world.request(&Request::post("/api/query", body));
    assert_eq!(response.status, 413);
    let body: Value = serde_json::from_str(&response.body).expect("JSON");
    assert_eq!(body["errorCode"], "message_too_large");
}

fn a_result_that_is_too_large_is_refused(world: &mut World<'_>) {
    let mut ann = world.client();
    let fits = (8 << 20) - 2;
    let long = ann.query("values:long", json!({ "bytes": fits }));
    assert_eq!(long.as_str().map(str::len), Some(fits));
    let live = ann.subscribe("values:long", json!({ "bytes": fits + 1 }));
    let error = ann.failure(live);
    assert_eq!(error.code.as_str(), "limit_exceeded");
    assert!(error.message.contains("8388608"), "{error}");
}

fn too_many_live_queries_are_refused_by_themselves(world: &mut World<'_>) {
    let list = world.list();
    let mut ann = world.client();
    let wanted: Vec<_> = (0..QUERIES_MAX + 2)
        .map(|at| ("counters:value", json!({ "name": format!("{list} {at}") })))
        .collect();
    let ids = ann.query_set(&wanted, &[]);
    ann.settle();
    assert_eq!(ann.result(ids[QUERIES_MAX - 1]), 0);
    for id in &ids[QUERIES_MAX..] {
        let error = ann.failure(*id);
        assert_eq!(error.code.as_str(), "too_many_queries");
        assert!(error.message.contains("queriesMax"), "{error}");
    }
    let replaced = ann.query_set(&[("marker", json!({}))], &[ids[0]])[0];
    assert_eq!(
        ann.result(replaced),
        json!(null),
        "one that ends makes room"
    );
    ann.mutate(
        "counters:add",
        json!({ "name": format!("{list} 7"), "by": 1 }),
    );
    assert_eq!(ann.result(ids[7]), 1);
}

fn a_live_query_with_large_arguments_is_refused_by_itself(world: &mut World<'_>) {
    let mut ann = world.client();
    // `{"name":""}` is the rest of the arguments.
    let fits = "x".repeat(LIVE_ARGS_BYTES_MAX - 11);
    let args = |name: &str| ("counters:value", json!({ "name": name }));
    let ids = ann.query_set(&[args(&fits), args(&format!("{fits}x"))], &[]);
    assert_eq!(ann.result(ids[0]), 0);
    let error = ann.failure(ids[1]);
    assert_eq!(error.code.as_str(), "limit_exceeded");
    assert!(error.message.contains("65536"), "{error}");
}

fn connected_tells_the_limits(world: &mut World<'_>) {
    let mut ann = world.stranger();
    ann.send_text(r#"{"type":"connect","protocol":1}"#);
    let crate::client::Event::Message(zeroback_protocol::ServerMessage::Connected {
        limits, ..
    }) = ann.event()
    else {
        panic!("it is connected");
    };
    assert_eq!(limits.message_bytes_max, MESSAGE_BYTES_MAX as u64);
    assert_eq!(limits.queries_max, QUERIES_MAX as u64);
}

fn a_frame_beyond_all_limits_ends_the_connection(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, mut bob) = (world.client(), world.client());
    let seen = bob.subscribe("counters:value", json!({ "name": name }));
    ann.send_text("x".repeat((32 << 20) + 1));
    bob.mutate("counters:add", json!({ "name": name, "by": 1 }));
    assert_eq!(bob.result(seen), 1, "another's frame is not one's own");
    // workerd takes ten seconds to say so, which is when it puts an idle object to sleep: of
    // those that were connected nobody is asked for anything afterwards.
    assert_eq!(ann.closed(), 1009);
    let mut cleo = world.client();
    assert_eq!(cleo.query("counters:value", json!({ "name": name })), 1);
}
