//! Pages: what is asked, and that all of it is one list.

use std::sync::Arc;

use serde_json::json;
use zeroback_protocol::{Call, Cursor, FunctionKind, PageOpts};

use super::page_list::List;
use super::page_server::{PageServer, Row, Rows, row, up_to};
use super::world::World;
use crate::engine::guesses::Guess;

fn open(rows: Vec<Row>, first: u32) -> (World, PageServer, List) {
    let mut world = World::new();
    let mut server = PageServer::new(rows);
    server.accept(&mut world);
    let list = List::open(&mut world, first);
    (world, server, list)
}

fn rows(ranks: &[i64]) -> Vec<Row> {
    ranks.iter().map(|rank| row(*rank)).collect()
}

fn page(limit: u32, cursor: Option<&str>, end: Option<&str>) -> PageOpts {
    PageOpts {
        limit,
        cursor: cursor.map(Cursor::from_text),
        end_cursor: end.map(Cursor::from_text),
    }
}

#[test]
fn it_loads_a_first_page_and_more() {
    let (mut world, mut server, list) = open(up_to(7), 3);
    assert_eq!(list.shown(), "LoadingFirst");
    server.run(&mut world);
    assert_eq!(list.shown(), "0 10 20 CanLoadMore");
    list.load_more(&mut world, 2);
    assert_eq!(list.shown(), "0 10 20 LoadingMore");
    server.run(&mut world);
    assert_eq!(list.shown(), "0 10 20 30 40 CanLoadMore");
    list.load_more(&mut world, 2);
    server.run(&mut world);
    assert_eq!(list.shown(), "0 10 20 30 40 50 60 Exhausted");
    list.load_more(&mut world, 2);
    assert_eq!(list.shown(), "0 10 20 30 40 50 60 Exhausted");
}

#[test]
fn an_empty_list_is_exhausted_and_what_comes_is_shown() {
    let (mut world, mut server, list) = open(Vec::new(), 3);
    server.run(&mut world);
    assert_eq!(list.shown(), "Exhausted");
    server.write(rows(&[5]));
    server.run(&mut world);
    assert_eq!(list.shown(), "5 Exhausted");
}

#[test]
fn it_stays_gapless_as_rows_come_and_go_at_the_edges_of_pages() {
    let (mut world, mut server, list) = open(up_to(7), 3);
    server.run(&mut world);
    list.load_more(&mut world, 2);
    server.run(&mut world);
    server.write(rows(&[0, 10, 20, 21, 22, 30, 40, 50]));
    server.run(&mut world);
    assert_eq!(list.shown(), "0 10 20 21 22 30 40 CanLoadMore");
    server.write(rows(&[10, 30, 31, 50]));
    server.run(&mut world);
    assert_eq!(list.shown(), "10 30 31 CanLoadMore");
    list.load_more(&mut world, 2);
    server.run(&mut world);
    assert_eq!(list.shown(), "10 30 31 50 Exhausted");
    server.write(rows(&[10, 30, 31, 50, 60]));
    server.run(&mut world);
    assert_eq!(list.shown(), "10 30 31 50 60 Exhausted");
}

#[test]
fn more_is_loaded_once_however_often_it_is_asked_for_and_not_before_there_is_a_first_page() {
    let (mut world, mut server, list) = open(up_to(9), 3);
    list.load_more(&mut world, 2);
    server.run(&mut world);
    list.load_more(&mut world, 2);
    list.load_more(&mut world, 2);
    server.run(&mut world);
    assert_eq!(list.shown(), "0 10 20 30 40 CanLoadMore");
}

#[test]
fn a_page_that_has_come_is_asked_for_again_with_its_end_and_nothing_of_it_is_sent_again() {
    let (mut world, mut server, list) = open(up_to(7), 3);
    server.run(&mut world);
    world.advance(1);
    server.run(&mut world);
    assert_eq!(server.pages(), [page(3, None, Some("0|000020 row_20"))]);
    assert_eq!((server.wholes, list.news()), (1, 1));
}

#[test]
fn what_changed_while_a_page_was_asked_for_again_is_shown_with_all_else() {
    for more in 0..2 {
        let (mut world, mut server, list) = open(up_to(4), 2);
        let others: Vec<_> = (0..more).map(|_| List::open(&mut world, 2)).collect();
        let answer = |world: &mut World, server: &mut PageServer| {
            world.settle();
            while server.read(world) {}
            server.flush(world);
        };
        answer(&mut world, &mut server);
        answer(&mut world, &mut server);
        for list in others.iter().chain([&list]) {
            list.load_more(&mut world, 2);
        }
        answer(&mut world, &mut server);
        // The second page has come, and is asked for again with its end; the server has not heard of it.
        assert_eq!(list.shown(), "0 10 20 30 Exhausted");
        list.news();
        server.write(rows(&[0, 5, 10, 30]));
        server.flush(&mut world);
        assert_eq!(
            (list.shown().as_str(), list.news()),
            ("0 10 20 30 Exhausted", 0)
        );
        answer(&mut world, &mut server);
        assert_eq!(
            (list.shown().as_str(), list.news()),
            ("0 5 10 30 Exhausted", 1)
        );
    }
}

#[test]
fn two_lists_that_load_the_same_share_their_pages() {
    let (mut world, mut server, list) = open(up_to(7), 3);
    server.run(&mut world);
    let other = List::open(&mut world, 3);
    server.run(&mut world);
    assert_eq!((other.shown(), server.wholes), (list.shown(), 1));
}

#[test]
fn a_page_that_has_grown_too_long_is_asked_for_in_as_many_as_it_takes_and_shown_until_they_have_come()
 {
    let (mut world, mut server, list) = open(up_to(2), 2);
    server.run(&mut world);
    server.write(rows(&[0, 1, 2, 3, 10]));
    server.flush(&mut world);
    assert_eq!(list.shown(), "0 1 2 3 10 Exhausted");
    server.run(&mut world);
    assert_eq!(list.shown(), "0 1 2 3 10 Exhausted");
    world.advance(1_000);
    server.run(&mut world);
    let middle = Some("0|000001 row_1");
    assert_eq!(
        server.pages(),
        [page(2, None, middle), page(2, middle, Some("0|~"))]
    );
    server.write(up_to(17));
    server.run(&mut world);
    assert_eq!(list.items().iter().cloned().collect::<Vec<_>>(), up_to(17));
    world.advance(1_000);
    server.run(&mut world);
    assert!(server.pages().len() >= 5);
}

#[test]
fn a_guess_of_a_page_goes_on_when_that_is_asked_for_again_with_its_end() {
    let (mut world, mut server, list) = open(up_to(5), 2);
    server.run(&mut world);
    let guess: Guess = Arc::new(|store| {
        store.update_items(
            |_: &Rows| true,
            |row| {
                if row.rank == 30 {
                    row.text = "?".to_owned();
                }
            },
        );
    });
    world.request(
        FunctionKind::Mutation,
        "rows:create",
        &json!({}),
        Some(guess),
    );
    list.load_more(&mut world, 2);
    while server.read(&mut world) {}
    server.flush(&mut world);
    assert_eq!(list.shown(), "0 10 20 30? CanLoadMore");
    server.run(&mut world);
    assert_eq!(list.shown(), "0 10 20 30? CanLoadMore");
}

#[test]
fn where_the_server_does_not_know_its_cursors_any_more_the_list_begins_anew_and_not_for_ever() {
    let (mut world, mut server, list) = open(up_to(7), 3);
    server.run(&mut world);
    list.load_more(&mut world, 2);
    server.run(&mut world);
    server.key = 1;
    server.run(&mut world);
    assert_eq!(list.shown(), "0 10 20 CanLoadMore");
    list.load_more(&mut world, 9);
    server.run(&mut world);
    assert_eq!(list.shown(), "0 10 20 30 40 50 60 Exhausted");
    let (mut world, mut server, list) = open(up_to(7), 3);
    server.takes_no_cursors = true;
    server.run(&mut world);
    assert!(list.shown().ends_with("bad_cursor"), "{}", list.shown());
    assert!(server.wholes < 6);
}

#[test]
fn an_error_of_a_page_is_that_of_the_list() {
    let (mut world, mut server, list) = open(up_to(7), 3);
    server.run(&mut world);
    server.failure = Some("forbidden");
    server.run(&mut world);
    assert_eq!(list.shown(), "forbidden");
    server.failure = None;
    server.run(&mut world);
    assert_eq!(list.shown(), "0 10 20 CanLoadMore");
}

#[test]
fn a_list_that_nobody_looks_at_is_asked_for_no_more() {
    let (mut world, mut server, list) = open(up_to(7), 3);
    server.run(&mut world);
    list.close(&mut world);
    world.advance(1_000);
    server.run(&mut world);
    assert_eq!(server.pages(), []);
}

#[test]
fn what_is_kept_of_a_first_page_is_shown_at_once_and_nothing_of_it_is_sent_if_it_is_the_same() {
    let (mut world, mut server, list) = open(up_to(7), 3);
    server.run(&mut world);
    let first = Call::of(&Rows {
        of: None,
        page: page(3, None, Some("0|000020 row_20")),
    })
    .unwrap();
    let key = crate::engine::Question::new(first).key;
    let (tag, value) = world.engine.held(&key).unwrap();
    list.close(&mut world);

    let mut world = World::new();
    let call = Rows {
        of: None,
        page: PageOpts::first(3),
    };
    let key = crate::engine::Question::new(Call::of(&call).unwrap()).key;
    world.engine.keep(world.now_ms, &key, tag, value);
    let list = List::open(&mut world, 3);
    assert_eq!(list.shown(), "0 10 20 CanLoadMore");
    world.advance(1);
    let mut server = PageServer::new(up_to(7));
    server.accept(&mut world);
    server.run(&mut world);
    assert_eq!(
        (list.shown().as_str(), server.wholes),
        ("0 10 20 CanLoadMore", 0)
    );
    server.write(up_to(1));
    server.run(&mut world);
    assert_eq!(list.shown(), "0 CanLoadMore");
}
