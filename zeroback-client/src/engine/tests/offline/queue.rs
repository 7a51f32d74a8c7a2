//! Mutations that outlive their page: written, sent by one page at a time, and told to the one that made them.

use serde_json::{Value, json};

use super::device::kept;
use super::shared::Device;
use crate::engine::tests::promise_texts;

#[test]
fn what_is_made_without_a_connection_is_sent_with_the_next_in_order_and_then_kept_no_more() {
    let mut device = Device::with(1);
    device.serve(0);
    device.lose(0);
    let outcomes = ["a", "b", "c"].map(|text| device.create(0, text, None));
    device.rest();
    assert_eq!(kept(&device.disk, "mutation").len(), 3);
    let state = device.tabs[0].page.world.engine.connection_state();
    assert_eq!(state.inflight_mutations, 3);
    device.run();
    assert_eq!(device.texts(), ["a", "b", "c"]);
    assert_eq!(
        promise_texts(&outcomes),
        ["\"tasks_1\"", "\"tasks_2\"", "\"tasks_3\""]
    );
    assert_eq!(kept(&device.disk, "mutation"), Vec::<String>::new());
}

#[test]
fn those_that_are_made_in_one_go_are_written_once() {
    let mut device = Device::with(1);
    device.serve(0);
    device.lose(0);
    let before = device.tabs[0].page.operations;
    device.tabs[0].page.world.is_busy = true;
    for text in ["a", "b", "c"] {
        device.create(0, text, None);
    }
    device.tabs[0].page.world.is_busy = false;
    device.rest();
    assert_eq!(device.tabs[0].page.operations - before, 1);
}

#[test]
fn nothing_is_sent_before_it_is_written_that_it_may_have_been() {
    for (steps, sequence) in [(1, Value::Null), (2, json!(1))] {
        let mut device = Device::with(1);
        device.serve(0);
        device.tabs[0].page.world.sent();
        device.create(0, "a", None);
        for _ in 0..steps {
            assert_eq!(device.tabs[0].page.world.sent().len(), 0);
            assert!(device.tabs[0].page.step());
        }
        let key = kept(&device.disk, "mutation").remove(0);
        let entry: Value = serde_json::from_str(&device.disk.borrow()[&key]).unwrap();
        assert_eq!(entry["sequence"], sequence);
        let sent = device.tabs[0].page.world.sent();
        assert_eq!(sent.len(), steps - 1, "{sent:?}");
    }
}

#[test]
fn what_a_closed_page_has_left_is_sent_by_the_next_once_whatever_of_it_was_sent() {
    let mut device = Device::with(1);
    device.serve(0);
    device.create(0, "sent and made", None);
    device.rest();
    device.deliver(0);
    device.speak(0, |server| server.read());
    device.create(0, "sent and lost", None);
    device.rest();
    device.lose(0);
    device.create(0, "never sent", None);
    device.rest();
    assert_eq!(device.texts(), ["sent and made"]);
    device.kill(0);
    device.open();
    let state = device.tabs[0].page.world.engine.connection_state();
    assert_eq!(state.inflight_mutations, 3);
    device.run();
    assert_eq!(
        device.texts(),
        ["sent and made", "sent and lost", "never sent"]
    );
    assert_eq!(device.refused(), []);
    assert_eq!(kept(&device.disk, "mutation"), Vec::<String>::new());
}

#[test]
fn what_nobody_can_read_holds_nothing_up() {
    let mut device = Device::with(1);
    device.serve(0);
    let key = r#"["mutation","wss://test/ws","","0000000000000001 x"]"#;
    device
        .disk
        .borrow_mut()
        .insert(key.to_owned(), "{".to_owned());
    let outcome = device.create(0, "a", None);
    device.run();
    assert_eq!(outcome.text(), "\"tasks_1\"");
}

#[test]
fn a_refused_one_is_reported_and_the_next_goes_on_whoever_sends_them() {
    for is_left in [false, true] {
        let mut device = Device::with(1);
        device.serve(0);
        device.lose(0);
        let outcomes = ["bad", "good"].map(|text| device.create(0, text, None));
        device.rest();
        if is_left {
            device.kill(0);
            device.open();
        }
        device.run();
        if !is_left {
            assert_eq!(promise_texts(&outcomes), ["too_long", "\"tasks_1\""]);
        }
        assert_eq!(device.texts(), ["good"]);
        assert_eq!(
            device.refused(),
            [("bad".to_owned(), "too_long".to_owned())]
        );
        assert_eq!(kept(&device.disk, "mutation"), Vec::<String>::new());
    }
}

#[test]
fn of_a_queue_that_the_server_has_forgotten_what_was_attempted_is_unknown_and_the_rest_is_made() {
    let mut device = Device::with(1);
    device.serve(0);
    device.create(0, "answered", None);
    device.run();
    device.create(0, "attempted", None);
    device.rest();
    device.lose(0);
    device.create(0, "later", None);
    device.rest();
    device.kill(0);
    device.server.forget_queues();
    device.open();
    for _ in 0..4 {
        device.run();
        device.advance(2_000);
    }
    assert_eq!(device.texts(), ["answered", "later"]);
    assert_eq!(
        device.refused(),
        [("attempted".to_owned(), "outcome_unknown".to_owned())]
    );
}

#[test]
fn a_client_that_is_closed_leaves_what_is_kept_to_another_time_and_says_so() {
    let mut device = Device::with(1);
    device.serve(0);
    device.lose(0);
    let outcome = device.create(0, "a", None);
    device.rest();
    let world = &mut device.tabs[0].page.world;
    world.engine.close(world.now_ms);
    device.rest();
    assert_eq!(outcome.text(), "outcome_unknown");
    device.kill(0);
    device.open();
    device.run();
    assert_eq!(device.texts(), ["a"]);
}

#[test]
fn one_page_sends_for_all_in_the_order_of_each_and_tells_the_others() {
    let mut device = Device::with(2);
    for at in 0..2 {
        device.serve(at);
    }
    let second = device.create(1, "a", None);
    let first = device.create(0, "b", None);
    let more = ["c", "bad"].map(|text| device.create(1, text, None));
    device.rest();
    assert_eq!(device.tabs[1].page.world.sent().len(), 0);
    device.run();
    let texts = device.texts();
    assert_eq!(texts.len(), 3);
    let place = |text: &str| texts.iter().position(|made| made == text).unwrap();
    assert!(place("a") < place("c"));
    assert_eq!(second.text(), format!("\"tasks_{}\"", place("a") + 1));
    assert_eq!(first.text(), format!("\"tasks_{}\"", place("b") + 1));
    assert_eq!(more[1].text(), "too_long");
    assert_eq!(device.refused().len(), 1);
    // What is told of when it is done already is not done again.
    let added = device
        .said
        .iter()
        .find(|said| said.contains("added"))
        .cloned()
        .unwrap();
    let channel = r#"zeroback ["wss://test/ws",""]"#;
    let world = &mut device.tabs[0].page.world;
    world.engine.handle_heard(world.now_ms, channel, &added);
    device.run();
    assert_eq!(device.texts().len(), 3);
}

#[test]
fn when_the_one_that_sends_is_gone_another_goes_on_also_with_what_is_its_own() {
    let mut device = Device::with(2);
    for at in 0..2 {
        device.serve(at);
    }
    let outcome = device.create(1, "a", None);
    device.rest();
    device.deliver(0);
    device.speak(0, |server| server.read());
    assert_eq!(device.texts(), ["a"]);
    device.kill(0);
    device.run();
    assert_eq!(device.texts(), ["a"]);
    assert_eq!(outcome.text(), "\"tasks_1\"");
}

#[test]
fn what_another_has_left_waits_until_they_are_back() {
    let mut device = Device::new();
    device.server.identity = Some("ann".to_owned());
    device.open();
    device.serve(0);
    device.lose(0);
    let left = device.create(0, "ann's", None);
    device.rest();
    device.server.identity = Some("bob".to_owned());
    device.run();
    assert_eq!(left.text(), "outcome_unknown");
    assert_eq!(device.texts(), Vec::<String>::new());
    device.create(0, "bob's", None);
    device.run();
    assert_eq!(device.texts(), ["bob's"]);
    device.lose(0);
    device.server.identity = Some("ann".to_owned());
    device.run();
    assert_eq!(device.texts(), ["bob's", "ann's"]);
}

#[test]
fn who_signs_out_takes_their_mutations_with_them() {
    let mut device = Device::new();
    device.server.identity = Some("ann".to_owned());
    device.open();
    device.serve(0);
    device.lose(0);
    let left = device.create(0, "a", None);
    device.rest();
    let world = &mut device.tabs[0].page.world;
    world.engine.clear_auth(world.now_ms);
    device.rest();
    assert_eq!(left.text(), "outcome_unknown");
    assert!(device.disk.borrow().is_empty(), "{:?}", device.disk);
    device.server.identity = None;
    device.run();
    assert_eq!(device.texts(), Vec::<String>::new());
}
