//! Guesses for lists that are loaded in pages, and ids for what they insert.

use std::sync::{Arc, Mutex};

use serde_json::json;
use zeroback_protocol::{FunctionKind, Id, TableName};

use super::page_list::List;
use super::page_server::{PageServer, Row, Rows, row, up_to};
use super::world::World;
use crate::OptimisticStore;

/// A list of so many rows, of which so many pages of two are loaded.
fn loaded(count: i64, pages: u32) -> (World, PageServer, List) {
    let mut world = World::new();
    let mut server = PageServer::new(up_to(count));
    server.accept(&mut world);
    let list = List::open(&mut world, 2);
    server.run(&mut world);
    for _ in 1..pages {
        list.load_more(&mut world, 2);
        server.run(&mut world);
    }
    (world, server, list)
}

fn guess(world: &mut World, guess: impl Fn(&mut OptimisticStore<'_>) + Send + Sync + 'static) {
    let guess = Some(Arc::new(guess) as _);
    world.request(FunctionKind::Mutation, "rows:create", &json!({}), guess);
}

fn any(_: &Rows) -> bool {
    true
}

fn ranks(list: &List) -> Vec<i64> {
    list.items().iter().map(|row| row.rank).collect()
}

#[test]
fn an_item_at_the_top_is_shown_once_before_all() {
    let (mut world, _, list) = loaded(6, 2);
    guess(&mut world, |store| store.insert_at_top(any, row(-1)));
    assert_eq!(ranks(&list), [-1, 0, 10, 20, 30]);
}

#[test]
fn an_item_at_the_bottom_is_shown_where_the_end_is_loaded() {
    for (count, pages, expected) in [
        (6, 2, vec![0, 10, 20, 30]),
        (5, 3, vec![0, 10, 20, 30, 40, 99]),
    ] {
        let (mut world, _, list) = loaded(count, pages);
        guess(&mut world, |store| {
            store.insert_at_bottom_if_loaded(any, row(99));
        });
        assert_eq!(ranks(&list), expected);
    }
}

#[test]
fn an_item_in_a_list_that_goes_on_is_shown_once_where_it_belongs() {
    for (rank, expected) in [
        (-5, vec![-5, 0, 10, 20, 30]),
        (0, vec![0, 0, 10, 20, 30]),
        (5, vec![0, 5, 10, 20, 30]),
        (10, vec![0, 10, 10, 20, 30]),
        (15, vec![0, 10, 15, 20, 30]),
        (25, vec![0, 10, 20, 25, 30]),
        (30, vec![0, 10, 20, 30]),
        (35, vec![0, 10, 20, 30]),
    ] {
        let (mut world, mut server, list) = loaded(8, 2);
        insert(&mut world, rank);
        assert_eq!(ranks(&list), expected);
        server.run(&mut world);
        assert_eq!(ranks(&list), expected, "and it stays");
    }
}

#[test]
fn an_item_in_a_list_that_is_loaded_to_its_end_is_shown_once() {
    for (count, pages, rank, expected) in [
        (4, 2, 35, vec![0, 10, 20, 30, 35]),
        (4, 3, 5, vec![0, 5, 10, 20, 30]),
        (0, 1, 1, vec![1]),
    ] {
        let (mut world, _, list) = loaded(count, pages);
        insert(&mut world, rank);
        assert_eq!(ranks(&list), expected);
    }
}

fn insert(world: &mut World, rank: i64) {
    let by_rank = |one: &Row, other: &Row| one.rank.cmp(&other.rank);
    guess(world, move |store| {
        store.insert_at_position(any, row(rank), by_rank);
    });
}

#[test]
fn items_are_shown_as_they_will_be_or_not_at_all_wherever_they_stand() {
    let (mut world, _, list) = loaded(6, 3);
    guess(&mut world, |store| {
        store.update_items(any, |row| {
            if row.rank == 30 {
                row.rank = 31;
            }
        });
        store.remove_items(any, |row| row.rank == 10);
    });
    assert_eq!(ranks(&list), [0, 20, 31, 40, 50]);
}

#[test]
fn only_lists_that_are_meant_are_changed() {
    let (mut world, _, list) = loaded(2, 1);
    guess(&mut world, |store| {
        store.insert_at_top(|list: &Rows| list.of.is_some(), row(1));
    });
    assert_eq!(ranks(&list), [0, 10]);
}

struct Tasks;

impl TableName for Tasks {
    const TABLE_NAME: &'static str = "tasks";
}

#[test]
fn temporary_ids_are_the_same_each_time_and_nobody_elses() {
    let (mut world, mut server, _list) = loaded(2, 1);
    let seen = Arc::new(Mutex::new(Vec::new()));
    for name in 0..2 {
        let seen = Arc::clone(&seen);
        guess(&mut world, move |store| {
            store.update_items(any, |_| ());
            let ids: [Id<Tasks>; 2] = [store.temp_id(), store.temp_id()];
            seen.lock().unwrap().push((name, ids));
        });
    }
    server.write(up_to(1));
    server.run(&mut world);
    let seen = seen.lock().unwrap();
    let of = |name| {
        seen.iter()
            .filter(move |(of, _)| *of == name)
            .map(|(_, ids)| ids)
    };
    assert!(
        of(0).count() >= 2 && of(0).all(|ids| ids == &seen[0].1),
        "{seen:?}"
    );
    assert!(of(1).all(|ids| ids == &seen[1].1), "{seen:?}");
    let mut all = [seen[0].1, seen[1].1].concat();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 4);
    let time = all[0].raw().creation_time().unix_ms();
    assert_eq!(u64::try_from(time), Ok(world.now_ms));
}
