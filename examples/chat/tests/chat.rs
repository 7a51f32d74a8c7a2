//! The chat's functions, tested in memory.

use std::time::Duration;

use chat::channels::{self, CreateError};
use chat::{members, messages, presence};
use zeroback::db::PageOpts;
use zeroback::testing::TestApp;
use zeroback::{CallError, Id, Identity};

fn somebody(name: &str) -> Identity {
    Identity {
        subject: name.to_lowercase(),
        name: Some(name.to_owned()),
        ..Identity::default()
    }
}

fn send(channel: Id<channels::Channel>, text: &str) -> messages::send::Args {
    let text = text.to_owned();
    messages::send::Args { channel, text }
}

fn create(name: &str) -> channels::create::Args {
    channels::create::Args {
        name: name.to_owned(),
    }
}

#[test]
fn what_one_writes_the_other_sees_the_newest_first() {
    let t = TestApp::new(chat::app());
    let (ada, ben) = (t.as_user(somebody("Ada")), t.as_user(somebody("Ben")));
    let channel = ada.mutation(create("  #Small Talk ")).unwrap();
    let names = t.query(channels::list::Args).unwrap();
    assert_eq!(names[0].name, "small-talk");

    let page = PageOpts {
        limit: 2,
        cursor: None,
        end_cursor: None,
    };
    let mut seen = ben.subscribe(messages::page::Args { channel, page });
    assert!(seen.next().unwrap().unwrap().items.is_empty());
    for text in ["one", " two ", "three"] {
        ada.mutation(send(channel, text)).unwrap();
    }
    let mut last = None;
    while let Some(page) = seen.next() {
        last = Some(page.unwrap());
    }
    let texts: Vec<_> = last
        .unwrap()
        .items
        .into_iter()
        .map(|message| (message.author_name.clone(), message.text.clone()))
        .collect();
    let by_ada = |text: &str| ("Ada".to_owned(), text.to_owned());
    assert_eq!(texts, [by_ada("three"), by_ada("two")]);
}

#[test]
fn a_name_is_for_one_channel_and_who_tries_it_is_told_which() {
    let t = TestApp::new(chat::app());
    let ada = t.as_user(somebody("Ada"));
    let first = ada.mutation(create("general")).unwrap();
    let again = ada.mutation(create("General")).unwrap_err();
    assert!(matches!(again, CallError::App(CreateError::NameTaken { id }) if id == first));
    assert!(t.mutation(create("other")).is_err());
}

#[test]
fn words_are_found_in_one_channel_or_in_all() {
    let t = TestApp::new(chat::app());
    let ada = t.as_user(somebody("Ada"));
    let (tea, coffee) = (create("tea"), create("coffee"));
    let (tea, coffee) = (ada.mutation(tea).unwrap(), ada.mutation(coffee).unwrap());
    ada.mutation(send(tea, "green tea at four")).unwrap();
    ada.mutation(send(coffee, "no tea here")).unwrap();
    let find = |channel| {
        let words = "tea".to_owned();
        let found = t.query(messages::find::Args { words, channel }).unwrap();
        found.len()
    };
    assert_eq!((find(None), find(Some(tea)), find(Some(coffee))), (2, 1, 1));
    let nothing = messages::find::Args {
        words: " ".to_owned(),
        channel: None,
    };
    assert!(t.query(nothing).unwrap().is_empty());
}

#[test]
fn only_its_author_takes_a_message_back() {
    let t = TestApp::new(chat::app());
    let (ada, ben) = (t.as_user(somebody("Ada")), t.as_user(somebody("Ben")));
    let channel = ada.mutation(create("general")).unwrap();
    let id = ada.mutation(send(channel, "hello")).unwrap();
    assert!(ben.mutation(messages::remove::Args { id }).is_err());
    ada.mutation(messages::remove::Args { id }).unwrap();
    ada.mutation(messages::remove::Args { id }).unwrap();
}

#[test]
fn who_is_there_is_seen_until_they_leave_or_say_nothing_any_more() {
    let t = TestApp::new(chat::app());
    let (ada, ben) = (t.as_user(somebody("Ada")), t.as_user(somebody("Ben")));
    let channel = ada.mutation(create("general")).unwrap();
    let beat = |is_writing| presence::beat::Args {
        channel,
        is_writing,
    };
    let here = || {
        let here = t.query(presence::here::Args { channel }).unwrap();
        here.into_iter()
            .map(|here| (here.name, here.is_writing))
            .collect::<Vec<_>>()
    };
    ben.mutation(beat(true)).unwrap();
    ada.mutation(beat(false)).unwrap();
    let (with_ada, with_ben) = (("Ada".to_owned(), false), ("Ben".to_owned(), true));
    assert_eq!(here(), [with_ada.clone(), with_ben]);

    t.advance(Duration::from_secs(30));
    ada.mutation(beat(false)).unwrap();
    t.advance(Duration::from_secs(30));
    assert_eq!(here(), [with_ada]);
    ada.mutation(presence::leave::Args).unwrap();
    assert_eq!(here(), []);
}

#[test]
fn a_member_is_who_is_signed_in_under_a_name_of_their_choice() {
    let t = TestApp::new(chat::app());
    let ada = t.as_user(somebody("Ada"));
    assert_eq!(t.query(members::me::Args).unwrap(), None);
    let id = ada.mutation(members::enter::Args).unwrap();
    assert_eq!(ada.mutation(members::enter::Args).unwrap(), id);
    let name = "Countess".to_owned();
    ada.mutation(members::rename::Args { name }).unwrap();
    assert_eq!(
        ada.query(members::me::Args).unwrap().unwrap().name,
        "Countess"
    );
}
