//! Limits that are too high by default to be reached in a test.

use serde_json::json;
use suite_fixture::catalogue::{Bounds, Condition, Is, Kind, Product, Source, Want, write};
use zeroback_protocol::{Outcome, RequestId};
use zeroback_runtime::engine::{EngineConfig, WorkLimits};

use super::chapter;
use crate::catalogue::shop::{Shop, args, attempt};
use crate::client::{Client, Event};
use crate::issuer;
use crate::queue::{Queue, one, told};
use crate::target::http::Request;
use crate::target::in_process::InProcess;
use crate::target::store::Fault;
use crate::world::World;

chapter!("limits":
    reading_too_many_documents_is_refused,
    reading_too_many_bytes_is_refused,
    counting_too_many_documents_is_refused,
    counting_again_and_again_is_refused,
    writing_too_many_documents_is_refused_whole,
    a_result_over_its_limit_undoes_its_mutation,
    a_query_over_its_limit_stays_live,
    calling_the_database_too_often_is_refused,
    a_caught_limit_leaves_no_row_half_written,
    a_filter_that_looks_at_too_many_rows_is_refused,
    a_search_that_matches_too_many_rows_is_refused,
    counting_reads_no_bytes,
    writing_too_many_bytes_is_refused,
    what_a_client_is_told_at_once_is_bounded,
    answers_of_mutations_that_a_client_is_told_at_once_are_bounded,
    calls_that_come_too_often_are_refused_and_may_come_again,
    a_rate_counts_each_connection_alone,
    a_rate_counts_all_connections_of_one_who_is_signed_in,
    a_mutation_that_came_too_soon_takes_up_no_sequence,
    subscribing_is_granted_beyond_the_rate_and_not_without_end,
    one_query_set_has_a_bounded_number_of_changes,
    refusals_beyond_all_measure_end_the_connection,
    what_is_refused_is_not_said_back_at_length,
    a_patch_that_changes_nothing_is_no_commit,
    a_mutation_that_takes_too_long_is_undone_alone,
    a_query_that_takes_too_long_stays_live,
);

fn client(work: WorkLimits) -> Client {
    client_of(EngineConfig {
        work,
        ..EngineConfig::default()
    })
}

fn client_of(config: EngineConfig) -> Client {
    let mut target = InProcess::new(config);
    World::new(&mut target, "limits").client()
}

fn documents_read_max(documents_read_max: usize) -> WorkLimits {
    WorkLimits {
        documents_read_max,
        ..WorkLimits::default()
    }
}

fn reading_too_many_documents_is_refused() {
    let mut ann = client(documents_read_max(10));
    ann.mutate(
        "items:add_ranks",
        json!({ "list": "x", "ranks": vec![0; 10] }),
    );
    ann.query("items:all", json!({ "list": "x" }));
    ann.mutate("items:add_ranks", json!({ "list": "x", "ranks": [0] }));
    let error = ann.query_in_vain("items:all", json!({ "list": "x" }));
    assert_eq!(error.code.as_str(), "limit_exceeded");
    assert!(error.message.contains("10 documents read"), "{error}");
}

fn reading_too_many_bytes_is_refused() {
    let mut ann = client(WorkLimits {
        bytes_read_max: 10_000,
        ..WorkLimits::default()
    });
    ann.mutate("blobs:put", json!({ "list": "x", "bytes": 9_000 }));
    ann.query("blobs:sizes", json!({ "list": "x" }));
    ann.mutate("blobs:put", json!({ "list": "x", "bytes": 9_000 }));
    let error = ann.query_in_vain("blobs:sizes", json!({ "list": "x" }));
    assert_eq!(error.code.as_str(), "limit_exceeded");
    assert!(error.message.contains("10000 bytes read"), "{error}");
}

fn counting_too_many_documents_is_refused() {
    let mut ann = client(documents_read_max(10));
    let count = json!({ "list": "x", "isDone": false });
    ann.mutate(
        "items:add_ranks",
        json!({ "list": "x", "ranks": vec![0; 10] }),
    );
    assert_eq!(ann.query("items:count", count.clone()), 10);
    ann.mutate("items:add_ranks", json!({ "list": "x", "ranks": [0] }));
    let error = ann.query_in_vain("items:count", count);
    assert_eq!(error.code.as_str(), "limit_exceeded");
}

fn counting_again_and_again_is_refused() {
    let mut ann = client(documents_read_max(10));
    ann.mutate(
        "items:add_ranks",
        json!({ "list": "x", "ranks": [1, 2, 3, 4, 5] }),
    );
    let often = |times: u32| json!({ "list": "x", "times": times });
    assert_eq!(ann.query("items:count_often", often(2)), 10);
    let error = ann.query_in_vain("items:count_often", often(3));
    assert_eq!(error.code.as_str(), "limit_exceeded");
}

fn writing_too_many_documents_is_refused_whole() {
    let mut ann = client(WorkLimits {
        documents_written_max: 5,
        ..WorkLimits::default()
    });
    ann.mutate(
        "items:add_ranks",
        json!({ "list": "x", "ranks": vec![0; 5] }),
    );
    let error = ann.mutate_in_vain(
        "items:add_ranks",
        json!({ "list": "y", "ranks": vec![0; 6] }),
    );
    assert_eq!(error.code.as_str(), "limit_exceeded");
    assert!(error.message.contains("5 documents written"), "{error}");
    assert_eq!(ann.query("items:all", json!({ "list": "y" })), json!([]));
}

fn a_result_over_its_limit_undoes_its_mutation() {
    let mut ann = client(WorkLimits {
        mutation_result_bytes_max: 100,
        ..WorkLimits::default()
    });
    let ranks = json!({ "list": "x", "ranks": [1, 2, 3, 4] });
    let error = ann.mutate_in_vain("items:add_ranks", ranks);
    assert_eq!(error.code.as_str(), "result_too_large");
    let none = json!({ "list": "x", "count": 9, "descending": false });
    assert_eq!(ann.query("items:take", none), json!([]));
}

fn a_query_over_its_limit_stays_live() {
    let mut ann = client(documents_read_max(3));
    ann.mutate("items:add_ranks", json!({ "list": "x", "ranks": [1, 2] }));
    let id = ann.mutate("items:add", json!({ "list": "x", "rank": 3 }));
    ann.mutate("items:add", json!({ "list": "x", "rank": 4 }));
    let take = json!({ "list": "x", "count": 9, "descending": false });
    let seen = ann.subscribe("items:take", take);
    assert_eq!(ann.failure(seen).code.as_str(), "limit_exceeded");
    ann.mutate("items:remove", json!({ "id": id }));
    assert_eq!(ann.result(seen), json!([1, 2, 4]));
}

fn calling_the_database_too_often_is_refused() {
    let mut ann = client(WorkLimits {
        database_calls_max: 3,
        ..WorkLimits::default()
    });
    let ranks = |ranks: &[i64]| json!({ "list": "x", "ranks": ranks });
    ann.mutate("items:add_ranks", ranks(&[1, 2, 3]));
    let error = ann.mutate_in_vain("items:add_ranks", ranks(&[1, 2, 3, 4]));
    assert_eq!(error.code.as_str(), "limit_exceeded");
    assert!(error.message.contains("3 calls of the database"), "{error}");
    let count = json!({ "list": "x", "isDone": false });
    assert_eq!(ann.query("items:count", count), 3);
}

fn shop(work: WorkLimits) -> Shop {
    let mut target = InProcess::new(EngineConfig {
        work,
        ..EngineConfig::default()
    });
    Shop::open(&mut World::new(&mut target, "limits"))
}

fn a_caught_limit_leaves_no_row_half_written() {
    for database_calls_max in 1..12 {
        let mut shop = shop(WorkLimits {
            database_calls_max,
            ..WorkLimits::default()
        });
        let by_rank = shop.plan(Source::ByRank(Bounds::All));
        let live = shop.watch(by_rank.clone(), Want::Count);
        shop.client.settle();
        let milk = |slug: &str| Product {
            slug: slug.to_owned(),
            title: "milk".to_owned(),
            ..shop.product()
        };
        let inserts = ["a", "b", "c"].map(|slug| attempt(Kind::Insert(Box::new(milk(slug)))));
        let args = args(&write::Args {
            changes: inserts.to_vec(),
        });
        let request = shop.client.mutation("catalogue:write", args);
        shop.client.answer(request);
        let rows = shop.count(by_rank);
        assert_eq!(
            shop.count(shop.search("milk")),
            rows,
            "of {database_calls_max} calls"
        );
        let held = shop.client.result(live);
        assert_eq!(
            held,
            json!({ "count": rows }),
            "of {database_calls_max} calls"
        );
    }
}

fn a_filter_that_looks_at_too_many_rows_is_refused() {
    let mut shop = shop(documents_read_max(10));
    shop.add_all(&(0..10).collect::<Vec<_>>(), |product, rank| {
        product.rank = rank;
    });
    let last = || Condition::Rank(Is::Eq(9));
    let first = || Condition::Rank(Is::Lt(2));
    assert_eq!(shop.read(shop.filtered(last()), Want::All), [9]);
    shop.add(|product| product.rank = 10);
    for want in [Want::All, Want::Take(2), Want::Unique, Want::Count] {
        let error = shop.read_in_vain(shop.filtered(last()), want);
        assert_eq!(error.code.as_str(), "limit_exceeded", "{want:?}");
    }
    assert_eq!(shop.read(shop.filtered(last()), Want::First), [9]);
    assert_eq!(shop.read(shop.filtered(first()), Want::Take(2)), [0, 1]);
}

fn a_search_that_matches_too_many_rows_is_refused() {
    let mut shop = shop(documents_read_max(10));
    shop.add_all(&["milk"; 10], |product, title| {
        product.title = title.to_owned();
    });
    shop.check_search("milk", &(0..10).collect::<Vec<_>>());
    shop.add(|product| product.title = "milk and honey".to_owned());
    for want in [Want::All, Want::First, Want::Count] {
        let error = shop.read_in_vain(shop.search("milk"), want);
        assert_eq!(error.code.as_str(), "limit_exceeded", "{want:?}");
    }
    shop.check_search("honey", &[10]);
}

fn counting_reads_no_bytes() {
    let mut shop = shop(WorkLimits {
        bytes_read_max: 2_000,
        ..WorkLimits::default()
    });
    for _ in 0..5 {
        shop.add(|product| product.title = "milk ".repeat(300));
    }
    assert_eq!(shop.count(shop.plan(Source::ByRank(Bounds::All))), 5);
    assert_eq!(shop.count(shop.filtered(Condition::Rank(Is::Lt(1)))), 5);
    assert_eq!(shop.count(shop.search("milk")), 5);
    let error = shop.read_in_vain(shop.search("milk"), Want::All);
    assert_eq!(error.code.as_str(), "limit_exceeded");
}

fn writing_too_many_bytes_is_refused() {
    let mut ann = client(WorkLimits {
        bytes_written_max: 10_000,
        ..WorkLimits::default()
    });
    ann.mutate("blobs:put", json!({ "list": "x", "bytes": 9_000 }));
    let error = ann.mutate_in_vain("blobs:put", json!({ "list": "x", "bytes": 11_000 }));
    assert_eq!(error.code.as_str(), "limit_exceeded");
    assert!(error.message.contains("10000 bytes written"), "{error}");
}

fn what_a_client_is_told_at_once_is_bounded() {
    let mut ann = client_of(EngineConfig {
        transition_bytes_max: 1_000,
        ..EngineConfig::default()
    });
    let long = |bytes: u32| ("values:long", json!({ "bytes": bytes }));
    let ids = ann.query_set(&[long(600), long(601), long(200)], &[]);
    assert_eq!(ann.result(ids[0]).as_str().map(str::len), Some(600));
    assert_eq!(ann.failure(ids[1]).code.as_str(), "limit_exceeded");
    assert_eq!(ann.result(ids[2]).as_str().map(str::len), Some(200));
    let again = ann.query_set(&[long(601)], &[ids[1]]);
    assert_eq!(ann.result(again[0]).as_str().map(str::len), Some(601));
}

fn answers_of_mutations_that_a_client_is_told_at_once_are_bounded() {
    // An answer counts for 64 bytes, and these errors have `null` as their data.
    for (bytes, made) in [(500, 2), (499, 3)] {
        let mut target = InProcess::new(EngineConfig {
            transition_bytes_max: 1_000,
            ..EngineConfig::default()
        });
        let mut world = World::new(&mut target, "answers");
        let (mut ann, mut bob) = (world.client(), world.client());
        let queue = Queue::new("x");
        let says = json!({ "name": "x", "code": "so", "bytes": bytes - 64 - 4 });
        let path = "failing:says_after_writing";
        let others = bob.mutation(path, says.clone());
        let requests: Vec<_> = (1..=4)
            .map(|sequence| queue.send(&mut ann, sequence, path, &says))
            .collect();
        let last = bob.mutation("counters:add", one("x"));
        let answers: Vec<_> = requests
            .iter()
            .map(|request| ann.answer(*request))
            .collect();
        for (at, answer) in answers.iter().enumerate() {
            let expected = if at < made { "so" } else { "limit_exceeded" };
            let Outcome::Error(error) = answer else {
                panic!("it fails");
            };
            let told = (error.code.as_str(), error.resend);
            assert_eq!(told, (expected, at >= made), "{bytes}: {at}");
        }
        assert_eq!(told(&bob.answer(others)), "so");
        assert_eq!(told(&bob.answer(last)), "1", "it is of another connection");
        // What was made is answered again, and that counts too.
        let again: Vec<_> = (1..=4)
            .map(|sequence| queue.send_again(&mut ann, sequence, path, &says))
            .collect();
        let again: Vec<_> = again.iter().map(|request| ann.answer(*request)).collect();
        let of_any = |outcome: &Outcome| match outcome {
            Outcome::Error(error) => Outcome::Error(error.clone().of_any_request()),
            success => success.clone(),
        };
        assert_eq!(again[..made], answers[..made], "of the same requests");
        assert!(again.iter().map(of_any).eq(answers.iter().map(of_any)));
        for sequence in made as u64 + 1..=4 {
            let request = queue.send(&mut ann, sequence, path, &says);
            assert_eq!(told(&ann.answer(request)), "so", "it took up no sequence");
        }
    }
}

fn one_query_set_has_a_bounded_number_of_changes() {
    let mut ann = client_of(EngineConfig {
        queries_max: 2,
        ..EngineConfig::default()
    });
    let removes = |count: usize| {
        let ids: Vec<_> = (1_000..1_000 + count).collect();
        json!({ "type": "querySet", "remove": ids }).to_string()
    };
    ann.send_text(removes(9));
    let (refusal, _) = ann.refusal();
    assert_eq!(refusal.code.as_str(), "too_many_queries");
    assert!(refusal.message.contains("at most 8"), "{refusal}");
    ann.send_text(removes(8));
    ann.query("marker", json!({}));
}

fn refusals_beyond_all_measure_end_the_connection() {
    let mut ann = client_of(EngineConfig {
        queries_max: 100,
        transition_bytes_max: 50_000,
        ..EngineConfig::default()
    });
    // No turn comes between them.
    let mut next_id = 0;
    for _ in 0..20 {
        let add: Vec<_> = (0..200)
            .map(|_| {
                next_id += 1;
                json!({ "queryId": next_id, "path": "no:such" })
            })
            .collect();
        ann.send_text(json!({ "type": "querySet", "add": add }).to_string());
    }
    assert_eq!(ann.closed(), 4408);
}

fn what_is_refused_is_not_said_back_at_length() {
    let mut ann = client_of(EngineConfig::default());
    let long = "x".repeat(1_000_000);
    let queue = "AAAAAAAAAAAAAAAAAAAAAA";
    for message in [
        json!({ "type": "query", "requestId": 1, "path": long }),
        json!({ "type": "query", "requestId": 1, "path": "items:all", "args": { long.clone(): 1 } }),
        json!({ "type": "query", "requestId": 1, "path": "items:get", "args": { "id": long } }),
        json!({ "type": "mutation", "requestId": 1, "path": long, "queue": queue, "sequence": 1 }),
        json!({ "type": long }),
        json!({ "type": "query", "requestId": 1, "path": "marker", long.clone(): 1 }),
        json!({ "type": "querySet", "add": [{ "queryId": 1, "path": long }] }),
        json!({ "type": "querySet", "add": [{ "queryId": 2, "path": "items:all", "args": { long: 1 } }] }),
    ] {
        ann.send_text(message.to_string());
        let Event::Message(told) = ann.event() else {
            panic!("the connection goes on");
        };
        let bytes = told.encode().len();
        assert!(bytes < 1_000, "{bytes} bytes");
        ann.answers_taken(RequestId(1));
    }
}

fn a_patch_that_changes_nothing_is_no_commit() {
    let mut ann = client(WorkLimits::default());
    let id = ann.mutate("items:add", json!({ "list": "x", "rank": 3 }));
    let before = ann.version;
    let patch = json!({ "id": id, "patch": { "rank": 3 } });
    ann.mutate("items:patch", patch);
    assert_eq!(ann.version, before);
    ann.mutate("items:patch", json!({ "id": id, "patch": { "rank": 4 } }));
    assert!(ann.version > before);
}

fn a_mutation_that_takes_too_long_is_undone_alone() {
    let mut target = InProcess::default();
    let store = target.store();
    let mut ann = World::new(&mut target, "time").client();
    ann.mutate("counters:add", json!({ "name": "x", "by": 1 }));
    let both = json!({ "first": "y", "second": "x", "by": 1 });
    // The first counter is written by then.
    store.plant(Fault::TooLate("UPDATE \"counters\""));
    let late = ann.mutation("counters:add_both", both);
    let other = ann.mutation("counters:add", json!({ "name": "z", "by": 1 }));
    let Outcome::Error(error) = ann.answer(late) else {
        panic!("it took too long");
    };
    assert_eq!(error.code.as_str(), "limit_exceeded");
    assert!(matches!(ann.answer(other), Outcome::Success(_)));
    let values = ["x", "y", "z"].map(|name| ann.query("counters:value", json!({ "name": name })));
    assert_eq!(values, [json!(1), json!(0), json!(1)]);
}

fn a_query_that_takes_too_long_stays_live() {
    let mut target = InProcess::default();
    let store = target.store();
    let mut ann = World::new(&mut target, "time").client();
    store.plant(Fault::TooLate("SELECT"));
    let seen = ann.subscribe("items:all", json!({ "list": "x" }));
    assert_eq!(ann.failure(seen).code.as_str(), "limit_exceeded");
    ann.mutate("items:add", json!({ "list": "x", "rank": 1 }));
    assert_eq!(ann.result(seen).as_array().map(Vec::len), Some(1));
}

/// Ten calls in a second, two at once.
fn slow() -> EngineConfig {
    EngineConfig {
        calls_per_second: 10,
        calls_burst: 2,
        ..EngineConfig::default()
    }
}

/// Calls once, and returns the code.
fn once(client: &mut Client) -> String {
    let request = client.one_shot("marker", json!({}));
    match client.answer(request) {
        Outcome::Success(_) => "made".to_owned(),
        Outcome::Error(error) => {
            assert!(error.resend, "it may be sent again");
            let data = error.data.expect("it says when");
            format!("{}: {}", error.code, data.as_str())
        }
    }
}

fn calls_that_come_too_often_are_refused_and_may_come_again() {
    let mut target = InProcess::new(slow());
    let clock = target.clone();
    let mut ann = World::new(&mut target, "limits").client();
    assert_eq!([(); 2].map(|()| once(&mut ann)), ["made", "made"]);
    assert_eq!(once(&mut ann), r#"rate_limited: {"retryAfterMs":100}"#);
    clock.advance_ms(99);
    assert_eq!(once(&mut ann), r#"rate_limited: {"retryAfterMs":1}"#);
    clock.advance_ms(1);
    assert_eq!(once(&mut ann), "made");
    let args = json!({ "name": "x", "numbers": [1] });
    let request = ann.action("actions:add_all", args);
    assert_eq!(told(&ann.answer(request)), "rate_limited");
    clock.advance_ms(60_000);
    assert_eq!([(); 2].map(|()| once(&mut ann)), ["made", "made"]);
    assert_eq!(once(&mut ann), r#"rate_limited: {"retryAfterMs":100}"#);
}

fn a_rate_counts_each_connection_alone() {
    let mut target = InProcess::new(slow());
    let mut world = World::new(&mut target, "limits");
    let (mut ann, mut bob) = (world.client(), world.client());
    assert_eq!([(); 2].map(|()| once(&mut ann)), ["made", "made"]);
    assert_eq!([(); 2].map(|()| once(&mut bob)), ["made", "made"]);
}

fn a_rate_counts_all_connections_of_one_who_is_signed_in() {
    let mut target = InProcess::new(slow());
    let clock = target.clone();
    let mut world = World::new(&mut target, "limits");
    let token = issuer::token("ada");
    let [mut here, mut there, mut bob] = [world.client(), world.client(), world.client()];
    here.sign_in(&token);
    there.sign_in(&token);
    bob.sign_in(&issuer::token("bob"));
    assert_eq!(once(&mut here), "made");
    assert_eq!(once(&mut there), "made");
    let refused = r#"rate_limited: {"retryAfterMs":100}"#;
    assert_eq!([once(&mut here), once(&mut there)], [refused, refused]);
    assert_eq!(once(&mut bob), "made", "he is somebody else");
    // It is the same over HTTP.
    let body = json!({ "path": "marker", "args": {} }).to_string();
    let request = Request::post("/api/query", body);
    let response = world.request(&request.clone().bearer(&token));
    assert_eq!(response.status, 429, "{}", response.body);
    assert_eq!(world.request(&request).status, 200, "nobody is not she");
    clock.advance_ms(100);
    assert_eq!(world.request(&request.bearer(&token)).status, 200);
    assert_eq!(once(&mut there), refused);
}

fn a_mutation_that_came_too_soon_takes_up_no_sequence() {
    let mut target = InProcess::new(slow());
    let clock = target.clone();
    let mut ann = World::new(&mut target, "limits").client();
    let queue = Queue::new("limits");
    let sent =
        [1, 2, 3, 4].map(|sequence| queue.send(&mut ann, sequence, "counters:add", &one("x")));
    let answers = sent.map(|request| told(&ann.answer(request)));
    assert_eq!(answers, ["1", "2", "rate_limited", "rate_limited"]);
    clock.advance_ms(200);
    let sent = [4, 3].map(|sequence| queue.send(&mut ann, sequence, "counters:add", &one("x")));
    assert_eq!(
        sent.map(|request| told(&ann.answer(request))),
        ["out_of_order", "3"]
    );
}

fn subscribing_is_granted_beyond_the_rate_and_not_without_end() {
    let mut target = InProcess::new(slow());
    let mut ann = World::new(&mut target, "limits").client();
    for _ in 0..3 {
        let query = ann.subscribe("marker", json!({}));
        ann.result(query);
    }
    let request = ann.one_shot("marker", json!({}));
    assert_eq!(told(&ann.answer(request)), "rate_limited");
    ann.subscribe("marker", json!({}));
    while ann.event() != Event::Closed(4429) {}
}
