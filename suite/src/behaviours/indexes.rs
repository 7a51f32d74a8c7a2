//! Indexes: rows by every kind of column, in both directions, and in every range.

use suite_fixture::catalogue::{Bounds, Compound, Product, Shape, Shelf, Source};
use zeroback::{BigInt, Bytes, Id, Timestamp};

use super::chapter;
use crate::catalogue::shop::Shop;
use crate::world::World;

chapter!("indexes", Engine:
    texts_sort_by_their_bytes,
    integers_sort_by_size,
    numbers_sort_by_size,
    booleans_sort_false_first,
    enums_sort_by_their_names,
    times_sort,
    ids_sort_in_order_of_creation,
    big_integers_sort_by_all_their_bits,
    bytes_sort_by_value_then_length,
    nothing_comes_before_everything,
    a_range_never_holds_nothing,
    a_range_that_ends_before_it_begins_is_empty,
    equal_values_come_before_a_range,
    rows_are_found_by_ranges_of_their_ids,
    rows_are_found_by_ranges_of_their_creation_times,
    a_moved_row_is_found_where_it_is,
);

/// Adds a row for each value and one more that ties with the first, and shows their order.
#[track_caller]
fn check<V: Clone>(
    world: &mut World<'_>,
    values: &[V],
    set: impl Fn(&mut Product, V),
    source: fn(Bounds<V>) -> Source,
    expected: &[usize],
) {
    let mut shop = Shop::open(world);
    shop.add_all(values, &set);
    shop.add(|product| set(product, values[0].clone()));
    let mut with_tie = expected.to_vec();
    let first = expected.iter().position(|number| *number == 0);
    let first = first.expect("the first is among them");
    with_tie.insert(first + 1, values.len());
    shop.check(&source(Bounds::All), &with_tie);
    shop.check(
        &source(Bounds::Equal(values[0].clone())),
        &[0, values.len()],
    );
    let at = |place: usize| values[expected[place]].clone();
    let (low, high) = (1, expected.len() - 2);
    let place = |value: usize| with_tie.iter().position(|number| *number == value);
    let (from, to) = (place(expected[low]), place(expected[high]));
    let (from, to) = (from.expect("it is"), to.expect("it is"));
    let is_tied = |place: usize| usize::from(expected[place] == 0);
    let (behind, until) = (from + 1 + is_tied(low), to + 1 + is_tied(high));
    shop.check(&source(Bounds::From(at(low), true)), &with_tie[from..]);
    shop.check(&source(Bounds::From(at(low), false)), &with_tie[behind..]);
    shop.check(&source(Bounds::To(at(high), true)), &with_tie[..until]);
    shop.check(&source(Bounds::To(at(high), false)), &with_tie[..to]);
    let between =
        |with_from, with_to| source(Bounds::Between(at(low), with_from, at(high), with_to));
    shop.check(&between(true, true), &with_tie[from..until]);
    shop.check(&between(false, false), &with_tie[behind..to]);
}

fn texts_sort_by_their_bytes(world: &mut World<'_>) {
    let long = |end: &str| format!("{}{end}", "x".repeat(3_000));
    let texts = [
        "b".to_owned(),
        String::new(),
        "é".to_owned(),
        "e\u{301}".to_owned(),
        "😀".to_owned(),
        "ａ".to_owned(),
        "\u{10ffff}".to_owned(),
        "a\0b".to_owned(),
        "a".to_owned(),
        long("b"),
        long("a"),
        "B".to_owned(),
        "a'\"%_\\".to_owned(),
    ];
    // UTF-16 would put the emoji before the fullwidth letter.
    let order = [1, 11, 8, 7, 12, 0, 3, 10, 9, 2, 5, 4, 6];
    let set = |product: &mut Product, text| product.text = text;
    check(world, &texts, set, Source::ByText, &order);
}

fn integers_sort_by_size(world: &mut World<'_>) {
    const MAX: i64 = (1 << 53) - 1;
    let integers = [0, MAX, -MAX, 10, 9, -1, MAX - 1];
    let set = |product: &mut Product, rank| product.rank = rank;
    check(
        world,
        &integers,
        set,
        Source::ByRank,
        &[2, 5, 0, 4, 3, 6, 1],
    );
}

fn numbers_sort_by_size(world: &mut World<'_>) {
    let numbers = [
        1e18,
        0.1 + 0.2,
        0.3,
        f64::MIN_POSITIVE,
        5e-324,
        1e21,
        f64::MAX,
        f64::MIN,
        -0.5,
        1e18 + 128.0,
        2.0,
    ];
    let order = [7, 8, 4, 3, 2, 1, 10, 0, 9, 5, 6];
    let set = |product: &mut Product, price| product.price = price;
    check(world, &numbers, set, Source::ByPrice, &order);
    let mut shop = Shop::named(world, " zeros");
    shop.add_all(&[0.0, -0.0], |product, price| product.price = price);
    shop.check(&Source::ByPrice(Bounds::Equal(-0.0)), &[0, 1]);
    shop.check(&Source::ByPrice(Bounds::From(0.0, true)), &[0, 1]);
    shop.check(&Source::ByPrice(Bounds::From(-0.0, false)), &[]);
}

fn booleans_sort_false_first(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    shop.add_all(&[true, false, true, false], |product, flag| {
        product.flag = flag;
    });
    shop.check(&Source::ByFlag(Bounds::All), &[1, 3, 0, 2]);
    shop.check(&Source::ByFlag(Bounds::Equal(true)), &[0, 2]);
    shop.check(&Source::ByFlag(Bounds::From(false, false)), &[0, 2]);
    shop.check(&Source::ByFlag(Bounds::To(true, false)), &[1, 3]);
}

fn enums_sort_by_their_names(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    let shapes = [
        Shape::Square,
        Shape::Round,
        Shape::LongAndThin,
        Shape::Round,
    ];
    shop.add_all(&shapes, |product, shape| product.shape = shape);
    shop.check(&Source::ByShape(Bounds::All), &[2, 1, 3, 0]);
    let from = Bounds::From(Shape::LongAndThin, false);
    shop.check(&Source::ByShape(from), &[1, 3, 0]);
    shop.check(&Source::ByShape(Bounds::Equal(Shape::Round)), &[1, 3]);
}

fn times_sort(world: &mut World<'_>) {
    let times = [5, -1, 1_790_000_000_000, 0].map(Timestamp::from_unix_ms);
    let set = |product: &mut Product, since| product.since = since;
    check(world, &times, set, Source::BySince, &[1, 3, 0, 2]);
}

fn ids_sort_in_order_of_creation(world: &mut World<'_>) {
    let mut parents = Shop::named(world, " parents");
    let ids: Vec<_> = (0..4).map(|_| parents.add(|_| {})).collect();
    let ids = [ids[2], ids[0], ids[3], ids[1]].map(Some);
    let set = |product: &mut Product, parent: Option<Id<Product>>| product.parent = parent;
    check(world, &ids, set, Source::ByParent, &[1, 3, 0, 2]);
}

fn big_integers_sort_by_all_their_bits(world: &mut World<'_>) {
    const MAX: i64 = 1 << 53;
    let integers = [0, i64::MIN, i64::MAX, MAX + 1, MAX, -MAX - 1, i64::MAX - 1];
    let order = [1, 5, 0, 4, 3, 6, 2];
    let integers = integers.map(BigInt);
    let set = |product: &mut Product, big| product.big = big;
    check(world, &integers, set, Source::ByBig, &order);
    let set = |product: &mut Product, big| {
        product.slug.push('m');
        product.big_maybe = big;
    };
    let integers = integers.map(Some);
    let mut shop = Shop::named(world, " maybe");
    shop.add(|_| {});
    shop.add_all(&integers, set);
    shop.check(&Source::ByBigMaybe(Bounds::All), &[0, 2, 6, 1, 5, 4, 7, 3]);
    let from = Bounds::From(Some(BigInt(MAX)), false);
    shop.check(&Source::ByBigMaybe(from), &[4, 7, 3]);
}

fn bytes_sort_by_value_then_length(world: &mut World<'_>) {
    let codes: [&[u8]; 7] = [b"a", b"", b"\xff", b"\0", b"\0\0", b"a\0", b"\0\xff"];
    let codes = codes.map(Bytes::from);
    let set = |product: &mut Product, code| product.code = code;
    check(world, &codes, set, Source::ByCode, &[1, 3, 4, 6, 0, 5, 2]);
}

fn nothing_comes_before_everything(world: &mut World<'_>) {
    let text = |text: &str| Some(text.to_owned());
    let texts = [text("a"), None, text(""), text("\0")];
    let set = |product: &mut Product, nick| product.nick = nick;
    let mut shop = Shop::open(world);
    shop.add_all(&texts, set);
    shop.add(|_| {});
    shop.check(&Source::ByNick(Bounds::All), &[1, 4, 2, 3, 0]);
    shop.check(&Source::ByNick(Bounds::Equal(None)), &[1, 4]);
    shop.check(&Source::ByNick(Bounds::Equal(text(""))), &[2]);
    let mut shop = Shop::named(world, " integers");
    shop.add_all(&[Some(0), None, Some(-5)], |product, stock| {
        product.stock = stock;
    });
    shop.check(&Source::ByStock(Bounds::All), &[1, 2, 0]);
    let mut shop = Shop::named(world, " numbers");
    shop.add_all(&[Some(0.0), None, Some(f64::MIN)], |product, weight| {
        product.weight = weight;
    });
    shop.check(&Source::ByWeight(Bounds::All), &[1, 2, 0]);
    shop.check(&Source::ByWeightAlone(Bounds::All), &[1, 2, 0]);
}

fn a_range_never_holds_nothing(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    shop.add_all(
        &[Some(1), None, Some(2), None, Some(-3)],
        |product, stock| {
            product.stock = stock;
        },
    );
    for (bounds, expected) in [
        (Bounds::To(Some(1), true), &[4, 0][..]),
        (Bounds::To(Some(1), false), &[4]),
        (Bounds::From(Some(1), true), &[0, 2]),
        (Bounds::From(None, true), &[]),
        (Bounds::From(None, false), &[]),
        (Bounds::To(None, true), &[]),
        (Bounds::To(None, false), &[]),
        (Bounds::Between(None, true, Some(9), true), &[]),
        (Bounds::Between(Some(-9), true, None, true), &[]),
    ] {
        shop.check(&Source::ByStock(bounds), expected);
    }
}

fn a_range_that_ends_before_it_begins_is_empty(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    shop.add_all(&[1, 2, 3], |product, rank| product.rank = rank);
    for (bounds, expected) in [
        (Bounds::Between(3, true, 1, true), &[][..]),
        (Bounds::Between(2, false, 2, false), &[]),
        (Bounds::Between(2, true, 2, false), &[]),
        (Bounds::Between(2, false, 2, true), &[]),
        (Bounds::Between(2, true, 2, true), &[1]),
        (Bounds::Between(2, false, 3, false), &[]),
    ] {
        shop.check(&Source::ByRank(bounds), expected);
    }
}

fn equal_values_come_before_a_range(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    let nick = |nick: &str| Some(nick.to_owned());
    let rows = [
        (nick("a"), Some(1), 5),
        (nick("a"), None, 4),
        (None, Some(1), 3),
        (nick("a"), Some(1), 2),
        (None, None, 1),
        (nick("b"), Some(0), 0),
        (nick("a"), Some(2), 9),
        (nick("a"), Some(1), 5),
    ];
    shop.add_all(&rows, |product, (nick, stock, rank)| {
        (product.nick, product.stock, product.rank) = (nick, stock, rank);
    });
    let all = Compound::Nick(Bounds::All);
    let stock = |of: &str, bounds| Compound::Stock(nick(of), bounds);
    let rank = |stock, bounds| Compound::Rank(nick("a"), stock, bounds);
    for (compound, expected) in [
        (all, &[4, 2, 1, 3, 0, 7, 6, 5][..]),
        (
            Compound::Nick(Bounds::To(nick("a"), true)),
            &[1, 3, 0, 7, 6],
        ),
        (Compound::Nick(Bounds::From(nick("a"), false)), &[5]),
        (Compound::Stock(None, Bounds::All), &[4, 2]),
        (stock("a", Bounds::From(Some(1), true)), &[3, 0, 7, 6]),
        (stock("a", Bounds::To(Some(2), false)), &[3, 0, 7]),
        (stock("a", Bounds::Equal(None)), &[1]),
        (rank(Some(1), Bounds::To(5, false)), &[3]),
        (rank(Some(1), Bounds::Equal(5)), &[0, 7]),
        (rank(None, Bounds::From(0, true)), &[1]),
        (Compound::Rank(None, None, Bounds::All), &[4]),
    ] {
        shop.check(&Source::ByNickStockRank(compound), expected);
    }
    let mut shop = Shop::named(world, " shelf");
    let places = [
        (Some(1), 2),
        (None, 7),
        (Some(0), 9),
        (Some(1), 1),
        (None, 7),
    ];
    shop.add_all(&places, |product, (aisle, place)| {
        (product.aisle, product.place) = (aisle, place);
    });
    shop.check(
        &Source::ByShelf(Shelf::Aisle(Bounds::All)),
        &[1, 4, 2, 3, 0],
    );
    let place = Shelf::Place(Some(1), Bounds::From(1, false));
    shop.check(&Source::ByShelf(place), &[0]);
    let place = Shelf::Place(None, Bounds::Equal(7));
    shop.check(&Source::ByShelf(place), &[1, 4]);
}

fn rows_are_found_by_ranges_of_their_ids(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    let ids: Vec<_> = (0..4).map(|_| shop.add(|_| {})).collect();
    for (bounds, expected) in [
        (Bounds::All, &[0, 1, 2, 3][..]),
        (Bounds::Equal(ids[2]), &[2]),
        (Bounds::From(ids[1], false), &[2, 3]),
        (Bounds::To(ids[1], true), &[0, 1]),
        (Bounds::Between(ids[1], true, ids[3], false), &[1, 2]),
    ] {
        shop.check(&Source::ById(bounds), expected);
    }
    shop.check(&Source::Whole, &[0, 1, 2, 3]);
}

fn rows_are_found_by_ranges_of_their_creation_times(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    let mut times = Vec::new();
    for number in 0..3 {
        let id = shop.add(|_| {});
        let one = serde_json::json!({ "id": id.to_string() });
        let time = shop.client.query("catalogue:get", one)["_creationTime"].as_i64();
        times.push((number, time.expect("a time")));
    }
    let (first, last) = (times[0].1, times[2].1);
    let at = Timestamp::from_unix_ms;
    // Clocks need not tick between them.
    let expected = |is_in: &dyn Fn(i64) -> bool| {
        let found = times.iter().filter(|(_, time)| is_in(*time));
        found.map(|(number, _)| *number).collect::<Vec<usize>>()
    };
    let all = [0, 1, 2];
    let found = |bounds| Source::ByCreationTime(bounds);
    shop.check(&found(Bounds::All), &all);
    shop.check(&found(Bounds::From(at(first), true)), &all);
    let after_first = expected(&|time| time > first);
    shop.check(&found(Bounds::From(at(first), false)), &after_first);
    shop.check(&found(Bounds::To(at(last), true)), &all);
    let before_last = expected(&|time| time < last);
    shop.check(&found(Bounds::To(at(last), false)), &before_last);
    let at_first = expected(&|time| time == first);
    shop.check(&found(Bounds::Equal(at(first))), &at_first);
    shop.check(&found(Bounds::From(at(last + 1), true)), &[]);
    shop.check(&found(Bounds::To(at(-1), true)), &[]);
    shop.check(
        &found(Bounds::Between(at(first - 1), false, at(last + 1), false)),
        &all,
    );
}

fn a_moved_row_is_found_where_it_is(world: &mut World<'_>) {
    let mut shop = Shop::open(world);
    shop.add_all(&[1, 2, 3], |product, rank| product.rank = rank);
    shop.patch(
        0,
        suite_fixture::catalogue::ProductPatch {
            rank: Some(9),
            nick: Some(Some("x".to_owned())),
            ..suite_fixture::catalogue::ProductPatch::default()
        },
    );
    shop.check(&Source::ByRank(Bounds::All), &[1, 2, 0]);
    shop.check(&Source::ByRank(Bounds::Equal(1)), &[]);
    shop.check(&Source::ByNick(Bounds::All), &[1, 2, 0]);
    shop.delete(2);
    shop.check(&Source::ByRank(Bounds::All), &[1, 0]);
}
