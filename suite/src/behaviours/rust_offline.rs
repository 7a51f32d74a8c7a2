//! What the Rust client keeps, against a real host: one that ends amid its mutations, and the next one.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt as _;
use suite_fixture::values;
use zeroback::BigInt;
use zeroback::client::offline::{InMemory, OfflineOptions, OfflineStorage as _};
use zeroback::client::{Client, ClientOptions, QueryState};

use super::chapter;
use super::rust_client::{client_at, made, wait};
use super::rust_pages::mark_of;
use crate::target::socket::RUNTIME;
use crate::world::World;

chapter!("rust_offline", Host:
    what_one_client_leaves_the_next_one_sends_once_and_shows_at_once
);

fn keeping(address: SocketAddr, storage: &InMemory) -> Client {
    let _runtime = RUNTIME.enter();
    let options = ClientOptions::new(format!("http://{address}/ws"))
        .backoff(Duration::from_millis(5), Duration::from_millis(50))
        .offline(OfflineOptions::new("1").storage(storage.clone()));
    Client::new(options).expect("it is an address")
}

fn numbers_of(list: &str) -> values::numbers::Args {
    values::numbers::Args {
        list: list.to_owned(),
        from: BigInt(0),
        to: BigInt(1_000),
    }
}

/// Returns the numbers of the mutations that a storage has.
fn kept(storage: &InMemory) -> Vec<i64> {
    let read = storage.read("[\"mutation\",".to_owned());
    let entries = wait(read).expect("it is in memory").into_iter();
    let number = |(_, text): (String, String)| {
        let entry: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        let number = &entry["args"]["mark"]["number"]["$bigint"];
        number
            .as_str()
            .expect("it is one")
            .parse()
            .expect("it is a number")
    };
    entries.map(number).collect()
}

fn what_one_client_leaves_the_next_one_sends_once_and_shows_at_once(world: &mut World<'_>) {
    const CALLS: i64 = 20;
    let list = world.list();
    let storage = InMemory::default();
    let watcher = client_at(world.address());
    let present = || {
        let numbers = made(watcher.query(numbers_of(&list))).into_iter();
        numbers.map(|number| number.0).collect::<Vec<_>>()
    };
    let mut promised = Vec::new();
    for round in 0..6 {
        let client = keeping(world.address(), &storage);
        let mut live = client.subscribe(numbers_of(&list));
        wait(live.next()).expect("it is open");
        let calls = round * CALLS..(round + 1) * CALLS;
        let made_now = calls.map(|number| (number, client.mutate(mark_of(&list, number))));
        let replies = made_now.collect::<Vec<_>>();
        // Once none, once some, once nearly all are answered when it ends.
        let answered = usize::try_from(round % 3 * 9).expect("it is small");
        for (number, reply) in replies.into_iter().take(answered) {
            made(reply);
            promised.push(number);
        }
        drop((live, client));
        promised.extend(kept(&storage));
        let client = keeping(world.address(), &storage);
        while !kept(&storage).is_empty() || client.connection_state().inflight_mutations > 0 {
            present();
        }
        let numbers = present();
        assert!(
            numbers.is_sorted_by(|one, other| one < other),
            "once: {numbers:?}"
        );
        let lost = promised.iter().find(|number| !numbers.contains(number));
        assert_eq!(lost, None, "{numbers:?}");
    }
    let client = keeping(world.address(), &storage);
    let mut live = client.subscribe(numbers_of(&list));
    match wait(live.next()) {
        Some(QueryState::Ready { data, .. }) => assert!(!data.is_empty(), "it has shown some"),
        other => panic!("{other:?}"),
    }
}
