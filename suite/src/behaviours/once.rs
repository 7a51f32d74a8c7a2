//! Mutations are made once, however often they are sent.

use serde_json::{Value, json};
use zeroback_protocol::Outcome;

use super::chapter;
use crate::client::Client;
use crate::queue::{Queue, one, told};
use crate::target::End;
use crate::target::http::Request;
use crate::world::World;

chapter!("once", Engine:
    one_that_is_sent_again_is_answered_and_not_made_again,
    one_that_is_sent_again_after_a_drop_is_answered_and_not_made_again,
    one_that_is_sent_twice_at_once_is_made_once_and_answered_twice,
    one_that_was_given_up_is_not_made_when_it_arrives_late,
    one_that_comes_too_early_is_refused_and_takes_up_nothing,
    a_queue_that_is_not_known_begins_where_its_client_says,
    what_was_sent_to_a_queue_that_is_not_known_any_more_is_not_made,
    a_queue_with_answers_that_are_lost_goes_on,
    what_is_acknowledged_is_forgotten,
    another_mutation_in_a_place_is_refused,
    each_kind_of_failure_is_answered_again,
    a_failure_is_final_though_it_would_succeed_now,
    whatever_code_a_function_gives_is_recorded,
    one_that_writes_nothing_is_recorded_too,
    an_empty_path_takes_up_a_sequence,
    two_sockets_of_one_queue_are_taken_in_the_order_of_arrival,
    queues_do_not_know_of_each_other,
    a_mutation_without_a_queue_runs_each_time,
    a_live_query_shows_it_once,
    a_key_makes_a_mutation_once,
    a_key_is_for_one_mutation,
    failures_are_kept_under_a_key,
    whatever_code_a_function_gives_is_recorded_under_a_key,
    what_is_no_key_is_refused,
    a_query_pays_no_heed_to_a_key;
    Restart:
    one_that_is_sent_again_after_a_stop_is_answered_and_not_made_again;
    Kill:
    one_that_is_sent_again_after_a_kill_is_answered_and_not_made_again,
    a_kill_amid_a_flood_makes_nothing_twice,
);

#[track_caller]
fn check_counter(client: &mut Client, name: &str, value: i64) {
    assert_eq!(
        client.query("counters:value", json!({ "name": name })),
        value
    );
}

fn one_that_is_sent_again_is_answered_and_not_made_again(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, queue) = (world.client(), Queue::new(&name));
    for sequence in 1..=3 {
        let value = sequence.to_string();
        assert_eq!(queue.add(&mut ann, sequence, &name), value);
        assert_eq!(queue.add_again(&mut ann, sequence, &name), value);
        assert_eq!(queue.add(&mut ann, sequence, &name), value);
    }
    assert_eq!(queue.add_again(&mut ann, 1, &name), "1");
    check_counter(&mut ann, &name, 3);
}

fn one_that_is_sent_again_after_a_drop_is_answered_and_not_made_again(world: &mut World<'_>) {
    let name = world.list();
    let queue = Queue::new(&name);
    let mut ann = world.client();
    assert_eq!(queue.add(&mut ann, 1, &name), "1");
    queue.send(&mut ann, 2, "counters:add", &one(&name));
    drop(ann);
    let mut ann = world.client();
    assert_eq!(queue.add_again(&mut ann, 1, &name), "1");
    assert_eq!(queue.add_again(&mut ann, 2, &name), "2");
    assert_eq!(queue.add(&mut ann, 3, &name), "3");
    check_counter(&mut ann, &name, 3);
}

fn one_that_is_sent_twice_at_once_is_made_once_and_answered_twice(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, queue) = (world.client(), Queue::new(&name));
    let mut requests = Vec::new();
    for sequence in [1, 1, 2, 1, 2, 3, 3] {
        let request = queue.send_again(&mut ann, sequence, "counters:add", &one(&name));
        requests.push((sequence, request));
    }
    // Nothing of the queue is known, and they may have been sent before.
    for (_, request) in requests.drain(..) {
        assert_eq!(told(&ann.answer(request)), "outcome_unknown");
    }
    let queue = Queue::new(&format!("{name} too"));
    for sequence in [1, 1, 2, 1, 2, 3, 3] {
        let request = queue.send(&mut ann, sequence, "counters:add", &one(&name));
        requests.push((sequence, request));
    }
    for (sequence, request) in requests {
        assert_eq!(told(&ann.answer(request)), sequence.to_string());
    }
    check_counter(&mut ann, &name, 3);
}

fn one_that_was_given_up_is_not_made_when_it_arrives_late(world: &mut World<'_>) {
    let name = world.list();
    let queue = Queue::new(&name);
    let (mut lost, mut ann) = (world.client(), world.client());
    for sequence in 1..=2 {
        assert_eq!(
            queue.add_again(&mut ann, sequence, &name),
            "outcome_unknown"
        );
    }
    // The first copies were on their way over another connection.
    for sequence in 1..=2 {
        assert_eq!(queue.add(&mut lost, sequence, &name), "outcome_unknown");
        assert_eq!(
            queue.add_again(&mut ann, sequence, &name),
            "outcome_unknown"
        );
    }
    check_counter(&mut ann, &name, 0);
    assert_eq!(
        queue.add(&mut ann, 3, &name),
        "1",
        "one that is new is made"
    );
    assert_eq!(
        queue.add_again(&mut ann, 4, &name),
        "2",
        "one behind it was not"
    );
}

fn one_that_comes_too_early_is_refused_and_takes_up_nothing(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, queue) = (world.client(), Queue::new(&name));
    assert_eq!(queue.add(&mut ann, 2, &name), "out_of_order");
    assert_eq!(queue.add(&mut ann, 1, &name), "1");
    assert_eq!(queue.add(&mut ann, 3, &name), "out_of_order");
    assert_eq!(queue.add_again(&mut ann, 9, &name), "out_of_order");
    assert_eq!(queue.add_again(&mut ann, 2, &name), "2");
    assert_eq!(queue.add_again(&mut ann, 3, &name), "3");
    check_counter(&mut ann, &name, 3);
}

fn a_queue_that_is_not_known_begins_where_its_client_says(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, mut queue) = (world.client(), Queue::new(&name));
    queue.acked_through = 7;
    assert_eq!(queue.add(&mut ann, 9, &name), "out_of_order");
    assert_eq!(queue.add(&mut ann, 8, &name), "1");
    assert_eq!(queue.add_again(&mut ann, 8, &name), "1");
    assert_eq!(queue.add(&mut ann, 9, &name), "2");
    queue.acked_through = 0;
    assert_eq!(queue.add_again(&mut ann, 7, &name), "outcome_unknown");
    check_counter(&mut ann, &name, 2);
}

fn what_was_sent_to_a_queue_that_is_not_known_any_more_is_not_made(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, mut queue) = (world.client(), Queue::new(&name));
    for sequence in [4, 5, 4] {
        queue.acked_through = 3;
        let told = queue.add_again(&mut ann, sequence, &name);
        assert_eq!(told, "outcome_unknown");
    }
    queue.acked_through = 5;
    assert_eq!(queue.add(&mut ann, 6, &name), "1", "it goes on");
    check_counter(&mut ann, &name, 1);
}

fn a_queue_with_answers_that_are_lost_goes_on(world: &mut World<'_>) {
    // As it is after an older database was put in the place of a newer one.
    let name = world.list();
    let (mut ann, mut queue) = (world.client(), Queue::new(&name));
    assert_eq!(queue.add(&mut ann, 1, &name), "1");
    queue.acked_through = 5;
    assert_eq!(queue.add_again(&mut ann, 6, &name), "outcome_unknown");
    assert_eq!(queue.add(&mut ann, 7, &name), "2");
    queue.acked_through = 6;
    assert_eq!(queue.add_again(&mut ann, 7, &name), "2");
    assert_eq!(queue.add(&mut ann, 8, &name), "3");
}

fn what_is_acknowledged_is_forgotten(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, mut queue) = (world.client(), Queue::new(&name));
    for sequence in 1..=200 {
        assert_eq!(queue.add(&mut ann, sequence, &name), sequence.to_string());
        queue.acked_through = sequence - sequence % 3;
        if queue.acked_through == sequence {
            queue.acked_through -= 1;
        }
    }
    let acked = queue.acked_through;
    assert_eq!(queue.add_again(&mut ann, 200, &name), "200");
    queue.acked_through = 0;
    for sequence in [1, 100, acked] {
        let told = queue.add_again(&mut ann, sequence, &name);
        assert_eq!(told, "outcome_unknown", "{sequence}");
    }
    assert_eq!(
        queue.add_again(&mut ann, acked + 1, &name),
        (acked + 1).to_string()
    );
    check_counter(&mut ann, &name, 200);
}

fn another_mutation_in_a_place_is_refused(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, queue) = (world.client(), Queue::new(&name));
    assert_eq!(queue.add(&mut ann, 1, &name), "1");
    let mut check = |path: &str, args: Value| {
        let request = queue.send_again(&mut ann, 1, path, &args);
        assert_eq!(told(&ann.answer(request)), "key_reused");
    };
    check("counters:add", json!({ "name": name, "by": 2 }));
    check("failing:panics", one(&name));
    check("nothing:here", one(&name));
    check("", json!({}));
    assert_eq!(queue.add_again(&mut ann, 1, &name), "1");
    check_counter(&mut ann, &name, 1);
}

fn each_kind_of_failure_is_answered_again(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, queue) = (world.client(), Queue::new(&name));
    let failures = [
        (
            "failing:transfer",
            json!({ "name": name, "count": 0 }),
            "locked",
        ),
        (
            "failing:panics_after_writing",
            json!({ "name": name }),
            "internal",
        ),
        (
            "failing:fails_after_writing",
            json!({ "name": name }),
            "conflict",
        ),
        (
            "counters:add",
            json!({ "name": name, "by": "much" }),
            "bad_args",
        ),
        ("counters:add", json!([name, 1]), "bad_args"),
        ("nothing:here", json!({}), "function_not_found"),
        (
            "secret:plant",
            json!({ "name": name }),
            "function_not_found",
        ),
        ("counters:value", json!({ "name": name }), "wrong_kind"),
    ];
    let mut first = Vec::new();
    for (sequence, (path, args, code)) in (1..).zip(&failures) {
        let request = queue.send(&mut ann, sequence, path, args);
        let outcome = ann.answer(request);
        assert_eq!(told(&outcome).to_lowercase(), *code, "{path}");
        first.push(outcome);
    }
    for (sequence, (path, args, _)) in (1..).zip(&failures) {
        let request = queue.send_again(&mut ann, sequence, path, args);
        let outcome = ann.answer(request);
        assert_eq!(
            &outcome,
            &first[usize::try_from(sequence - 1).expect("small")],
            "{path}"
        );
    }
    assert_eq!(
        queue.add(&mut ann, 9, &name),
        "1",
        "each took up its sequence"
    );
}

fn a_failure_is_final_though_it_would_succeed_now(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, queue) = (world.client(), Queue::new(&name));
    let args = json!({ "name": name, "count": 5 });
    let request = queue.send(&mut ann, 1, "failing:transfer", &args);
    let refused = ann.answer(request);
    let Outcome::Error(error) = &refused else {
        panic!("there is nothing to take");
    };
    assert!(error.data.is_some(), "it has data");
    ann.mutate("counters:add", json!({ "name": name, "by": 9 }));
    let request = queue.send_again(&mut ann, 1, "failing:transfer", &args);
    assert_eq!(ann.answer(request), refused);
    check_counter(&mut ann, &name, 9);
}

fn whatever_code_a_function_gives_is_recorded(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, queue) = (world.client(), Queue::new(&name));
    let codes = [
        "unavailable",
        "migrating",
        "schema_conflict",
        "rate_limited",
        "out_of_order",
    ];
    for (sequence, code) in (1..).zip(codes) {
        let says = json!({ "name": name, "code": code, "bytes": 3 });
        for _ in 0..2 {
            let request = queue.send(&mut ann, sequence, "failing:says_after_writing", &says);
            let Outcome::Error(error) = ann.answer(request) else {
                panic!("it fails");
            };
            assert_eq!((error.code.as_str(), error.resend), (code, false));
        }
    }
    let request = queue.send(&mut ann, 9, "counters:add", &one(&name));
    let Outcome::Error(error) = ann.answer(request) else {
        panic!("it is too early");
    };
    assert_eq!((error.code.as_str(), error.resend), ("out_of_order", true));
    assert_eq!(queue.add(&mut ann, 6, &name), "1");
}

fn one_that_writes_nothing_is_recorded_too(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, queue) = (world.client(), Queue::new(&name));
    let seen = ann.subscribe("counters:value", json!({ "name": name }));
    ann.settle();
    let nothing = json!({ "list": name, "ranks": [] });
    let before = ann.version;
    for _ in 0..2 {
        let request = queue.send(&mut ann, 1, "items:add_ranks", &nothing);
        assert_eq!(told(&ann.answer(request)), "[]");
    }
    assert_eq!(ann.version, before, "no document was written");
    assert_eq!(queue.add(&mut ann, 2, &name), "1");
    assert_eq!(ann.result(seen), 1);
}

fn an_empty_path_takes_up_a_sequence(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, queue) = (world.client(), Queue::new(&name));
    assert_eq!(queue.add(&mut ann, 1, &name), "1");
    for _ in 0..2 {
        let request = queue.send_again(&mut ann, 2, "", &json!({}));
        assert_eq!(told(&ann.answer(request)), "function_not_found");
    }
    assert_eq!(queue.add_again(&mut ann, 2, &name), "key_reused");
    assert_eq!(queue.add(&mut ann, 3, &name), "2");
}

fn two_sockets_of_one_queue_are_taken_in_the_order_of_arrival(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, mut bob, queue) = (world.client(), world.client(), Queue::new(&name));
    // A tab that takes over sends what the other one may have sent.
    assert_eq!(queue.add(&mut ann, 1, &name), "1");
    let hers = queue.send(&mut ann, 2, "counters:add", &one(&name));
    assert_eq!(told(&ann.answer(hers)), "2");
    let his: Vec<_> = (1..=4)
        .map(|at| match at {
            ..3 => queue.send_again(&mut bob, at, "counters:add", &one(&name)),
            _ => queue.send(&mut bob, at, "counters:add", &one(&name)),
        })
        .collect();
    for (value, request) in (1..).zip(his) {
        assert_eq!(told(&bob.answer(request)), format!("{value}"));
    }
    assert_eq!(queue.add_again(&mut ann, 3, &name), "3");
    assert_eq!(queue.add_again(&mut ann, 4, &name), "4");
    check_counter(&mut ann, &name, 4);
}

fn queues_do_not_know_of_each_other(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    let queues: Vec<_> = (0..5)
        .map(|at| Queue::new(&format!("{name} {at}")))
        .collect();
    let mut value = 0;
    for sequence in 1..=3 {
        for queue in &queues {
            value += 1;
            assert_eq!(queue.add(&mut ann, sequence, &name), value.to_string());
        }
    }
    assert_eq!(queues[4].add_again(&mut ann, 1, &name), "5");
    check_counter(&mut ann, &name, 15);
}

fn a_mutation_without_a_queue_runs_each_time(world: &mut World<'_>) {
    let name = world.list();
    let mut ann = world.client();
    for value in 1..=3 {
        assert_eq!(ann.mutate("counters:add", one(&name)), value);
    }
}

fn a_live_query_shows_it_once(world: &mut World<'_>) {
    let name = world.list();
    let (mut ann, mut bob, queue) = (world.client(), world.client(), Queue::new(&name));
    let seen = bob.subscribe("counters:value", json!({ "name": name }));
    bob.settle();
    assert_eq!(queue.add(&mut ann, 1, &name), "1");
    bob.transition();
    assert_eq!(bob.result(seen), 1);
    let version = ann.version;
    assert_eq!(queue.add_again(&mut ann, 1, &name), "1");
    assert_eq!(ann.version, version);
    assert_eq!(bob.settle(), []);
}

fn post_once(world: &mut World<'_>, key: &str, path: &str, args: &Value) -> (u16, Value) {
    let body = json!({ "path": path, "args": args }).to_string();
    let response = world.request(&Request::post("/api/mutation", body).idempotency_key(key));
    let body = serde_json::from_str(&response.body).expect("the body is JSON");
    (response.status, body)
}

fn a_key_makes_a_mutation_once(world: &mut World<'_>) {
    let name = world.list();
    let (first, second) = (format!("{name}-1"), "~".repeat(200) + &name);
    for _ in 0..3 {
        let (status, body) = post_once(world, &first, "counters:add", &one(&name));
        assert_eq!((status, &body["value"]), (200, &json!(1)));
    }
    for _ in 0..2 {
        let (status, body) = post_once(world, &second, "counters:add", &one(&name));
        assert_eq!((status, &body["value"]), (200, &json!(2)));
    }
    let (_, body) = post_once(world, &first, "counters:add", &one(&name));
    assert_eq!(body["value"], 1);
    check_counter(&mut world.client(), &name, 2);
}

fn a_key_is_for_one_mutation(world: &mut World<'_>) {
    let name = world.list();
    post_once(world, &name, "counters:add", &one(&name));
    for (path, args) in [
        ("counters:add", json!({ "name": name, "by": 2 })),
        ("failing:panics", json!({})),
        ("nothing:here", json!({})),
    ] {
        let (status, body) = post_once(world, &name, path, &args);
        assert_eq!((status, &body["errorCode"]), (422, &json!("key_reused")));
    }
    check_counter(&mut world.client(), &name, 1);
}

fn failures_are_kept_under_a_key(world: &mut World<'_>) {
    let name = world.list();
    let args = json!({ "name": name, "count": 5 });
    let first = post_once(world, &name, "failing:transfer", &args);
    assert_eq!(first.0, 400, "{}", first.1);
    let mut ann = world.client();
    ann.mutate("counters:add", json!({ "name": name, "by": 9 }));
    assert_eq!(post_once(world, &name, "failing:transfer", &args), first);
    let other = format!("{name}-other");
    for _ in 0..2 {
        let (status, body) = post_once(world, &other, "nothing:here", &json!({}));
        assert_eq!(
            (status, &body["errorCode"]),
            (404, &json!("function_not_found"))
        );
    }
    check_counter(&mut ann, &name, 9);
}

fn whatever_code_a_function_gives_is_recorded_under_a_key(world: &mut World<'_>) {
    let name = world.list();
    let says = json!({ "name": name, "code": "unavailable", "bytes": 3 });
    let said = post_once(world, &name, "failing:says_after_writing", &says);
    let request_id = said.1["errorRequestId"].clone();
    let expected = json!({
        "status": "error", "errorCode": "unavailable", "errorMessage": "mmm", "errorData": null,
        "errorRequestId": request_id
    });
    assert_eq!(said, (503, expected));
    let again = post_once(world, &name, "failing:says_after_writing", &says);
    assert_eq!(
        again, said,
        "it is the request that was made that the log has"
    );
    // Who posts another mutation under the key is told that one was made.
    let (_, body) = post_once(world, &name, "counters:add", &one(&name));
    assert_eq!(body["errorCode"], "key_reused");
}

fn what_is_no_key_is_refused(world: &mut World<'_>) {
    let name = world.list();
    for key in ["", "a b", "\u{e4}", &"k".repeat(256)] {
        let (status, body) = post_once(world, key, "counters:add", &one(&name));
        assert_eq!(
            (status, &body["errorCode"]),
            (400, &json!("bad_message")),
            "{key}"
        );
    }
    let (status, _) = post_once(world, &"k".repeat(255), "counters:add", &one(&name));
    assert_eq!(status, 200);
    check_counter(&mut world.client(), &name, 1);
}

fn a_query_pays_no_heed_to_a_key(world: &mut World<'_>) {
    let name = world.list();
    let body = json!({ "path": "counters:value", "args": { "name": name } }).to_string();
    let ask = Request::post("/api/query", body).idempotency_key(&name);
    assert!(world.request(&ask).body.contains("\"value\":0"));
    post_once(world, &name, "counters:add", &one(&name));
    assert!(world.request(&ask).body.contains("\"value\":1"));
}

fn one_that_is_sent_again_after_a_stop_is_answered_and_not_made_again(world: &mut World<'_>) {
    is_made_once_over(world, End::Stop);
}

fn one_that_is_sent_again_after_a_kill_is_answered_and_not_made_again(world: &mut World<'_>) {
    is_made_once_over(world, End::Kill);
}

fn is_made_once_over(world: &mut World<'_>, end: End) {
    let name = world.list();
    let mut queue = Queue::new(&name);
    for round in 0..3 {
        let (one, two) = (round * 2 + 1, round * 2 + 2);
        let mut ann = world.client();
        assert_eq!(queue.add(&mut ann, one, &name), one.to_string());
        assert_eq!(queue.add(&mut ann, two, &name), two.to_string());
        post_once(
            world,
            &format!("{name}-{round}"),
            "counters:add",
            &json!({ "name": name, "by": 0 }),
        );
        drop(ann);
        world.restart(end);
        let mut ann = world.client();
        assert_eq!(queue.add_again(&mut ann, two, &name), two.to_string());
        assert_eq!(queue.add_again(&mut ann, one, &name), one.to_string());
        let too_early = queue.add_again(&mut ann, two + 2, &name);
        assert_eq!(too_early, "out_of_order", "the queue is known");
        let (_, body) = post_once(
            world,
            &format!("{name}-{round}"),
            "counters:add",
            &json!({ "name": name, "by": 0 }),
        );
        assert_eq!(body["value"], two);
        queue.acked_through = two;
    }
    let mut ann = world.client();
    queue.acked_through = 0;
    assert_eq!(queue.add_again(&mut ann, 5, &name), "5");
    check_counter(&mut ann, &name, 6);
}

fn a_kill_amid_a_flood_makes_nothing_twice(world: &mut World<'_>) {
    let name = world.list();
    let mut queue = Queue::new(&name);
    let mut answered = 0;
    for _ in 0..5 {
        let mut ann = world.client();
        let (first, last) = (answered + 1, answered + 100);
        let requests: Vec<_> = (first..=last)
            .map(|sequence| {
                let request = match sequence == 1 {
                    true => queue.send(&mut ann, sequence, "counters:add", &one(&name)),
                    false => queue.send_again(&mut ann, sequence, "counters:add", &one(&name)),
                };
                (sequence, request)
            })
            .collect();
        for (sequence, request) in &requests[..20] {
            assert_eq!(told(&ann.answer(*request)), sequence.to_string());
            answered = *sequence;
        }
        world.restart(End::Kill);
        queue.acked_through = answered;
    }
    let mut ann = world.client();
    let last = ann.query("counters:value", json!({ "name": name }));
    let last = last.as_u64().expect("a number");
    assert!(last >= answered);
    // What was not answered was made up to here, and not beyond.
    for sequence in answered + 1..=last + 1 {
        assert_eq!(
            queue.add_again(&mut ann, sequence, &name),
            sequence.to_string()
        );
    }
    check_counter(&mut ann, &name, i64::try_from(last + 1).expect("small"));
}
