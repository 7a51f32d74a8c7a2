//! Lists in pages of the Rust client against a real host, over real sockets.

use futures_util::StreamExt as _;
use suite_fixture::values::{self, Mark};
use zeroback::BigInt;
use zeroback::client::{Items, PageStatus, Pages};
use zeroback::db::Doc;

use super::chapter;
use super::rust_client::{client_at, made, wait};
use crate::proxy::Proxy;
use crate::world::World;

chapter!("rust_pages", Host:
    a_list_stays_one_while_others_write_and_connections_are_cut,
    an_item_that_is_guessed_is_shown_at_once_and_once
);

type Status = PageStatus<zeroback::Error>;

pub(super) fn mark_of(list: &str, number: i64) -> values::mark::Args {
    let mark = Mark {
        list: list.to_owned(),
        number: BigInt(number),
        code: None,
        count: 0,
        weight: 0.5,
    };
    values::mark::Args { mark }
}

fn numbers(items: &Items<Doc<Mark>>) -> Vec<i64> {
    items.iter().map(|mark| mark.number.0).collect()
}

/// Waits until a list is as it should be. All that it shows before is checked.
#[track_caller]
fn wait_until(
    pages: &mut Pages<values::marks::Args>,
    check: impl Fn(&[i64]),
    is_there: impl Fn(&[i64], &Status) -> bool,
) {
    wait(async {
        loop {
            let state = pages.state();
            let numbers = numbers(&state.items);
            check(&numbers);
            if is_there(&numbers, &state.status) {
                return;
            }
            pages.next().await.expect("the client is open");
        }
    });
}

fn a_list_stays_one_while_others_write_and_connections_are_cut(world: &mut World<'_>) {
    let list = world.list();
    let proxy = Proxy::to(world.address());
    let [ann, bob] = [proxy.address(), world.address()].map(client_at);
    // Each is inserted behind those before it, so that all versions are known.
    let order: Vec<i64> = (0..10)
        .map(|at| at * 100)
        .chain((0..40).map(|at| at * 37 % 400 + 1))
        .collect();
    let versions: Vec<Vec<i64>> = (0..=order.len())
        .map(|count| {
            let mut version = order[..count].to_vec();
            version.sort_unstable();
            version
        })
        .collect();
    let is_one = |shown: &[i64]| {
        let mut versions = versions.iter();
        let is_any = versions.any(|version| version.starts_with(shown));
        assert!(is_any, "no version begins with {shown:?}");
    };
    for number in &order[..10] {
        made(bob.mutate(mark_of(&list, *number)));
    }
    let own = list.clone();
    let mut pages = ann.paginate(|page| values::marks::Args { list: own, page }, 3);
    let can_load = |_: &[i64], status: &Status| matches!(status, PageStatus::CanLoadMore);
    wait_until(&mut pages, is_one, can_load);
    assert_eq!(numbers(&pages.items()), [0, 100, 200]);
    pages.load_more(3);
    wait_until(&mut pages, is_one, |shown, _| shown.len() == 6);
    for (at, number) in order[10..].iter().enumerate() {
        made(bob.mutate(mark_of(&list, *number)));
        is_one(&numbers(&pages.items()));
        if at % 10 == 5 {
            proxy.cut();
        }
    }
    let all = &versions[order.len()];
    while numbers(&pages.items()).len() < all.len() {
        pages.load_more(7);
        let before = pages.items().len();
        wait_until(&mut pages, is_one, |shown, status| {
            shown.len() > before || matches!(status, PageStatus::Exhausted)
        });
    }
    assert_eq!(numbers(&pages.items()), *all);
}

fn an_item_that_is_guessed_is_shown_at_once_and_once(world: &mut World<'_>) {
    let list = world.list();
    let client = client_at(world.address());
    let own = list.clone();
    let mut pages = client.paginate(|page| values::marks::Args { list: own, page }, 3);
    let is_sorted =
        |shown: &[i64]| assert!(shown.is_sorted_by(|one, other| one < other), "{shown:?}");
    wait_until(&mut pages, is_sorted, |_, status| {
        matches!(status, PageStatus::Exhausted)
    });
    for number in [5, 1, 9, 7, 3, 8, 2, 6, 4] {
        let own = list.clone();
        let mutation = client
            .mutation(mark_of(&list, number))
            .optimistic(move |store, args| {
                let guess = Doc::guess(store.temp_id(), args.mark.clone());
                let by_number = |one: &Doc<Mark>, other: &Doc<Mark>| one.number.cmp(&other.number);
                let is_meant = |page: &values::marks::Args| page.list == own;
                store.insert_at_position(is_meant, guess, by_number);
            });
        let reply = mutation.send();
        let shown = numbers(&pages.items());
        is_sorted(&shown);
        assert!(shown.contains(&number), "{number} is not in {shown:?}");
        let id = made(reply);
        let items = pages.items();
        is_sorted(&numbers(&items));
        assert!(
            items.iter().any(|mark| *mark.id() == id),
            "the server's own is there"
        );
    }
    assert_eq!(numbers(&pages.items()), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
}
