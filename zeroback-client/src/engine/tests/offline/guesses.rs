//! What a page has guessed whose mutations another page sends: shown until the server's own is there, and never beside
//! it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::shared::Device;
use crate::engine::guesses::Guess;
use crate::engine::tests::calls_of::List;
use crate::engine::tests::world::{Heard, State};

/// A page that sends, and one that makes mutations and shows them.
fn two_pages() -> (Device, Heard) {
    let mut device = Device::with(2);
    let list = device.tabs[1].page.listen("a");
    device.run();
    (device, list)
}

fn guess(text: &str) -> Guess {
    let guess = json!({ "_id": "guess", "text": text });
    let list = List {
        project: "a".to_owned(),
    };
    Arc::new(move |store| {
        store.update(&list, |tasks| {
            tasks.as_array_mut().unwrap().push(guess.clone());
        });
    })
}

fn shown(device: &Device, list: &Heard) -> Vec<String> {
    match device.tabs[1].page.world.state(list) {
        State::Ready { data, .. } => {
            let tasks = data.as_array().unwrap().iter();
            tasks
                .map(|task: &Value| format!("{} {}", task["_id"], task["text"]).replace('"', ""))
                .collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn it_is_shown_alone_though_the_server_s_row_comes_before_it_is_told_of() {
    for is_lost in [false, true] {
        let (mut device, list) = two_pages();
        let outcome = device.create(1, "a", Some(guess("a")));
        device.rest();
        device.deliver(0);
        device.speak(0, |server| server.read());
        if is_lost {
            device.lose(1);
            device.serve(1);
        }
        device.serve(1);
        assert_eq!(shown(&device, &list), ["guess a"]);
        assert_eq!(outcome.text(), "pending");
        device.run();
        assert_eq!(shown(&device, &list), ["tasks_1 a"]);
        assert_eq!(outcome.text(), "\"tasks_1\"");
    }
}

#[test]
fn what_others_do_is_shown_after_a_while_though_nobody_tells_of_it() {
    let (mut device, list) = two_pages();
    device.create(1, "a", Some(guess("a")));
    device.rest();
    device.deliver(0);
    device.speak(0, |server| server.read());
    device.lose(0);
    device.serve(1);
    assert_eq!(shown(&device, &list), ["guess a"]);
    device.tabs[1].page.advance(2_000);
    assert_eq!(shown(&device, &list), ["tasks_1 a", "guess a"]);
    device.run();
    assert_eq!(shown(&device, &list), ["tasks_1 a"]);
}

#[test]
fn one_that_the_page_itself_sends_goes_with_the_result() {
    let mut device = Device::with(1);
    let list = device.tabs[0].page.listen("a");
    device.run();
    device.create(0, "a", Some(guess("a")));
    let state = |device: &Device| device.tabs[0].page.world.value(&list);
    assert_eq!(state(&device), json!([{ "_id": "guess", "text": "a" }]));
    device.run();
    assert_eq!(state(&device), json!([{ "_id": "tasks_1", "text": "a" }]));
}
